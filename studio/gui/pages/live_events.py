"""The events of the Live page: every change of the decision is a row, to be judged by a key."""

from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPixmap
from PySide6.QtWidgets import QHeaderView, QTableView

from studio.gui.keys import label_keys
from studio.gui.texts import tr
from studio.gui.theme import Theme, label_colour
from studio.gui.widgets.panel import Panel
from studio.gui.widgets.row_table import RowTable, show_rows_in

MOST = 2000


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


class EventTable(RowTable):
    """Newest first."""

    rows: list[Event]

    def __init__(self, theme: Theme) -> None:
        names = (tr("stream time"), tr("decided"), tr("score"), tr("took"), tr("your judgement"))
        super().__init__(names, right=(0, 2, 3))
        self._theme = theme
        self.labels: list[str] = []

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.changed_all()

    def changed_all(self) -> None:
        """Have everything drawn again."""
        if self.rows:
            last = self.index(len(self.rows) - 1, self.columnCount() - 1)
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
            last = self.columnCount() - 1
            self.dataChanged.emit(self.index(row, 0), self.index(row, last))

    def more(self, row: Event, column: int, role: int) -> Any:
        """Return the label's swatch, and how a decision is judged."""
        if role == Qt.ItemDataRole.DecorationRole and column == 1 and row.label:
            swatch = QPixmap(10, 10)
            swatch.fill(QColor(label_colour(row.label, self.labels)))
            return swatch
        if role == Qt.ItemDataRole.ToolTipRole and column == 4 and not row.verdict:
            return tr("Y: right. X, then a label's number: it was that. It becomes a sample.")
        return None

    def text(self, row: Event, column: int) -> str:
        """Return what an event's row says in a column."""
        marked = not row.label
        return (
            f"{row.time_s:.2f} s",
            tr("marked by you") if marked else row.label,
            "" if marked else f"{row.score:.2f}",
            "" if marked else f"{row.took_ms:.1f} ms",
            row.verdict,
        )[column]


class EventPanel(Panel):
    """The table of events under the keys that judge them."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("")
        self.table = EventTable(theme)
        self.view = QTableView()
        show_rows_in(self.view, self.table, tr("Events"))
        head = self.view.horizontalHeader()
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(4, QHeaderView.ResizeMode.Stretch)
        self.view.setMinimumHeight(96)
        self._fit(theme)
        self.box.addWidget(self.view, 1)
        self.say_keys(waiting=False)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and text size."""
        self.table.set_theme(theme)
        self._fit(theme)

    def _fit(self, theme: Theme) -> None:
        """Give columns the room of their names."""
        metrics = QFontMetrics(theme.font("body"))
        for column in (0, 2, 3):
            name = str(self.table.headerData(column, Qt.Orientation.Horizontal))
            self.view.setColumnWidth(column, max(metrics.horizontalAdvance(name) + 32, 88))

    def say_keys(self, *, waiting: bool) -> None:
        """Say which keys judge; `waiting` for a label's number."""
        text = tr("Events: right (Y), or wrong (X, then a label's key)")
        if waiting:
            pairs = label_keys(self.table.labels).items()
            keys = [f"{key} {label}" for key, label in pairs]
            text = tr("What was it?   {keys}", keys="   ".join(keys))
        self.heading.setText(text)
