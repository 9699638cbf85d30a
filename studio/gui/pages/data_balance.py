"""How much there is of each label, drawn: training solid, validation pale, test hatched."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.gui.texts import tr
from studio.gui.theme import Theme, label_colour
from studio.types import SPLITS

LINE = 34
BAR = 10
PALE = 0.6


def amount(seconds: float) -> str:
    """Return a length as people say it: seconds, minutes or hours."""
    if seconds < 120:
        return tr("{n} s", n=f"{seconds:.0f}")
    if seconds < 7200:
        return tr("{n} min", n=f"{seconds / 60:.1f}")
    return tr("{n} h", n=f"{seconds / 3600:.1f}")


class Balance(QWidget):
    """One bar per label, as long as its share of the longest."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._seconds: dict[str, dict[str, float]] = {}
        self._names: list[str] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Length of each label"))

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.update()

    def show_seconds(self, seconds: Mapping[str, Mapping[str, float]], names: list[str]) -> None:
        """Show seconds by label and split; `names` choose the colours."""
        self._seconds = {label: dict(of) for label, of in sorted(seconds.items())}
        self._names = names
        told = ", ".join(f"{label} {amount(sum(of.values()))}" for label, of in seconds.items())
        self.setAccessibleDescription(told)
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room of all bars."""
        return QSize(200, max(1, len(self._seconds)) * LINE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bars."""
        painter = QPainter(self)
        longest = max((sum(of.values()) for of in self._seconds.values()), default=0.0) or 1.0
        painter.setFont(self._theme.font("small"))
        for place, (label, of) in enumerate(self._seconds.items()):
            self._line(painter, place * LINE, label, of, longest)

    def _line(
        self, painter: QPainter, top: int, label: str, of: dict[str, float], longest: float
    ) -> None:
        text = QRectF(0, top, self.width(), LINE - BAR - 4)
        said = amount(sum(of.values()))
        room = self.width() - painter.fontMetrics().horizontalAdvance(said) - 12
        name = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideMiddle, room)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(self._theme["text"]))
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | middle, name)
        painter.setPen(QColor(self._theme["text_2"]))
        painter.drawText(text, Qt.AlignmentFlag.AlignRight | middle, said)
        colour = QColor(label_colour(label, self._names))
        left = 0.0
        for split in (*SPLITS, ""):
            width = of.get(split, 0.0) / longest * (self.width() - 1)
            if width <= 0:
                continue
            bar = QRectF(left, top + LINE - BAR - 4, width, BAR)
            painter.fillRect(bar, self._fill(colour, split))
            painter.setPen(QPen(colour, 1))
            painter.drawRect(bar)
            left += width

    def _fill(self, colour: QColor, split: str) -> QBrush:
        shade = QColor(colour)
        if split == "train":
            return QBrush(shade)
        if split == "validation":
            shade.setAlphaF(PALE)
            return QBrush(shade)
        pattern = Qt.BrushStyle.BDiagPattern if split == "test" else Qt.BrushStyle.NoBrush
        return QBrush(shade, pattern)
