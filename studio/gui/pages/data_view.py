"""How the library's table looks and what its keys do: chips, marks and pictures, drawn at once."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QPointF,
    QRect,
    QRectF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QCompleter,
    QHeaderView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from studio.gui.icons import icon
from studio.gui.pages.sample_table import (
    COLUMNS,
    GROUP,
    HEALTH,
    LABEL,
    LENGTH,
    PICTURE,
    RECORDING,
    SPLIT,
    START,
    USED,
    Index,
    SampleTable,
    cell_text,
)
from studio.gui.texts import tr
from studio.gui.theme import Theme, ink_on, label_colour

if TYPE_CHECKING:
    from studio.services.label import Row
    from studio.services.thumbnails import Thumbnail

ICON = 16
WIDTHS = {
    LABEL: 104,
    RECORDING: 96,
    START: 76,
    LENGTH: 72,
    GROUP: 122,
    SPLIT: 88,
    USED: 52,
    HEALTH: 52,
    PICTURE: 92,
}
"""What the columns need at least, at a text size of 100 %."""
GOOD_NAME = 170
GROWING = {LABEL: (0.4, 120), GROUP: (0.25, 90), PICTURE: (0.2, 110)}
"""What part of spare room these columns get, and how much they grow at most."""
PICTURES_KEPT = 600
AT_ONCE = 4
"""Pictures that are drawn in one turn of the event loop."""
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class RowPainter(QStyledItemDelegate):
    """Draws cells by itself: the style sheet's way takes many times as long for each.

    Signals
    -------
    left : ()
        Pictures were left out, or painting would have taken too long: paint again.
    """

    left = Signal()

    def __init__(self, table: SampleTable, theme: Theme) -> None:
        super().__init__()
        self._table = table
        self._fresh = 0
        """Pictures that were wanted and not drawn yet, in this turn of the event loop."""
        self._rest = QTimer(self, interval=0, singleShot=True)
        self._rest.timeout.connect(self._go_on)
        self._pictures: dict[object, QPixmap] = {}
        self._chips: dict[str, tuple[QColor, QColor]] = {}
        self._chips_of: list[str] = []
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        names = ("text", "text_3", "accent", "accent_soft", "sunken", "surface", "control")
        self._colours = {name: QColor(theme[name]) for name in names}
        marks = {"sick": ("ph.warning", "warn"), "suspect": ("ph.tag", "warn")}
        marks |= {"used": ("ph.check", "text_2")}
        self._marks = {
            name: icon(shape, theme[colour]).pixmap(ICON, ICON)
            for name, (shape, colour) in marks.items()
        }
        self._pictures.clear()

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Begin with the name that is there; what is typed then is not written over.

        Qt asks for this again whenever a picture or a row comes in.
        """
        if not editor.property("begun"):
            super().setEditorData(editor, index)
            editor.setProperty("begun", True)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one cell."""
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, self._colours["accent_soft"])
        elif index.row() % 2:
            painter.fillRect(area, self._colours["sunken"])
        row = self._table.row(index.row())
        if row is None:
            return
        column = index.column()
        if column == LABEL:
            self._chip(painter, area, row)
        elif column == PICTURE:
            self._picture(painter, area, row, self._table.picture(row.sample))
        elif column in (USED, HEALTH):
            self._mark(painter, area, row, column)
        else:
            self._text(painter, area, row, column)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(self._colours["accent"], 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)  # a chip of another row has left its own
            painter.drawRect(area.adjusted(0, 0, -1, -1))

    def _text(self, painter: QPainter, area: QRect, row: "Row", column: int) -> None:
        inner = area.adjusted(8, 0, -8, 0)
        text = cell_text(row, column)
        metrics = painter.fontMetrics()
        if metrics.horizontalAdvance(text) > inner.width():
            text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, inner.width())
        painter.setPen(self._colours["text" if row.sample.enabled else "text_3"])
        painter.drawText(inner, RIGHT if column in (START, LENGTH) else LEFT, text)

    def _chip(self, painter: QPainter, area: QRect, row: "Row") -> None:
        text = cell_text(row, LABEL)
        metrics = painter.fontMetrics()
        room = area.width() - 24
        if metrics.horizontalAdvance(text) > room:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room)
        width = min(room, metrics.horizontalAdvance(text)) + 16
        chip = QRectF(area.x() + 4, area.y() + 4, width, area.height() - 8)
        fill, ink = self._chip_colours(row.sample.label)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.sample.enabled:
            painter.setPen(QPen(self._colours["control"], 1))
            painter.setBrush(fill)
            painter.drawRoundedRect(chip, 10, 10)
            painter.setPen(ink)
        else:
            painter.setPen(QPen(fill, 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(chip, 10, 10)
            painter.setPen(self._colours["text_3"])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)

    def _chip_colours(self, label: str) -> tuple[QColor, QColor]:
        if self._chips_of is not self._table.names:
            self._chips, self._chips_of = {}, self._table.names
        if label not in self._chips:
            colour = label_colour(label, self._table.names)
            self._chips[label] = QColor(colour), QColor(ink_on(colour))
        return self._chips[label]

    def _mark(self, painter: QPainter, area: QRect, row: "Row", column: int) -> None:
        names = []
        if column == USED and row.sample.enabled:
            names = ["used"]
        elif column == HEALTH:
            names = ["sick"] * bool(row.flags)
            names += ["suspect"] * (row.sample.id in self._table.suspects)
        left = area.center().x() - (ICON * len(names)) // 2 + 1
        for place, name in enumerate(names):
            top = area.center().y() - ICON // 2 + 1
            painter.drawPixmap(left + place * ICON, top, ICON, ICON, self._marks[name])

    def _picture(
        self, painter: QPainter, area: QRect, row: "Row", picture: "Thumbnail | None"
    ) -> None:
        if picture is None:
            return
        key = (row.sample.recording_id, row.sample.start, row.sample.stop, area.width())
        drawn = self._pictures.get(key)
        if drawn is None:
            self._fresh += 1
            self._rest.start()
            if self._fresh > AT_ONCE:
                return
            if len(self._pictures) > PICTURES_KEPT:
                self._pictures.clear()
            ratio = painter.device().devicePixelRatio()
            drawn = self._pictures[key] = self._drawn(picture, area, ratio)
        painter.drawPixmap(area.topLeft(), drawn)

    def _go_on(self) -> None:
        """Let what was left out be painted, if anything was."""
        left, self._fresh = self._fresh > AT_ONCE, 0
        if left:
            self.left.emit()

    def _drawn(self, picture: "Thumbnail", area: QRect, ratio: float) -> QPixmap:
        pixmap = QPixmap(round(area.width() * ratio), round(area.height() * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        columns, axes = picture.low.shape
        across = np.linspace(6, area.width() - 6, columns)
        middle, reach = area.height() / 2, area.height() / 2 - 3
        painter = QPainter(pixmap)
        for axis in range(axes):
            colour = QColor(self._theme.axis(axis, audio=axes == 1))
            painter.setPen(QPen(colour, 1.25))
            tops = middle - reach * picture.high[:, axis]
            bottoms = middle - reach * picture.low[:, axis] + 1
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if axes == 1:
                painter.setPen(QPen(colour, 0.75))
                painter.setBrush(colour)
                xs = np.concatenate([across, across[::-1]]).tolist()
                ys = np.concatenate([tops, bottoms[::-1]]).tolist()
                painter.drawPolygon([QPointF(x, y) for x, y in zip(xs, ys, strict=True)])
            else:
                line = zip(across.tolist(), ((tops + bottoms) / 2).tolist(), strict=True)
                painter.drawPolyline([QPointF(x, y) for x, y in line])
        painter.end()
        return pixmap

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """Return a field that offers the labels there are."""
        editor = QLineEdit(parent)
        if index.column() == LABEL:
            editor.setAccessibleName(tr("Label"))
            editor.setCompleter(QCompleter(self._table.names, editor))
        else:
            editor.setAccessibleName(tr("Group"))
        return editor


class SampleView(QTableView):
    """The table; it draws with a painter of its own and gives keys to the page.

    Signals
    -------
    opened : ()
        The current sample is to be opened.
    typed : (str)
        A person typed what is no key of the table: text to filter by.
    chosen : ()
        The selection or the current row is another one.
    """

    opened = Signal()
    typed = Signal(str)
    chosen = Signal()

    def __init__(self, table: SampleTable, theme: Theme) -> None:
        super().__init__()
        self.table = table
        self.setModel(table)
        self.painter = RowPainter(table, theme)
        self.painter.left.connect(lambda: self.viewport().update())
        self.setItemDelegate(self.painter)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QTableView.EditTrigger.DoubleClicked | QTableView.EditTrigger.EditKeyPressed
        )
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(tr("Samples"))
        self.setSortingEnabled(True)
        self._least: dict[int, int] = {}
        self._lay_out()
        self._measure(theme)
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit())
        self.selectionModel().currentRowChanged.connect(lambda *_: self.chosen.emit())

    @property
    def editing(self) -> bool:
        """Whether a name is being typed."""
        return bool(self.state() == QTableView.State.EditingState)

    def _lay_out(self) -> None:
        side = self.verticalHeader()
        side.hide()
        side.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setDefaultAlignment(LEFT)
        head.setHighlightSections(False)
        head.setMinimumSectionSize(40)
        head.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        head.setSortIndicatorClearable(True)
        head.moveSection(PICTURE, 0)

    def _measure(self, theme: Theme) -> None:
        """Give rows and columns the room that their words need in a theme's text size."""
        self.verticalHeader().setDefaultSectionSize(theme.px("row"))
        titles = QFontMetrics(theme.font("body"))
        for column in range(COLUMNS):
            title = str(self.table.headerData(column, Qt.Orientation.Horizontal, 0))
            wanted = WIDTHS[column] * theme.percent // 100
            self._least[column] = max(wanted, titles.horizontalAdvance(title) + 20)
            self.setColumnWidth(column, self._least[column])
        self._share_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the recording's name the room that is left."""
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        name = self._least[RECORDING]
        room = self.viewport().width() - sum(self._least.values()) + name
        spare = max(0, room - GOOD_NAME)
        widths = {
            column: self._least[column] + min(most, int(part * spare))
            for column, (part, most) in GROWING.items()
        }
        taken = sum(widths[one] - self._least[one] for one in GROWING)
        widths[RECORDING] = max(name, room - taken)
        for column, width in widths.items():
            if width != self.columnWidth(column):
                self.setColumnWidth(column, width)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.painter.set_theme(theme)
        self._measure(theme)
        self.viewport().update()

    def current(self) -> int:
        """Return the current row, or -1."""
        index = self.currentIndex()
        return index.row() if index.isValid() else -1

    def top(self) -> int:
        """Return the first row that is seen."""
        return max(0, self.rowAt(0))

    def step(self, rows: int) -> None:
        """Go some rows down, or up."""
        count = len(self.table.ids)
        if count:
            place = min(max(self.current() + rows, 0), count - 1)
            self.selectRow(place)
            self.scrollTo(self.table.index(place, 0))

    def choose(self, chosen: NDArray[np.int64], current: int) -> None:
        """Choose samples by their numbers, as far as they are listed; else the first one."""
        ids = self.table.ids
        if not len(ids):
            return
        places = np.flatnonzero(np.isin(ids, chosen))
        selection = QItemSelection()
        parts = np.split(places, np.flatnonzero(np.diff(places) != 1) + 1)
        for part in filter(len, parts):
            top, bottom = int(part[0]), int(part[-1])
            selection.select(self.table.index(top, 0), self.table.index(bottom, COLUMNS - 1))
        at = np.flatnonzero(ids == current)
        row = int(at[0]) if len(at) else (int(places[0]) if len(places) else 0)
        flags = QItemSelectionModel.SelectionFlag
        model, index = self.selectionModel(), self.table.index(row, 0)
        if selection.isEmpty():
            model.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        else:
            model.select(selection, flags.ClearAndSelect)
            model.setCurrentIndex(index, flags.NoUpdate)
        self.scrollTo(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open with Enter; letters that are no keys begin a filter."""
        text = event.text()
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        if self.editing:  # Enter ends a name that is typed
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
            self.opened.emit()
        elif event.key() == Qt.Key.Key_Space:
            self._switch_use()
        elif plain and text.isprintable() and text.strip():
            self.typed.emit(text)
        else:
            super().keyPressEvent(event)

    def _switch_use(self) -> None:
        if self.current() >= 0:
            row = self.table.row(self.current())
            if row is not None:
                self.table.used.emit(row.sample.id, not row.sample.enabled)
