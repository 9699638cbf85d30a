"""The live signal as an instrument shows it: pulled out of shared memory, a column per pixel.

The widget draws by itself: a raster of the smallest and largest values between a backdrop that is
drawn once and marks over it. While the signal moves, a frame costs its new columns only.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QWheelEvent

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets import live_plot_measure as measure
from studio.gui.widgets.axis_words import is_sound
from studio.gui.widgets.live_plot_overlay import Overlay
from studio.gui.widgets.live_plot_paint import draw_badges, draw_clipped, draw_gaps
from studio.gui.widgets.live_plot_stream import SPANS_S, StreamPlot
from studio.gui.widgets.live_plot_view import TRACES, spread

__all__ = ["SPANS_S", "TRACES", "LivePlot", "spread"]


class LivePlot(StreamPlot):
    """The newest seconds of a stream, with marks and cursors over it.

    Signals
    -------
    cursors_changed : ()
        The cursors came or went.
    trigger_moved : (float)
        The level was dragged.
    """

    cursors_changed = Signal()
    trigger_moved = Signal(float)

    def __init__(self, theme: Theme) -> None:
        self.overlay = Overlay()
        self.badge = ""
        """What the signal is if it is none of a real sensor: `virtual board`, `file`."""
        self.freeze_key = "Space"
        """With which the page freezes the view."""
        super().__init__(theme)
        self.setAccessibleName(tr("Live signal"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def clear(self) -> None:
        """Forget what was shown, and what was marked in it."""
        self.overlay.forget()
        super().clear()

    def set_cursors(self, on: bool) -> None:
        """Show or hide the cursors."""
        self.overlay.cursors.on = on
        self._words_due = 0.0
        self.cursors_changed.emit()
        self.update()

    def read_out(self) -> None:
        """Say the newest values and what the cursors measure."""
        ring, columns = self._ring, self._columns
        if ring is None or columns.end is None:
            return
        known = measure.last_known(columns)
        self.place_names(*known)
        self.write_names(measure.value_texts(known, self.axes, self.view))
        cursors = self.overlay.cursors
        if cursors.on:
            self.overlay.read_outs = measure.cursor_texts(
                ring, columns, cursors.places, self.view, self.axes
            )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        self.paint_ground(painter)
        area = self.view.area
        painter.setFont(self.theme.font("small"))
        if self._columns.end is not None:
            draw_gaps(painter, self.view, self._columns.in_order(self._columns.known), self.theme)
        self.overlay.paint_below(painter, self)
        if self._columns.end is not None:
            self.raster.show(painter, area.left(), area.top(), self._columns.end)
            for lane in self.view.lanes:
                if is_sound(self.axes[lane.axes[0]]):
                    over = measure.clipped(self._columns, lane)
                    draw_clipped(painter, self.view, lane, over, self.theme)
            self.paint_names(painter)
        free = draw_badges(painter, self.view, self._badges(), self.theme)
        self.overlay.paint_above(painter, self, free)

    def _badges(self) -> list[tuple[str, str]]:
        """Return what is to be known of the picture: words, and the colour of their ground."""
        frozen = tr("view frozen, still receiving ({key})", key=self.freeze_key)
        if self.ended:
            frozen = tr("view frozen ({key})", key=self.freeze_key)
        ended = tr("not receiving since {time}", time=self.ended)
        rows = (
            (self.badge, "warn_soft", bool(self.badge)),
            (ended, "warn_soft", bool(self.ended)),
            (frozen, "accent_soft", self.frozen),
            (tr("scale locked (A)"), "track", self.locked),
        )
        return [(text, self.theme[token]) for text, token, on in rows if on]

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom a scale, which locks it; with Ctrl the time."""
        up = event.angleDelta().y() > 0
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_time(-1 if up else 1)
        elif (lane := self.view.lane_at(event.position().y())) is not None:
            lane.scale.zoom(0.8 if up else 1.25)
            self.forget_backdrop()
            self._show(range(0), afresh=True)
            self.locked_changed.emit()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a cursor, the trigger's level, or the picture itself."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.overlay.press(self.view, event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what is held."""
        overlay, at = self.overlay, event.position()
        if share := overlay.pulled(self.view, at):
            self.look_back(share)
        level = overlay.move(self.view, at)
        if level is not None:
            self.trigger_moved.emit(level)
        self._words_due = 0.0
        self.setCursor(overlay.shape(self.view, at))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self.overlay.release()
