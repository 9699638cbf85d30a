"""Data: the library of samples and, on its second tab, the editor of one recording."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
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
from studio.gui.icons import icon
from studio.gui.pages.base import Page
from studio.gui.pages.data_empty import EmptyLibrary
from studio.gui.pages.data_library import Library
from studio.gui.pages.data_side import WIDTH, SidePanel
from studio.gui.pages.data_view import SampleView
from studio.gui.pages.sample_table import SampleTable
from studio.gui.texts import counted, tr
from studio.gui.theme import Theme
from studio.gui.widgets.signal_plot import SignalPlot
from studio.types import SPLITS

LIBRARY, LABEL = 0, 1
LIBRARY_KEYS, LABEL_KEYS = "Ctrl+Shift+L", "Ctrl+Shift+E"
FEW = 120.0
"""Up to so many seconds are told as seconds, more in minutes or hours."""
SPLIT_KEYS = dict(zip(SPLITS, "TVE", strict=True))


@dataclass(frozen=True, slots=True)
class Side:
    """One panel at the right: its words, icon, key, and where it is made."""

    name: str
    icon: str
    keys: str
    module: str
    kind: str


SIDES = (
    Side("Edit", "ph.pencil-simple", "Ctrl+E", "data_edit", "EditPanel"),
    Side("Import", "ph.download-simple", "Ctrl+I", "data_import", "ImportPanel"),
    Side("Quality", "ph.heartbeat", "Ctrl+Shift+Q", "data_quality", "QualityPanel"),
)


class DataPage(Page):
    """List, filter, look, change, import, export, split, check and keep the data."""

    NAME = "Data"

    def build(self) -> None:
        """Make the widgets."""
        self.library = Library(self.session, self.theme)
        self.table: SampleTable = self.library.table
        self.view: SampleView = self.library.view
        self.plot: SignalPlot = self.library.plot
        self.empty = EmptyLibrary(self.theme)
        self.empty.record.clicked.connect(lambda: self.session.step_wanted.emit("Boards"))
        self.empty.bring.clicked.connect(lambda: self.show_side("Import"))
        self.empty.example.clicked.connect(lambda: self.session.step_wanted.emit("Home"))
        self.themed = [self.library, self.empty]
        self.panels: dict[str, SidePanel] = {}
        self.editor: Any = None
        self.setAcceptDrops(True)
        self.sides = QStackedWidget()
        self.sides.setFixedWidth(WIDTH)
        self.sides.hide()
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
        self.session.working_changed.connect(self._listed)

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
        self._side_buttons: dict[str, QPushButton] = {}
        for side in SIDES:
            made = QPushButton(icon(side.icon, self.theme["text_2"]), tr(side.name))
            made.setProperty("role", "quiet")
            made.setCheckable(True)
            made.setToolTip(f"{tr(side.name)} ({side.keys})")
            made.clicked.connect(partial(self._toggle_side, side.name))
            self._side_buttons[side.name] = made
            row.addWidget(made)
        return row

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        super().set_theme(theme)
        for side in SIDES:
            self._side_buttons[side.name].setIcon(icon(side.icon, theme["text_2"]))

    # -- tabs and panels -------------------------------------------------------------------------

    def show_tab(self, place: int) -> None:
        """Show the library or the editor."""
        if place == LABEL:
            self._need_editor()
        self._tab_group.button(place).setChecked(True)
        self.tabs.setCurrentIndex(place)
        for made in self._side_buttons.values():
            made.setVisible(place == LIBRARY)
        if place == LIBRARY:
            self.library.refresh()
        self.changed.emit()

    def _need_editor(self) -> None:
        if self.editor is not None:
            return
        from studio.gui.pages.data_editor import Editor

        self.editor = Editor(self.session, self.theme)
        self.themed.append(self.editor)
        self.tabs.addWidget(self.editor)
        if hasattr(self.editor, "changed"):
            self.editor.changed.connect(self.changed)

    def open_recording(self, recording_id: int, sample_id: int) -> None:
        """Show a recording in the editor, with one of its samples chosen."""
        self.show_tab(LABEL)
        self.editor.show_recording(recording_id, sample_id)

    def side(self) -> str:
        """Return which panel is open; empty for none."""
        shown = [
            name for name, panel in self.panels.items() if panel is self.sides.currentWidget()
        ]
        return shown[0] if shown and not self.sides.isHidden() else ""

    def show_side(self, name: str) -> None:
        """Open a panel at the right, or put it away (empty name)."""
        self.show_tab(LIBRARY)
        if name:
            self._side(name)
            self.sides.setCurrentWidget(self.panels[name])
        self.sides.setVisible(bool(name))
        for other, made in self._side_buttons.items():
            made.setChecked(other == name)
        if name:
            self.panels[name].show_state()
        self._listed()

    def _toggle_side(self, name: str) -> None:
        self.show_side("" if self.side() == name else name)

    def _side(self, name: str) -> SidePanel:
        if name not in self.panels:
            side = next(one for one in SIDES if one.name == name)
            module = importlib.import_module(f"studio.gui.pages.{side.module}")
            panel: SidePanel = getattr(module, side.kind)(self.library, self.theme)
            panel.closed.connect(partial(self.show_side, ""))
            self.sides.addWidget(panel)
            self.panels[name] = panel
            self.themed.append(panel)
        return self.panels[name]

    # -- the page --------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the samples afresh."""
        self.library.refresh()
        if self.editor is not None and hasattr(self.editor, "refresh"):
            self.editor.refresh()
        self._listed()

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
        parts = [
            counted(count, "{n} sample", "{n} samples"),
            counted(len(facets.seconds), "{n} label", "{n} labels"),
            counted(facets.groups, "{n} group", "{n} groups"),
            length_text(seconds),
        ]
        unused = dict(facets.counts["enabled"]).get(0, 0)
        if unused:
            parts.append(tr("{n} not used", n=f"{unused:,}"))
        return ", ".join(parts)

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        if self.tabs.currentIndex() == LABEL and hasattr(self.editor, "primary"):
            text, enabled = self.editor.primary()
            return str(text), bool(enabled)
        return tr("Import files"), bool(self.session.project) and not self.session.working

    def why_not(self) -> str:
        """Return why the primary button cannot be pressed."""
        if self.session.project is None:
            return tr("Open a project first, or begin one on Home.")
        return super().why_not()

    def act(self) -> None:
        """Import files, or what the editor does."""
        if self.tabs.currentIndex() == LABEL and hasattr(self.editor, "act"):
            self.editor.act()
        else:
            self.show_side("Import")

    def commands(self) -> list[Command]:
        """Return what can be done here, with its keys."""
        tabs = [
            Command(tr("Show the library"), partial(self.show_tab, LIBRARY), "Ctrl+Shift+L"),
            Command(
                tr("Show the editor of labels"), partial(self.show_tab, LABEL), "Ctrl+Shift+E"
            ),
        ]
        if self.tabs.currentIndex() == LABEL:
            return tabs + (self.editor.commands() if hasattr(self.editor, "commands") else [])
        sides = [
            Command(
                f"{tr(side.name)}…", partial(self._toggle_side, side.name), side.keys, side.icon
            )
            for side in SIDES
        ]
        return tabs + sides + self._moves() + self._changes()

    def _moves(self) -> list[Command]:
        view, library = self.view, self.library
        return [
            Command(tr("Next sample"), partial(view.step, 1), "J"),
            Command(tr("Sample before"), partial(view.step, -1), "K"),
            Command(tr("Filter the samples"), self._filter, "Ctrl+F", "ph.funnel"),
            Command(tr("Show all samples"), library.show_all, "Esc"),
            Command(tr("Choose all samples"), view.selectAll, "Ctrl+A"),
            Command(tr("Open the sample in Label"), library.open, "", "ph.tag"),
        ]

    def _filter(self) -> None:
        self.library.text.setFocus()
        self.library.text.selectAll()

    def _changes(self) -> list[Command]:
        changes, facets = self.library.changes, self.library.facets
        why = "" if len(self.library.ids()) else tr("Choose samples first.")
        labels = facets.labels if facets else []
        made = [
            self._change(tr("Label as {label}", label=label), changes.relabel, key, why, label)
            for label, key in zip(labels, "1234567890", strict=False)
        ]
        made += [
            self._change(tr("Move to {split}", split=tr(split)), changes.move, key, why, split)
            for split, key in SPLIT_KEYS.items()
        ]
        made.append(Command(tr("Put in use or leave out"), self._switch_use, "X", "", why))
        made.append(self._change(tr("Delete the samples"), changes.remove, "Del", why))
        return made

    def _change(
        self, text: str, act: Callable[..., None], keys: str, why: str, *values: str
    ) -> Command:
        def do() -> None:
            if not self._typing():
                act(self.library.ids().tolist(), *values)

        return Command(text, do, keys, "", why)

    def _typing(self) -> bool:
        """Whether a key belongs to a field that is being edited."""
        focus = QApplication.focusWidget()
        return focus is not None and focus.inherits("QLineEdit")

    def _switch_use(self) -> None:
        sample = self.library.current()
        if sample is not None:
            self.library.changes.use(self.library.ids().tolist(), enabled=not sample.enabled)

    # -- files -----------------------------------------------------------------------------------

    def import_files(self, files: list[Path]) -> None:
        """Show what these files are, ready to be imported."""
        self.show_side("Import")
        panel: Any = self.panels["Import"]
        panel.take(files)

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


def length_text(seconds: float) -> str:
    """Return a length in words: seconds, minutes or hours."""
    if seconds <= FEW:
        return tr("{n} s", n=f"{seconds:.0f}")
    if seconds < 2 * 3600:
        return tr("{n} min", n=f"{seconds / 60:.0f}")
    return tr("{n} h", n=f"{seconds / 3600:.1f}")
