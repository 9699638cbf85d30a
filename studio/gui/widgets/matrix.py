"""The confusion matrix: rows are the truth, shades the share of the row, numbers the windows."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.gui.theme import Theme

LARGEST_CELL, WIDEST_CELL = 64.0, 150.0
SMALLEST_FONT = 11
MAX_NAME = 140


class ConfusionMatrix(QWidget):
    """Draws counts; correct cells have an outline, so no red/green reading is needed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._labels: list[str] = []
        self._counts: list[list[int]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Confusion matrix")

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.update()

    def show_counts(self, labels: list[str], counts: list[list[int]]) -> None:
        """Show `counts[truth][decided]`."""
        self._labels, self._counts = labels, counts
        right = sum(row[i] for i, row in enumerate(counts))
        total = sum(map(sum, counts))
        self.setAccessibleDescription(f"{right} of {total} windows decided correctly")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(460, 300)

    def minimumSizeHint(self) -> QSize:
        """Return the size at which the numbers still can be read."""
        return QSize(200, max(6, len(self._labels)) * 17 + 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        centre = Qt.AlignmentFlag.AlignCenter
        if not self._labels:
            painter.setPen(QColor(self._theme["text_3"]))
            text = "Train and test: the confusion matrix appears here."
            painter.drawText(self.rect(), centre | Qt.TextFlag.TextWordWrap, text)
            return
        count = len(self._labels)
        metrics = painter.fontMetrics()
        names = [metrics.horizontalAdvance(name) for name in self._labels]
        left = min(max(names), MAX_NAME) + 36
        top = 40
        width = min((self.width() - left) / count, WIDEST_CELL)
        height = min(width * 0.6, (self.height() - top) / count, LARGEST_CELL)
        numbered = max(names) > width - 3
        font = QFont(painter.font())
        if height < 20:
            font.setPixelSize(SMALLEST_FONT)
            painter.setFont(font)
        self._draw_names(painter, QRectF(left, top, width, height), numbered=numbered)
        for row, counts in enumerate(self._counts):
            total = sum(counts) or 1
            for column, value in enumerate(counts):
                cell = QRectF(left + column * width, top + row * height, width - 3, height - 3)
                fill, ink = self._theme.cell(value / total)
                painter.fillRect(cell, QColor(fill))
                edge = "ok" if row == column else "hairline"
                painter.setPen(QPen(QColor(self._theme[edge]), 2 if row == column else 1))
                painter.drawRect(cell)
                painter.setPen(QColor(ink if value else self._theme["text_3"]))
                painter.drawText(cell, centre, str(value))

    def _draw_names(self, painter: QPainter, first: QRectF, *, numbered: bool) -> None:
        """Write the classes' names; numbers above the columns where a name has no room."""
        metrics = painter.fontMetrics()
        middle, left = Qt.AlignmentFlag.AlignVCenter, int(first.left())
        painter.setPen(QColor(self._theme["text_3"]))
        painter.drawText(
            QRectF(left, 0, self.width() - left, 16),
            middle | Qt.AlignmentFlag.AlignLeft,
            "row: truth   column: decided   number: windows",
        )
        painter.setPen(QColor(self._theme["text_2"]))
        for place, name in enumerate(self._labels):
            row = QRectF(0, first.top() + place * first.height(), left - 8, first.height() - 3)
            number = f"  {place + 1}" if numbered else ""
            short = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, left - 28)
            painter.drawText(row, middle | Qt.AlignmentFlag.AlignRight, short + number)
            head = QRectF(left + place * first.width(), 18, first.width() - 3, 20)
            text = str(place + 1) if numbered else name
            painter.drawText(head, Qt.AlignmentFlag.AlignCenter, text)
