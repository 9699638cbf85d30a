"""The live signal: the last seconds of each axis as a min/max envelope, redrawn by a timer."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.gui.theme import Theme
from studio.gui.widgets.plots import QuietPlot, reach_of
from studio.types import Axis, FloatArray

SECONDS = 10.0
COLUMNS = 600
"""The most on show; each is as wide as a whole number of readings, so that nothing flickers."""
FRAME_MS = 33
TRACES = 3
"""The most in one plot: more cannot be told apart by colour."""


class Ring(Protocol):
    """Where readings are looked at; see `studio.devices.ring_buffer.RingReader`."""

    n_axes: int
    sample_rate_hz: float

    @property
    def written(self) -> int:
        """How many readings there are."""

    def envelope(self, first: int, last: int, columns: int) -> tuple[FloatArray, FloatArray]:
        """Return the smallest and largest values of equal parts."""


@dataclass(slots=True)
class _Track:
    """One plot and the axes in it."""

    plot: QuietPlot
    axes: list[int] = field(default_factory=list)
    curves: list[pg.PlotDataItem] = field(default_factory=list)
    names: list[pg.TextItem] = field(default_factory=list)
    reach: float = 0.0


class LivePlot(QWidget):
    """Stacked plots, one per unit and at most three axes; names stand at the lines' right ends.

    What is drawn is pulled out of a ring at the pace of the eye, and only while visible.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(4)
        self._tracks: list[_Track] = []
        self._axes: tuple[Axis, ...] = ()
        self._ring: Ring | None = None
        self._drawn = 0
        self._low = np.empty((0, 0), np.float32)
        self._high = np.empty((0, 0), np.float32)
        self.setAccessibleName("Live signal")
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._draw)
        self.set_axes((Axis("signal"),))

    @property
    def points(self) -> int:
        """Parts on show in which something is known."""
        return int((~np.isnan(self._low).all(axis=1)).sum()) if self._low.size else 0

    @property
    def track_count(self) -> int:
        """Number of plots."""
        return len(self._tracks)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours; what is shown stays."""
        self._theme = theme
        for track in self._tracks:
            track.plot.set_theme(theme)
            for place, (curve, name) in enumerate(zip(track.curves, track.names, strict=True)):
                colour = self._colour(place)
                curve.setPen(pg.mkPen(colour, width=1.25))
                name.setColor(colour)

    def set_axes(self, axes: Sequence[Axis]) -> None:
        """Start over with these axes."""
        for track in self._tracks:
            self._box.removeWidget(track.plot)
            track.plot.hide()
            track.plot.deleteLater()
        self._axes = tuple(axes)
        self._tracks = []
        for index, axis in enumerate(self._axes):
            last = self._tracks[-1] if self._tracks else None
            new = last is None or len(last.axes) == TRACES
            if last is None or new or self._axes[last.axes[0]].units != axis.units:
                last = self._new_track(axis)
            self._add_curve(last, index, axis)
        for track in self._tracks[:-1]:
            track.plot.getAxis("bottom").setStyle(showValues=False)
        if self._tracks:
            self._tracks[-1].plot.setLabel("bottom", "time (s), 0 is now")
        self.clear()

    def _new_track(self, axis: Axis) -> _Track:
        plot = QuietPlot(self._theme, axis_title(axis), "")
        plot.setXRange(-SECONDS, SECONDS * 0.08, padding=0)
        plot.getAxis("bottom").setTickSpacing(1, 1)
        plot.setYRange(-1, 1, padding=0.03)
        plot.enableAutoRange(x=False, y=False)
        self._box.addWidget(plot, 1)
        track = _Track(plot)
        self._tracks.append(track)
        return track

    def _colour(self, place: int) -> str:
        return self._theme.axis(place, audio=len(self._axes) == 1)

    def _add_curve(self, track: _Track, index: int, axis: Axis) -> None:
        colour = self._colour(len(track.axes))
        curve = track.plot.plot(pen=pg.mkPen(colour, width=1.25), connect="finite")
        name = pg.TextItem(axis.name, color=colour, anchor=(0, 0.5))
        track.plot.addItem(name, ignoreBounds=True)
        track.axes.append(index)
        track.curves.append(curve)
        track.names.append(name)

    def clear(self) -> None:
        """Forget what was shown."""
        count = len(self._axes)
        self._drawn = 0
        self._low = np.empty((0, count), np.float32)
        self._high = np.empty((0, count), np.float32)
        for track in self._tracks:
            track.reach = 0.0
            for curve, name in zip(track.curves, track.names, strict=True):
                curve.setData([], [])
                name.hide()

    def watch(self, ring: Ring | None) -> None:
        """Draw from this ring from now on; None leaves what is shown as it is."""
        self._ring, self._drawn = ring, 0

    def _draw(self) -> None:
        ring = self._ring
        if ring is None or ring.n_axes != len(self._axes) or ring.written == self._drawn:
            return
        now = self._drawn = ring.written
        step = max(1, -int(-SECONDS * ring.sample_rate_hz // COLUMNS))
        count = max(2, min(COLUMNS, round(SECONDS * ring.sample_rate_hz / step)))
        last = -(-now // step)
        edges = (np.arange(last - count, last) * step - now) / ring.sample_rate_hz
        self._low, self._high = ring.envelope((last - count) * step, last * step, count)
        ago = np.repeat(edges, 2)
        upwards = np.arange(last - count, last) % 2 == 0  # up, along, down, along: no saw teeth
        for track in self._tracks:
            for index, curve in zip(track.axes, track.curves, strict=True):
                zigzag = np.empty(2 * len(self._low), np.float32)
                low, high = self._low[:, index], self._high[:, index]
                zigzag[0::2] = np.where(upwards, low, high)
                zigzag[1::2] = np.where(upwards, high, low)
                curve.setData(ago, zigzag)
            self._place(track)

    def _place(self, track: _Track) -> None:
        """Set a plot's scale in steady steps, and its names at the lines' ends."""
        low, high = self._low[:, track.axes], self._high[:, track.axes]
        known = ~np.isnan(low).all(axis=1)
        if not known.any():
            return
        low, high = low[known], high[known]
        peak = max(abs(float(np.nanmin(low))), abs(float(np.nanmax(high))))
        if peak > track.reach or reach_of(peak) < track.reach / 3:
            track.reach = reach_of(peak)
            track.plot.setYRange(-track.reach, track.reach, padding=0.03)
        ends = (low[-1] + high[-1]) / 2 if len(track.axes) > 1 else np.zeros(1)
        gap = 36.0 * track.reach / max(1, track.plot.height() - 40)
        for name, at in zip(track.names, spread(ends, gap), strict=True):
            name.setPos(SECONDS * 0.005, at)
            name.show()

    def showEvent(self, event: object) -> None:
        """Draw only while visible."""
        self._timer.start()

    def hideEvent(self, event: object) -> None:
        """Rest while hidden."""
        self._timer.stop()


def axis_title(axis: Axis) -> str:
    """Return the words at a plot's left: the unit, or what is measured where it has none."""
    if axis.units and axis.units != "wav":
        return axis.units
    return "16-bit readings" if axis.name == "audio" else axis.name


def spread(places: NDArray[Any], gap: float) -> list[float]:
    """Return places moved apart so that neighbours differ by `gap`; their order is kept."""
    order = np.argsort(places, kind="stable")
    moved = np.array(places, float)
    for _ in range(3):
        for lower, upper in itertools.pairwise(order):
            lack = gap - (moved[upper] - moved[lower])
            if lack > 0:
                moved[lower] -= lack / 2
                moved[upper] += lack / 2
    return [float(place) for place in moved]
