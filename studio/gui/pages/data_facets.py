"""What the library is filtered by: labels, groups, splits and more, each with its count."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
)

from studio.gui.keys import label_key
from studio.gui.pages.data_findings import flag_text
from studio.gui.texts import grouped, tr
from studio.gui.theme import Theme, ink_on, label_colour

if TYPE_CHECKING:
    from studio.services.library import Facets

MOST = 100
"""Values of a facet that are listed; the filter box finds the others."""
SUSPECT = "label"
"""Among what is worth a look: labels that look wrong, found by the quality check."""
SWATCH = 16
PADDING = 20
VALUE = Qt.ItemDataRole.UserRole
NAME, COUNT = range(2)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is ticked, by facet; nothing ticked lets everything through."""

    label: tuple[str, ...] = ()
    group_name: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    track: tuple[str, ...] = ()
    enabled: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()


class FacetTree(QTreeWidget):
    """The facets as a tree with ticks; labels and groups are renamed in place.

    Signals
    -------
    changed : (Choice)
        Something else is ticked.
    renamed : (str, str, str)
        Facet, old and new name.
    """

    changed = Signal(object)
    renamed = Signal(str, str, str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._choice = Choice()
        self._shown: tuple[Any, ...] = ()
        self._facets: Facets | None = None
        self._suspects = 0
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setIndentation(2)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setIconSize(QSize(SWATCH, SWATCH))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QTreeWidget.EditTrigger.EditKeyPressed)
        self.setAccessibleName(tr("Filters"))
        head = self.header()
        head.setStretchLastSection(False)
        head.setMinimumSectionSize(8)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(COUNT, QHeaderView.ResizeMode.Fixed)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.itemChanged.connect(self._item_changed)

    @property
    def choice(self) -> Choice:
        """What is ticked."""
        return self._choice

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self._rebuild()

    def untick(self) -> None:
        """Let everything through."""
        self._choice = Choice()
        self._rebuild()

    def tick(self, choice: Choice) -> None:
        """Let this through."""
        self._choice = choice
        self._rebuild()

    def show_facets(self, facets: "Facets", suspects: int) -> None:
        """Show these counts; what is ticked stays ticked."""
        shown = (facets.counts, facets.labels, facets.tracks, suspects, self._choice)
        if shown == self._shown:
            return
        self._shown = shown
        self._facets, self._suspects = facets, suspects
        self._rebuild()

    def _rebuild(self) -> None:
        facets = self._facets
        if facets is None:
            return
        place = self.verticalScrollBar().value()
        current = self.currentItem()
        key = _key(current) if current is not None else None
        closed = {_key(item) for item in self._sections() if not item.isExpanded()}
        most = max((count for rows in facets.counts.values() for _, count in rows), default=0)
        wide = self.fontMetrics().horizontalAdvance(grouped(most)) + PADDING
        self.header().resizeSection(COUNT, wide)
        with QSignalBlocker(self):
            self.clear()
            self._fill(facets)
            for item in self._sections():
                item.setExpanded(_key(item) not in closed)
            for item in self._items():
                if _key(item) == key:
                    self.setCurrentItem(item, NAME)
        self.verticalScrollBar().setValue(place)

    def _fill(self, facets: "Facets") -> None:
        counts = facets.counts
        labels = dict(counts["label"])
        self._section(tr("Label"), "label", [(one, labels.get(one, 0)) for one in facets.labels])
        self._section(tr("Split"), "split", counts["split"])
        groups = sorted(counts["group_name"], key=lambda row: (-row[1], row[0]))
        self._section(tr("Group"), "group_name", groups)
        if len(facets.tracks) > 1:
            self._section(tr("Track"), "track", counts["track"])
        used = dict(counts["enabled"])
        if 0 in used:
            self._section(tr("Use"), "enabled", [(1, used.get(1, 0)), (0, used[0])])
        flags = list(counts["flags"])
        if self._suspects:
            flags.insert(0, (SUSPECT, self._suspects))
        self._section(tr("Worth a look"), "flags", flags)

    def _section(self, title: str, facet: str, values: Iterable[tuple[Any, int]]) -> None:
        rows = list(values)
        if not rows:
            return
        ticked = getattr(self._choice, facet)
        shown = rows[:MOST] + [row for row in rows[MOST:] if row[0] in ticked]
        head = QTreeWidgetItem([title])
        head.setFlags(Qt.ItemFlag.ItemIsEnabled)
        head.setData(NAME, VALUE, (facet, None))
        head.setForeground(NAME, QBrush(QColor(self._theme["text_2"])))
        font = self.font()
        font.setBold(True)
        head.setFont(NAME, font)
        self.addTopLevelItem(head)
        for value, count in shown:
            head.addChild(self._row(facet, value, count, value in ticked))
        if len(rows) > len(shown):
            more = tr("{n} more: type in the filter", n=grouped(len(rows) - len(shown)))
            rest = QTreeWidgetItem([more])
            rest.setFlags(Qt.ItemFlag.ItemIsEnabled)
            rest.setForeground(NAME, QBrush(QColor(self._theme["text_3"])))
            rest.setToolTip(NAME, more)
            head.addChild(rest)

    def _row(self, facet: str, value: Any, count: int, ticked: bool) -> QTreeWidgetItem:
        name = value_text(facet, value)
        item = QTreeWidgetItem([name, grouped(count)])
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        flags |= Qt.ItemFlag.ItemIsUserCheckable
        if facet in ("label", "group_name"):
            flags |= Qt.ItemFlag.ItemIsEditable
        item.setFlags(flags)
        item.setCheckState(NAME, Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        item.setData(NAME, VALUE, (facet, value))
        item.setTextAlignment(COUNT, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setForeground(COUNT, QBrush(QColor(self._theme["text_3"])))
        tip = name
        if facet == "label" and self._facets is not None:
            names = self._facets.labels
            key = label_key(value, names)
            item.setIcon(NAME, _swatch(label_colour(value, names), key, self._theme))
            if key:
                tip = tr("{name}: key {key} gives it to the chosen samples", name=name, key=key)
        if facet in ("label", "group_name"):
            tip = tr("{tip}; rename it everywhere with F2", tip=tip)
        item.setToolTip(NAME, tip)
        return item

    def _sections(self) -> list[QTreeWidgetItem]:
        tops = [self.topLevelItem(place) for place in range(self.topLevelItemCount())]
        return [item for item in tops if item is not None]

    def _items(self) -> list[QTreeWidgetItem]:
        heads = self._sections()
        found = [head.child(place) for head in heads for place in range(head.childCount())]
        return [item for item in found if item is not None]

    def _item_changed(self, item: QTreeWidgetItem, column: int) -> None:
        facet, value = _key(item)
        if value is None or column != NAME:
            return
        text = item.text(NAME).strip()
        if text != value_text(facet, value):
            with QSignalBlocker(self):
                item.setText(NAME, value_text(facet, value))
            if text:
                self.renamed.emit(facet, str(value), text)
            return
        ticked = [
            _key(one)[1]
            for one in self._items()
            if _key(one)[0] == facet and one.checkState(NAME) == Qt.CheckState.Checked
        ]
        if facet == "flags" and len(ticked) > 1:
            ticked = [value]  # one at a time: a recording may have several
        choice = replace(self._choice, **{facet: tuple(ticked)})
        if choice != self._choice:
            self._choice = choice
            self.changed.emit(choice)


def _key(item: QTreeWidgetItem) -> tuple[str, Any]:
    found = item.data(NAME, VALUE)
    return (str(found[0]), found[1]) if found else ("", None)


def value_text(facet: str, value: Any) -> str:
    """Return what a value of a facet is called."""
    if facet == "split":
        return tr(str(value)) if value else tr("not split")
    if facet == "enabled":
        return tr("in use") if value else tr("out of use")
    if facet == "flags":
        return tr("label looks wrong") if value == SUSPECT else flag_text(str(value))
    return str(value)


def _swatch(colour: str, key: str, theme: Theme) -> QIcon:
    """Return a square of a label's colour with its key on it."""
    pixmap = QPixmap(2 * SWATCH, 2 * SWATCH)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(QColor(colour))
    painter = QPainter(pixmap)
    area = QRect(0, 0, SWATCH, SWATCH)
    painter.setPen(QColor(theme["control"]))
    painter.drawRect(area.adjusted(0, 0, -1, -1))
    painter.setPen(QColor(ink_on(colour)))
    painter.setFont(theme.font("tiny"))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, key)
    painter.end()
    return QIcon(pixmap)
