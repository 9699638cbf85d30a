"""Level bars of sound: strength as a bar in zones, the peak as a line that is held, a number."""

import time

import numpy as np
from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.axis_words import FULL_SCALE, is_sound
from studio.gui.widgets.live_plot import LivePlot
from studio.gui.widgets.live_plot_scale import figure

FRAME_MS = 50
STRETCH_S = 0.1
HOLD_S = 1.5
FALL_DB = 1.0
"""Per frame, once a peak has been held long enough."""
LOWEST_DB = -60.0
WARN_DB, DANGER_DB = -12.0, -3.0
MOST = 4
ROW, NUMBERS = 18, 148
"""The height of a bar, and the room for its numbers, at a text size of 100 %."""


class LevelBars(QWidget):
    """How loud the sound of a live plot is, in dB of full scale; hidden where there is none."""

    def __init__(self, theme: Theme, source: LivePlot) -> None:
        super().__init__()
        self._theme, self._source = theme, source
        self.rms_db: list[float] = []
        self.peak_db: list[float] = []
        self._held: list[tuple[float, float]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Level of the sound"))
        self.setFixedHeight(self._row)
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self.look)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.suit()

    def suit(self) -> None:
        """Show a bar per axis of sound; without any, be hidden."""
        count = len(self._sounds())
        self.setFixedHeight(max(1, count) * self._row)
        self.setVisible(count > 0)
        self.rms_db, self.peak_db, self._held = [], [], []

    @property
    def _row(self) -> int:
        return round(ROW * self._theme.percent / 100)

    def _sounds(self) -> list[int]:
        axes = self._source.axes
        return [place for place, axis in enumerate(axes) if is_sound(axis)][:MOST]

    def look(self) -> None:
        """Measure the newest stretch."""
        ring, sounds = self._source.timeline, self._sounds()
        if self._source.ended:
            self._fall_silent()
        if ring is None or not sounds or self._source.ended:
            return
        count = max(16, round(STRETCH_S * ring.sample_rate_hz))
        end = ring.written
        values = ring.values(end - count, end)[:, sounds] / FULL_SCALE
        values = values[~np.isnan(values).any(axis=1)]
        if not len(values):
            return
        around = values - values.mean(axis=0)
        self.rms_db = _decibels(np.sqrt((around**2).mean(axis=0)) * np.sqrt(2))
        self.peak_db = _decibels(np.abs(values).max(axis=0))
        self._hold(time.monotonic())
        said = ", ".join(f"{level:.0f} dB" for level in self.rms_db)
        self.setAccessibleDescription(said)
        self.update()

    def _fall_silent(self) -> None:
        """Show no level where nothing comes."""
        if self.rms_db:
            self.rms_db, self.peak_db, self._held = [], [], []
            self.setAccessibleDescription("")
            self.update()

    def _hold(self, now: float) -> None:
        before = self._held if len(self._held) == len(self.peak_db) else [(LOWEST_DB, 0.0)] * 99
        self._held = []
        for peak, (level, since) in zip(self.peak_db, before, strict=False):
            if peak >= level:
                self._held.append((peak, now))
            elif now - since > HOLD_S:
                self._held.append((max(peak, level - FALL_DB), since))
            else:
                self._held.append((level, since))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        painter.setFont(self._theme.font("small"))
        middle = Qt.AlignmentFlag.AlignVCenter
        left, high = self._source.view.area.left(), self._row
        numbers = NUMBERS * self._theme.percent / 100
        width = max(40.0, self.width() - left - numbers)
        for row, place in enumerate(self._sounds()):
            box = QRectF(left, row * high + 4, width, high - 8)
            painter.fillRect(box, QColor(self._theme["track"]))
            painter.setPen(QColor(self._theme["text_2"]))
            name = self._source.axes[place].name
            painter.drawText(QRectF(4, row * high, left - 8, high), middle, name)
            if row >= len(self.rms_db):  # nothing comes
                continue
            level, held = self.rms_db[row], self._held[row][0]
            for low, most, token in (
                (LOWEST_DB, WARN_DB, "ok"),
                (WARN_DB, DANGER_DB, "warn"),
                (DANGER_DB, 0.0, "danger"),
            ):
                if level > low:
                    part = QRectF(box)
                    part.setLeft(left + _share(low) * width)
                    part.setRight(left + _share(min(level, most)) * width)
                    painter.fillRect(part, QColor(self._theme[token]))
            for edge in (WARN_DB, DANGER_DB):
                x = left + _share(edge) * width
                painter.fillRect(
                    QRectF(x, box.top() - 2, 1, high - 4), QColor(self._theme["axis"])
                )
            x = left + _share(held) * width
            painter.fillRect(
                QRectF(x - 1, box.top() - 2, 2, high - 4), QColor(self._theme["text"])
            )
            painter.setPen(QColor(self._theme["danger" if held > DANGER_DB else "text"]))
            said = tr("{rms} dB, peak {peak} dB", rms=figure(level, 1), peak=figure(held, 1))
            painter.drawText(QRectF(left + width + 8, row * high, numbers - 8, high), middle, said)

    def showEvent(self, event: QShowEvent) -> None:
        """Measure only while visible."""
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while hidden."""
        self._timer.stop()


def _decibels(shares: np.ndarray) -> list[float]:
    return [float(level) for level in 20 * np.log10(np.maximum(shares, 1e-3))]


def _share(level: float) -> float:
    return min(max(1 - level / LOWEST_DB, 0.0), 1.0)
