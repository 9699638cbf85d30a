"""The events of the Live page: every change of the decision is a row, to be judged by a key."""

from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from studio.gui.keys import NUMBER_KEYS
from studio.gui.texts import tr
from studio.gui.theme import Theme, label_colour
from studio.gui.widgets.panel import Panel

MOST = 2000
Index = QModelIndex | QPersistentModelIndex


@dataclass(slots=True)
class Event:
    """A decision, or a mark that a person set."""

    time_s: float
    label: str
    """What was decided; empty for a mark."""
    score: float = 0.0
    took_ms: float = 0.0
    start: int = 0
    stop: int = 0
    """The window in readings of the stream."""
    verdict: str = ""
    """What a person said about it, in words."""
    sample: int = 0
    """Of the project, once it was kept as one."""
    stream: Any = field(default=None, repr=False)
    """Where its readings are looked at."""


class EventTable(QAbstractTableModel):
    """Newest first."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.labels: list[str] = []
        self.rows: list[Event] = []
        self._heads = (
            tr("stream time"),
            tr("decided"),
            tr("score"),
            tr("took"),
            tr("your judgement"),
        )

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.changed_all()

    def changed_all(self) -> None:
        """Have everything drawn again."""
        if self.rows:
            last = self.index(len(self.rows) - 1, len(self._heads) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def add(self, event: Event) -> None:
        """Put an event on top."""
        self.beginInsertRows(QModelIndex(), 0, 0)
        self.rows.insert(0, event)
        self.endInsertRows()
        if len(self.rows) > MOST:
            self.beginRemoveRows(QModelIndex(), MOST, len(self.rows) - 1)
            del self.rows[MOST:]
            self.endRemoveRows()

    def clear(self) -> None:
        """Start over."""
        self.beginResetModel()
        self.rows = []
        self.endResetModel()

    def changed(self, event: Event) -> None:
        """Show what is now known of an event."""
        if event in self.rows:
            row = self.rows.index(event)
            last = len(self._heads) - 1
            self.dataChanged.emit(self.index(row, 0), self.index(row, last))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's default
        """Return how many events there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's default
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self._heads)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's name."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        event, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(event, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(column)
        if role == Qt.ItemDataRole.DecorationRole and column == 1 and event.label:
            swatch = QPixmap(10, 10)
            swatch.fill(QColor(label_colour(event.label, self.labels)))
            return swatch
        if role == Qt.ItemDataRole.ToolTipRole and column == 4 and not event.verdict:
            return tr("Y: right. X, then a label's number: it was that. It becomes a sample.")
        return None

    def _side(self, column: int) -> Qt.AlignmentFlag:
        right = column in (0, 2, 3)
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter

    def _text(self, event: Event, column: int) -> str:
        marked = not event.label
        return (
            f"{event.time_s:.2f} s",
            tr("marked by you") if marked else event.label,
            "" if marked else f"{event.score:.2f}",
            "" if marked else f"{event.took_ms:.1f} ms",
            event.verdict,
        )[column]


class EventPanel(Panel):
    """The table of events under the keys that judge them."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("")
        self.table = EventTable(theme)
        self.view = QTableView()
        self.view.setModel(self.table)
        self.view.setAccessibleName(tr("Events"))
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setShowGrid(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(28)
        head = self.view.horizontalHeader()
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(4, QHeaderView.ResizeMode.Stretch)
        for column in (0, 2, 3):
            name = str(self.table.headerData(column, Qt.Orientation.Horizontal))
            room = self.view.fontMetrics().horizontalAdvance(name) + 32
            self.view.setColumnWidth(column, max(room, 88))
        self.view.setMinimumHeight(96)
        self.box.addWidget(self.view, 1)
        self.say_keys(waiting=False)

    def say_keys(self, *, waiting: bool) -> None:
        """Say which keys judge; `waiting` for a label's number."""
        text = tr("Events: right (Y) or wrong (X, then the label's number)")
        if waiting:
            pairs = zip(NUMBER_KEYS, self.table.labels, strict=False)
            keys = [f"{key} {label}" for key, label in pairs]
            text = tr("What was it?   {keys}", keys="   ".join(keys))
        self.heading.setText(text)
