"""The table of samples: what a sample is, and its label, which can be edited."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication

from studio.gui.theme import label_colour
from studio.types import Sample

if TYPE_CHECKING:
    from studio.services.label import Row

COLUMNS = ("label", "length", "group", "split", "recording")
LENGTH, RECORDING = 1, 4
MAIN_TRACK = "main"
Index = QModelIndex | QPersistentModelIndex
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def shown_label(sample: Sample) -> str:
    """Return a sample's label, with its track where that is not the main one."""
    return sample.label if sample.track == MAIN_TRACK else f"{sample.label} ({sample.track})"


def _place(row: "Row") -> tuple[int, int, int]:
    return row.sample.recording_id, row.sample.start, row.sample.stop


class SampleTable(QAbstractTableModel):
    """The samples of a project.

    Signals
    -------
    relabelled : (Sample, str)
        A person gave a sample another label.
    """

    relabelled = Signal(object, str)

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.names: list[str] = []

    def fill(self, rows: "list[Row]") -> None:
        """Show these samples; selection and an open editor stay if only labels differ."""
        if list(map(_place, rows)) == list(map(_place, self.rows)):
            if rows == self.rows:
                return
            self.rows = rows
            self._note_names()
            last = self.index(len(rows) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self.rows = rows
        self._note_names()
        self.endResetModel()

    def _note_names(self) -> None:
        self.names = sorted({row.sample.label for row in self.rows})

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's form
        """Return the number of samples."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's form
        """Return the number of columns."""
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return a column's name."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole and section == LENGTH:
                return RIGHT
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        """Return what a cell shows."""
        row, column = self.rows[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            sample = row.sample
            length = f"{row.seconds:.2f} s"
            label = sample.label if role == Qt.ItemDataRole.EditRole else shown_label(sample)
            split = (sample.split or "-") if sample.enabled else "not used"
            return (label, length, sample.group, split, row.recording)[column]
        if role == Qt.ItemDataRole.ToolTipRole and column in (0, 2, RECORDING):
            return f"{shown_label(row.sample)}, {row.sample.group}, {row.recording}"
        if role == Qt.ItemDataRole.ForegroundRole and not row.sample.enabled:
            return QGuiApplication.palette().placeholderText()
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return QColor(label_colour(row.sample.label, self.names))
        if role == Qt.ItemDataRole.TextAlignmentRole and column == LENGTH:
            return RIGHT
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let labels be edited."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == 0 else flags

    def setData(self, index: Index, value: Any, role: int = 0) -> bool:
        """Relabel."""
        text = str(value).strip()
        sample = self.rows[index.row()].sample
        if not text or text == sample.label:
            return False
        self.relabelled.emit(sample, text)
        return True
