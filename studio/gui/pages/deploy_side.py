"""The Deploy page's panels: what to make, and what a build needs."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from studio.gui.texts import tr
from studio.gui.widgets.panel import Panel, set_role, words

MARKS = {"ok": ("✓", "good"), "warn": ("▲", "advice"), "fail": ("✕", "problem")}


class MakePanel(Panel):
    """For which board, and how the model's code is made.

    Signals
    -------
    board_chosen : (str)
        Id of a board.
    changed : ()
        Another way to make it.
    export : (str)
        The kind of source to write: `platformio` or `c`.
    """

    board_chosen = Signal(str)
    changed = Signal()
    export = Signal(str)

    def __init__(self) -> None:
        super().__init__(tr("What to make"))
        self.board = QComboBox()
        self.board.setAccessibleName(tr("Board"))
        self.board.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.board.setMinimumContentsLength(14)
        self.board.activated.connect(self._choose)
        self.run = words("", "hint", wrap=True)
        self.speed = QRadioButton(tr("faster"))
        self.smaller = QRadioButton(tr("smaller code"))
        self.speed.setChecked(True)
        self.speed.setToolTip(tr("Code that runs as fast as it can"))
        self.smaller.setToolTip(tr("A fifth to a half less code, up to 5 % more time"))
        group = QButtonGroup(self)
        for button in (self.speed, self.smaller):
            group.addButton(button)
        group.buttonClicked.connect(lambda _: self.changed.emit())
        self.ram = QSpinBox(minimum=-1, maximum=4096)
        self.ram.setSpecialValueText(tr("automatic"))
        self.ram.setSuffix(tr(" KiB"))
        self.ram.setValue(-1)
        self.ram.setAccessibleName(tr("RAM for the model's values"))
        self.ram.setToolTip(
            tr(
                "Where the values need more, layers run row by row: less RAM, more time. "
                "Automatic is half of the board's RAM."
            )
        )
        self.ram.valueChanged.connect(lambda _: self.changed.emit())
        self.project = QPushButton(tr("PlatformIO project …"))
        self.project.setToolTip(tr("Write the whole firmware as a project that can be built"))
        self.plain = QPushButton(tr("Plain C of the model …"))
        self.plain.setToolTip(tr("Write the model alone as C files without anything else"))
        self.project.clicked.connect(lambda: self.export.emit("platformio"))
        self.plain.clicked.connect(lambda: self.export.emit("c"))
        self._lay_out()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.board, 0, 0, 1, 2)
        grid.addWidget(words(tr("model"), "hint"), 1, 0)
        grid.addWidget(self.run, 1, 1)
        grid.addWidget(words(tr("optimise"), "hint"), 2, 0, Qt.AlignmentFlag.AlignTop)
        choice = QVBoxLayout()
        choice.setSpacing(4)
        choice.addWidget(self.speed)
        choice.addWidget(self.smaller)
        grid.addLayout(choice, 2, 1)
        grid.addWidget(words(tr("model RAM"), "hint"), 3, 0)
        grid.addWidget(self.ram, 3, 1)
        self.box.addLayout(grid)
        self.box.addStretch(1)
        self.box.addWidget(words(tr("or write source to build elsewhere"), "hint", wrap=True))
        self.box.addWidget(self.project)
        self.box.addWidget(self.plain)

    @property
    def optimise(self) -> str:
        """`speed` or `size`."""
        return "size" if self.smaller.isChecked() else "speed"

    @property
    def ram_bytes(self) -> int | None:
        """RAM for the model's values; None: half of the board's."""
        value = self.ram.value()
        return None if value < 0 else 1024 * value

    def show_boards(self, rows: Sequence[dict[str, Any]]) -> None:
        """Offer these boards."""
        self.board.clear()
        for row in rows:
            self.board.addItem(row["title"], row["id"])
            place = self.board.count() - 1
            said = tr("it fits") if row["fits"] else row["why"]
            about = tr("{board}: {said}", board=row["title"], said=said)
            self.board.setItemData(place, about, Qt.ItemDataRole.ToolTipRole)
            if row["chosen"]:
                self.board.setCurrentIndex(place)
                self.board.setToolTip(about)

    def _choose(self, place: int) -> None:
        self.board_chosen.emit(str(self.board.itemData(place)))

    def allow(self, *, ready: bool) -> None:
        """Let source be written, or not."""
        for widget in (self.project, self.plain, self.board):
            widget.setEnabled(ready)


class ChecksPanel(Panel):
    """What a build needs, each with a remedy where one helps.

    Signals
    -------
    remedy : (str)
        Where a person wants to go.
    """

    remedy = Signal(str)

    def __init__(self) -> None:
        super().__init__(tr("Before you build"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(8)
        self._columns = 1
        self.box.addLayout(self._grid)
        self.last = words("", wrap=True)
        self.box.addStretch(1)
        self.box.addWidget(self.last)
        self.rows: list[dict[str, str]] = []
        self._cells: list[QWidget] = []
        self.buttons: list[QPushButton] = []

    def show_checks(self, rows: list[dict[str, str]]) -> None:
        """Show them."""
        if rows == self.rows:
            return
        for cell in self._cells:
            self._grid.removeWidget(cell)
            cell.deleteLater()
        self.rows, self.buttons = rows, []
        self._cells = [self._cell(row) for row in rows]
        self._place()

    def show_columns(self, columns: int) -> None:
        """Put the checks into so many columns."""
        self._columns = columns
        for cell in self._cells:
            self._grid.removeWidget(cell)
        self._place()

    def _place(self) -> None:
        for place, cell in enumerate(self._cells):
            line, column = divmod(place, self._columns)
            self._grid.addWidget(cell, line, column, Qt.AlignmentFlag.AlignTop)
        for column in range(2):
            self._grid.setColumnStretch(column, int(column < self._columns))

    def _cell(self, row: dict[str, str]) -> QWidget:
        """Return a check: its mark, what it says, and the way to mend it."""
        mark, role = MARKS[row["state"]]
        cell = QWidget()
        grid = QGridLayout(cell)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        grid.addWidget(words(mark, role), 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(words(tr(row["text"]), wrap=True), 0, 1)
        if row["remedy"] and row["state"] != "ok":
            button = QPushButton(remedy_text(row))
            button.clicked.connect(lambda: self.remedy.emit(row["remedy"]))
            grid.addWidget(button, 1, 1, Qt.AlignmentFlag.AlignLeft)
            self.buttons.append(button)
        return cell

    def show_built(self, built: dict[str, Any] | None) -> None:
        """Say what became of the last build."""
        if built is None:
            self.show_last(tr("Not built yet: figures with ~ are estimates."), good=False)
            return
        compared = built.get("compared")
        if not compared:
            text = tr("Built in {time} s, not on a board yet.", time=f"{built['seconds']:.0f}")
            self.show_last(text, good=False)
            return
        same, total = compared["identical"], compared["windows"]
        text = tr("Last flash: {same} of {total} windows equal", same=same, total=total)
        text = tr("{said} this computer's, byte for byte.", said=text)
        self.show_last(text, good=same == total)

    def show_last(self, text: str, *, good: bool) -> None:
        """Say how the last build compared with this computer."""
        self.last.setText(text)
        set_role(self.last, "good" if good else "advice")


def remedy_text(row: dict[str, str]) -> str:
    """Return what the button says that leads from a check to what mends it."""
    if row["name"] == "run":
        return tr("Go to Train")
    titles = {
        "Boards": tr("Link a board"),
        "Train": tr("Train again"),
        "Test": tr("Run the test"),
        "again": tr("Check again"),
    }
    return titles.get(row["remedy"], row["remedy"])
