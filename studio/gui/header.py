"""The page's head: title, one sentence of facts, and the one primary button at the right."""

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import ShortLabel, set_role, words


class Header(QWidget):
    """Shows what a page says of itself."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.title = words()
        self.title.setObjectName("title")
        self.facts = ShortLabel()
        self.facts.setObjectName("facts")
        self.primary = QPushButton()
        self.primary.setObjectName("primary")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.title)
        row.addWidget(self.facts, 1)
        row.addWidget(self.primary)
        self.set_theme(theme)

    def show_page(self, title: str, facts: str) -> None:
        """Show a page's title and its sentence of facts."""
        self.title.setText(title)
        self.facts.setText(facts)

    def show_act(self, text: str, why_not: str, *, stops: bool) -> None:
        """Show the primary act; `why_not` says why it cannot be done now, empty: it can."""
        self.primary.setText(text)
        if self.primary.hasFocus() and (why_not or not text):
            self.setFocus()  # or it would go to a neighbour that nobody chose
        self.primary.setVisible(bool(text))
        self.primary.setEnabled(not why_not)
        if self.hasFocus() and text and not why_not:
            self.primary.setFocus()
        self.primary.setToolTip(why_not or tr("{act} (Ctrl+Enter)", act=text))
        set_role(self.primary, "stop" if stops else "")

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's sizes."""
        self.setFixedHeight(theme.px("page_header"))
