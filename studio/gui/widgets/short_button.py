"""A button whose long text is cut, but never its end; its tip has all of it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter

INSET = 8
"""Room in px before the text of a button with a menu."""


class ShortButton(QPushButton):
    """Shows as much of its text as there is room for, and never pushes its neighbours aside.

    Parameters
    ----------
    most : int
        The width in px that it asks for at most.
    role : str
        Chooses its look in the style sheet.
    """

    def __init__(self, most: int, role: str = "") -> None:
        super().__init__()
        self._most = most
        self._kept = ""
        if role:
            self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str, kept: str) -> None:
        """Show a text of which the end `kept` is always seen whole."""
        self._kept = kept
        self.setText(text)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return the room of the whole text, within bounds."""
        whole = super().sizeHint()
        return QSize(max(min(self._most, whole.width() + 2), self._least()), whole.height())

    def _least(self) -> int:
        """Return the room of the end that is always seen, with a mark of what is left out."""
        around = super().sizeHint().width() - self.fontMetrics().horizontalAdvance(self.text())
        return around + self.fontMetrics().horizontalAdvance(f"…{self._kept}") + 2

    def minimumSizeHint(self) -> QSize:
        """Return the least room."""
        least = max(72, self._least()) if self._kept else 72
        return QSize(min(least, self.sizeHint().width()), super().minimumSizeHint().height())

    def seen(self) -> str:
        """Return as much of the text as there is room for."""
        missing = super().sizeHint().width() - self.width()
        if missing <= 0:
            return self.text()
        metrics = self.fontMetrics()
        room = max(8, metrics.horizontalAdvance(self.text()) - missing)
        room -= metrics.horizontalAdvance(self._kept)
        head = self.text().removesuffix(self._kept)
        head = metrics.elidedText(head, Qt.TextElideMode.ElideMiddle, room) or "…"
        return f"{head}{self._kept}"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button with as much of the text as fits."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = self.seen()
        painter = QStylePainter(self)
        if self.menu() is None:
            painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
            return
        painter.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option)
        option.rect = option.rect.adjusted(INSET, 0, 0, 0)  # the style sheet's is left out
        painter.drawControl(QStyle.ControlElement.CE_PushButtonLabel, option)
