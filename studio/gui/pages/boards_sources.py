"""What gives a signal where no board is plugged in: a virtual board, or a file that is played."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QPushButton, QWidget

from studio.gui.texts import tr
from studio.gui.widgets.panel import words

PLAYED = "*.wav *.flac *.ogg *.csv *.parquet *.capture"


class OtherSources(QWidget):
    """A virtual board that plays an example, or a file.

    Signals
    -------
    virtual_wanted : (str)
        A virtual board that plays this example is to be started.
    file_chosen : (str)
        The file at this path is to be played.
    """

    virtual_wanted = Signal(str)
    file_chosen = Signal(str)

    def __init__(self, examples: dict[str, str]) -> None:
        super().__init__()
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("What the virtual board's sensor plays"))
        for name, text in examples.items():
            self.kind.addItem(text, name)
        self.example = push_button(
            tr("Start"),
            tr("No board needed: the real firmware on an emulated Cortex-M4"),
            lambda: self.virtual_wanted.emit(self.kind.currentData()),
        )
        self.example.setAccessibleName(tr("Start a virtual board"))
        self.file = push_button(
            tr("Play a file…"),
            tr("Take readings from a sound, a table or a capture log"),
            self._choose_file,
        )
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        grid.setColumnStretch(0, 1)
        about = words(tr("A virtual board: real firmware, no cable"), "hint", wrap=True)
        grid.addWidget(about, 0, 0, 1, 2)
        grid.addWidget(self.kind, 1, 0)
        grid.addWidget(self.example, 1, 1)
        grid.addWidget(self.file, 2, 0, 1, 2)

    def _choose_file(self) -> None:
        kinds = tr("Recordings ({patterns})", patterns=PLAYED)
        path, _ = QFileDialog.getOpenFileName(self, tr("Play a file as a source"), "", kinds)
        if path:
            self.file_chosen.emit(path)


def push_button(text: str, tip: str, act: Callable[[], object] | None = None) -> QPushButton:
    """Return a button with a tip."""
    button = QPushButton(text)
    button.setToolTip(tip)
    if act is not None:
        button.clicked.connect(lambda _: act())
    return button
