"""The scores of the last seconds: a row per class, a block per decision, dark where it is sure."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.gui.theme import Theme, label_colour

SECONDS = 30.0
FOOT = 36
MAX_NAME = 160
SMALL_ROW, SMALLEST_FONT = 17, 11


@dataclass(frozen=True, slots=True)
class _Column:
    time_s: float
    scores: tuple[float, ...]
    decided: int


class ScoreRibbon(QWidget):
    """Shows what a board thought of each window; the decided one is underlined."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._labels: list[str] = []
        self._columns: deque[_Column] = deque(maxlen=600)
        self.setAccessibleName("Scores of the last 30 s")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.update()

    def clear(self) -> None:
        """Start over."""
        self._columns.clear()
        self.update()

    def add(
        self, time_s: float, labels: Sequence[str], scores: Sequence[float], decided: str
    ) -> None:
        """Add a decision about the window that ended at `time_s`; `decided` empty for none."""
        if list(labels) != self._labels or (self._columns and time_s < self._columns[-1].time_s):
            self._labels = list(labels)
            self._columns.clear()
        place = self._labels.index(decided) if decided in self._labels else -1
        self._columns.append(_Column(time_s, tuple(scores), place))
        self.update()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(400, max(3, len(self._labels)) * 24 + FOOT)

    def minimumSizeHint(self) -> QSize:
        """Return the size at which it still can be read."""
        return QSize(240, max(3, len(self._labels)) * 13 + FOOT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        if not self._columns:
            painter.setPen(QColor(self._theme["text_3"]))
            centre = Qt.AlignmentFlag.AlignCenter
            painter.drawText(
                self.rect(), centre, "Press Start. What the board decides appears here."
            )
            return
        metrics = painter.fontMetrics()
        left = min(max(map(metrics.horizontalAdvance, self._labels)), MAX_NAME) + 12
        area = QRectF(left, 4, self.width() - left - 12, self.height() - FOOT - 4)
        row = area.height() / len(self._labels)
        painter.fillRect(area, QColor(self._theme["plot"]))
        if row < SMALL_ROW:
            small = painter.font()
            small.setPixelSize(SMALLEST_FONT)
            painter.setFont(small)
        for place, label in enumerate(self._labels):
            line = QRectF(0, area.top() + place * row, left - 8, row)
            painter.setPen(QColor(self._theme["text"]))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            short = metrics.elidedText(label, Qt.TextElideMode.ElideMiddle, int(left - 8))
            painter.drawText(line, right, short)
        self._draw_axis(painter, area)
        self._draw_columns(painter, area, row)

    def _draw_axis(self, painter: QPainter, area: QRectF) -> None:
        centre = Qt.AlignmentFlag.AlignCenter
        for ago in range(0, int(SECONDS) + 1, 5):
            x = area.right() - area.width() * ago / SECONDS
            painter.setPen(QColor(self._theme["grid"]))
            painter.drawLine(int(x), int(area.top()), int(x), int(area.bottom()))
            painter.setPen(QColor(self._theme["axis"]))
            painter.drawText(QRectF(x - 20, area.bottom() + 2, 40, 16), centre, f"{-ago}")
        below = QRectF(area.left(), area.bottom() + 18, area.width(), 16)
        painter.drawText(below, centre, "board time (s), 0 is the newest window")

    def _draw_columns(self, painter: QPainter, area: QRectF, row: float) -> None:
        newest = self._columns[-1].time_s
        shown = [column for column in self._columns if column.time_s > newest - SECONDS]
        for index, column in enumerate(shown):
            before = shown[index - 1].time_s if index else column.time_s - 0.25
            end = area.right() - area.width() * (newest - column.time_s) / SECONDS
            width = max(2.0, area.width() * min(column.time_s - before, 1.0) / SECONDS - 1)
            x = max(area.left(), end - width)
            for place, score in enumerate(column.scores):
                cell = QRectF(x, area.top() + place * row + 2, end - x, row - 4)
                colour = QColor(label_colour(self._labels[place], self._labels))
                colour.setAlphaF(min(max(score, 0.0), 1.0))
                painter.fillRect(cell, colour)
                if place == column.decided:
                    mark = QRectF(x, cell.bottom() - 2, width + 1, 4)
                    painter.fillRect(mark, QColor(self._theme["text"]))
