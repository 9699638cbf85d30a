"""What two cursors measure, axis by axis: values, difference, smallest, largest, mean and RMS."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QHeaderView, QTableView, QVBoxLayout, QWidget

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.axis_words import is_sound
from studio.gui.widgets.panel import ShortLabel
from studio.gui.widgets.row_table import RowTable, show_rows_in
from studio.types import Axis, FloatArray

if TYPE_CHECKING:
    from studio.services.amounts import Amounts

NOTHING = "\N{EN DASH}"
MOST_ROWS = 6
"""More of them are scrolled, so that the signal keeps its room."""
ROW, HEAD = 20, 24
NAME, FIGURE = 96, 64
"""Least widths at a text size of 100 %."""
FINE = 4000
"""A scale's range has about so many steps that are worth telling of what was measured."""
VALUES = (1, 2)
"""The columns that go first where there is little room: the values at A and at B."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Readings at two cursors `(n_axes,)`, and what lies between them, both included."""

    first: FloatArray
    last: FloatArray
    amounts: "Amounts"
    readings: int
    """How many there would be if none were lost."""
    bounds: bool = False
    """Only smallest and largest are known, to within some readings."""

    def figures(self, axis: int, said: Callable[[float], str]) -> tuple[str, ...]:
        """Return what the table says of an axis, a value at a time as `said` says it."""
        amounts = self.amounts
        low, high = float(amounts.least[axis]), float(amounts.most[axis])
        first, last = float(self.first[axis]), float(self.last[axis])
        values = [first, last, last - first, low, high, high - low]
        values += [float(amounts.mean[axis]), float(amounts.rms[axis])]
        return tuple(said(value) if np.isfinite(value) else NOTHING for value in values)


@dataclass(frozen=True, slots=True)
class AmountsRow:
    """An axis, its colour in the plot, and its figures."""

    name: str
    colour: str
    figures: tuple[str, ...]


def named(axis: Axis) -> str:
    """Return an axis' name with its unit; of sound, whose numbers have none, the name."""
    return axis.name if is_sound(axis) or not axis.units else f"{axis.name} ({axis.units})"


class _Model(RowTable):
    rows: list[AmountsRow]

    def __init__(self) -> None:
        heads = [tr("axis"), tr("at A"), tr("at B"), tr("B − A"), tr("min"), tr("max")]
        heads += [tr("peak-peak"), tr("mean"), tr("RMS")]
        super().__init__(heads, right=range(1, len(heads)))

    def text(self, row: AmountsRow, column: int) -> str:
        """Return what a row says in a column."""
        return row.figures[column - 1] if column else row.name

    def more(self, row: AmountsRow, column: int, role: int) -> Any:
        """Return an axis' colour for its name, and its full name for the pointer."""
        if column == 0 and role == Qt.ItemDataRole.ForegroundRole:
            return QColor(row.colour)
        if column == 0 and role == Qt.ItemDataRole.ToolTipRole:
            return row.name
        return None

    def show_rows(self, rows: list[AmountsRow]) -> None:
        """Show these; where the axes are the same, only the figures change."""
        if len(rows) != len(self.rows):
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
        elif rows != self.rows:
            self.rows = rows
            last = self.index(len(rows) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def written(self) -> str:
        """Return everything as lines of columns, for other programs."""
        heads = [str(self.headerData(k, Qt.Orientation.Horizontal)) for k in range(9)]
        lines = [heads, *([row.name, *row.figures] for row in self.rows)]
        return "\n".join("\t".join(line) for line in lines)


class AmountsTable(QWidget):
    """Stands below a plot while its cursors are on, so that nothing of the signal is covered."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.model = _Model()
        self.view = QTableView()
        self.view.setObjectName("amounts")
        show_rows_in(self.view, self.model, tr("Between the cursors"))
        self.view.setToolTip(tr("Between the cursors A and B, both included (Ctrl+C copies)"))
        self.view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.view.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        self.note = ShortLabel("", "hint")
        self.note.setContentsMargins(6, 0, 0, 0)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.view)
        box.addWidget(self.note)
        copy = QShortcut(QKeySequence.StandardKey.Copy, self.view)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self._copy)
        self._fit()

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's text size."""
        self._theme = theme
        self._fit()

    def show_rows(self, rows: Sequence[AmountsRow], note: str) -> None:
        """Show what is measured, and in words of what."""
        count = len(self.model.rows)
        self.model.show_rows(list(rows))
        self.note.setText(note)
        if len(rows) != count:
            self._fit()

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.model.written())

    def _px(self, size: int) -> int:
        return round(size * self._theme.percent / 100)

    def _fit(self) -> None:
        """Give the columns their widths and the table its height."""
        self.view.verticalHeader().setMinimumSectionSize(self._px(ROW))
        self.view.verticalHeader().setDefaultSectionSize(self._px(ROW))
        self.view.horizontalHeader().setFixedHeight(self._px(HEAD))
        rows = min(max(1, len(self.model.rows)), MOST_ROWS)
        name, figure, border = self._px(NAME), self._px(FIGURE), 2 * self.view.frameWidth()
        room, figures = self.view.viewport().width(), self.model.columnCount() - 1
        fewer = room < name + figures * figure
        figures -= len(VALUES) if fewer else 0
        for column in VALUES:
            self.view.setColumnHidden(column, fewer)
        each = max(figure, (room - name) // (figures + 1))
        for column in range(1, self.model.columnCount()):
            self.view.setColumnWidth(column, each)
        self.view.setColumnWidth(0, max(name, room - figures * each))
        bar = self.view.horizontalScrollBar()
        scrolled = bar.sizeHint().height() if room < name + figures * figure else 0
        self.view.setFixedHeight(self._px(HEAD) + rows * self._px(ROW) + border + scrolled)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room among the columns."""
        super().resizeEvent(event)
        self._fit()
