"""All runs in a table: pin, note, tick two to compare, delete with a question in place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent
from PySide6.QtWidgets import QHeaderView, QTableView

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.bars import size_text

NUMBER, WHEN, PIPELINE, MODEL, SCORE, WORST, RAM, FLASH, TIME, NOTE = range(10)
WIDTHS = (76, 112, 176, 200, 72, 136, 80, 80, 96, 0)
LEFT = (NUMBER, WHEN, PIPELINE, MODEL, WORST, NOTE)
NONE = "–"
Index = QModelIndex | QPersistentModelIndex


def when_text(at: str) -> str:
    """Return a time in UTC as a person's clock shows it: today only the time."""
    try:
        there = datetime.fromisoformat(at).astimezone()
    except ValueError:
        return at
    today = datetime.now().astimezone().date()
    return there.strftime("%H:%M" if there.date() == today else "%Y-%m-%d %H:%M")


def time_text(row: dict[str, Any]) -> str:
    """Return the time of a window on the board."""
    return NONE if row["time_ms"] is None else f"{row['time_ms']:.1f} ms"


class RunTable(QAbstractTableModel):
    """The runs as Qt wants them; the first column can be ticked, the last be written.

    Signals
    -------
    noted : (str, str)
        A run and its new note.
    ticked_changed : ()
        Other runs are ticked.
    """

    noted = Signal(str, str)
    ticked_changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.rows: list[dict[str, Any]] = []
        self.ticked: list[str] = []
        """At most two runs, in the order of ticking."""

    def fill(self, rows: Sequence[dict[str, Any]]) -> None:
        """Show these runs."""
        if list(rows) == self.rows:
            return
        self.beginResetModel()
        self.rows = list(rows)
        there = {row["run"] for row in rows}
        self.ticked = [run for run in self.ticked if run in there]
        self.endResetModel()

    def tick(self, place: int) -> None:
        """Tick a run, or take its tick away; of three the first gives way."""
        run = self.rows[place]["run"]
        if run in self.ticked:
            self.ticked.remove(run)
        else:
            self.ticked = [*self.ticked, run][-2:]
        last = self.index(len(self.rows) - 1, NUMBER)
        self.dataChanged.emit(self.index(0, NUMBER), last)
        self.ticked_changed.emit()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many runs there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of columns."""
        return 0 if parent.isValid() else len(WIDTHS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's name."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                *(tr("run"), tr("when"), tr("signal"), tr("model"), tr("val int8")),
                *(tr("worst label"), tr("RAM"), tr("flash"), tr("time"), tr("note")),
            )[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        if role == Qt.ItemDataRole.ToolTipRole:
            return {
                SCORE: tr("Share of the validation windows that the int8 model decides right"),
                RAM: tr("RAM of the model's values on the board"),
                FLASH: tr("Flash of the model's constants"),
                TIME: tr(
                    "One window, signal and model, as the board counted it in the last test; a "
                    "virtual board's time is emulated."
                ),
                PIPELINE: tr("Runs with the same number have the same window and signal block"),
            }.get(section)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Tick in the first column, write in the last."""
        flags = super().flags(index)
        if index.column() == NUMBER:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        if index.column() == NOTE:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        if role == Qt.ItemDataRole.CheckStateRole and column == NUMBER:
            ticked = row["run"] in self.ticked
            return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return _shown(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            shown = _shown(row, column)
            return shown if column == NOTE else f"{tr('run')} {row['run']}"
        if role == Qt.ItemDataRole.FontRole and column == NUMBER and row["pinned"]:
            bold = QFont()
            bold.setBold(True)
            return bold
        if role == Qt.ItemDataRole.ForegroundRole and column == WHEN:
            return QColor(self.theme["text_2"])
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take a tick or a note."""
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == NUMBER:
            self.tick(index.row())
            return True
        if role == Qt.ItemDataRole.EditRole and index.column() == NOTE:
            row = self.rows[index.row()]
            if str(value) != row["note"]:
                self.noted.emit(row["run"], str(value))
            return True
        return False


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column in LEFT else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _shown(row: dict[str, Any], column: int) -> str:
    recall = row["worst_recall"]
    worst = NONE if recall is None else f"{row['worst_label']} {100 * recall:.0f} %"
    return str(
        (
            f"{row['number']}{'  ★' if row['pinned'] else ''}",
            when_text(row["at"]),
            f"v{row['features']}  {tr(row['block_title'])}",
            tr(row["learning_title"]),
            f"{100 * row['int8_accuracy']:.1f} %",
            worst,
            size_text(row["ram_bytes"]),
            size_text(row["flash_bytes"]),
            time_text(row),
            row["note"],
        )[column]
    )


class RunList(QTableView):
    """The table with its keys: Space ticks, F2 writes a note.

    Signals
    -------
    picked : (str)
        The run whose curves and figures the person wants to see.
    """

    picked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.table = RunTable(theme)
        self.setModel(self.table)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setEditTriggers(QTableView.EditTrigger.DoubleClicked)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAccessibleName(tr("Training runs"))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(28)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        for column, width in enumerate(WIDTHS):
            if width:
                self.setColumnWidth(column, max(width, head.sectionSizeHint(column)))
        head.setSectionResizeMode(NOTE, QHeaderView.ResizeMode.Stretch)
        self.selectionModel().currentRowChanged.connect(self._pick)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.table.theme = theme
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Return the room of some rows."""
        return QSize(600, 140)

    @property
    def row(self) -> dict[str, Any] | None:
        """The chosen run."""
        at = self.currentIndex().row()
        return self.table.rows[at] if 0 <= at < len(self.table.rows) else None

    def show_rows(self, rows: Sequence[dict[str, Any]], *, newest: bool) -> None:
        """Show these runs; the chosen one stays chosen, or the newest is."""
        chosen = self.row["run"] if self.row and not newest else ""
        if not chosen and rows:
            chosen = max(rows, key=lambda row: int(row["number"]))["run"]
        blocked = self.selectionModel().blockSignals(True)
        self.table.fill(rows)
        self.selectionModel().blockSignals(blocked)
        at = next((i for i, row in enumerate(rows) if row["run"] == chosen), 0)
        if rows:
            self.setCurrentIndex(self.table.index(at, WHEN))

    def write_note(self) -> None:
        """Let the note of the chosen run be written."""
        if self.row is not None:
            self.edit(self.table.index(self.currentIndex().row(), NOTE))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tick with Space."""
        if event.key() == Qt.Key.Key_Space and self.row is not None:
            self.table.tick(self.currentIndex().row())
            return
        super().keyPressEvent(event)

    def _pick(self, current: QModelIndex) -> None:
        if 0 <= current.row() < len(self.table.rows):
            self.picked.emit(self.table.rows[current.row()]["run"])
