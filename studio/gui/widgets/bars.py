"""Bars: the scores of the classes; sizes in words."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.gui.theme import Theme, label_colour

ROW, TALLEST_ROW = 28, 44
GAP = 10
SMALL_ROW, SMALLEST_ROW, SMALLEST_FONT = 17, 13, 11
MAX_NAME = 160
MIDDLE = Qt.AlignmentFlag.AlignVCenter


def size_text(size: int) -> str:
    """Return a number of bytes in words."""
    return f"{size} B" if size < 1024 else f"{size / 1024:.1f} KiB"


class ClassBars(QWidget):
    """One bar per class, 0..1, with its number; a threshold as a dashed line if there is one."""

    def __init__(self, theme: Theme, name: str, empty: str = "") -> None:
        super().__init__()
        self._theme = theme
        self._empty = empty
        self._labels: list[str] = []
        self._values: list[float] = []
        self._threshold: float | None = None
        self._percent = False
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and text size."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def show_values(
        self,
        labels: Sequence[str],
        values: Sequence[float],
        *,
        threshold: float | None = None,
        percent: bool = False,
    ) -> None:
        """Show one value per label."""
        self._labels, self._values = list(labels), list(values)
        self._threshold, self._percent = threshold, percent
        words = ", ".join(
            f"{label} {value:.2f}" for label, value in zip(labels, values, strict=True)
        )
        self.setAccessibleDescription(words)
        self.updateGeometry()
        self.update()

    def _px(self, size: int) -> int:
        """Return a size at 100 % in the text size there is."""
        return round(size * self._theme.percent / 100)

    def sizeHint(self) -> QSize:
        """Return the size at which every class has a row."""
        return QSize(240, max(3, len(self._labels)) * ROW + 8)

    def minimumSizeHint(self) -> QSize:
        """Return the size at which the rows still can be read."""
        return QSize(200, max(3, len(self._labels)) * self._px(SMALLEST_ROW) + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        metrics = painter.fontMetrics()
        if not self._labels:
            painter.setPen(QColor(self._theme["text_3"]))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, self._empty)
            return
        names = [metrics.horizontalAdvance(name) for name in self._labels]
        left = min(max(names), MAX_NAME) + 12
        row = min(float(TALLEST_ROW), (self.height() - 8) / len(self._labels))
        room = self.width() - left - 52
        bar = max(row - GAP, row * 0.8) if row < ROW else row - GAP
        if row < self._px(SMALL_ROW):
            small = painter.font()
            small.setPixelSize(self._px(SMALLEST_FONT))
            painter.setFont(small)
        for place, (label, value) in enumerate(zip(self._labels, self._values, strict=True)):
            line = QRectF(0, 4 + place * row, left - 8, row)
            painter.setPen(QColor(self._theme["text"]))
            short = metrics.elidedText(label, Qt.TextElideMode.ElideMiddle, int(left - 8))
            painter.drawText(line, MIDDLE | Qt.AlignmentFlag.AlignRight, short)
            body = QRectF(left, line.center().y() - bar / 2, room, bar)
            painter.fillRect(body, QColor(self._theme["track"]))
            filled = QRectF(body.left(), body.top(), room * min(max(value, 0.0), 1.0), bar)
            painter.fillRect(filled, QColor(label_colour(label, self._labels)))
            text = f"{100 * value:.0f} %" if self._percent else f"{value:.2f}"
            number = QRectF(left + room + 4, line.top(), 44, row)
            painter.drawText(number, MIDDLE | Qt.AlignmentFlag.AlignRight, text)
        if self._threshold is not None:
            pen = QPen(QColor(self._theme["text"]), 1, Qt.PenStyle.DashLine)
            painter.setPen(pen)
            x = int(left + room * self._threshold)
            painter.drawLine(x, 2, x, int(row * len(self._labels)) + 6)
