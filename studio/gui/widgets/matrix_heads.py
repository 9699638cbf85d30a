"""What stands around a confusion matrix: the labels' names, recall and precision."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from studio.gui.keys import label_key
from studio.gui.texts import tr
from studio.gui.theme import Theme

NAME_WIDTH = 84.0
"""A name wider than this is broken into two lines; only then its column gets wider."""
HEAD = 20.0
_MIDDLE, _RIGHT = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
_BELOW = Qt.AlignmentFlag.AlignBottom


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the cells of a matrix lie, and what they count."""

    labels: Sequence[str]
    columns: Sequence[str]
    """The labels, and perhaps one more for what was left undecided."""
    counts: Sequence[Sequence[int]]
    first: QRectF
    """The first cell with its gap."""
    margin: float
    """Width of what stands at the right."""

    def rect(self, row: int, column: int) -> QRectF:
        """Return where a cell is."""
        x = self.first.left() + column * self.first.width()
        y = self.first.top() + row * self.first.height()
        return QRectF(x, y, self.first.width() - 3, self.first.height() - 3)


def draw_heads(painter: QPainter, grid: Grid, theme: Theme, *, numbered: bool) -> None:
    """Write the labels' names, in two lines where they are long, and what is what."""
    metrics, first = QFontMetricsF(painter.font()), grid.first
    painter.setPen(QColor(theme["text_3"]))
    line = QRectF(first.left(), 0, len(grid.columns) * first.width() + grid.margin, HEAD)
    painter.drawText(line, _MIDDLE, tr("the model said"))
    painter.drawText(QRectF(0, 0, first.left() - 8, HEAD), _MIDDLE | _RIGHT, tr("true"))
    painter.setPen(QColor(theme["text_2"]))
    for row, name in enumerate(grid.labels):
        rect = grid.rect(row, 0)
        rect.setLeft(0)
        rect.setRight(first.left() - 8)
        fitting = name
        if rect.height() >= 2 * metrics.height():
            fitting = "\n".join(lines_of(name, metrics))
        if numbered:  # as the key that relabels to it
            fitting = f"{label_key(name, grid.labels)} {fitting}".strip()
        painter.drawText(rect, _MIDDLE | _RIGHT, fitting)
    if numbered:
        _draw_columns(painter, grid, theme)


def _draw_columns(painter: QPainter, grid: Grid, theme: Theme) -> None:
    """Write the names above the columns; without room for them, the numbers of their rows."""
    first, metrics = grid.first, QFontMetricsF(painter.font())
    heads = [lines_of(name, metrics) for name in grid.columns]
    room = first.width() - 3

    def fit(font: QFont) -> bool:
        with_it = QFontMetricsF(font)
        return all(with_it.horizontalAdvance(line) <= room for two in heads for line in two)

    usual, tiny = painter.font(), theme.font("tiny")
    if not fit(usual):
        painter.setFont(tiny)
    short = not fit(painter.font())
    foot = Qt.AlignmentFlag.AlignHCenter | _BELOW
    for column, two in enumerate(heads):
        rect = grid.rect(0, column)
        head = QRectF(rect.left(), HEAD, rect.width(), first.top() - HEAD - 4)
        name = grid.columns[column]
        number = label_key(name, grid.labels) if column < len(grid.labels) else ""
        painter.drawText(head, foot, (number or "?") if short else "\n".join(two))
    painter.setFont(usual)


def draw_margins(painter: QPainter, grid: Grid, theme: Theme) -> None:
    """Write recall at the right of each row and precision under each column."""
    first, room = grid.first, grid.margin
    right = first.left() + len(grid.columns) * first.width()
    bottom = first.top() + len(grid.labels) * first.height()
    painter.setPen(QColor(theme["text_3"]))
    painter.drawText(QRectF(right, 0, room, first.top() - 4), _BELOW | _RIGHT, tr("recall"))
    height = painter.fontMetrics().height() + 6
    side = QRectF(0, bottom, first.left() - 8, height)
    painter.drawText(side, _MIDDLE | _RIGHT, tr("precision"))
    painter.setPen(QColor(theme["text"]))
    for place in range(len(grid.labels)):
        row, cell = grid.counts[place], grid.rect(place, place)
        said = _percent(row[place], sum(row))
        at = QRectF(right, cell.top(), room, cell.height())
        painter.drawText(at, _MIDDLE | _RIGHT, said)
        said = _percent(row[place], sum(line[place] for line in grid.counts))
        below = QRectF(cell.left(), bottom, cell.width(), height)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, said)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def lines_of(name: str, metrics: QFontMetricsF) -> list[str]:
    """Return a name in one line, or in two of about the same length; nothing is left out."""
    if metrics.horizontalAdvance(name) <= NAME_WIDTH:
        return [name]
    half = len(name) // 2
    signs = [place for place, sign in enumerate(name) if sign in " -_/." and place > 0]
    cut = min(signs, key=lambda place: abs(place - half)) + 1 if signs else half
    return [name[:cut].rstrip(), name[cut:].lstrip()]
