"""Energy over time and frequency, with its scale, and words on how it was computed."""

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from studio.gui.texts import grouped, tr
from studio.gui.theme import SPECTRUM, Theme
from studio.gui.widgets.wave_bands import Bands
from studio.gui.widgets.wave_hands import Hands
from studio.gui.widgets.wave_lane import Lane
from studio.gui.widgets.wave_view import WaveView, ticks

if TYPE_CHECKING:
    from studio.services.spectrogram import Spectrogram

RANGE_DB = 80
TICK_PX = 32
BAR = 10


@lru_cache(maxsize=1)
def _colours() -> list[int]:
    table = pg.colormap.get(SPECTRUM).getLookupTable(0.0, 1.0, 256)
    return [QColor(*map(int, row[:3])).rgb() for row in table]


@lru_cache(maxsize=1)
def _bar() -> QImage:
    """Return the map as a column, the loudest on top."""
    image = QImage(1, 256, QImage.Format.Format_RGB32)
    for row, colour in enumerate(reversed(_colours())):
        image.setPixel(0, row, colour)
    return image


class SpectrogramLane(Lane):
    """Draws the latest picture where its readings are; the edges of bands cross it."""

    TINT = 0.5  # the bands lie over the picture here

    def __init__(self, view: WaveView, bands: Bands, hands: Hands, theme: Theme) -> None:
        super().__init__(view, bands, hands, theme)
        self._shown: Spectrogram | None = None
        self._image = QImage()
        self._names = ""
        self.setMinimumHeight(72)
        self.setAccessibleName(tr("Spectrogram"))

    def describe(self, names: str) -> None:
        """Say whose energy is shown; the picture of before goes."""
        self._names, self._shown = names, None
        self.again()

    def show_picture(self, picture: "Spectrogram") -> None:
        """Draw this from now on."""
        self._shown = picture
        shades = picture.shades
        rows, columns = shades.shape
        wide = -(-columns // 4) * 4  # lines of an image begin at multiples of four bytes
        padded = np.zeros((rows, wide), np.uint8)
        padded[:, :columns] = shades
        image = QImage(padded.data, columns, rows, wide, QImage.Format.Format_Indexed8)
        image.setColorTable(_colours())
        self._image = image.convertToFormat(QImage.Format.Format_RGB32)
        self.again()

    @property
    def words(self) -> str:
        """How the picture was computed."""
        shown = self._shown
        if shown is None:
            return ""
        length = shown.window / self.view.rate
        size = f"{length * 1000:.0f} ms" if length < 1 else f"{length:.2f} s"
        if shown.overlap < 0:
            return tr(
                "{names}, window {size} ({count} readings), 1 in {step} looked at: zoom in for "
                "all, {name}",
                names=self._names,
                size=size,
                count=shown.window,
                step=math.ceil(1 - shown.overlap),
                name=SPECTRUM,
            )
        return tr(
            "{names}, window {size} ({count} readings), overlap {overlap} %, {name}",
            names=self._names,
            size=size,
            count=shown.window,
            overlap=round(100 * shown.overlap),
            name=SPECTRUM,
        )

    def level_at(self, reading: float, y: float) -> tuple[float, float] | None:
        """Return frequency in Hz and level in dB at a place."""
        shown = self._shown
        if shown is None or not shown.start <= reading < shown.stop:
            return None
        rows, columns = shown.shades.shape
        row = min(rows - 1, max(0, int(y / self.height() * rows)))
        column = int((reading - shown.start) / (shown.stop - shown.start) * columns)
        shade = int(shown.shades[row, min(columns - 1, column)])
        hertz = shown.top_hz * (1 - (row + 0.5) / rows)
        return hertz, shown.top_db + (shade / 255 - 1) * RANGE_DB

    def draw_scale(self, painter: QPainter, area: QRectF) -> None:
        """Draw the frequencies."""
        painter.fillRect(area, QColor.fromRgb(_colours()[0]))
        shown = self._shown
        if shown is None:
            return
        kilo = shown.top_hz >= 2000
        top = shown.top_hz / 1000 if kilo else shown.top_hz
        places, step = ticks(0, top, max(2, int(area.height() / TICK_PX)))
        height = painter.fontMetrics().height()
        digits = max(0, -math.floor(math.log10(step)))
        painter.setPen(QColor(self.theme["axis"]))
        for value in places:
            y = area.bottom() - value / top * area.height()
            y = min(max(y, area.top() + height / 2), area.bottom() - height / 2)
            painter.drawText(
                QRectF(16, y - height / 2, self.left - 22, height),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                f"{value:.{digits}f}",
            )
        painter.save()
        painter.translate(14, area.center().y())
        painter.rotate(-90)
        painter.drawText(
            QRectF(-50, -10, 100, 14), Qt.AlignmentFlag.AlignCenter, "kHz" if kilo else "Hz"
        )
        painter.restore()

    def draw_ground(self, painter: QPainter, area: QRectF) -> None:
        """Draw the picture where its readings are."""
        shown = self._shown
        if shown is None:
            return
        left, right = self.x_of(shown.start), self.x_of(shown.stop)
        place = QRectF(left, area.top(), right - left, area.height())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, self._image)

    def draw_names(self, painter: QPainter, area: QRectF) -> None:
        """Draw the scale of levels."""
        shown = self._shown
        if shown is None:
            return
        bar = QRectF(area.right() + 6, area.top() + 4, BAR, area.height() - 8)
        painter.drawImage(bar, _bar())
        painter.setPen(QColor(self.theme["axis"]))
        height = painter.fontMetrics().height()
        for level, y in ((shown.top_db, bar.top()), (shown.top_db - RANGE_DB, bar.bottom())):
            top = min(max(y - height / 2, area.top()), area.bottom() - height)
            painter.drawText(
                QRectF(bar.right() + 2, top, 40, height),
                Qt.AlignmentFlag.AlignLeft,
                grouped(level, ".0f"),
            )
        painter.drawText(
            QRectF(bar.right() + 2, area.center().y() - height / 2, 40, height),
            Qt.AlignmentFlag.AlignLeft,
            "dB",
        )
