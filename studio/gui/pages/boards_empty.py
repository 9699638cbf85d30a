"""What stands where the signal would be while there is none."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.gui.icons import icon
from studio.gui.theme import Theme
from studio.gui.widgets.panel import words

ICON, WIDTH = 48, 460


class Empty(QWidget):
    """An icon, what belongs here, and the way on, in the middle of the room there is."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._icon = words()
        self._head = words("", "title")
        self._text = words("", wrap=True)
        self._text.setFixedWidth(WIDTH)
        box = QVBoxLayout(self)
        box.setSpacing(12)
        box.addStretch(1)
        for widget in (self._icon, self._head, self._text):
            widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
            box.addWidget(widget, 0, Qt.AlignmentFlag.AlignCenter)
        box.addStretch(2)
        self.set_theme(theme)

    def show_words(self, head: str, text: str) -> None:
        """Say this."""
        if (head, text) == (self._head.text(), self._text.text()):
            return
        self._head.setText(head)
        self._text.setText(text)
        self._text.setFixedHeight(self._text.heightForWidth(WIDTH))

    def text(self) -> str:
        """Return all that is said."""
        return f"{self._head.text()}. {self._text.text()}"

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        picture = icon("ph.cpu", theme["text_3"]).pixmap(ICON, ICON)
        self._icon.setPixmap(picture)
