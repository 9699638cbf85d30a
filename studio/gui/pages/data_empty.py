"""What stands in the library's place while there is nothing to list: why, and the ways on."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from studio.errors import StudioError
from studio.gui.icons import icon
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import Panel, words

WIDE = 560


class EmptyLibrary(QWidget):
    """A sentence and three ways to data; or why the data cannot be read."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.box = Panel(tr("No data yet"))
        self.box.setMaximumWidth(WIDE)
        self.what = words("", wrap=True)
        self.how = words("", "hint", wrap=True)
        self.record = QPushButton(tr("Record"))
        self.record.setToolTip(tr("Record from a board, or a virtual one (Ctrl+2)"))
        self.bring = QPushButton(tr("Import files"))
        self.bring.setToolTip(tr("Choose files or folders (Ctrl+I)"))
        self.example = QPushButton(tr("Open an example"))
        self.example.setToolTip(tr("Examples hold data and need no board (Ctrl+1)"))
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.record, self.bring, self.example):
            row.addWidget(button)
        row.addStretch(1)
        self.box.box.addWidget(self.what)
        self.box.box.addLayout(row)
        self.box.box.addWidget(self.how)
        column = QVBoxLayout(self)
        column.addStretch(2)
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(self.box, 4)
        across.addStretch(1)
        column.addLayout(across)
        column.addStretch(3)
        self.setAccessibleName(tr("No data yet"))
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        for button, name in (
            (self.record, "ph.record"),
            (self.bring, "ph.download-simple"),
            (self.example, "ph.house"),
        ):
            button.setIcon(icon(name, theme["text_2"]))

    def show_state(self, project: bool, problem: StudioError | None) -> None:
        """Say why there is nothing to list."""
        self.bring.setEnabled(project and problem is None)
        self.how.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if problem is not None:
            self.box.heading.setText(tr("The data cannot be read"))
            self.what.setText(problem.message)
            self.how.setText(
                tr("Nothing was changed. Open another project (Ctrl+O), or begin one on Home.")
            )
            self.record.hide()
            self.bring.hide()
            return
        self.record.show()
        self.bring.show()
        self.box.heading.setText(tr("No data yet"))
        if project:
            self.what.setText(tr("Record from a board, bring files, or begin with an example."))
            self.how.setText(
                tr("Files and folders may also be dropped here: WAV, CSV, Parquet, JSON, CBOR.")
            )
        else:
            self.what.setText(
                tr(
                    "Recordings and their labels are listed here, to be looked at and sorted. "
                    "No project is open; an example has data and needs no board."
                )
            )
            self.how.setText(tr("Open or begin a project on Home to record or import into it."))
