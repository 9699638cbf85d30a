"""The library: filters at the left, the table with the signal of the chosen sample, panels."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QWidget,
)

from studio.errors import StudioError
from studio.gui.pages.data_changes import PLACE, Changes
from studio.gui.pages.data_facets import SUSPECT, Choice, FacetTree
from studio.gui.pages.data_feed import Feed
from studio.gui.pages.data_preview import Preview
from studio.gui.pages.data_view import SampleView
from studio.gui.pages.sample_table import SampleTable
from studio.gui.session import Session
from studio.gui.texts import counted, tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import Panel, words
from studio.types import Sample

if TYPE_CHECKING:
    from studio.services.library import Facets, Listing

FACETS_WIDTH = 264
PREVIEW = 240
TYPING_MS = 25
COUNT_MS = 120


class Library(QWidget):
    """Lists, filters, sorts, shows and changes samples.

    Signals
    -------
    listed : ()
        The list, its counts, or what can be done with it is another one.
    chosen : ()
        Other samples are chosen.
    opened : (int, int)
        Recording and sample are to be opened in the editor.
    """

    listed = Signal()
    chosen = Signal()
    opened = Signal(int, int)

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.session = session
        self.changes = Changes(session)
        self.changes.done.connect(self.refresh)
        self.facets: Facets | None = None
        self.problem: StudioError | None = None
        """Why the samples cannot be read, if so."""
        self._late: Listing | None = None
        """What was found while a name was typed."""
        self._project: Path | None = None
        self._order = ("recording", False)
        self._only: tuple[frozenset[int], str] | None = None
        self._kept: tuple[NDArray[np.int64], int] = (np.empty(0, np.int64), -1)
        self._typing = QTimer(self, interval=TYPING_MS, singleShot=True)
        self._typing.timeout.connect(self.refresh)
        self._counting = QTimer(self, interval=COUNT_MS, singleShot=True)
        self._counting.timeout.connect(self._count)
        self._build(theme)
        self._connect()

    # -- widgets ---------------------------------------------------------------------------------

    def _build(self, theme: Theme) -> None:
        self.tree = FacetTree(theme)
        self.table = SampleTable()
        self.feed = Feed(self.session, self.table)
        self.view = SampleView(self.table, theme)
        self.text = QLineEdit()
        self.text.setPlaceholderText(tr("Filter by name, group or label (Ctrl+F)"))
        self.text.setAccessibleName(tr("Filter by name, group or label"))
        self.text.setClearButtonEnabled(True)
        self.fold = QPushButton(tr("Filters"))
        self.fold.setCheckable(True)
        self.fold.setChecked(True)
        self.fold.setToolTip(tr("Show or hide the filters (Ctrl+Shift+F)"))
        self.found = words("", "hint")
        self.everything = QPushButton(tr("Show all"))
        self.everything.setToolTip(tr("Take all filters away (Esc)"))
        self.preview = Preview(self.session, theme)
        self.themed = (self.tree, self.view, self.preview)
        self._lay_out()

    def _lay_out(self) -> None:
        left = self.left = Panel(tr("Filters"))
        left.setFixedWidth(FACETS_WIDTH)
        left.box.setContentsMargins(8, 12, 4, 8)
        left.box.addWidget(self.tree, 1)
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.fold)
        bar.addWidget(self.text, 1)
        bar.addWidget(self.found)
        bar.addWidget(self.everything)
        table = Panel(tr("Samples"))
        table.heading.hide()
        table.box.addLayout(bar)
        table.box.addWidget(self.view, 1)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setObjectName("library")
        self.split.addWidget(table)
        self.split.addWidget(self.preview)
        self.split.setChildrenCollapsible(False)
        self.split.setHandleWidth(16)
        self.split.setStretchFactor(0, 1)
        self.split.setSizes([PREVIEW + 100, PREVIEW])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(left)
        row.addWidget(self.split, 1)

    def _connect(self) -> None:
        changes, table = self.changes, self.table
        table.relabelled.connect(lambda number, text: changes.relabel([number], text))
        table.regrouped.connect(lambda number, text: changes.group([number], text))
        table.used.connect(lambda number, on: changes.use([number], enabled=on))
        table.sorted.connect(self._sort)
        self.tree.changed.connect(lambda _choice: self.refresh())
        self.tree.renamed.connect(changes.rename)
        self.text.textChanged.connect(lambda _text: self._typing.start())
        self.text.returnPressed.connect(self.view.setFocus)
        self.everything.clicked.connect(self.show_all)
        self.fold.toggled.connect(self.left.setVisible)
        self.view.typed.connect(self.type_on)
        self.view.painter.closeEditor.connect(lambda *_: QTimer.singleShot(0, self._show_late))
        self.view.chosen.connect(self._choose)
        self.view.opened.connect(self.open)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        for widget in self.themed:
            widget.set_theme(theme)

    # -- reading ---------------------------------------------------------------------------------

    def query(self) -> dict[str, Any]:
        """Return what is asked for, as the fields of a query."""
        only = self._only[0] if self._only else None
        return {
            **_narrowed(self.tree.choice, only, self.table.suspects),
            "words": self.text.text().strip(),
            "sort": self._order[0],
            "descending": self._order[1],
        }

    def filtered(self) -> bool:
        """Whether anything is filtered out."""
        wanted = self.tree.choice != Choice() or bool(self.text.text().strip())
        return wanted or self._only is not None

    def refresh(self) -> None:
        """Read the samples afresh."""
        path = self.session.project
        if path != self._project:
            self._begin(path)
        if path is None:
            return
        fields, first = self.query(), self.view.top()

        def read() -> "Listing | StudioError":
            from studio.services import library

            try:
                return library.find(path, library.Query(**fields), first=first)
            except StudioError as error:
                return error

        self._typing.stop()
        self.session.read("library", read, self._show, place=PLACE)
        self._counting.start()

    def _count(self) -> None:
        """Count what the list can be filtered by, after it is shown."""
        path, fields = self.session.project, self.query()
        if path is None:
            return

        def count() -> "Facets | None":
            from studio.services import library

            try:
                return library.facets(path, library.Query(**fields))
            except StudioError:
                return None

        self.session.read("facets", count, self._show_facets, place=PLACE)

    def _begin(self, path: Path | None) -> None:
        """Show nothing of the project before."""
        self._project, self.problem, self._only, self.facets = path, None, None, None
        self._late = None
        self.table.suspect(frozenset())
        self.table.clear()
        self.tree.tick(Choice())
        self.text.clear()
        self._typing.stop()
        self.found.setText(tr("Reading …") if path else "")
        self.everything.hide()
        self.preview.show_sample(None)
        self.listed.emit()

    def _show(self, found: "Listing | StudioError") -> None:
        if isinstance(found, StudioError):
            self.problem = found
            self.listed.emit()
            return
        self.problem = None
        if self.view.editing:  # or what is being typed would be lost with its row
            self._late = found
            return
        self._keep()
        if self.table.fill(found):
            self._choose_again()
        self._show_found()
        self._look()
        self.listed.emit()

    def _show_late(self) -> None:
        """Show what was found while a name was typed."""
        if self._late is not None and not self.view.editing:
            late, self._late = self._late, None
            self._show(late)

    def _show_found(self) -> None:
        count = len(self.table.ids)
        said = counted(count, "{n} sample", "{n} samples")
        if self._only is not None:
            said = f"{self._only[1]}: {said}"
        self.found.setText(said)
        self.everything.setVisible(self.filtered())

    def _show_facets(self, facets: "Facets | None") -> None:
        if facets is None:
            return
        self.facets = facets
        self.table.recolour(facets.labels)
        self.tree.show_facets(facets, len(self.table.suspects))
        self.listed.emit()

    # -- filters ---------------------------------------------------------------------------------

    def type_on(self, text: str) -> None:
        """Go on typing in the filter box."""
        self.text.setFocus()
        self.text.insert(text)

    def show_all(self) -> None:
        """Take all filters away."""
        self._only = None
        self.tree.untick()
        self.text.clear()
        self.refresh()

    def show_only(self, ids: "frozenset[int]", why: str) -> None:
        """Show these samples and nothing else, until a person wants all again."""
        self._only = ids, why
        self.tree.untick()
        self.text.clear()
        self.refresh()

    def tick(self, choice: Choice) -> None:
        """Show what has these values."""
        self._only = None
        self.text.clear()
        self.tree.tick(choice)
        self.refresh()

    def suspect(self, labels: Mapping[int, str]) -> None:
        """Mark samples whose label looks wrong."""
        self.table.suspect(frozenset(labels))
        if self.facets is not None:
            self.tree.show_facets(self.facets, len(labels))

    def _sort(self, order: str, descending: bool) -> None:
        if (order, descending) != self._order:
            self._order = order, descending
            self.refresh()

    # -- choosing --------------------------------------------------------------------------------

    def ids(self) -> NDArray[np.int64]:
        """Return the numbers of the chosen samples."""
        return self.table.ids_of(self.view.selectionModel().selection())

    def some_chosen(self) -> bool:
        """Whether any sample is chosen."""
        return self.view.selectionModel().hasSelection()

    def current(self) -> Sample | None:
        """Return the sample that the keys are at."""
        place = self.view.current()
        row = self.table.row(place) if 0 <= place < len(self.table.ids) else None
        return row.sample if row else None

    def _keep(self) -> None:
        place = self.view.current()
        number = int(self.table.ids[place]) if 0 <= place < len(self.table.ids) else -1
        self._kept = self.ids(), number

    def _choose_again(self) -> None:
        """Choose after a change of the list what was chosen before, or the first sample."""
        self.view.choose(*self._kept)
        self.chosen.emit()

    def _choose(self) -> None:
        self._look()
        self.chosen.emit()

    def _look(self) -> None:
        """Show the signal of the current sample."""
        place = self.view.current()
        known = 0 <= place < len(self.table.ids)
        row = self.table.row(place) if known else None
        if row is not None or not known:
            self.preview.show_sample(row)

    def open(self) -> None:
        """Open the current sample in the editor."""
        sample = self.current()
        if sample is not None:
            self.opened.emit(sample.recording_id, sample.id)


def _narrowed(
    choice: Choice, only: frozenset[int] | None, suspects: frozenset[int]
) -> dict[str, Any]:
    """Return the fields of a query that lets through what is ticked, of `only` these samples."""
    flags = [flag for flag in choice.flags if flag != SUSPECT]
    if SUSPECT in choice.flags:
        only = suspects if only is None else only & suspects
    return {
        "labels": choice.label,
        "groups": choice.group_name,
        "splits": choice.split,
        "tracks": choice.track,
        "enabled": bool(choice.enabled[0]) if len(choice.enabled) == 1 else None,
        "flag": flags[0] if flags else "",
        "ids": None if only is None else tuple(sorted(only)),
    }
