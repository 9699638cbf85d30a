"""All runs in a table: pin, note, tick two to compare, delete with a question in place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent
from PySide6.QtWidgets import QHeaderView, QTableView

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.bars import size_text
from studio.gui.widgets.row_table import Index, RowTable, show_rows_in, width_columns

NUMBER, WHEN, PIPELINE, MODEL, SCORE, WORST, RAM, FLASH, TIME, NOTE = range(10)
WIDTHS = (76, 144, 168, 192, 72, 136, 80, 80, 96, 0)
NONE = "–"


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


class RunTable(RowTable):
    """The runs; the first column can be ticked, the last be written.

    Signals
    -------
    noted : (str, str)
        A run and its new note.
    ticked_changed : ()
        Other runs are ticked.
    """

    rows: list[dict[str, Any]]
    noted = Signal(str, str)
    ticked_changed = Signal()

    def __init__(self, theme: Theme) -> None:
        names = (
            *(tr("run"), tr("when"), tr("signal"), tr("model"), tr("val int8")),
            *(tr("worst label"), tr("RAM"), tr("constants"), tr("time"), tr("note")),
        )
        super().__init__(names, right=(SCORE, RAM, FLASH, TIME))
        self.theme = theme
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

    def head(self, section: int, role: int) -> Any:
        """Return what a column's figures are."""
        if role == Qt.ItemDataRole.ToolTipRole:
            return {
                SCORE: tr("Share of the validation windows that the int8 model decides right"),
                RAM: tr("RAM of the model's values on the board"),
                FLASH: tr("Flash of the model's constants; its code comes on top, see Deploy"),
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

    def text(self, row: dict[str, Any], column: int) -> str:
        """Return what a run's row says in a column."""
        return _shown(row, column)

    def more(self, row: dict[str, Any], column: int, role: int) -> Any:
        """Return whether a run is ticked, its note to be written, and how it looks."""
        if role == Qt.ItemDataRole.CheckStateRole and column == NUMBER:
            ticked = row["run"] in self.ticked
            return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.EditRole:
            return _shown(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            folder = tr("its files: runs/{folder}", folder=row["run"])
            return _shown(row, column) if column == NOTE else folder
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
        show_rows_in(self, self.table, tr("Training runs"))
        self.setEditTriggers(QTableView.EditTrigger.DoubleClicked)
        width_columns(self, WIDTHS)
        self.horizontalHeader().setSectionResizeMode(NOTE, QHeaderView.ResizeMode.Stretch)
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
