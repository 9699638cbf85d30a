"""Lists of rows: a model that needs only the texts of its columns, and how such a list looks."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QTableView

ROW = 28
"""Height of a row in px."""
Index = QModelIndex | QPersistentModelIndex


class RowTable(QAbstractTableModel):
    """Rows of any kind; numbers stand at the right, as do their columns' names."""

    def __init__(self, heads: Sequence[str], *, right: Sequence[int] = ()) -> None:
        super().__init__()
        self.rows: list[Any] = []
        self._heads, self._right = tuple(heads), frozenset(right)

    def text(self, row: Any, column: int) -> str:
        """Return what a row says in a column."""
        raise NotImplementedError

    def more(self, row: Any, column: int, role: int) -> Any:
        """Return what a cell has for another role than its text and its side."""
        return None

    def head(self, section: int, role: int) -> Any:
        """Return what a column's head has for another role than its name and its side."""
        return None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self._heads)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's name, or what else its head has."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(section)
        return self.head(section, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(column)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        return self.more(row, column, role)

    def _side(self, column: int) -> Qt.AlignmentFlag:
        right = column in self._right
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


def show_rows_in(view: QTableView, table: RowTable, name: str) -> None:
    """Let a view show the rows: one is chosen as a whole, and none is cut by a grid."""
    view.setModel(table)
    view.setAccessibleName(name)
    view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    view.setTabKeyNavigation(False)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(ROW)
    head = view.horizontalHeader()
    head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    head.setHighlightSections(False)


def width_columns(view: QTableView, widths: Sequence[int]) -> None:
    """Make columns as wide as given, or as their names need; 0 leaves a column."""
    head = view.horizontalHeader()
    for column, width in enumerate(widths):
        if width:
            view.setColumnWidth(column, max(width, head.sectionSizeHint(column)))
