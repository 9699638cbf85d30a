"""How well it did: figures and threshold, the matrix, and tables per label and per group."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSlider,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.gui.texts import counted, grouped, tr
from studio.gui.theme import Theme
from studio.gui.widgets.matrix import ConfusionMatrix
from studio.gui.widgets.panel import Panel, words

if TYPE_CHECKING:
    from studio.services.verdicts import Verdicts

STEP = 0.05
"""How far a key moves the threshold."""
NONE = "–"
BOARD = 2
"""Place of the board among those whose decisions are looked at."""


class Choice(QWidget):
    """A row of buttons of which one is down.

    Signals
    -------
    chosen : (int)
        The place of the button.
    """

    chosen = Signal(int)

    def __init__(self, name: str, texts: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._group = QButtonGroup(self)
        self.buttons: list[QPushButton] = []
        for place, (text, tip) in enumerate(texts):
            button = QPushButton(text)
            button.setProperty("role", "quiet")
            button.setCheckable(True)
            button.setToolTip(tip)
            button.setAccessibleName(f"{name}: {text}")
            self._group.addButton(button, place)
            self.buttons.append(button)
            row.addWidget(button)
        row.addStretch(1)
        self.buttons[0].setChecked(True)
        self._group.idClicked.connect(self.chosen)

    @property
    def place(self) -> int:
        """The place of the button that is down."""
        return self._group.checkedId()

    def choose(self, place: int) -> None:
        """Press a button."""
        self.buttons[place].setChecked(True)


def table(heads: Sequence[str], name: str) -> QTableWidget:
    """Return an empty table for figures: names at the left, numbers at the right."""
    made = QTableWidget(0, len(heads))
    made.setHorizontalHeaderLabels(list(heads))
    made.verticalHeader().hide()
    made.verticalHeader().setDefaultSectionSize(28)
    made.setShowGrid(False)
    made.setTabKeyNavigation(False)
    made.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    made.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    made.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
    made.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    made.setAccessibleName(name)
    head = made.horizontalHeader()
    head.setHighlightSections(False)
    head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    head.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    if first := made.horizontalHeaderItem(0):
        first.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return made


def fill(made: QTableWidget, rows: Sequence[Sequence[str]]) -> None:
    """Put texts into a table."""
    made.setRowCount(len(rows))
    for line, texts in enumerate(rows):
        for column, text in enumerate(texts):
            cell = QTableWidgetItem(text)
            if column:
                cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            else:
                cell.setToolTip(text)
            made.setItem(line, column, cell)


class ResultPanel(Panel):
    """The share that is right, the threshold, and whose decisions are looked at.

    Signals
    -------
    changed : ()
        Another threshold, or other decisions.
    differing : ()
        The person wants the windows that float and int8 decide differently.
    """

    changed = Signal()
    differing = Signal()

    def __init__(self) -> None:
        super().__init__(tr("Result"))
        self.heading.hide()
        self._wanted = 0.0
        self.figure = words("", "figure")
        self.meaning = words("", wrap=True)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self.figure)
        top.addWidget(self.meaning, 1)
        self.box.addLayout(top)
        self.box.addLayout(self._threshold_row())
        self.kind = Choice(
            tr("Decisions of"),
            (
                (tr("int8"), tr("The compiled C that the board runs")),
                (tr("float"), tr("The model before it was quantized")),
                (tr("board"), tr("What the board itself decided")),
            ),
        )
        self.kind.chosen.connect(lambda _: self.changed.emit())
        self.differ = QPushButton()
        self.differ.clicked.connect(self.differing)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.kind, 1)
        row.addWidget(self.differ)
        self.box.addLayout(row)

    def _threshold_row(self) -> QHBoxLayout:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setAccessibleName(tr("Threshold"))
        self.slider.setToolTip(tr("Below this score a window is left unsure ([ and ])"))
        self.slider.valueChanged.connect(lambda _: self._moved())
        self.value = words()
        self.value.setMinimumWidth(40)
        self.rule = QPushButton()
        self.rule.setProperty("role", "quiet")
        self.rule.clicked.connect(lambda: self.slider.setValue(round(100 * self._wanted)))
        name = words(tr("threshold"), "hint")
        name.setBuddy(self.slider)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(name)
        row.addWidget(self.slider, 1)
        row.addWidget(self.value)
        row.addWidget(self.rule)
        self._tell()
        return row

    @property
    def threshold(self) -> float:
        """The score below which a window is unsure, 0..1."""
        return self.slider.value() / 100

    def shift(self, by: float) -> None:
        """Raise or lower the threshold."""
        self.slider.setValue(self.slider.value() + round(100 * by))

    def _moved(self) -> None:
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        self.value.setText(f"{self.threshold:.2f}" if self.threshold else tr("off"))

    def offer(self, *, wanted: float, board: bool, differing: int) -> None:
        """Say what there is: the pipeline's threshold, a board's decisions, disagreements."""
        self._wanted = wanted
        value = f"{wanted:.2f}"
        self.rule.setText(tr("as the board: {value}", value=value))
        self.rule.setToolTip(tr("The threshold of the pipeline's decision rule"))
        button = self.kind.buttons[BOARD]
        button.setEnabled(board)
        if not board:
            button.setToolTip(tr("Run the test with a linked board that has this model."))
            if self.kind.place == BOARD:
                self.kind.choose(0)
        self.differ.setEnabled(differing > 0)
        text = tr("float = int8")
        if differing:
            one, many = "{n} window: float ≠ int8", "{n} windows: float ≠ int8"
            text = counted(differing, one, many)
        self.differ.setText(text)
        tip = tr("Show the windows that float and int8 decide differently (D)")
        self.differ.setToolTip(tip if differing else tr("Quantizing changed no decision."))

    def show_figures(self, verdicts: "Verdicts", parity: dict[str, int] | None) -> None:
        """Show how many are right, and how many windows a board computed as this computer did."""
        figures = verdicts.accuracy()
        low, high = figures["interval"]
        self.figure.setText(f"{100 * figures['accuracy']:.1f} %")
        total = grouped(figures["windows"])
        said = tr(
            "of {total} held-out windows are right; the true share is {low} to {high} % (95 % "
            "sure).",
            total=total,
            low=f"{100 * low:.0f}",
            high=f"{100 * high:.0f}",
        )
        if figures["unsure"]:
            share = f"{100 * figures['unsure'] / figures['windows']:.1f}"
            said += " " + tr("{share} % are unsure.", share=share)
        if parity is not None and self.kind.place == BOARD:
            same, of = parity["scores_identical"], parity["windows"]
            said += " " + tr(
                "{same} of {of} equal this computer's, byte for byte.", same=same, of=of
            )
        self.meaning.setText(said)


class MatrixPanel(Panel):
    """The matrix, or the same in a table per label, or per group.

    Signals
    -------
    grouped : (str)
        A group whose windows the person wants to see.
    """

    grouped = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("Who is taken for whom"))
        self.heading.hide()
        self.matrix = ConfusionMatrix(theme)
        self.labels = table(
            (tr("label"), tr("precision"), tr("recall"), "F1", tr("windows")), tr("Per label")
        )
        heads = (tr("group"), tr("windows"), tr("right"), tr("unsure"))
        self.groups = table(heads, tr("Per group"))
        self.groups.itemSelectionChanged.connect(self._group)
        self.view = Choice(
            tr("Look at"),
            (
                (tr("Matrix"), tr("Who is taken for whom")),
                (tr("Per label"), tr("Precision, recall and F1 of each label")),
                (tr("Per group"), tr("How well each speaker, person or board is told")),
            ),
        )
        self.units = QPushButton()
        self.units.setProperty("role", "quiet")
        self.units.setToolTip(tr("Shares of the true label, or counts (Space)"))
        self.units.clicked.connect(lambda: self.matrix.show_shares(not self.matrix.shares))
        self.matrix.turned.connect(self._tell)
        self.stack = QStackedWidget()
        for widget in (self.matrix, self.labels, self.groups):
            self.stack.addWidget(widget)
        self.view.chosen.connect(self._turn)
        row = QHBoxLayout()
        row.addWidget(self.view, 1)
        row.addWidget(self.units)
        self.box.addLayout(row)
        self.box.addWidget(self.stack, 1)
        self._tell()

    def _turn(self, place: int) -> None:
        self.stack.setCurrentIndex(place)
        self.units.setVisible(place == 0)

    def _tell(self) -> None:
        self.units.setText(tr("as counts") if self.matrix.shares else tr("as shares"))

    def _group(self) -> None:
        cells = self.groups.selectedItems()
        if cells:
            self.grouped.emit(cells[0].text())

    def show_verdicts(self, verdicts: "Verdicts", groups: Any, *, unsure: bool) -> None:
        """Show the figures of all three views."""
        counts = verdicts.counts
        count = len(verdicts.labels)
        if not unsure:
            counts = [row[:count] for row in counts]
        self.matrix.show_counts(verdicts.labels, counts, unsure=tr("unsure") if unsure else "")
        rows = [
            (
                row["label"],
                *(_share(row[key]) for key in ("precision", "recall")),
                NONE if row["f1"] is None else f"{row['f1']:.2f}",
                grouped(row["windows"]),
            )
            for row in verdicts.per_label()
        ]
        fill(self.labels, rows)
        self.groups.blockSignals(True)
        fill(
            self.groups,
            [
                (
                    row["group"],
                    grouped(row["windows"]),
                    _share(row["accuracy"]),
                    grouped(row["unsure"]),
                )
                for row in verdicts.per_group(groups)
            ],
        )
        self.groups.blockSignals(False)


def _share(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.0f} %"


def column(*widgets: QWidget, stretch: int = -1) -> QVBoxLayout:
    """Return widgets one under the other; the one at place `stretch` takes the room."""
    box = QVBoxLayout()
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(16)
    for place, widget in enumerate(widgets):
        box.addWidget(widget, 1 if place == stretch else 0)
    return box
