"""A ribbon of decisions over time: a block per stretch, with its word or its label's key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from studio.gui.keys import label_key
from studio.gui.theme import Theme, ink_on, label_colour

ROOM_FOR_WORD, ROOM_FOR_NUMBER = 48, 12


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of time in which one thing was decided; an empty label is none."""

    start: float
    stop: float
    label: str


def blocks_of(decisions: Sequence[tuple[float, str]], longest: float) -> list[Block]:
    """Join decisions `(at, label)` into stretches.

    A decision holds from the one before it, at most `longest`: what lies further apart was not
    decided about.
    """
    found: list[Block] = []
    before = None
    for at, label in decisions:
        begin = at - longest if before is None else max(before, at - longest)
        last = found[-1] if found else None
        if last is not None and last.label == label and abs(last.stop - begin) < 1e-6:
            found[-1] = Block(last.start, at, label)
        else:
            found.append(Block(begin, at, label))
        before = at
    return found


def paint_ribbon(
    painter: QPainter,
    area: QRectF,
    blocks: Sequence[Block],
    labels: list[str],
    *,
    theme: Theme,
    place: Callable[[float], float],
    unsure: str,
) -> None:
    """Draw stretches into an area; `place` gives the x of a place in time."""
    metrics = painter.fontMetrics()
    for block in blocks:
        left = max(area.left(), place(block.start))
        right = min(area.right(), place(block.stop))
        if right <= left:
            continue
        box = QRectF(left, area.top(), max(1.0, right - left - 1), area.height())
        if block.label:
            colour = label_colour(block.label, labels)
            painter.fillRect(box, QColor(colour))
            painter.setPen(QColor(ink_on(colour)))
        else:
            painter.fillRect(box, QBrush(QColor(theme["control"]), Qt.BrushStyle.BDiagPattern))
            painter.setPen(QPen(QColor(theme["text_2"])))
        room = max(ROOM_FOR_WORD, 0 if block.label else metrics.horizontalAdvance(unsure) + 12)
        if box.width() < room:
            if block.label and box.width() > ROOM_FOR_NUMBER:
                key = label_key(block.label, labels)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, key)
            continue
        word = metrics.elidedText(
            block.label or unsure, Qt.TextElideMode.ElideMiddle, int(box.width() - 8)
        )
        if not block.label:
            ground = QRectF(0, 0, metrics.horizontalAdvance(word) + 8, metrics.height() + 3)
            ground.moveCenter(box.center())
            painter.fillRect(ground, QColor(theme["plot"]))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, word)
