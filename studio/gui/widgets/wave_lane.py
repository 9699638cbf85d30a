"""A strip of the editor over the shared time axis: bands under and over what it draws."""

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from studio.gui.theme import Theme
from studio.gui.widgets import wave_bands
from studio.gui.widgets.wave_bands import HANDLE, Bands
from studio.gui.widgets.wave_hands import Hands
from studio.gui.widgets.wave_view import WaveView

LEFT = 70
"""Room for the scale, at a text size of 100 %."""
RIGHT = 48
"""Room for the names at the lines' ends, and for the colour bar."""
LEAST_PX = 4
"""Narrower bands have no edges and no name in the plots."""
ZOOM = 0.8
"""How much less is visible after one step of the wheel."""
PAN = 0.15


def left_of(theme: Theme) -> int:
    """Return the room for the scales at the left, which grows with the text."""
    return LEFT * theme.percent // 100


def right_of(theme: Theme) -> int:
    """Return the room for names at the right, which grows with the text."""
    return RIGHT * theme.percent // 100


class Lane(QWidget):
    """Draws between a scale at the left and names at the right.

    Signals
    -------
    pointed : (float)
        The pointer is over this reading.
    """

    pointed = Signal(float)
    TINT = 1.0
    """How strong the bands' fill is."""
    NAMES = False
    """Whether the bands' names stand in this strip."""

    def __init__(self, view: WaveView, bands: Bands, hands: Hands, theme: Theme) -> None:
        super().__init__()
        self.view, self.bands, self.hands, self.theme = view, bands, hands, theme
        self.gaps: list[tuple[int, str]] = []
        """First reading after each gap, and what is missing in words."""
        self._panned_from: float | None = None
        self._mark: int | None = None
        """Which of the two cursors is being dragged."""
        self.setMouseTracking(True)
        self.setMinimumHeight(48)
        self._canvas: QPixmap | None = None
        view.changed.connect(self.again)
        view.moved.connect(self.update)
        bands.changed.connect(self.again)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.theme = theme
        self.again()

    def again(self) -> None:
        """Draw everything anew; while only the cursor moves, the picture of before is taken."""
        self._canvas = None
        self.update()

    @property
    def left(self) -> int:
        """How much room the scale has."""
        return left_of(self.theme)

    @property
    def area(self) -> QRectF:
        """Where the signal is drawn."""
        return QRectF(
            self.left, 0, max(1, self.width() - self.left - right_of(self.theme)), self.height()
        )

    @property
    def px(self) -> float:
        """Readings in a pixel."""
        return self.view.span / self.area.width()

    def x_of(self, reading: float) -> float:
        """Return where a reading is."""
        return self.area.left() + (reading - self.view.start) / self.px

    def reading(self, x: float) -> float:
        """Return the reading at a place."""
        return self.view.start + (x - self.area.left()) * self.px

    # -- drawing ---------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture, then the cursor."""
        if self._canvas is None:
            ratio = self.devicePixelRatioF()
            self._canvas = QPixmap(self.size() * ratio)
            self._canvas.setDevicePixelRatio(ratio)
            on_canvas = QPainter(self._canvas)
            self._draw(on_canvas)
            on_canvas.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._canvas)
        painter.setClipRect(self.area)
        self._draw_cursor(painter, self.area)

    def _draw(self, painter: QPainter) -> None:
        """Draw ground, bands, signal, edges, gaps and names, in this order."""
        painter.setFont(self.theme.font("small"))
        painter.fillRect(self.rect(), QColor(self.theme["surface"]))
        area = self.area
        painter.fillRect(area, QColor(self.theme["plot"]))
        self.draw_scale(painter, area)
        painter.save()
        painter.setClipRect(area)
        self.draw_ground(painter, area)
        places = self._places(area)
        rooms = wave_bands.rooms(places, area.right())
        for band, place in places:
            wave_bands.fill(painter, place, band, self.theme, self.TINT)
        self.draw_signal(painter, area)
        self._draw_gaps(painter, area)
        for (band, place), room in zip(places, rooms, strict=True):
            chosen = self.bands.is_chosen(band)
            if place.width() < LEAST_PX and not chosen:
                continue  # edges of very many would hide the signal
            wave_bands.edges(painter, place, band, self.theme, chosen=chosen)
            if self.NAMES:
                inside = place.intersected(area)
                room += place.left() - inside.left()
                wave_bands.tab(painter, inside, band, self.theme, chosen=chosen, room=room)
        self._draw_snap(painter, area)
        painter.restore()
        self.draw_names(painter, area)

    def _places(self, area: QRectF) -> list[tuple[wave_bands.Band, QRectF]]:
        return self._laid("", area.top(), area.height())

    def _laid(self, track: str, top: float, height: float) -> list[tuple[wave_bands.Band, QRectF]]:
        """Return where the visible bands of a track are (empty: the active one)."""
        low, high, px, left = self.view.start, self.view.stop, self.px, self.area.left()
        return [
            (one, QRectF(left + (one.start - low) / px, top, (one.stop - one.start) / px, height))
            for one in self.bands.crossing(low, high, px, track)
        ]

    def draw_scale(self, painter: QPainter, area: QRectF) -> None:
        """Draw the scale at the left, and the grid."""

    def draw_ground(self, painter: QPainter, area: QRectF) -> None:
        """Draw what lies under the bands."""

    def draw_signal(self, painter: QPainter, area: QRectF) -> None:
        """Draw what lies over the bands' fill."""

    def draw_names(self, painter: QPainter, area: QRectF) -> None:
        """Draw the names at the right."""

    def _draw_gaps(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(QPen(QColor(self.theme["warn"]), 1, Qt.PenStyle.DashLine))
        last = -100.0
        for at, words in self.gaps:
            x = self.x_of(at)
            if not area.left() <= x <= area.right() or x - last < 2:
                continue
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            if self.NAMES and x - last > 90:
                painter.drawText(QPointF(x + 4, area.bottom() - 4), words)
            last = x

    def _draw_snap(self, painter: QPainter, area: QRectF) -> None:
        if self.bands.snapped is not None:
            painter.setBrush(QColor(self.theme["accent"]))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QPointF(self.x_of(self.bands.snapped), area.bottom() - 6), 4, 4)
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def _draw_cursor(self, painter: QPainter, area: QRectF) -> None:
        x = self.x_of(self.view.cursor)
        painter.setPen(QPen(QColor(self.theme["text"]), 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setFont(self.theme.font("small"))
        for name, at in zip("AB", self.view.marks or (), strict=False):
            x = self.x_of(at)
            painter.setPen(QPen(QColor(self.theme["text"]), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            if self.NAMES:
                painter.drawText(QPointF(x + 4, area.bottom() - 6), name)

    def _mark_at(self, x: float) -> int | None:
        """Return which of the two cursors can be taken at a place."""
        near = [(abs(self.x_of(at) - x), which) for which, at in enumerate(self.view.marks or ())]
        distance, which = min(near, default=(HANDLE, 0))
        return which if distance <= HANDLE / 2 else None

    # -- mouse -----------------------------------------------------------------------------------

    def _at(self, event: QMouseEvent) -> float:
        """Return the reading under the pointer; beside the plot, the nearest that is visible."""
        area = self.area
        return self.reading(min(max(event.position().x(), area.left()), area.right()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a band, take one, or (middle button, Ctrl) take the picture to pan."""
        at = self._at(event)
        panning = event.button() == Qt.MouseButton.MiddleButton or bool(
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
        )
        if panning:
            self._panned_from = at
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._mark = self._mark_at(event.position().x())
            if self._mark is not None:
                return
            self.hands.press(at, self.px, tab=self._on_tab(event))

    def _on_tab(self, event: QMouseEvent) -> bool:
        return self.NAMES and event.position().y() <= wave_bands.TAB + 1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with what the press began."""
        at = self._at(event)
        self.pointed.emit(at)
        if self._panned_from is not None:
            self.view.pan(self._panned_from - self.reading(event.position().x()))
        elif self._mark is not None:
            self.view.move_mark(self._mark, at)
        elif self.hands.dragging:
            free = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            self.hands.move(at, free=free)
        elif self._mark_at(event.position().x()) is not None:
            self.setCursor(Qt.CursorShape.SizeHorCursor)
        else:
            self.setCursor(self.hands.over(at, self.px, tab=self._on_tab(event)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End it."""
        if self._panned_from is not None:
            self._panned_from = None
            self.unsetCursor()
        elif self._mark is not None:
            self._mark = None
        elif event.button() == Qt.MouseButton.LeftButton:
            self.hands.release()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the pointer; with Shift, or sideways, pan."""
        steps = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or (
            abs(steps.x()) > abs(steps.y())
        ):
            turned = steps.x() or steps.y()
            self.view.pan(-turned / 120 * PAN * self.view.span)
        elif steps.y():
            at = self.reading(event.position().x())
            self.view.zoom(at, ZOOM ** (steps.y() / 120))
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for a picture of the new width."""
        super().resizeEvent(event)
        self._canvas = None
        self.view.changed.emit()
