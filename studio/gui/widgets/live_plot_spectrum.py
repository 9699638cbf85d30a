"""The spectrum of the newest stretch of a live plot, in decibels."""

import time

import numpy as np
from numpy.fft import rfft
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.axis_words import FULL_SCALE, is_sound
from studio.gui.widgets.live_plot import LivePlot
from studio.gui.widgets.live_plot_base import TracePlot
from studio.gui.widgets.live_plot_paint import Ruler, draw_pill
from studio.gui.widgets.live_plot_stream import WORDS_S
from studio.types import FloatArray

FRAME_MS = 66
LONGEST, SHORTEST = 8192, 64
STRETCH_S = 1.0
FLOOR_DB = -120.0
SMOOTH = 0.6
"""How much of the picture before stays in the next one."""


def spectrum_db(values: FloatArray, *, full_scale: float = 1.0) -> FloatArray:
    """Return the strength of each frequency `(n // 2 + 1, n_axes)` of readings, in dB.

    A sine that reaches `full_scale` has 0 dB; the mean is left out.
    """
    window = np.hanning(len(values)).astype(np.float32)[:, np.newaxis]
    bins = np.abs(rfft((values - values.mean(axis=0)) * window, axis=0))
    share = 2 * bins / (window.sum() * full_scale)
    return np.asarray(20 * np.log10(np.maximum(share, 10 ** (FLOOR_DB / 20))), np.float32)


class SpectrumPlot(TracePlot):
    """Frequencies of what a live plot shows at its right end."""

    def __init__(self, theme: Theme, source: LivePlot) -> None:
        super().__init__(theme)
        self._source = source
        self._levels: FloatArray | None = None
        self._rate_hz = 1.0
        self._words_due = 0.0
        self.setAccessibleName(tr("Spectrum of the newest second"))
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self.look)

    def ruler(self) -> Ruler:
        """Return the frequency axis."""
        return Ruler(0.0, self._rate_hz / 2, tr("frequency (Hz)"))

    def reshaped(self) -> None:
        """Draw at another size."""
        self._words_due = 0.0
        if self._levels is not None:
            self._draw()

    def look(self) -> None:
        """Take the newest stretch."""
        source, ring = self._source, self._source.timeline
        if source.axes != self.axes or source.stacked != self.stacked:
            self._levels = None
            self.arrange(source.axes, stacked=source.stacked)
            for lane in self.view.lanes:
                lane.title = tr("dB of full scale") if self._sound(lane.axes[0]) else tr("dB")
        if ring is None:
            return
        count = SHORTEST
        while count < LONGEST and 2 * count <= STRETCH_S * ring.sample_rate_hz:
            count *= 2
        end = source.end_reading
        values = ring.values(end - count, end)
        if np.isnan(values).any():
            return  # a gap: the picture stays until it has passed
        if ring.sample_rate_hz != self._rate_hz:
            self._rate_hz = ring.sample_rate_hz
            self.forget_backdrop()
        now = spectrum_db(values)
        for axis in range(len(self.axes)):
            if self._sound(axis):
                now[:, axis] -= 20 * np.log10(FULL_SCALE)
        before = self._levels
        steady = before is not None and before.shape == now.shape
        self._levels = (
            SMOOTH * before + (1 - SMOOTH) * now if steady and before is not None else now
        )
        self._draw()

    def _sound(self, axis: int) -> bool:
        return is_sound(self.axes[axis])

    def _draw(self) -> None:
        levels = self._levels
        if levels is None:
            return
        for lane in self.view.lanes:
            wanted = self._range(levels[1:, list(lane.axes)])
            if wanted != (lane.scale.low, lane.scale.high):
                lane.scale.low, lane.scale.high = wanted
                self.forget_backdrop()
        width, count = self.raster.width, len(levels) - 1
        edges = np.arange(width + 1) * count / width
        first = np.floor(edges[:-1]).astype(np.int64)
        if count >= width:
            high = np.maximum.reduceat(levels[:-1], first, axis=0)
            low = np.minimum.reduceat(levels[:-1], first, axis=0)
        else:
            part = (edges[:-1] - first)[:, np.newaxis]
            low = high = levels[first] * (1 - part) + levels[first + 1] * part
        nothing = np.full(len(self.axes), np.nan, np.float32)
        self.draw_columns(range(width), (low, high), (nothing, nothing))
        if (now := time.monotonic()) >= self._words_due:
            self._words_due = now + WORDS_S
            self.place_names(low[-1], high[-1])
            top = 1 + np.argmax(levels[1:], axis=0)
            resolution = self._rate_hz / (2 * count)
            self.write_names([f"{place * resolution:.4g} Hz" for place in top])
        self.update()

    @staticmethod
    def _range(levels: FloatArray) -> tuple[float, float]:
        top = 20 * np.ceil(float(levels.max()) / 20)
        return max(FLOOR_DB, float(top) - 100), float(top)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        self.paint_ground(painter)
        area = self.view.area
        painter.setFont(self.theme.font("small"))
        if self._levels is None:
            painter.setPen(self.ink("text_3"))
            painter.drawText(
                area, Qt.AlignmentFlag.AlignCenter, tr("Waiting for a second of signal")
            )
            return
        self.raster.show(painter, area.left(), area.top(), 0)
        self.paint_names(painter)
        text = tr("strongest frequency under each name")
        at = QPointF(area.left() + 4, self.view.above)
        draw_pill(painter, at, text, self.theme["text"], self.theme["track"])

    def showEvent(self, event: QShowEvent) -> None:
        """Draw only while visible."""
        self._timer.start()
        self.look()

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while hidden."""
        self._timer.stop()
