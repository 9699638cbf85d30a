"""Making an empty project: what it is for, its name, its folder. Inline, not a dialog."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
)

from studio.gui.texts import tr
from studio.gui.widgets.panel import Panel, ShortLabel, words


def templates() -> dict[str, tuple[str, str]]:
    """Return title and sentence of each template of `services.projects`."""
    return {
        "keywords": (tr("Spoken keywords"), tr("Sound at 16 kHz, one second at a time.")),
        "motion": (tr("Gestures and motion"), tr("Accelerometer or gyroscope, two seconds.")),
        "vibration": (tr("Machine vibration"), tr("A sensor on a machine, one second.")),
        "blank": (tr("Blank"), tr("Choose window and blocks yourself.")),
    }


class NewPanel(Panel):
    """The form.

    Signals
    -------
    wanted : (Path, str, str)
        Folder, template and name of a project to make.
    closed : ()
        It is not wanted after all.
    """

    wanted = Signal(object, str, str)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__(tr("New project"))
        self._parent_folder = Path()
        self.kind = QComboBox()
        for key, (title, _sentence) in templates().items():
            self.kind.addItem(title, key)
        self.kind.currentIndexChanged.connect(self._tell)
        self.about = words("", "hint", wrap=True)
        self.name = QLineEdit()
        self.name.setPlaceholderText(tr("such as: door sounds"))
        self.name.textChanged.connect(self._tell)
        self.name.returnPressed.connect(self._make)
        self.place = ShortLabel("", "hint")
        self.problem = words("", "problem", wrap=True)
        self.choose = QPushButton(tr("Other folder"))
        self.choose.clicked.connect(self._choose)
        self.make = QPushButton(tr("Make it"))
        self.make.clicked.connect(self._make)
        self.leave = QPushButton(tr("Cancel"))
        self.leave.clicked.connect(self.closed)
        self._lay_out()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        rows = ((tr("For"), self.kind), (tr("Name"), self.name))
        for number, (said, field) in enumerate(rows):
            label = words(said)
            label.setBuddy(field)
            field.setAccessibleName(said)
            grid.addWidget(label, 2 * number, 0)
            grid.addWidget(field, 2 * number, 1)
        grid.addWidget(self.about, 1, 1)
        grid.addWidget(self.place, 3, 1)
        grid.setColumnStretch(1, 1)
        self.box.addLayout(grid)
        self.box.addWidget(self.problem)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.make, self.choose, self.leave):
            row.addWidget(button)
        row.addStretch(1)
        self.box.addLayout(row)

    def begin(self, folder: Path) -> None:
        """Show it for a project below this folder."""
        self._parent_folder = folder
        self.name.clear()
        self._tell()
        self.show()
        self.name.setFocus()

    @property
    def path(self) -> Path:
        """Where the project would be."""
        name = "".join(c if c.isalnum() or c in "._-" else "-" for c in self.name.text().strip())
        return self._parent_folder / name.strip("-.")

    def _tell(self) -> None:
        self.about.setText(templates()[self.kind.currentData()][1])
        named = self.path != self._parent_folder
        there = named and self.path.exists()
        self.place.setText(str(self.path) if named else str(self._parent_folder))
        self.problem.setText(
            tr("{path} is there already. Choose another name.", path=self.path) if there else ""
        )
        self.problem.setVisible(there)
        self.make.setEnabled(named and not there)
        self.make.setToolTip("" if named else tr("Give the project a name first."))

    def _choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self, tr("Folder of the new project"), str(self._parent_folder)
        )
        if folder:
            self._parent_folder = Path(folder)
            self._tell()

    def _make(self) -> None:
        if self.make.isEnabled():
            self.wanted.emit(self.path, self.kind.currentData(), self.name.text().strip())
