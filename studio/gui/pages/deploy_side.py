"""The Deploy page's panels: what to make, what a build needs, boards, the model's operators."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHeaderView,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.gui.texts import grouped, tr
from studio.gui.widgets.panel import Panel, set_role, words

MARKS = {"ok": ("✓", "good"), "warn": ("▲", "advice"), "fail": ("✕", "problem")}
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def kib(size: float, *, about: bool = False) -> str:
    """Return bytes in KiB."""
    return f"{'~' if about else ''}{grouped(size / 1024, '.1f')} KiB"


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
        self._area = QWidget()
        self._grid = QGridLayout(self._area)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._grid.setVerticalSpacing(8)
        self.box.addWidget(self._area)
        self.last = words("", wrap=True)
        self.box.addStretch(1)
        self.box.addWidget(self.last)
        self.rows: list[dict[str, str]] = []
        self.buttons: list[QPushButton] = []

    def show_checks(self, rows: list[dict[str, str]]) -> None:
        """Show them."""
        titles = {
            "Boards": tr("Link a board"),
            "Train": tr("Train again"),
            "Test": tr("Run the test"),
            "again": tr("Check again"),
        }
        if rows == self.rows:
            return
        self.rows, self.buttons = rows, []
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item else None
            if widget is not None:
                widget.deleteLater()
        line = 0
        for row in rows:
            mark, role = MARKS[row["state"]]
            self._grid.addWidget(words(mark, role), line, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(words(tr(row["text"]), wrap=True), line, 1)
            line += 1
            if row["remedy"] and row["state"] != "ok":
                title = titles.get(row["remedy"], row["remedy"])
                button = QPushButton(tr("Go to Train") if row["name"] == "run" else title)
                button.clicked.connect(
                    lambda _=False, where=row["remedy"]: self.remedy.emit(where)
                )
                self._grid.addWidget(button, line, 1, Qt.AlignmentFlag.AlignLeft)
                self.buttons.append(button)
                line += 1

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


class PlainTable(QTableWidget):
    """A table to read, with numbers at the right."""

    def __init__(self, name: str, heads: Sequence[str], *, wide: Sequence[int]) -> None:
        super().__init__(0, len(heads))
        self.setAccessibleName(name)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for column, text in enumerate(heads):
            head_item = QTableWidgetItem(text)
            head_item.setTextAlignment(left if column in wide else RIGHT)
            self.setHorizontalHeaderItem(column, head_item)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(28)
        head = self.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for column in wide:
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self._wide = set(wide)

    def show_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Show these texts."""
        self.setRowCount(len(rows))
        for line, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                if column not in self._wide:
                    item.setTextAlignment(RIGHT)
                self.setItem(line, column, item)


def board_rows(rows: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Return boards as a table's rows: what each has of what it would need."""
    found = []
    for row in rows:
        about = bool(row["estimated"])
        tilde = "~" if about else ""
        fits = tr("✓ fits (measured)") if not about else tr("✓ fits (estimate)")
        found.append(
            [
                tr("{title} (chosen)", title=row["title"]) if row["chosen"] else row["title"],
                _of_limit(row, "ram", about=about),
                _of_limit(row, "flash", about=about),
                f"{tilde}{grouped(row['ms'], '.1f')} / {row['stride_ms']:g} ms",
                fits if row["fits"] else f"✕ {row['why']}",
            ]
        )
    return found


def _of_limit(row: dict[str, Any], memory: str, *, about: bool) -> str:
    limit = grouped(row[f"{memory}_limit_bytes"] / 1024, ".0f")
    return f"{kib(row[f'{memory}_bytes'], about=about)} / {limit}"


def operator_rows(found: dict[str, Any]) -> list[list[str]]:
    """Return the model's operators as a table's rows."""
    return [
        [
            layer["op"],
            " x ".join(str(size) for size in layer["shape"]),
            grouped(layer["macs"]),
            f"{grouped(layer['bytes'])} B",
        ]
        for layer in found["layers"]
    ]


def pass_rows(found: dict[str, Any]) -> list[list[str]]:
    """Return what each step of the compiler left as a table's rows."""
    return [
        [
            row["name"],
            grouped(row["macs"]) if row["macs"] >= 0 else "-",
            kib(row["constants_bytes"]) if row["constants_bytes"] >= 0 else "-",
            kib(row["arena_bytes"]) if row["arena_bytes"] >= 0 else "-",
        ]
        for row in found["passes"]
    ]
