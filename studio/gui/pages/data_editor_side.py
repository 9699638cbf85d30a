"""Data, editor: the labels with their keys, the chosen sample's digits, the list of samples."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QGridLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from studio.gui.keys import label_key, label_keys
from studio.gui.texts import counted, grouped, tr
from studio.gui.theme import Theme, label_colour
from studio.gui.widgets.panel import Panel, words
from studio.gui.widgets.wave_bands import GUESS, Band

ROW = 24
MOST_LABEL_ROWS = 6
SWATCH = 12
LEAST_LABEL = 90
"""So wide the list's column of labels is, whatever its other heads need."""
Index = QModelIndex | QPersistentModelIndex
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def swatch(colour: str, theme: Theme) -> QIcon:
    """Return a small square of a label's colour, outlined."""
    picture = QPixmap(QSize(SWATCH, SWATCH))
    picture.fill(QColor(colour))
    painter = QPainter(picture)
    painter.setPen(QPen(QColor(theme["control"]), 1))
    painter.drawRect(0, 0, SWATCH - 1, SWATCH - 1)
    painter.end()
    found = QIcon(picture)
    found.addPixmap(picture, QIcon.Mode.Selected)  # a chosen row does not tint it
    return found


class LabelKeys(Panel):
    """The labels, each with the key that gives it.

    Signals
    -------
    picked : (str)
        A person chose this label.
    added : (str)
        A person wants a new one.
    """

    picked = Signal(str)
    added = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("Labels"))
        self.theme = theme
        self.names: list[str] = []
        self.current = ""
        self._counts: dict[str, int] = {}
        self._shown: tuple[object, ...] = ()
        self.table = QTableWidget(0, 3)
        self.table.setAccessibleName(tr("Labels with their keys"))
        self.table.horizontalHeader().hide()
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(ROW)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setColumnWidth(0, 28)
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setToolTip(tr("Labels the chosen sample, and what is dragged next (1-9, 0)"))
        self.table.cellClicked.connect(lambda row, _: self.picked.emit(self.names[row]))
        self.fresh = QLineEdit()
        self.fresh.setPlaceholderText(tr("New label (N)"))
        self.fresh.setAccessibleName(tr("New label"))
        self.fresh.setMaxLength(200)
        self.fresh.returnPressed.connect(self._add)
        self.box.addWidget(self.table)
        self.box.addWidget(self.fresh)

    def _add(self) -> None:
        text = " ".join(self.fresh.text().split())
        self.fresh.clear()
        self.fresh.clearFocus()
        if text:
            self.added.emit(text)

    def show_labels(self, labels: Sequence[tuple[str, int]]) -> None:
        """Show the project's labels, and those added here that have no sample yet."""
        known = dict(labels)
        new = [name for name in self.names if name not in known and not self._counts.get(name)]
        self._counts = known
        self.names = [*known, *new]
        if self.current not in self.names:
            self.current = self.names[0] if self.names else ""
        self._fill()

    def add(self, name: str) -> None:
        """Take up a label that has no sample yet, and make it the current one."""
        if name not in self.names:
            self.names = [*self.names, name]
        self.choose(name)

    def choose(self, name: str) -> None:
        """Make this label the one that is given next."""
        self.current = name
        self._fill()

    def key(self, name: str) -> str:
        """Return the key that gives a label; empty for the eleventh and later ones."""
        return label_key(name, self.names)

    def of_key(self, key: str) -> str:
        """Return the label that a key gives, or an empty text."""
        return label_keys(self.names).get(key, "")

    def colour(self, name: str) -> str:
        """Return a label's colour."""
        return label_colour(name, self.names)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.theme = theme
        self._fill()

    def _fill(self) -> None:
        """Show keys, labels and counts as they are, if they are others, and the current one."""
        looks = [(name, self.key(name), self.colour(name)) for name in self.names]
        shown = (looks, dict(self._counts), self.theme)
        if shown != self._shown:
            self._shown = shown
            self._fill_rows()
        if self.current in self.names:
            self.table.selectRow(self.names.index(self.current))

    def _fill_rows(self) -> None:
        self.table.setRowCount(len(self.names))
        for row, name in enumerate(self.names):
            cells = (self.key(name), name, grouped(self._counts.get(name, 0)))
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                if column == 2:
                    item.setTextAlignment(RIGHT)
                self.table.setItem(row, column, item)
            named = self.table.item(row, 1)
            if named is not None:
                named.setIcon(swatch(self.colour(name), self.theme))
                named.setToolTip(name)
        lines = min(max(1, len(self.names)), MOST_LABEL_ROWS)
        self.table.setFixedHeight(lines * ROW + 6)
        self.table.setVisible(bool(self.names))


class BandTable(QAbstractTableModel):
    """The samples of the recording, and what a model guesses."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.rows: list[tuple[Band, str]] = []
        self.rate = 1.0

    def fill(self, rows: list[tuple[Band, str]], rate: float) -> None:
        """Show these, each with its status in words."""
        self.beginResetModel()
        self.rows, self.rate = rows, rate
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's form
        """Return how many there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's form
        """Return how many columns there are."""
        return 4

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Name the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (tr("label"), tr("start s"), tr("long s"), tr("status"))[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section in (1, 2):
            return RIGHT
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        """Return what a cell shows."""
        band, status = self.rows[index.row()]
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            length = (band.stop - band.start) / self.rate
            return (band.label, f"{band.start / self.rate:.2f}", f"{length:.2f}", status)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            start = band.start / self.rate
            length = (band.stop - band.start) / self.rate
            return tr(
                "{label}, {status}, {start} s, {length} s long",
                label=band.label,
                status=status,
                start=f"{start:.3f}",
                length=f"{length:.3f}",
            )
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return swatch(band.colour, self.theme)
        if role == Qt.ItemDataRole.ForegroundRole and not band.enabled:
            return QColor(self.theme["text_3"])
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (1, 2):
            return RIGHT
        return None


class SampleDigits(QWidget):
    """Start and length of the chosen sample, to be typed.

    Signals
    -------
    edited : (float, float)
        Start and length in seconds, as typed.
    """

    edited = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self._shown = (0.0, 0.0)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        self.start, self.length = self._field(tr("Start")), self._field(tr("Length"))
        for column, field in enumerate((self.start, self.length)):
            grid.addWidget(words(field.accessibleName(), "hint"), 0, column)
            grid.addWidget(field, 1, column)
            grid.setColumnStretch(column, 1)
        self.show_band(None, 1.0, 1)

    def _field(self, name: str) -> QDoubleSpinBox:
        field = QDoubleSpinBox()
        field.setAccessibleName(name)
        field.setSuffix(" s")
        field.setKeyboardTracking(False)
        field.setDecimals(3)
        field.editingFinished.connect(self._tell)
        return field

    def show_band(self, band: Band | None, rate: float, total: int) -> None:
        """Show where a sample lies, or that none is chosen."""
        used = band is not None and band.kind != GUESS
        digits = 3 if rate <= 1000 else 4
        for field in (self.start, self.length):
            field.blockSignals(True)
            field.setEnabled(used)
            field.setDecimals(digits)
            field.setRange(0.0, total / rate)
            field.setSingleStep(1 / rate)
            field.setToolTip("" if used else tr("Choose a sample first"))
            field.blockSignals(False)
        if band is not None and not (self.start.hasFocus() or self.length.hasFocus()):
            self.start.setValue(band.start / rate)
            self.length.setValue((band.stop - band.start) / rate)
        elif band is None:
            self.start.setValue(0.0)
            self.length.setValue(0.0)
        self._shown = (self.start.value(), self.length.value())

    def _tell(self) -> None:
        now = (self.start.value(), self.length.value())
        if now != self._shown:
            self._shown = now
            self.edited.emit(*now)


class SampleList(Panel):
    """The chosen sample's digits over the list of all.

    Signals
    -------
    chosen : (Band)
        A row was chosen by hand.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("Samples"))
        self.model = BandTable(theme)
        self.digits = SampleDigits()
        self.view = QTableView()
        self.view.setObjectName("bands")
        self.view.setModel(self.model)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setAccessibleName(tr("Samples of this recording"))
        self.view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.view.setTabKeyNavigation(False)
        self.view.setShowGrid(False)
        self.view.setWordWrap(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(28)
        head = self.view.horizontalHeader()
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 50), (2, 48), (3, 62)):
            title = str(self.model.headerData(column, Qt.Orientation.Horizontal, 0))
            needs = QFontMetrics(theme.font("small")).horizontalAdvance(title) + 10
            self.view.setColumnWidth(column, max(width, needs))
        least = LEAST_LABEL + sum(self.view.columnWidth(column) for column in (1, 2, 3))
        self.view.setMinimumWidth(least)
        self.view.selectionModel().currentRowChanged.connect(self._tell)
        self.none = words("", "hint", wrap=True)
        for widget, stretch in ((self.digits, 0), (self.none, 0), (self.view, 1)):
            self.box.addWidget(widget, stretch)
        self.box.addStretch(0)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.model.theme = theme
        self.view.viewport().update()

    def show_rows(self, rows: list[tuple[Band, str]], rate: float, hint: str) -> None:
        """Show these samples; without any, say how to make one."""
        self.view.selectionModel().blockSignals(True)
        self.model.fill(rows, rate)
        self.view.selectionModel().blockSignals(False)
        self.heading.setText(counted(len(rows), "{n} sample", "{n} samples"))
        self.none.setText(hint)
        self.none.setVisible(not rows)
        self.view.setVisible(bool(rows))

    def show_chosen(self, band: Band | None, rate: float, total: int) -> None:
        """Mark the row of a band, without telling anybody."""
        self.digits.show_band(band, rate, total)
        places = [
            place
            for place, (row, _) in enumerate(self.model.rows)
            if band is not None and (row.kind, row.id) == (band.kind, band.id)
        ]
        selection = self.view.selectionModel()
        selection.blockSignals(True)
        if places:
            flags = QItemSelectionModel.SelectionFlag
            index = self.model.index(places[0], 0)
            selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
            self.view.scrollTo(index)
        else:
            self.view.clearSelection()
            selection.clearCurrentIndex()
        selection.blockSignals(False)
        self.view.viewport().update()

    def _tell(self, current: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(self.model.rows[current.row()][0])
