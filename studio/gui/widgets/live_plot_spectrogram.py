"""The spectrogram of a live stream: a column per pixel, written round and round into an image.

What is new is added frame by frame, and what lies further back is filled in a few columns at a
time, so that a frame never takes long, whatever was chosen to be seen.
"""

from functools import lru_cache

import numpy as np
from numpy.fft import rfft
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QImage, QPainter, QPaintEvent, QShowEvent

from studio.gui.texts import tr
from studio.gui.theme import SPECTRUM, Theme
from studio.gui.widgets.live_plot import LivePlot
from studio.gui.widgets.live_plot_base import TracePlot
from studio.gui.widgets.live_plot_paint import Ruler
from studio.gui.widgets.live_plot_scale import figure
from studio.gui.widgets.live_plot_timeline import Timeline
from studio.types import FloatArray

FRAME_MS = 33
MOST = 4
"""Axes that are shown."""
RANGE_DB, STEP_DB = 70.0, 10.0
COLUMNS, READINGS = 48, 16_384
"""The most columns that a frame adds, and the most readings that it looks at for them."""


@lru_cache(maxsize=1)
def shades() -> NDArray[np.uint32]:
    """Return the 256 colours from weak to strong, as pixels."""
    import pyqtgraph as pg

    table = pg.colormap.get(SPECTRUM).getLookupTable(nPts=256).astype(np.uint32)
    return np.asarray((255 << 24) | (table[:, 0] << 16) | (table[:, 1] << 8) | table[:, 2])


class Picture:
    """Columns of strengths, written round and round, and the pixels that show them."""

    def __init__(self, width: int, bins: int, n_axes: int) -> None:
        self.width, self.bins = width, bins
        self.begin = self.end = 0
        """The columns `[begin, end)` of the stream are known, at most `width` of them."""
        self.top_db: float | None = None
        self._levels = np.zeros((n_axes, bins, width), np.float32)
        self._strongest = np.full((n_axes, width), np.nan, np.float32)
        """Of each column; not-a-number where nothing is known."""
        self._pixels = np.zeros((n_axes, bins, width), np.uint32)
        size = QImage.Format.Format_ARGB32_Premultiplied
        self._images = [QImage(one.data, width, bins, 4 * width, size) for one in self._pixels]
        self._colours = shades()

    def turn_to(self, end: int) -> None:
        """Show the columns before `end`: what lies outside of them is forgotten."""
        start = end - self.width
        if end <= self.begin or start >= self.end:
            self._wipe(range(self.begin, self.end))
            self.begin = self.end = end
        if end < self.end:
            self._wipe(range(end, self.end))
            self.end = end

    def _wipe(self, columns: range) -> None:
        slots = np.arange(columns.start, columns.stop) % self.width
        self._pixels[:, :, slots] = 0
        self._strongest[:, slots] = np.nan

    def write(self, columns: range, levels: FloatArray) -> None:
        """Take the strengths `(n_columns, bins, n_axes)` of columns beside the known ones."""
        slots = np.arange(columns.start, columns.stop) % self.width
        self._levels[:, :, slots] = levels.transpose(2, 1, 0)[:, ::-1]
        self._strongest[:, slots] = levels.max(axis=1).T
        self.begin, self.end = min(self.begin, columns.start), max(self.end, columns.stop)
        self.begin = max(self.begin, self.end - self.width)
        if self._rescale():
            slots = np.arange(self.width)
        self._colour(slots)

    def _rescale(self) -> bool:
        """Let the scale follow in steps; return whether it changed."""
        known = self._strongest[~np.isnan(self._strongest)]
        if not known.size:
            return False
        top = STEP_DB * float(np.ceil(known.max() / STEP_DB))
        if self.top_db is not None and self.top_db - 2 * STEP_DB < top <= self.top_db:
            return False
        self.top_db = top
        return True

    def _colour(self, slots: NDArray[np.int64]) -> None:
        low = (self.top_db or 0.0) - RANGE_DB
        for axis, strongest in enumerate(self._strongest):
            unknown = np.isnan(strongest[slots])
            known = slots[~unknown]
            share = (self._levels[axis][:, known] - low) * (255 / RANGE_DB)
            place = np.clip(share, 0, 255).astype(np.uint8)
            self._pixels[axis][:, slots[unknown]] = 0
            self._pixels[axis][:, known] = self._colours[place]

    def show(self, painter: QPainter, axis: int, area: QRectF) -> None:
        """Draw an axis, the newest column at the right."""
        split, share = self.end % self.width, area.width() / self.width
        for first, last, at in ((split, self.width, 0), (0, split, self.width - split)):
            if first < last:
                painter.drawImage(
                    QRectF(
                        area.left() + at * share, area.top(), (last - first) * share, area.height()
                    ),
                    self._images[axis],
                    QRectF(first, 0, last - first, self.bins),
                )


class Spectrogram(TracePlot):
    """Time to the right, frequency upwards, strength as colour; the first axes of a live plot."""

    def __init__(self, theme: Theme, source: LivePlot) -> None:
        super().__init__(theme)
        self._source = source
        self._picture: Picture | None = None
        self._key: tuple[object, ...] = ()
        self._ruler = Ruler(0.0, 1.0, "")
        self._colours = shades()
        self.setAccessibleName(tr("Spectrogram of the newest seconds"))
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self.look)

    def ruler(self) -> Ruler:
        """Return the time axis: that of the signal."""
        return self._ruler

    def reshaped(self) -> None:
        """Begin again, at another size."""
        self._picture = None

    def look(self) -> None:
        """Add what has come, and some of what came before."""
        ring = self._source.timeline
        if ring is None:
            return
        picture = self._suited(ring)
        before = picture.begin, picture.end
        readings = self._readings(ring)
        end = self._source.end_reading * picture.width // readings
        picture.turn_to(end)
        most = READINGS * picture.width // (readings * ring.n_axes)
        most = min(max(1, most), COLUMNS)
        new = range(picture.end, min(end, picture.end + most))
        self._add(ring, picture, new)
        oldest = max(picture.end - picture.width, 0)
        first = max(oldest, picture.begin - (most - len(new)))
        self._add(ring, picture, range(first, picture.begin))
        if before != (picture.begin, picture.end):
            self.update()

    def _suited(self, ring: Timeline) -> Picture:
        """Return the picture, another one if another stream or span is shown."""
        source = self._source
        window = 32
        while window < 1024 and 2 * window <= 0.04 * ring.sample_rate_hz:
            window *= 2
        shown = source.axes[:MOST]
        if shown != self.axes:
            self.arrange(shown, stacked=True)
        key = (id(ring), source.seconds, window)
        if self._picture is None or key != self._key:
            self._key = key
            for lane in self.view.lanes:
                lane.title = tr("frequency (Hz)")
                lane.scale.low, lane.scale.high = 0.0, ring.sample_rate_hz / 2
            self._picture = Picture(self.raster.width, window // 2, len(shown))
            self._names = None
            self.forget_backdrop()
        if self._ruler != (ruler := source.ruler()):
            self._ruler = ruler
            self.forget_backdrop()
        return self._picture

    def _readings(self, ring: Timeline) -> int:
        return max(2, round(self._source.seconds * ring.sample_rate_hz))

    def _add(self, ring: Timeline, picture: Picture, columns: range) -> None:
        if not len(columns):
            return
        readings, width, window = self._readings(ring), picture.width, 2 * picture.bins
        first = columns.start * readings // width - window
        values = ring.values(first, columns.stop * readings // width)[:, : len(self.axes)]
        at = np.arange(columns.start, columns.stop) * readings // width - first - window
        picture.write(columns, strengths(values, at, window))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        picture, area = self._picture, self.view.area
        if picture is None or picture.end == picture.begin:
            painter.fillRect(self.rect(), self.ink("plot"))
            painter.setPen(self.ink("text_3"))
            painter.setFont(self.theme.font("small"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, tr("Waiting for a signal"))
            return
        self.paint_ground(painter)
        for axis, lane in enumerate(self.view.lanes):
            picture.show(painter, axis, QRectF(area.left(), lane.top, area.width(), lane.height))
        if self._names is None:
            nothing = np.full(len(self.axes), np.nan, np.float32)
            self.place_names(nothing, nothing)
            self.write_names([])
        self.paint_names(painter)
        self._paint_scale(painter, picture.top_db or 0.0)

    def _paint_scale(self, painter: QPainter, top_db: float) -> None:
        """Say what the colours mean."""
        painter.setFont(self.theme.font("small"))
        painter.setPen(self.ink("axis"))
        line = painter.fontMetrics().height()
        left, top = self.view.area.left() + 4, self.view.above
        words = tr("{low} to {high} dB", low=figure(top_db - RANGE_DB, 1), high=figure(top_db, 1))
        for place in range(96):
            colour = QColor.fromRgba(int(self._colours[place * 255 // 95]))
            painter.fillRect(QRectF(left + place, top + 2, 1.5, line - 4), colour)
        if len(self._source.axes) > MOST:
            more = tr("the first {n} of {all} axes", n=MOST, all=len(self._source.axes))
            words = f"{words}   ·   {more}"
        room = QRectF(left + 104, top, self.view.area.width() - 104, line)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw only while visible."""
        self._timer.start()
        self.look()

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while hidden."""
        self._timer.stop()


def strengths(values: FloatArray, at: NDArray[np.int64], window: int) -> FloatArray:
    """Return the strength in dB `(n, window // 2, n_axes)` of windows that begin at places."""
    pieces = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)[at]
    pieces = pieces - pieces.mean(axis=-1, keepdims=True)
    bins = np.abs(rfft(pieces * np.hanning(window).astype(np.float32), axis=-1))[..., 1:]
    return np.asarray(20 * np.log10(np.maximum(bins, 1e-6)), np.float32).transpose(0, 2, 1)
