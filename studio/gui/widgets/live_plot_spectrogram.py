"""The spectrogram of a live stream: a column per pixel, written round and round into an image."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.gui.texts import tr
from studio.gui.theme import SPECTRUM, Theme
from studio.gui.widgets.live_plot import LivePlot
from studio.gui.widgets.live_plot_paint import SMALL, Ruler, draw_name, draw_ruler, set_size
from studio.gui.widgets.live_plot_scale import figure, ticks
from studio.gui.widgets.live_plot_view import RIGHT, View, lanes_of
from studio.types import FloatArray

FRAME_MS = 33
MOST = 4
"""Axes that are shown."""
RANGE_DB = 70.0
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def shades() -> NDArray[np.uint32]:
    """Return the 256 colours from weak to strong, as pixels."""
    import pyqtgraph as pg

    table = pg.colormap.get(SPECTRUM).getLookupTable(nPts=256).astype(np.uint32)
    return np.asarray((255 << 24) | (table[:, 0] << 16) | (table[:, 1] << 8) | table[:, 2])


class Spectrogram(QWidget):
    """Time to the right, frequency upwards, strength as colour; the first axes of a live plot."""

    def __init__(self, theme: Theme, source: LivePlot) -> None:
        super().__init__()
        self._theme, self._source = theme, source
        self._view = View([])
        self._levels = np.empty((0, 1, 1), np.float32)
        self._end: int | None = None
        self._key: tuple[object, ...] = ()
        self._top_db = 0.0
        self._colours = shades()
        self.setAccessibleName(tr("Spectrogram of the newest seconds"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(280, 160)
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self.look)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.update()

    def look(self) -> None:
        """Add what has come."""
        source, ring = self._source, self._source.timeline
        if ring is None:
            return
        width = max(16, round(self._view.area.width()))
        shown = source.axes[:MOST]
        window = 16
        while window < 1024 and 2 * window <= 0.04 * ring.sample_rate_hz:
            window *= 2
        window = max(window, 32)
        key = (id(ring), shown, width, source.seconds, window)
        if key != self._key:
            self._key, self._end = key, None
            self._view.lanes = lanes_of(shown, stacked=True)
            self._view.fit(self.width(), self.height(), 1.0)
            self._levels = np.full((width, window // 2, len(shown)), np.nan, np.float32)
        readings = max(2, round(source.seconds * ring.sample_rate_hz))
        end = source.end_reading * width // readings
        start = end - width
        if self._end is not None and start <= self._end <= end:
            start = self._end
        if start < end:
            first = start * readings // width - window
            last = end * readings // width
            values = ring.values(first, last)[:, : len(shown)]
            at = np.arange(start, end) * readings // width - first - window
            self._levels[np.arange(start, end) % width] = strengths(values, at, window)
        if self._end != end:
            self._end = end
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme["plot"]))
        set_size(painter, SMALL)
        ring = self._source.timeline
        if self._end is None or ring is None:
            painter.setPen(QColor(self._theme["text_3"]))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, tr("Waiting for a signal"))
            return
        seconds = self._source.seconds
        draw_ruler(
            painter, self._view, Ruler(-seconds, 0.0, tr("time (s), 0 is now")), self._theme
        )
        strongest = float(np.nanmax(self._levels)) if np.isfinite(self._levels).any() else 0.0
        self._top_db = max(strongest, self._top_db - 0.2) if self._top_db else strongest
        for axis, lane in enumerate(self._view.lanes):
            area = QRectF(self._view.area.left(), lane.top, self._view.area.width(), lane.height)
            painter.drawImage(area, self._picture(axis))
            painter.setPen(QColor(self._theme["axis"]))
            half = ring.sample_rate_hz / 2
            places = ticks(0.0, half, max(2, int(lane.height // 40)))
            for value in places:
                y = area.bottom() - value / half * area.height()
                top = min(max(y - 8, lane.top - 4), area.bottom() - 12)
                text = figure(value, places[1] - places[0])
                painter.drawText(QRectF(0, top, area.left() - 6, 16), _RIGHT, f"{text} Hz")
            name = self._source.axes[axis].name
            painter.save()
            painter.translate(area.right() + 6, lane.top + lane.height / 2)
            draw_name(painter, RIGHT - 12, 0, (name, ""), self._theme["text"])
            painter.restore()
        self._paint_scale(painter)

    def _paint_scale(self, painter: QPainter) -> None:
        """Say what the colours mean."""
        area = self._view.area
        left = area.left() + 4
        painter.setPen(QColor(self._theme["axis"]))
        words = tr(
            "{low} to {high} dB", low=f"{self._top_db - RANGE_DB:.0f}", high=f"{self._top_db:.0f}"
        )
        for place in range(96):
            colour = QColor.fromRgba(int(self._colours[place * 255 // 95]))
            painter.fillRect(QRectF(left + place, area.top() - 20, 1.5, 10), colour)
        painter.drawText(QPointF(left + 104, area.top() - 10), words)
        if len(self._source.axes) > MOST:
            more = tr("the first {n} of {all} axes", n=MOST, all=len(self._source.axes))
            painter.drawText(QPointF(left + 260, area.top() - 10), more)

    def _picture(self, axis: int) -> QImage:
        width = len(self._levels)
        split = (self._end or 0) % width
        ordered = np.concatenate((self._levels[split:, :, axis], self._levels[:split, :, axis]))
        share = (ordered.T[::-1] - (self._top_db - RANGE_DB)) * (255 / RANGE_DB)
        place = np.clip(np.nan_to_num(share, nan=0.0), 0, 255).astype(np.uint8)
        ground = np.uint32(QColor(self._theme["plot"]).rgb())
        pixels = np.where(np.isnan(share), ground, self._colours[place].astype(np.uint32))
        pixels = np.ascontiguousarray(pixels)
        height = pixels.shape[0]
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        return image.copy()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Suit the new size."""
        self._key = ()
        self._view.fit(self.width(), self.height(), 1.0)

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
    bins = np.abs(np.fft.rfft(pieces * np.hanning(window).astype(np.float32), axis=-1))[..., 1:]
    return np.asarray(20 * np.log10(np.maximum(bins, 1e-6)), np.float32).transpose(0, 2, 1)
