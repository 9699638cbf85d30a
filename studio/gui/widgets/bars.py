"""Bars: a memory budget stacked by parts, and the scores of the classes."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.gui.theme import Theme, label_colour


class MemoryBar(QWidget):
    """One resource of the board: used parts, named, and what is free."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme, self._name = theme, name
        self._parts: list[tuple[str, int]] = []
        self._limit = 0
        self.setFixedHeight(78)

    def show_parts(self, parts: list[tuple[str, int]], limit: int) -> None:
        """Show `(part, bytes)` against a limit in bytes."""
        self._parts, self._limit = parts, limit
        used = sum(size for _, size in parts)
        self.setAccessibleName(f"{self._name}: {used} of {limit} bytes used")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._theme["text"]))
        used = sum(size for _, size in self._parts)
        share = used / self._limit if self._limit else 0.0
        state = "" if share <= 1 else " - does not fit"
        head = f"{self._name}   not built yet"
        if self._limit:
            sizes = f"{used / 1024:.1f} of {self._limit / 1024:.0f} KiB"
            head = f"{self._name}   {sizes}   {share:.0%}{state}"
        painter.drawText(0, 14, head)
        frame = QRectF(0.5, 22, self.width() - 1, 20)
        painter.fillRect(frame, QColor(self._theme["sunken"]))
        scale = frame.width() / max(self._limit, used, 1)
        x, legend = frame.left(), 0.0
        shades = ("accent", "ok", "warn", "text_3", "control")
        for place, (part, size) in enumerate(self._parts):
            colour = QColor(self._theme[shades[place % len(shades)]])
            painter.fillRect(QRectF(x, 22, max(size * scale, 1), 20), colour)
            x += size * scale
            text = f"{part} {size / 1024:.1f}"
            painter.fillRect(QRectF(legend, 54, 9, 9), colour)
            painter.setPen(QColor(self._theme["text_2"]))
            painter.drawText(int(legend) + 14, 63, text)
            legend += painter.fontMetrics().horizontalAdvance(text) + 32
        painter.setPen(QColor(self._theme["danger" if share > 1 else "control"]))
        painter.drawRect(frame)


class ScoreBars(QWidget):
    """The scores of the classes, 0..1, with the threshold as a line."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._labels: list[str] = []
        self._scores: list[float] = []
        self._threshold = 0.0
        self.setAccessibleName("Scores")

    def show_scores(self, labels: list[str], scores: list[float], threshold: float) -> None:
        """Show one score per label."""
        self._labels, self._scores, self._threshold = labels, scores, threshold
        self.setMinimumHeight(28 * len(labels) + 8)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        if not self._labels:
            return
        left = max(painter.fontMetrics().horizontalAdvance(name) for name in self._labels) + 12
        room = self.width() - left - 48
        for row, (label, score) in enumerate(zip(self._labels, self._scores, strict=True)):
            top = row * 28 + 4
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.setPen(QColor(self._theme["text"]))
            painter.drawText(
                QRectF(0, top, left - 8, 20), middle | Qt.AlignmentFlag.AlignRight, label
            )
            painter.fillRect(QRectF(left, top, room, 20), QColor(self._theme["sunken"]))
            colour = QColor(label_colour(label, self._labels))
            painter.fillRect(QRectF(left, top, room * score, 20), colour)
            painter.drawText(QRectF(left + room + 8, top, 40, 20), middle, f"{score:.2f}")
        painter.setPen(QColor(self._theme["text"]))
        x = int(left + room * self._threshold)
        painter.drawLine(x, 2, x, len(self._labels) * 28)
