"""The samples of a project as a model: all numbers at once, rows and pictures as they are seen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from studio.gui.pages.data_findings import flag_text
from studio.gui.texts import tr
from studio.types import Sample

if TYPE_CHECKING:
    from studio.services.label import Row
    from studio.services.library import Listing
    from studio.services.thumbnails import Thumbnail

LABEL, RECORDING, START, LENGTH, GROUP, SPLIT, USED, HEALTH, PICTURE = range(9)
COLUMNS = 9
ORDERS = {
    LABEL: "label",
    RECORDING: "name",
    START: "recording",
    LENGTH: "seconds",
    GROUP: "group",
    SPLIT: "split",
    USED: "enabled",
}
"""What the library is sorted by when a column's head is pressed."""
MAIN_TRACK = "main"
AHEAD = 96
"""Rows before and after the seen ones that are read with them."""
KEPT = 20_000
ASK_MS = 15
DRAW_MS = 90
"""Pictures wait until scrolling rests."""
Index = QModelIndex | QPersistentModelIndex
Place = tuple[int, int, int]
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_SEEN = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
_FLAGS = {
    LABEL: _SEEN | Qt.ItemFlag.ItemIsEditable,
    GROUP: _SEEN | Qt.ItemFlag.ItemIsEditable,
    USED: _SEEN | Qt.ItemFlag.ItemIsUserCheckable,
}
"""Asked for with each cell that is painted: made once."""


def shown_label(sample: Sample) -> str:
    """Return a sample's label, with its track where that is not the main one."""
    return sample.label if sample.track == MAIN_TRACK else f"{sample.label} ({sample.track})"


def place_of(sample: Sample) -> Place:
    """Return what a sample's picture shows."""
    return sample.recording_id, sample.start, sample.stop


class SampleTable(QAbstractTableModel):
    """The samples that a query found.

    Signals
    -------
    relabelled, regrouped : (int, str)
        A person gave a sample another label, or its recording another group.
    used : (int, bool)
        A person put a sample in use or out of it.
    rows_wanted : (int, int)
        Rows from one up to another are seen and not known.
    pictures_wanted : (list)
        Samples that are seen and have no picture yet.
    sorted : (str, bool)
        A person wants another order: its name, and whether from the end.
    """

    relabelled = Signal(int, str)
    regrouped = Signal(int, str)
    used = Signal(int, bool)
    rows_wanted = Signal(int, int)
    pictures_wanted = Signal(list)
    sorted = Signal(str, bool)

    def __init__(self) -> None:
        super().__init__()
        self.ids: NDArray[np.int64] = np.empty(0, np.int64)
        self.names: list[str] = []
        """All labels of the project, in the order that chooses their keys and colours."""
        self.suspects: frozenset[int] = frozenset()
        self._known: dict[int, Row | None] = {}
        self._pictures: dict[Place, Thumbnail | None] = {}
        self._missing: tuple[int, int] | None = None
        self._in_flight: tuple[int, int] | None = None
        self._undrawn: dict[Place, Sample] = {}
        self._drawing = False
        self._ask = QTimer(self, interval=ASK_MS, singleShot=True)
        self._ask.timeout.connect(self._ask_now)
        self._draw = QTimer(self, interval=DRAW_MS, singleShot=True)
        self._draw.timeout.connect(self._ask_pictures)
        self._titles = (
            tr("label"),
            tr("recording"),
            tr("start"),
            tr("length"),
            tr("group"),
            tr("split"),
            tr("in use"),
            tr("health"),
            tr("signal"),
        )

    @property
    def rows(self) -> "list[Row]":
        """The rows that are known, in their order."""
        known = (self._known.get(int(number)) for number in self.ids)
        return [row for row in known if row is not None]

    def fill(self, found: "Listing") -> bool:
        """Show what was found; tell whether the list is another one, so that rows moved."""
        known: dict[int, Row | None] = {row.sample.id: row for row in found.rows}
        if np.array_equal(found.ids, self.ids):
            self._known = known
            self._all_changed()
            return False
        self.beginResetModel()
        self.ids, self._known = found.ids, known
        self._missing = self._in_flight = None
        self.endResetModel()
        return True

    def clear(self) -> None:
        """Show nothing."""
        self.beginResetModel()
        self.ids, self._known, self._pictures = np.empty(0, np.int64), {}, {}
        self._missing = self._in_flight = None
        self.endResetModel()

    def put(self, first: int, after: int, rows: "Sequence[Row]") -> None:
        """Take rows that were asked for; those that are missing are gone from the project."""
        self._in_flight = None
        if len(self._known) > KEPT:
            self._known.clear()
        self._known.update(dict.fromkeys(map(int, self.ids[first:after])))
        self._known.update({row.sample.id: row for row in rows})
        if len(self.ids):
            last = min(after, len(self.ids)) - 1
            self.dataChanged.emit(self.index(first, 0), self.index(last, COLUMNS - 1))

    def put_pictures(
        self, samples: Sequence[Sample], pictures: "Sequence[Thumbnail|None]"
    ) -> None:
        """Take pictures that were asked for."""
        self._drawing = False
        if len(self._pictures) > KEPT:
            self._pictures.clear()
        self._pictures.update(zip(map(place_of, samples), pictures, strict=True))
        self._all_changed()

    def failed(self) -> None:
        """Ask again when rows are seen next: what was asked for cannot be had now."""
        self._in_flight, self._drawing = None, False

    def _all_changed(self) -> None:
        if len(self.ids):
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.ids) - 1, COLUMNS - 1))

    def recolour(self, names: list[str]) -> None:
        """Take over all labels of the project."""
        if names != self.names:
            self.names = names
            self._all_changed()

    def suspect(self, ids: frozenset[int]) -> None:
        """Mark samples whose label looks wrong."""
        self.suspects = ids
        self._all_changed()

    def row(self, place: int) -> "Row | None":
        """Return a row; if it is not known it is asked for."""
        number = int(self.ids[place])
        if number not in self._known:
            self._want(place)
            return None
        return self._known[number]

    def picture(self, sample: Sample) -> "Thumbnail | None":
        """Return a sample's picture; if there is none yet it is asked for."""
        key = place_of(sample)
        if key not in self._pictures:
            self._undrawn[key] = sample
            self._draw.start()
            return None
        return self._pictures[key]

    def _want(self, place: int) -> None:
        flying = self._in_flight
        if flying is not None and flying[0] <= place < flying[1]:
            return
        low, high = self._missing or (place, place + 1)
        self._missing = min(low, place), max(high, place + 1)
        if not self._ask.isActive():
            self._ask.start()

    def _ask_now(self) -> None:
        if self._missing is not None:
            low, high = self._missing
            high = min(high, low + 4 * AHEAD)
            self._missing = None
            self._in_flight = max(0, low - AHEAD), min(len(self.ids), high + AHEAD)
            self.rows_wanted.emit(*self._in_flight)

    def _ask_pictures(self) -> None:
        if self._undrawn and not self._drawing:
            self._drawing = True
            wanted, self._undrawn = list(self._undrawn.values()), {}
            self.pictures_wanted.emit(wanted[-2 * AHEAD :])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's form
        """Return the number of samples."""
        return 0 if parent.isValid() else len(self.ids)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's form
        """Return the number of columns."""
        return COLUMNS

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return a column's name."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._titles[section]
            if role == Qt.ItemDataRole.TextAlignmentRole and section in (START, LENGTH):
                return RIGHT
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        """Return what a cell shows."""
        row = self.row(index.row())
        if row is None:
            return None
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_text(row, column)
        if role == Qt.ItemDataRole.EditRole:
            return row.sample.group if column == GROUP else row.sample.label
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        if role == Qt.ItemDataRole.CheckStateRole and column == USED:
            used = row.sample.enabled
            return Qt.CheckState.Checked if used else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._titles[column]}: {cell_text(row, column)}"
        return None

    def _tip(self, row: "Row", column: int) -> str:
        if column == HEALTH:
            said = [flag_text(flag) for flag in row.flags]
            if row.sample.id in self.suspects:
                said.append(tr("the label looks wrong"))
            return ", ".join(said) or tr("Nothing was found that is worth a look.")
        if column == USED:
            return tr("Whether it is used for training and testing (X)")
        return f"{shown_label(row.sample)}, {row.recording}, {row.sample.group}"

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let labels and groups be edited, and use be switched."""
        return _FLAGS.get(index.column(), _SEEN)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Relabel, put into another group, or switch the use."""
        row = self.row(index.row())
        if row is None:
            return False
        if index.column() == USED:
            self.used.emit(row.sample.id, Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        text = str(value).strip()
        grouped = index.column() == GROUP
        if not text or text == (row.sample.group if grouped else row.sample.label):
            return False
        (self.regrouped if grouped else self.relabelled).emit(row.sample.id, text)
        return True

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Ask for another order."""
        if column in ORDERS or column < 0:
            name = ORDERS.get(column, ORDERS[START])
            self.sorted.emit(name, order == Qt.SortOrder.DescendingOrder)

    def ids_of(self, selection: QItemSelection) -> NDArray[np.int64]:
        """Return the numbers of the samples in a selection, in their order."""
        edges = sorted((part.top(), part.bottom() + 1) for part in selection.toList())
        parts = [self.ids[top:bottom] for top, bottom in edges]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)


def cell_text(row: "Row", column: int) -> str:
    """Return what a cell says."""
    sample = row.sample
    if column == LABEL:
        return shown_label(sample)
    if column == RECORDING:
        return row.recording
    if column == START:
        length = sample.stop - sample.start
        return f"{sample.start * row.seconds / length:.3f} s"
    if column == LENGTH:
        return f"{row.seconds:.3f} s"
    if column == GROUP:
        return sample.group
    if column == SPLIT:
        return tr(sample.split) if sample.split else "-"
    return ""
