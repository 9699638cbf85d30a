"""Data: the library of samples and, on its second tab, the editor of one recording."""

import importlib
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.gui.commands import Command
from studio.gui.pages.base import Page
from studio.gui.pages.data_commands import (
    LABEL_KEYS,
    LIBRARY_KEYS,
    library_commands,
    tab_commands,
)
from studio.gui.pages.data_empty import EmptyLibrary
from studio.gui.pages.data_library import Library
from studio.gui.pages.data_sides import SIDES, Sides
from studio.gui.pages.data_view import SampleView
from studio.gui.pages.sample_table import SampleTable
from studio.gui.texts import counted, grouped, tr
from studio.gui.widgets.panel import inset_numbers
from studio.gui.widgets.signal_plot import SignalPlot

LIBRARY, LABEL = 0, 1
NARROW = 1360
"""Below this width, filters and a panel do not both fit beside the table."""
FEW = 120.0
"""Up to so many seconds are told as seconds, more in minutes or hours."""


class DataPage(Page):
    """List, filter, look, change, import, export, split, check and keep the data."""

    NAME = "Data"

    def build(self) -> None:
        """Make the widgets."""
        self.library = Library(self.session, self.theme)
        self.table: SampleTable = self.library.table
        self.view: SampleView = self.library.view
        self.plot: SignalPlot = self.library.preview.plot
        self.empty = EmptyLibrary(self.theme)
        self.empty.record.clicked.connect(lambda: self.session.step_wanted.emit("Boards"))
        self.empty.bring.clicked.connect(lambda: self.show_side("Import"))
        self.empty.example.clicked.connect(lambda: self.session.step_wanted.emit("Home"))
        self.sides = Sides(self.library, self.theme)
        self.sides.pressed.connect(self._toggle_side)
        self.sides.changed.connect(self.changed)
        self.panels = self.sides.panels
        self.themed = [self.library, self.empty, self.sides]
        self.editor: Any = None
        self._unlabelled = 0
        self._edited: tuple[Path | None, int, int] | None = None
        self.setAcceptDrops(True)
        self.content = QStackedWidget()
        self.content.addWidget(self.library)
        self.content.addWidget(self.empty)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.content, 1)
        row.addWidget(self.sides)
        self.tabs = QStackedWidget()
        self.tabs.addWidget(body)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(self._bar())
        column.addWidget(self.tabs, 1)
        self.library.listed.connect(self._listed)
        self.library.chosen.connect(self.changed)
        self.library.opened.connect(self.open_recording)
        self.session.sample_wanted.connect(self.open_recording)
        self.session.working_changed.connect(self._listed)
        self.session.read("", _load_parts, lambda _: None, place=self.NAME)

    def _bar(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        self._tab_group = QButtonGroup(self)
        for place, (name, tip) in enumerate(
            (
                (tr("Library"), tr("All samples ({keys})", keys=LIBRARY_KEYS)),
                (tr("Label"), tr("One recording and its labels ({keys})", keys=LABEL_KEYS)),
            )
        ):
            tab = QPushButton(name)
            tab.setProperty("role", "segment")
            tab.setCheckable(True)
            tab.setToolTip(tip)
            self._tab_group.addButton(tab, place)
            row.addWidget(tab)
        self._tab_group.button(LIBRARY).setChecked(True)
        self._tab_group.idClicked.connect(self.show_tab)
        row.addStretch(1)
        for made in self.sides.buttons.values():
            row.addWidget(made)
        return row

    # -- tabs and panels -------------------------------------------------------------------------

    def show_tab(self, place: int) -> None:
        """Show the library or the editor."""
        if place == LABEL:
            self._need_editor()
            self._show_chosen()
        self._tab_group.button(place).setChecked(True)
        self.tabs.setCurrentIndex(place)
        for made in self.sides.buttons.values():
            made.setVisible(place == LIBRARY)
        if place == LIBRARY:
            self.library.refresh()
        elif self.isVisible():
            self.editor.setFocus()  # its keys are letters and numbers
        self._count_unlabelled()
        self.changed.emit()

    def _need_editor(self) -> None:
        if self.editor is not None:
            return
        from studio.gui.pages.data_editor import Editor

        self.editor = Editor(self.session, self.theme)
        self.themed.append(self.editor)
        self.tabs.addWidget(self.editor)
        inset_numbers(self.editor)
        self.editor.changed.connect(self.changed)

    def _show_chosen(self) -> None:
        """Show the sample that is chosen in the library, unless the editor had it already."""
        sample = self.library.current()
        wanted = (self.session.project, sample.recording_id, sample.id) if sample else None
        if wanted is not None and wanted != self._edited:
            self._edited = wanted
            self.editor.show_recording(*wanted[1:])

    def open_recording(self, recording_id: int, sample_id: int) -> None:
        """Show a recording in the editor, with one of its samples chosen (0: none)."""
        self._need_editor()
        self._edited = (self.session.project, recording_id, sample_id)
        self.editor.show_recording(recording_id, sample_id or None)
        self.show_tab(LABEL)

    def side(self) -> str:
        """Return which panel is open; empty for none."""
        return self.sides.shown()

    def show_side(self, name: str) -> None:
        """Open a panel at the right, or put it away (empty name)."""
        self.show_tab(LIBRARY)
        self.sides.show_panel(name)
        focus = QApplication.focusWidget()
        if name and focus is not None and not self.isAncestorOf(focus):
            self.panels[name].take_focus()  # it was in a panel that is hidden now
        self._fold()
        self._listed()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold the filters where table, filters and panel have no room side by side."""
        super().resizeEvent(event)
        if (event.size().width() < NARROW) != (event.oldSize().width() < NARROW):
            self._fold()

    def _fold(self) -> None:
        self.library.fold.setChecked(not self.side() or self.width() >= NARROW)

    def _toggle_side(self, name: str) -> None:
        seen = self.tabs.currentIndex() == LIBRARY and self.side() == name
        self.show_side("" if seen else name)

    # -- the page --------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make plot, editor and panels, so that their first showing does not wait for them."""
        self.plot.prepare()
        self._need_editor()
        self.sides.prepare()

    def refresh(self) -> None:
        """Read the samples afresh."""
        self.library.refresh()
        self._count_unlabelled()
        self._listed()

    def _count_unlabelled(self) -> None:
        """Read whether there is anything to label, for the editor's primary act."""
        path = self.session.project
        if path is None or self.tabs.currentIndex() != LABEL:
            return

        def read() -> int:
            from studio.services import editing

            return editing.unlabelled(path)

        def take(count: int) -> None:
            self._unlabelled = count
            self.changed.emit()

        self.session.read("unlabelled", read, take, place=self.NAME)

    def _listed(self) -> None:
        problem = self.library.problem
        empty = self.session.project is None or problem is not None or self._without_samples()
        self.content.setCurrentWidget(self.empty if empty else self.library)
        self.empty.show_state(self.session.project is not None, problem)
        if name := self.side():
            self.panels[name].show_state()
        self.changed.emit()

    def _without_samples(self) -> bool:
        known = self.library.facets is not None or bool(self.library.problem)
        return known and not len(self.table.ids) and not self.library.filtered()

    def facts(self) -> str:
        """Return one sentence for the header."""
        facets = self.library.facets
        if self.session.project is None or facets is None or not facets.labels:
            return ""
        count = sum(dict(facets.counts["enabled"]).values())
        seconds = sum(sum(of.values()) for of in facets.seconds.values())
        of = tr("{n} of {all} samples", n=grouped(count), all=grouped(facets.total))
        parts = [
            of if count < facets.total else counted(count, "{n} sample", "{n} samples"),
            counted(len(facets.seconds), "{n} label", "{n} labels"),
            counted(facets.groups, "{n} group", "{n} groups"),
            length_text(seconds),
        ]
        unused = dict(facets.counts["enabled"]).get(0, 0)
        if unused:
            parts.append(tr("{n} not used", n=grouped(unused)))
        return ", ".join(parts)

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        if self.tabs.currentIndex() == LABEL:
            return tr("Next unlabelled"), self.session.project is not None and self._unlabelled > 0
        if self.session.project is None:
            return tr("Open an example"), True
        ready = self._importing().ready() if self.side() == "Import" else ""
        able = self.library.problem is None and not self.session.working
        return ready or tr("Import files"), able

    def _importing(self) -> Any:
        return self.panels["Import"]

    def why_not(self) -> str:
        """Return why the primary button cannot be pressed."""
        if self.session.project is None:
            return tr("Open a project first, or begin one on Home.")
        if self.library.problem is not None:
            return self.library.problem.message
        if self.tabs.currentIndex() == LABEL:
            return tr("Every recording has labels.")
        return super().why_not()

    def act(self) -> None:
        """Import files, go to the next recording without a label, or to the examples."""
        if self.tabs.currentIndex() == LABEL:
            self.editor.next_unlabelled()
        elif self.session.project is None:
            self.session.step_wanted.emit("Home")
        elif self.side() == "Import":
            panel = self._importing()
            (panel.go if panel.ready() else panel.files).click()
        else:
            self.show_side("Import")

    def commands(self) -> list[Command]:
        """Return what can be done here, with its keys."""
        sides = [
            Command(tr(one.name), partial(self._toggle_side, one.name), one.keys, one.icon)
            for one in SIDES
        ]
        labelling = self.tabs.currentIndex() == LABEL
        rest = self.editor.commands() if labelling else library_commands(self)
        return [*tab_commands(self), *sides, *rest]

    # -- files -----------------------------------------------------------------------------------

    def import_files(self, files: list[Path]) -> None:
        """Show what these files are, ready to be imported."""
        self.show_side("Import")
        self._importing().take(files)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders into an open project."""
        if event.mimeData().hasUrls() and self.session.project is not None:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        """Show what was dropped, ready to be imported."""
        files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            self.import_files(files)


def _load_parts() -> None:
    """Read the modules of panels and editor, so that opening one does not wait for them."""
    for name in (*(side.module for side in SIDES), "data_editor"):
        importlib.import_module(f"studio.gui.pages.{name}")
    from studio.services import library, thumbnails  # noqa: F401 - for later


def length_text(seconds: float) -> str:
    """Return a length in words: seconds, minutes or hours."""
    if seconds <= FEW:
        return tr("{n} s", n=f"{seconds:.0f}")
    if seconds < 2 * 3600:
        return tr("{n} min", n=f"{seconds / 60:.0f}")
    return tr("{n} h", n=f"{seconds / 3600:.1f}")
