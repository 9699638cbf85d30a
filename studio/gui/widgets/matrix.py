"""The confusion matrix: rows are the truth, shades the share of the row, numbers the windows."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from studio.gui.theme import Theme


class ConfusionMatrix(QWidget):
    """Draws counts; correct cells have an outline, so no red/green reading is needed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._labels: list[str] = []
        self._counts: list[list[int]] = []
        self.setMinimumHeight(200)
        self.setAccessibleName("Confusion matrix")

    def show_counts(self, labels: list[str], counts: list[list[int]]) -> None:
        """Show `counts[truth][decided]`."""
        self._labels, self._counts = labels, counts
        right = sum(row[i] for i, row in enumerate(counts))
        total = sum(map(sum, counts))
        self.setAccessibleDescription(f"{right} of {total} windows decided correctly")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._labels:
            painter.setPen(QColor(self._theme["text_3"]))
            centre = Qt.AlignmentFlag.AlignCenter
            painter.drawText(self.rect(), centre, "The confusion matrix of the test appears here.")
            return
        metrics = painter.fontMetrics()
        left = max(metrics.horizontalAdvance(name) for name in self._labels) + 12
        count = len(self._labels)
        side = min((self.width() - left) / count, (self.height() - 44) / count, 64)
        self._draw_names(painter, left, side)
        for row, counts in enumerate(self._counts):
            total = sum(counts) or 1
            for column, value in enumerate(counts):
                cell = QRectF(left + column * side, 24 + row * side, side - 2, side - 2)
                fill, ink = self._theme.cell(value / total)
                painter.fillRect(cell, QColor(fill))
                edge = "ok" if row == column else "hairline"
                painter.setPen(QPen(QColor(self._theme[edge]), 2 if row == column else 1))
                painter.drawRect(cell)
                painter.setPen(QColor(ink if value else self._theme["text_3"]))
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, str(value))
        painter.setPen(QColor(self._theme["text_3"]))
        below = QRectF(left, 26 + count * side, self.width() - left, 18)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "rows: truth, columns: decided")

    def _draw_names(self, painter: QPainter, left: int, side: float) -> None:
        painter.setPen(QColor(self._theme["text_2"]))
        metrics = painter.fontMetrics()
        for place, name in enumerate(self._labels):
            row = QRectF(0, 24 + place * side, left - 8, side)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(row, right, name)
            head = QRectF(left + place * side, 0, side - 2, 20)
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(side))
            painter.drawText(head, Qt.AlignmentFlag.AlignCenter, short)
