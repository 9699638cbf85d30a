"""What the page is for, while no project is open."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout

from studio.gui.texts import tr
from studio.gui.widgets.panel import Panel, words

COLUMN = 460


class EmptyPanel(Panel):
    """The parts of a pipeline in one sentence each, and where to begin.

    Signals
    -------
    wanted : (str)
        The step to go to.
    """

    wanted = Signal(str)

    def __init__(self, titles: Mapping[str, str]) -> None:
        super().__init__(tr("From a stretch of signal to a decision"))
        told = {
            "window": tr("A stretch of the signal, taken again and again as it streams by."),
            "signal": tr("Few numbers that say what is in it: how strong, how fast, which tone."),
            "learning": tr("A small model that learned which numbers belong to which label."),
            "decision": tr("A label, once several windows in a row agree on it."),
        }
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(12)
        for row, (name, title) in enumerate(titles.items()):
            grid.addWidget(words(title, "heading"), row, 0, Qt.AlignmentFlag.AlignTop)
            sentence = words(told[name], wrap=True)
            sentence.setMinimumWidth(COLUMN)
            grid.addWidget(sentence, row, 1)
        say = words(tr("No project is open. An example on Home has data already."), "hint")
        self.go = QPushButton(tr("Go to Home"))
        self.go.setToolTip(tr("Go to Home (Ctrl+1)"))
        self.go.clicked.connect(lambda: self.wanted.emit("Home"))
        middle = QVBoxLayout()
        middle.setSpacing(24)
        middle.addStretch(1)
        middle.addLayout(grid)
        middle.addWidget(say, 0, Qt.AlignmentFlag.AlignCenter)
        middle.addWidget(self.go, 0, Qt.AlignmentFlag.AlignCenter)
        middle.addStretch(1)
        self.box.addLayout(middle, 1)
        self.box.setAlignment(middle, Qt.AlignmentFlag.AlignHCenter)
