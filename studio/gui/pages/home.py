"""Home: begin with an example, or open a project."""

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from studio.gui.pages.base import Page
from studio.gui.widgets.panel import Panel, words

EXAMPLES = (
    ("keywords", "Spoken keywords", "Sound at 16 kHz. The virtual board hears it."),
    ("motion", "Motion gestures", "Six axes at 100 Hz. The virtual board feels it."),
)


class HomePage(Page):
    """Where everything begins."""

    NAME = "Home"

    def build(self) -> None:
        """Make the widgets."""
        panel = Panel("Start from an example: it works with no board")
        self.examples: list[QPushButton] = []
        for name, title, sentence in EXAMPLES:
            button = QPushButton(title)
            button.clicked.connect(lambda _=False, name=name: self.session.open_example(name))
            row = QHBoxLayout()
            row.addWidget(button)
            row.addWidget(words(sentence, "hint"), 1)
            panel.box.addLayout(row)
            self.examples.append(button)
        panel.box.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(panel)

    def facts(self) -> str:
        """Return one sentence for the header."""
        return "Start here, or continue where you left off."
