"""How a table's columns are to be read: which are axes, times and labels, and what parts them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from studio.gui.pages.data_side import combo
from studio.gui.texts import tr
from studio.gui.widgets.panel import words
from studio.types import ImportOptions

if TYPE_CHECKING:
    from studio.services.import_look import Look

ROWS = 5
ROW = 26


class Mapping(QWidget):
    """The fields for tables; hidden while the files are none. `changed` by a person."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        box.addWidget(words(tr("Columns of the table"), "heading", wrap=True))
        self.axes = QListWidget()
        self.axes.setFixedHeight(ROWS * ROW)
        self.axes.setAccessibleName(tr("Columns that are axes"))
        self.axes.itemChanged.connect(lambda _item: self.changed.emit())
        box.addWidget(self.axes)
        self.time = combo([(tr("time: by its name"), "")])
        self.time.setAccessibleName(tr("Column of times"))
        self.unit = combo(
            [(tr("unit: by its name"), ""), ("s", "s"), ("ms", "ms"), ("µs", "us"), ("ns", "ns")]
        )
        self.unit.setAccessibleName(tr("Unit of the times"))
        self.label = combo([(tr("labels: no column"), "")])
        self.label.setAccessibleName(tr("Column of labels"))
        self._make_signs()
        for field in self._fields():
            field.currentIndexChanged.connect(lambda _index: self.changed.emit())
            box.addWidget(field)
        self._columns: tuple[str, ...] = ()
        self._proposed = False
        self.hide()

    def _make_signs(self) -> None:
        """Make the fields about how the text is written."""
        self.delimiter = combo(
            [
                (tr("parted as it looks"), ""),
                (tr("parted by commas"), ","),
                (tr("parted by semicolons"), ";"),
                (tr("parted by tabs"), "\t"),
                (tr("parted by spaces"), " "),
            ]
        )
        self.delimiter.setAccessibleName(tr("What parts the columns"))
        self.decimal = combo(
            [
                (tr("decimal sign as it looks"), ""),
                (tr("decimal point 0.5"), "."),
                (tr("decimal comma 0,5"), ","),
            ]
        )
        self.decimal.setAccessibleName(tr("Decimal sign"))
        self.header = combo(
            [
                (tr("names as it looks"), ""),
                (tr("first line has names"), "yes"),
                (tr("first line has values"), "no"),
            ]
        )
        self.header.setAccessibleName(tr("Whether the first line has names"))

    def _fields(self) -> tuple[QComboBox, ...]:
        return self.time, self.unit, self.label, self.delimiter, self.decimal, self.header

    def reset(self) -> None:
        """Go back to what the files themselves say."""
        for field in self._fields():
            with QSignalBlocker(field):
                field.setCurrentIndex(0)
        with QSignalBlocker(self.axes):
            self.axes.clear()
        self._columns, self._proposed = (), False
        self.hide()

    def show_look(self, found: "Look") -> None:
        """Offer the columns that were found."""
        self.setVisible(found.table)
        if not found.table or found.columns == self._columns:
            return
        self._columns = found.columns
        with QSignalBlocker(self.axes):
            self.axes.clear()
            for name in found.columns:
                item = QListWidgetItem(name)
                item.setFlags(
                    Qt.ItemFlag.ItemIsEnabled
                    | Qt.ItemFlag.ItemIsSelectable
                    | Qt.ItemFlag.ItemIsUserCheckable
                )
                item.setCheckState(Qt.CheckState.Checked)
                self.axes.addItem(item)
        for field, first in (
            (self.time, [(tr("time: by its name"), ""), (tr("time: no column"), "none")]),
            (self.label, [(tr("labels: no column"), "")]),
        ):
            with QSignalBlocker(field):
                field.clear()
                for text, value in first:
                    field.addItem(text, value)
                for name in found.columns:
                    kind = tr("time: {name}") if field is self.time else tr("labels: {name}")
                    field.addItem(kind.format(name=name), name)

    def take_labels(self, worded: Sequence[str]) -> bool:
        """Take a column of words as labels, unless a person chose one; tell whether it was."""
        if not worded or self.label.currentIndex() > 0 or self._proposed:
            return False
        self._proposed = True
        with QSignalBlocker(self.label):
            self.label.setCurrentIndex(max(0, self.label.findData(worded[0])))
        return self.label.currentIndex() > 0

    def _taken(self) -> tuple[str, ...]:
        """Return the columns that are axes; none if the file is to say it."""
        other = {str(self.time.currentData()), str(self.label.currentData())}
        items = [self.axes.item(place) for place in range(self.axes.count())]
        ticked = [one.text() for one in items if one.checkState() == Qt.CheckState.Checked]
        if len(ticked) == len(items):
            return ()
        return tuple(name for name in ticked if name not in other)

    def options(self, rate_hz: float) -> ImportOptions:
        """Return how the files are to be read, at a rate if they do not say it."""
        return ImportOptions(
            sample_rate_hz=rate_hz if rate_hz > 0 else 0.0,
            axes=self._taken(),
            time_column=str(self.time.currentData() or ""),
            time_unit=str(self.unit.currentData() or ""),
            label_column=str(self.label.currentData() or ""),
            delimiter=str(self.delimiter.currentData() or ""),
            decimal=str(self.decimal.currentData() or ""),
            header=str(self.header.currentData() or ""),
        )
