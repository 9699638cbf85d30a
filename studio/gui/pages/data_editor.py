"""Data: the editor of one recording: what a person does with it by mouse and key."""

import time
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from studio.gui.commands import Command
from studio.gui.pages import data_editor_keys as keys
from studio.gui.pages.data_editor_labelling import EditorLabelling
from studio.gui.pages.data_editor_tools import REVIEW, RULE, SPLIT
from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.wave_bands import GUESS, SOUND
from studio.types import Span

if TYPE_CHECKING:
    from studio.project import Suggestion


class Editor(EditorLabelling):
    """Shows one recording and lets a person label it; see `EditorView` for its signals."""

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self._wire()
        self._order_focus()

    def _order_focus(self) -> None:
        """Let the tab key go through it as it is read."""
        tools, play = self.tools, self.transport
        chain = [self, tools.before, tools.after, tools.snap, tools.fit, *tools.buttons.values()]
        chain += [play.button, play.speed, play.loop, play.split, play.merge, play.remove]
        chain += [self.labels.table, self.labels.fresh]
        chain += [self.samples.digits.start, self.samples.digits.length, self.samples.view]
        for first, second in pairwise(chain):
            QWidget.setTabOrder(first, second)

    def _wire(self) -> None:
        hands, bands = self.plots.hands, self.plots.bands
        hands.made.connect(self._made)
        hands.changed.connect(self._changed)
        hands.placed.connect(self._placed)
        bands.chose.connect(self._show_chosen)
        bands.chose.connect(self.show_split)
        self.plots.pointed.connect(self.transport.readout.setText)
        self.plots.tracks.picked.connect(self.use_track)
        self.labels.picked.connect(self.give)
        self.labels.added.connect(self._add_label)
        self.samples.chosen.connect(self._go_to)
        self.samples.digits.edited.connect(self._typed)
        for table in (self.samples.view, self.labels.table, self.tools.tracks.list):
            table.installEventFilter(self)
        self.edits.written.connect(self._written)
        self.edits.failed.connect(self.reload)
        self.transport.toggled.connect(self.play_or_pause)
        self.transport.split.clicked.connect(self.split_here)
        self.transport.merge.clicked.connect(self.merge)
        self.transport.remove.clicked.connect(self.remove)
        self.player.moved.connect(self._played)
        self.player.changed.connect(self._stopped)
        self.player.wrapped.connect(self._wrapped)
        self.session.project_changed.connect(self._project_changed)
        self.message.again.connect(self.reload)
        self.message.boards.connect(partial(self.session.step_wanted.emit, "Boards"))
        self._wire_tools()

    def _wire_tools(self) -> None:
        hands, tools = self.plots.hands, self.tools
        tools.opened.connect(self._open_tool)
        tools.snap.toggled.connect(partial(setattr, hands, "snapping"))
        tools.before.clicked.connect(partial(self.go_on, -1))
        tools.after.clicked.connect(partial(self.go_on, 1))
        tools.fit.clicked.connect(self.plots.view.fit)
        tools.split.cuts.connect(self._show_cuts)
        tools.split.applied.connect(self._cut)
        tools.review.wanted.connect(self._look_at)
        tools.review.changed.connect(partial(self._written, 0))
        tools.rule.chosen.connect(self.edits.rule)
        tools.tracks.added.connect(partial(self.edits.track, ""))
        tools.tracks.renamed.connect(self.edits.track)
        tools.tracks.picked.connect(self.use_track)
        tools.tracks.hidden.connect(lambda _: self._draw())

    # -- keys ------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Keep the keys that mean something here from those of the page and the frame."""
        asked = event.type() == QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and keys.means(self, event):
            event.accept()
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let keys mean the same in the tables, which would search for them."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            known = keys.IN_TABLES if watched is self.samples.view else keys.DIGITS
            if event.key() in known and keys.handle(self, event):
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do what the key means."""
        if self.opened is None or not keys.handle(self, event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """End the label whose key was held while it played."""
        label = self.labels.of_key(chr(event.key())) if event.key() in keys.DIGITS else ""
        if label and not event.isAutoRepeat():
            self._mark(self.live.release(label, self.player.at, time.monotonic()))
        super().keyReleaseEvent(event)

    def commands(self) -> list[Command]:
        """Return what can be done here, for the palette and the sheet of keys."""
        none = "" if self.opened is not None else tr("Open a recording first.")
        view, tools = self.plots.view, self.tools
        rows = (
            (tr("Loop what is played"), self.transport.loop.toggle, "L", "ph.repeat"),
            (tr("Show the whole recording"), view.fit, "F", "ph.arrows-out-line-horizontal"),
            (tr("Split the sample at the cursor"), self.split_here, "S", "ph.scissors"),
            (tr("Merge with the next sample"), self.merge, "M", "ph.arrows-in-line-horizontal"),
            (tr("Two cursors to measure with"), view.toggle_marks, "C", "ph.ruler"),
            (tr("New label"), self.labels.fresh.setFocus, "N", "ph.plus"),
            (tr("Next recording without a label"), self.next_unlabelled, "U", "ph.tag"),
            (
                tr("Cut into windows or events"),
                partial(tools.show_panel, SPLIT),
                "",
                "ph.scissors",
            ),
            (tr("Review the model's guesses"), partial(tools.show_panel, REVIEW), "", ""),
            (tr("Choose which label a window gets"), partial(tools.show_panel, RULE), "", ""),
        )
        bound = [
            Command(text, act, keys=key, icon=picture, why_not=none)
            for text, act, key, picture in rows
        ]
        return [*bound, *keys.commands(self, none)]

    # -- what was written ------------------------------------------------------------------------

    def _written(self, sample_id: int) -> None:
        if sample_id:
            self._choose = (SOUND, sample_id)
        self.reload()
        self.changed.emit()

    def _open_tool(self, panel: int) -> None:
        if self.opened is None:
            return
        if panel == SPLIT:
            self.show_split()
        elif panel == REVIEW:
            self.tools.review.open(self.opened.recording.id)
        if panel != SPLIT:
            self._show_cuts([])

    def _show_cuts(self, spans: list[Span]) -> None:
        self._cuts = spans
        self._draw()

    def _cut(self, _found: dict[str, Any]) -> None:
        self._cuts = []
        self.tools.close()
        self._written(0)

    def _look_at(self, guess: "Suggestion") -> None:
        """Show a guess, in whichever recording it is."""
        self._choose = (GUESS, guess.id)
        if self.opened is None or self.opened.recording.id != guess.recording_id:
            self.show_recording(guess.recording_id)
            self._choose = (GUESS, guess.id)
            return
        for band in self.plots.bands.every:
            if (band.kind, band.id) == (GUESS, guess.id):
                self._choose = None
                self._go_to(band)
