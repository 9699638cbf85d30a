"""A button whose long text is cut in the middle; its tip has all of it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter


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
        if role:
            self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the room of the whole text, within bounds."""
        whole = super().sizeHint()
        return QSize(min(self._most, whole.width() + 2), whole.height())

    def minimumSizeHint(self) -> QSize:
        """Return the least room."""
        return QSize(min(72, self.sizeHint().width()), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button with as much of the text as fits."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        missing = super().sizeHint().width() - self.width()
        if missing > 0:
            metrics = self.fontMetrics()
            room = max(8, metrics.horizontalAdvance(self.text()) - missing)
            option.text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideMiddle, room)
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)
