"""What lies over the signal of a live plot: stretches, marks, the trigger, cursors, badges."""

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.live_plot_paint import draw_pill
from studio.gui.widgets.live_plot_view import View

NEAR = 6.0
LEAST_PULL = 3.0
_MIDDLE = Qt.AlignmentFlag.AlignCenter
_TOP_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop


@dataclass(slots=True)
class Stretch:
    """A part of the stream with a name: what is recorded, or was."""

    start: int
    stop: int | None
    """None: up to now."""
    name: str
    colour: str = ""
    """Empty: that of what is chosen."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the stream with a word."""

    at: int
    text: str
    colour: str


@dataclass(slots=True)
class TriggerLine:
    """The level at which a clip begins, and how much before it is kept."""

    level: float | None
    """None: there is no level in the signal's units."""
    axis: int | None
    """None: any."""
    pre_s: float
    armed: bool = False


class Cursors:
    """Two lines at fixed places of the window, as shares of the plot's width."""

    def __init__(self) -> None:
        self.on = False
        self.places = [0.45, 0.65]
        self.held: int | None = None

    def near(self, view: View, x: float) -> int | None:
        """Return which of them is near a place."""
        if not self.on:
            return None
        away = [abs(view.area.left() + place * view.area.width() - x) for place in self.places]
        return away.index(min(away)) if min(away) <= NEAR else None

    def move(self, view: View, x: float) -> None:
        """Take the one that is held along."""
        if self.held is not None:
            share = (x - view.area.left()) / view.area.width()
            self.places[self.held] = min(max(share, 0.0), 1.0)


class Shown(Protocol):
    """The plot that these lie over."""

    theme: Theme
    view: View
    seconds: float

    def x_of(self, reading: float) -> float:
        """Return where a reading lies in the window."""


class Overlay:
    """Everything over and under the traces that is no signal, and what can be dragged of it."""

    def __init__(self) -> None:
        self.stretches: list[Stretch] = []
        self.marks: list[Mark] = []
        self.trigger: TriggerLine | None = None
        self.cursors = Cursors()
        self.read_outs: list[str] = []
        self.countdown = ""
        self._dragging = False
        self._held_x: float | None = None

    def forget(self) -> None:
        """Forget what belongs to a stream."""
        self.stretches, self.marks, self.countdown = [], [], ""

    def paint_below(self, painter: QPainter, plot: Shown) -> None:
        """Draw what lies under the traces."""
        view = plot.view
        for one in self.stretches:
            right = view.area.right() if one.stop is None else plot.x_of(one.stop)
            colour = one.colour or plot.theme["accent"]
            draw_band(painter, view, (plot.x_of(one.start), right), colour, one.name)
        if self.trigger is not None:
            pre_px = self.trigger.pre_s / plot.seconds * view.area.width()
            draw_trigger(painter, view, self.trigger, pre_px, plot.theme)

    def paint_above(self, painter: QPainter, plot: Shown, free: float) -> None:
        """Draw what lies over the traces; above them there is room from `free` on."""
        area = plot.view.area
        for mark in self.marks:
            x = plot.x_of(mark.at)
            if area.left() <= x <= area.right():
                draw_mark(painter, plot.view, x, mark)
        if self.cursors.on:
            draw_cursors(painter, plot.view, self.cursors, self.read_outs, plot.theme, free)
        if self.countdown:
            draw_countdown(painter, plot.view, self.countdown, plot.theme)

    def _near_level(self, view: View, at: QPointF) -> bool:
        line = self.trigger
        lane = view.lane_at(at.y())
        if line is None or line.level is None or lane is None:
            return False
        if line.axis is not None and line.axis not in lane.axes:
            return False
        y = min(max(lane.y(line.level), lane.top + 1), lane.top + lane.height - 1)
        return abs(y - at.y()) <= NEAR

    def press(self, view: View, at: QPointF) -> None:
        """Take hold of what is there, or of the picture itself."""
        self.cursors.held = self.cursors.near(view, at.x())
        self._dragging = self.cursors.held is None and self._near_level(view, at)
        free = self.cursors.held is None and not self._dragging
        self._held_x = at.x() if free else None

    def pulled(self, view: View, at: QPointF) -> float:
        """Return by which share of its width the picture was pulled along; 0: not at all."""
        if self._held_x is None or abs(at.x() - self._held_x) <= LEAST_PULL:
            return 0.0
        share = (self._held_x - at.x()) / view.area.width()
        self._held_x = at.x()
        return share

    def move(self, view: View, at: QPointF) -> float | None:
        """Move what is held; return the trigger's new level if that is it."""
        self.cursors.move(view, at.x())
        line = self.trigger
        if not self._dragging or line is None:
            return None
        lane = view.lane_at(at.y())
        if lane is not None:
            line.level = lane.value(at.y())
        return line.level

    def release(self) -> None:
        """Let go."""
        self.cursors.held, self._dragging, self._held_x = None, False, None

    def shape(self, view: View, at: QPointF) -> Qt.CursorShape:
        """Return how the pointer looks there."""
        if self.cursors.near(view, at.x()) is not None:
            return Qt.CursorShape.SplitHCursor
        if self._dragging or self._near_level(view, at):
            return Qt.CursorShape.SplitVCursor
        return Qt.CursorShape.ArrowCursor


def draw_band(
    painter: QPainter, view: View, x: tuple[float, float], colour: str, name: str
) -> None:
    """Tint a stretch of all lanes, with edges, and its name at the top."""
    left, right = max(x[0], view.area.left()), min(x[1], view.area.right())
    if right <= left:
        return
    fill = QColor(colour)
    fill.setAlphaF(0.1)
    for lane in view.lanes:
        painter.fillRect(QRectF(left, lane.top, right - left, lane.height), fill)
    painter.setPen(QPen(QColor(colour), 2))
    for edge in x:
        if view.area.left() <= edge <= view.area.right():
            painter.drawLine(QPointF(edge, view.area.top()), QPointF(edge, view.area.bottom()))
    if name and right - left > 24:
        room = painter.fontMetrics().elidedText(
            name, Qt.TextElideMode.ElideRight, int(right - left - 8)
        )
        painter.drawText(
            QRectF(left + 4, view.area.top() + 2, right - left - 4, 24), _TOP_LEFT, room
        )


def draw_mark(painter: QPainter, view: View, x: float, mark: Mark) -> None:
    """Draw a line through all lanes with a word at its foot."""
    painter.setPen(QPen(QColor(mark.colour), 2))
    painter.drawLine(QPointF(x, view.area.top()), QPointF(x, view.area.bottom()))
    top = view.area.top() + 18 * view.grow
    painter.drawText(QRectF(x + 4, top, 160 * view.grow, 24), _TOP_LEFT, mark.text)


def draw_trigger(
    painter: QPainter, view: View, line: TriggerLine, pre_px: float, theme: Theme
) -> None:
    """Draw the level as a dashed line and shade what would be kept from before it."""
    right = view.area.right()
    left = max(view.area.left(), right - pre_px)
    soft = QColor(theme["accent"])
    soft.setAlphaF(0.12)
    if pre_px > 0:
        for lane in view.lanes:
            painter.fillRect(QRectF(left, lane.top, right - left, lane.height), soft)
        painter.setPen(QColor(theme["accent"]))
        text = tr("kept from before")
        room = painter.fontMetrics().horizontalAdvance(text)
        foot = view.area.bottom() - 20 * view.grow
        at = left + 4 if right - left > room + 8 else left - room - 4
        painter.drawText(QRectF(at, foot, room + 4, 24), _TOP_LEFT, text)
    if line.level is None:
        return
    style = Qt.PenStyle.SolidLine if line.armed else Qt.PenStyle.DashLine
    painter.setPen(QPen(QColor(theme["accent"]), 2, style))
    for lane in view.lanes:
        if line.axis is not None and line.axis not in lane.axes:
            continue
        y = min(max(lane.y(line.level), lane.top + 1), lane.top + lane.height - 1)
        painter.drawLine(QPointF(view.area.left(), y), QPointF(right, y))
        near = y <= lane.top + 32 * view.grow
        top = lane.top + lane.height - 26 * view.grow if near else lane.top + 4
        corner = QPointF(view.area.left() + 6, top)  # away from the line, where a signal is rare
        draw_pill(painter, corner, tr("trigger: drag"), theme["accent"], theme["accent_soft"])
        if line.axis is not None:
            break


def draw_cursors(
    painter: QPainter,
    view: View,
    cursors: Cursors,
    texts: list[str],
    theme: Theme,
    free: float,
) -> None:
    """Draw both lines, the shaded part between them, and what was measured.

    Parameters
    ----------
    texts : list of str
        The time between them, then for each lane what its axes differ by.
    free : float
        Where the room above the lanes begins.
    """
    xs = sorted(view.area.left() + place * view.area.width() for place in cursors.places)
    shade = QColor(theme["text"])
    shade.setAlphaF(0.06)
    painter.fillRect(QRectF(xs[0], view.area.top(), xs[1] - xs[0], view.area.height()), shade)
    painter.setPen(QPen(QColor(theme["text"]), 1.5))
    for x in xs:
        painter.drawLine(QPointF(x, view.area.top() - 4), QPointF(x, view.area.bottom()))
    painter.setFont(theme.font("small"))
    if texts:
        ink, paper = theme["plot"], theme["text"]
        room = painter.fontMetrics().horizontalAdvance(texts[0]) / 2 + 8
        middle = min(max(sum(xs) / 2, free + room), view.area.right() + view.right - room)
        draw_pill(painter, QPointF(middle - room, view.above), texts[0], ink, paper)
    for lane, text in zip(view.lanes, texts[1:], strict=False):
        if text and lane.height > 24 * view.grow:
            room = painter.fontMetrics().horizontalAdvance(text) + 16
            left = xs[1] + 6 if xs[1] + 6 + room < view.area.right() else xs[0] - 6 - room
            left = max(left, view.area.left() + 2)
            at = QPointF(left, lane.top + lane.height - 24 * view.grow)
            draw_pill(painter, at, text, theme["text"], theme["surface"])


def draw_countdown(painter: QPainter, view: View, text: str, theme: Theme) -> None:
    """Write the seconds that are left, large, in the middle."""
    painter.setPen(QColor(theme["record"]))
    font = theme.font("display", weight=QFont.Weight.DemiBold)
    font.setPixelSize(2 * font.pixelSize())
    painter.setFont(font)
    painter.drawText(view.area, _MIDDLE, text)
