"""A plot that follows a stream, or stands frozen at any part of it that is still held."""

import time
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.live_plot_base import TracePlot
from studio.gui.widgets.live_plot_columns import Columns
from studio.gui.widgets.live_plot_paint import Ruler
from studio.gui.widgets.live_plot_timeline import Ring, Timeline
from studio.types import Axis

SPANS_S = (1.0, 2.0, 5.0, 10.0, 20.0, 60.0)
SECONDS = 10.0
FRAME_MS = 16
WORDS_S = 0.25
"""How often numbers change: as fast as they can be read."""


class StreamPlot(TracePlot):
    """Pulls what it shows out of a ring in shared memory, by a timer while it is visible.

    Signals
    -------
    frozen_changed, locked_changed, span_changed : ()
        What the tools above the plot show.
    """

    frozen_changed = Signal()
    locked_changed = Signal()
    span_changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.seconds = SECONDS
        self.frozen = False
        self.ended = ""
        """At which time of day the stream ended; empty while it comes."""
        self._frozen_end = 0
        self._ring: Timeline | None = None
        self._columns = Columns(1, 1, 1)
        self._seen = -1
        self._words_due = 0.0
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self.tick)
        self.set_axes((Axis("signal"),))

    def read_out(self) -> None:
        """Say numbers anew: called a few times a second."""
        raise NotImplementedError

    @property
    def points(self) -> int:
        """Columns on show in which something is known."""
        return int(self._columns.known.sum())

    @property
    def track_count(self) -> int:
        """Number of lanes."""
        return len(self.view.lanes)

    @property
    def timeline(self) -> Timeline | None:
        """The stream that is shown."""
        return self._ring

    @property
    def end_reading(self) -> int:
        """The reading of the timeline behind the last one on show."""
        columns, ring = self._columns, self._ring
        if ring is None or columns.end is None:
            return 0
        return round(columns.reading(columns.end)) if self.frozen else ring.written

    @property
    def locked(self) -> bool:
        """Whether a scale was set by hand."""
        return any(lane.scale.locked for lane in self.view.lanes)

    def set_axes(self, axes: Sequence[Axis]) -> None:
        """Start over with these axes, one plot per unit and at most three in one."""
        self.clear()
        self.arrange(axes, stacked=self.stacked)

    def set_stacked(self, stacked: bool) -> None:
        """Give each axis a lane of its own, or put those of a unit together."""
        if stacked != self.stacked:
            self.arrange(self.axes, stacked=stacked)

    def clear(self) -> None:
        """Forget what was shown."""
        before, self._ring = self._ring, None
        if before is not None:
            before.close()
        self._seen = -1
        self._columns = Columns(len(self.axes), self._columns.width, self._columns.readings)
        self.set_frozen(False)
        self.reshape()

    def watch(self, ring: Ring | None, axes: Sequence[Axis] | None = None) -> None:
        """Draw from this ring from now on, which the plot closes; None leaves what is shown.

        A stream of the same axes follows the one before; another one takes its place.
        """
        if ring is None:
            return
        axes = self.axes if axes is None else tuple(axes)
        if ring.n_axes != len(axes):
            ring.close()
            return
        if self._ring is not None and self._ring.suits(ring, axes):
            self._ring.go_on(ring)
            return
        if axes != self.axes:
            self.set_axes(axes)
        else:
            self.clear()
        self._ring = Timeline(ring, axes)
        self.reshape()

    def set_span(self, seconds: float) -> None:
        """Show so many seconds."""
        if seconds != self.seconds:
            self.seconds = seconds
            self.reshape()
            self.span_changed.emit()

    def zoom_time(self, steps: int) -> None:
        """Show a longer or (below 0) shorter span."""
        nearest = min(SPANS_S, key=lambda span: abs(span - self.seconds))
        place = min(max(SPANS_S.index(nearest) + steps, 0), len(SPANS_S) - 1)
        self.set_span(SPANS_S[place])

    def set_frozen(self, frozen: bool) -> None:
        """Let the picture stand, or follow the stream again; what comes is kept in any case."""
        if frozen != self.frozen:
            self.frozen, self._seen, self._frozen_end = frozen, -1, self._columns.end or 0
            self.forget_backdrop()
            self.update()
            self.frozen_changed.emit()

    def set_ended(self, at: str) -> None:
        """Say since when nothing comes any more; empty: it does."""
        if at != self.ended:
            self.ended = at
            self.forget_backdrop()
            self.update()

    def look_back(self, share: float) -> None:
        """Look further back (below 0) or forward by a share of the span, frozen."""
        ring, end = self._ring, self._columns.end
        if ring is None or end is None:
            return
        self.set_frozen(True)
        columns = self._columns
        newest = columns.newest(ring.written)
        oldest = min(newest, columns.width // 2)
        end = min(max(round(end + share * columns.width), oldest), newest)
        self._show(columns.take(ring, end), afresh=True)
        self.forget_backdrop()

    def set_locked(self, locked: bool) -> None:
        """Keep the scales as they are, or let them follow the signal."""
        for lane in self.view.lanes:
            lane.scale.locked = locked
            if not locked:
                lane.scale.start_over()
        self.forget_backdrop()
        self._seen = -1
        self._rescale()
        self.locked_changed.emit()
        self.update()

    def reshaped(self) -> None:
        """Fetch everything anew, for another width or span."""
        ring, before = self._ring, self._columns
        if ring is None:
            self._columns = Columns(len(self.axes), self.raster.width, before.readings)
            return
        readings = max(2, round(self.seconds * ring.sample_rate_hz))
        self._columns = columns = Columns(len(self.axes), self.raster.width, readings)
        end = columns.newest(ring.written)
        if self.frozen and before.end is not None:
            end = min(end, round(columns.column(before.reading(before.end))))
            frozen = columns.column(before.reading(self._frozen_end))
            self._frozen_end = round(frozen)
        self._show(columns.take(ring, end), afresh=True)
        self._words_due = 0.0

    @property
    def seen(self) -> int:
        """How many readings of the stream the picture was drawn from; -1 before the first."""
        return self._seen

    def tick(self) -> None:
        """Show what has come since the last frame."""
        ring = self._ring
        if ring is None:
            return
        written = ring.written
        if not self.frozen and written != self._seen:
            self._seen = written
            self._show(self._columns.take(ring, self._columns.newest(written)))
        now = time.monotonic()
        if now >= self._words_due:
            self._words_due = now + WORDS_S
            self.read_out()

    def _show(self, new: range, *, afresh: bool = False) -> None:
        if self._rescale() or afresh:
            new = self._columns.everything
        columns = self._columns
        left = columns.shown(range(new.start - 1, new.start))
        if len(new) >= columns.width:
            left = left[0] * np.nan, left[1] * np.nan
        self.draw_columns(new, columns.shown(new), (left[0][0], left[1][0]))
        self.update()

    def _rescale(self) -> bool:
        """Let the scales follow; return whether one changed."""
        if self._ring is None or self._columns.end is None:
            return False
        low = np.fmin.reduce(self._columns.low, axis=0)
        high = np.fmax.reduce(self._columns.high, axis=0)
        now = time.monotonic()
        rows = self.lane_ranges(low, high)
        changed = [lane.scale.follow(bottom, top, now) for lane, bottom, top in rows]
        if any(changed):
            self.forget_backdrop()
        return any(changed)

    def ruler(self) -> Ruler:
        """Return the time axis: 0 is the newest reading, or where the picture was frozen."""
        if not self.frozen:
            last = tr("time (s), 0 is the last reading") if self.ended else ""
            return Ruler(-self.seconds, 0.0, last or tr("time (s), 0 is now"))
        end = self._columns.end or 0
        behind = (self._frozen_end - end) / self._columns.width * self.seconds
        title = tr("time (s), 0 is when the view was frozen")
        return Ruler(-self.seconds - behind, -behind, title)

    def x_of(self, reading: float) -> float:
        """Return where a reading of the timeline lies in the window."""
        columns, area = self._columns, self.view.area
        back = (columns.end or 0) - columns.column(reading)
        return area.right() - back / columns.width * area.width()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw only while visible."""
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while hidden."""
        self._timer.stop()
