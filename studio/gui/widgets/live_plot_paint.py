"""How a live plot looks around its traces: grid, ticks, names, and marks of what is not signal."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPixmap

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.live_plot_raster import runs
from studio.gui.widgets.live_plot_scale import figure, ticks
from studio.gui.widgets.live_plot_view import Lane, View

LEAST_LANE, TICK_EVERY = 26, 34
"""Heights in pixels from which a lane has ticks of its own, and for each of them."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_MIDDLE = Qt.AlignmentFlag.AlignCenter


@dataclass(frozen=True, slots=True)
class Ruler:
    """The horizontal axis: from `low` to `high`, with words below it."""

    low: float
    high: float
    title: str


def backdrop(
    view: View, ruler: Ruler, theme: Theme, size: tuple[int, int], scale: float
) -> QPixmap:
    """Return what lies behind the traces: grid, ticks, titles; drawn once until that changes."""
    picture = QPixmap(round(size[0] * scale), round(size[1] * scale))
    picture.setDevicePixelRatio(scale)
    picture.fill(QColor(theme["plot"]))
    painter = QPainter(picture)
    painter.setFont(theme.font("small"))
    line = painter.fontMetrics().height()
    draw_ruler(painter, view, ruler, theme)
    for place, lane in enumerate(view.lanes):
        painter.setPen(QColor(theme["hairline"]))
        painter.drawRect(QRectF(view.area.left(), lane.top, view.area.width(), lane.height))
        if lane.height >= LEAST_LANE * view.grow:
            _draw_ticks(painter, view, lane, theme)
        elif place % max(1, round((line + 2) / max(1.0, lane.height))) == 0:
            painter.setPen(QColor(theme["axis"]))
            box = QRectF(0, lane.top - 4, view.area.left() - 8, line + 2)
            painter.drawText(box, _RIGHT, lane.title)
    painter.end()
    return picture


def draw_ruler(painter: QPainter, view: View, ruler: Ruler, theme: Theme) -> None:
    """Draw the horizontal axis with its grid through all lanes."""
    area, grow = view.area, view.grow
    line = painter.fontMetrics().height()
    places = ticks(ruler.low, ruler.high, max(2, int(area.width() // (90 * grow))))
    step = places[1] - places[0] if len(places) > 1 else 1.0
    share = area.width() / (ruler.high - ruler.low)
    for at in places:
        x = round(area.left() + (at - ruler.low) * share)
        painter.setPen(QColor(theme["grid"]))
        for lane in view.lanes:
            painter.drawLine(QPointF(x, lane.top), QPointF(x, lane.top + lane.height))
        painter.setPen(QColor(theme["axis"]))
        box = QRectF(x - 40 * grow, area.bottom() + 3, 80 * grow, line)
        painter.drawText(box, _MIDDLE, figure(at, step))
    painter.setPen(QColor(theme["axis"]))
    below = QRectF(area.left(), area.bottom() + 20 * grow, area.width(), line)
    painter.drawText(below, _MIDDLE, ruler.title)


def _draw_ticks(painter: QPainter, view: View, lane: Lane, theme: Theme) -> None:
    area, scale = view.area, lane.scale
    line = painter.fontMetrics().height()
    most = int(lane.height // (TICK_EVERY * view.grow))
    places = ticks(scale.low, scale.high, max(2, most))
    step = places[1] - places[0] if len(places) > 1 else scale.high - scale.low
    for value in places:
        y = round(lane.y(value))
        painter.setPen(QColor(theme["grid"]))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(QColor(theme["axis"]))
        top = min(max(y - line / 2, lane.top - 4), lane.top + lane.height - 0.75 * line)
        painter.drawText(QRectF(0, top, area.left() - 6, line), _RIGHT, figure(value, step))
    painter.save()
    painter.translate(2 + line / 2, lane.top + lane.height / 2)
    painter.rotate(-90)
    alone = len(view.lanes) == 1  # its words may go on beside the room above and below
    room = lane.height + 60 * view.grow if alone else max(lane.height, 40.0)
    short = painter.fontMetrics().elidedText(lane.title, Qt.TextElideMode.ElideRight, int(room))
    painter.drawText(QRectF(-room / 2, -line / 2, room, line), _MIDDLE, short)
    painter.restore()


def draw_name(
    painter: QPainter, room: float, y: float, texts: tuple[str, str], colour: str, theme: Theme
) -> None:
    """Write an axis' name, and its value below, beside the right end of its line."""
    name, value = texts
    painter.setPen(QColor(colour))
    painter.setFont(theme.font("small", weight=QFont.Weight.DemiBold))
    line = painter.fontMetrics().height()
    short = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, int(room))
    painter.drawText(QRectF(0, y - (line if value else line / 2), room, line), _LEFT, short)
    if value:
        painter.setFont(theme.font("small"))
        painter.drawText(QRectF(0, y, room, line), _LEFT, value)


def draw_pill(
    painter: QPainter, at: QPointF, text: str, ink: str, paper: str, *, right: bool = False
) -> QRectF:
    """Write words on a rounded ground with their upper left corner (or right) at a place."""
    room = painter.fontMetrics().horizontalAdvance(text) + 16
    high = painter.fontMetrics().height() + 5
    box = QRectF(at.x() - (room if right else 0), at.y(), room, high)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(paper))
    painter.drawRoundedRect(box, high / 2, high / 2)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QColor(ink))
    painter.drawText(box, _MIDDLE, text)
    return box


def draw_gaps(painter: QPainter, view: View, known: NDArray[np.bool_], theme: Theme) -> None:
    """Mark where readings are missing; `known` has a flag for each column, the oldest first."""
    area = view.area
    places = np.flatnonzero(known)
    if not len(places):
        return
    gaps = ~known
    gaps[: places[0]] = gaps[places[-1] + 1 :] = False
    share = area.width() / len(known)
    for start, stop in runs(gaps):
        left, width = area.left() + start * share, max(2.0, (stop - start) * share)
        painter.fillRect(
            QRectF(left, area.top(), width, area.height()), QColor(theme["warn_soft"])
        )
        painter.fillRect(QRectF(left, area.top(), width, 3), QColor(theme["warn"]))
        if width > 30:
            painter.setPen(QColor(theme["warn"]))
            box = QRectF(left, area.top() + 4, width, painter.fontMetrics().height())
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, tr("gap"))


def draw_clipped(
    painter: QPainter, view: View, lane: Lane, over: NDArray[np.bool_], theme: Theme
) -> None:
    """Mark at a lane's upper edge in which columns its sound has reached the end of its range."""
    share = view.area.width() / len(over)
    for start, stop in runs(over):
        left, width = view.area.left() + start * share, max(3.0, (stop - start) * share)
        painter.fillRect(QRectF(left, lane.top, width, 3), QColor(theme["danger"]))


def draw_badges(
    painter: QPainter, view: View, badges: list[tuple[str, str]], theme: Theme
) -> float:
    """Write words above the lanes, each on a ground of its own colour; return where they end."""
    painter.setFont(theme.font("small"))
    at = QPointF(view.area.left() + 4, view.above)
    for text, ground in badges:
        box = draw_pill(painter, at, text, theme["text"], ground)
        at = QPointF(box.right() + 6, at.y())
    return at.x()
