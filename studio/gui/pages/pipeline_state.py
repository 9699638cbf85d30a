"""What the Pipeline page is about: the saved pipeline, the pending change, the window on show."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studio.events import Quiet
from studio.gui.session import Session
from studio.gui.texts import tr

if TYPE_CHECKING:
    from studio.services.pipeline import Part
    from studio.services.pipeline_look import Loaded, Look
    from studio.services.preview import Window
    from studio.types import Pipeline


class PipelineState(QObject):
    """Reads and writes a project's pipeline in the background.

    Signals
    -------
    emptied : ()
        Another project is being read, or none is open.
    loaded : ()
        What is saved was read afresh.
    looked : ()
        What the pending change does, and the window on show, were worked out.
    """

    emptied = Signal()
    loaded = Signal()
    looked = Signal()

    def __init__(self, session: Session, place: str) -> None:
        super().__init__()
        self._session, self._place = session, place
        self.path: Path | None = None
        self.saved: Loaded | None = None
        self.look: Look | None = None
        self.changes: dict[str, Any] = {}
        """Settings that are not kept yet, as for `projects.changed`."""
        self._looked_at: dict[str, Any] = {}
        self._keeping = False
        self.kept: list[Pipeline] = []
        """Pipelines of before, the latest last: the way back."""
        self.undone: list[Pipeline | dict[str, Any]] = []
        """What was taken back, the latest last: pipelines, and changes that were not kept."""
        self.window: Window | None = None
        self.windows: tuple[Window, ...] = ()
        """Those of the chosen label, or all."""
        self.label = ""
        self._places: Mapping[Window, int] = {}

    # -- what is known -----------------------------------------------------------------------

    @property
    def wanted(self) -> "Pipeline | None":
        """The pipeline with the pending change."""
        if self.look is not None and self.look.wanted is not None:
            return self.look.wanted
        return self.saved.described.pipeline if self.saved else None

    @property
    def parts(self) -> "dict[str, Part]":
        """The parts with the pending change."""
        if self.look is not None and self.look.parts:
            return {part.name: part for part in self.look.parts}
        return {part.name: part for part in self.saved.described.parts} if self.saved else {}

    @property
    def number(self) -> int:
        """The place of the window on show among `windows`."""
        return self._places.get(self.window, 0) if self.window else 0

    def _choose_windows(self) -> None:
        """Work out the windows of the chosen label, or of all."""
        if self.saved is None or not self.label:
            self.windows = self.saved.windows if self.saved else ()
            self._places = self.saved.places if self.saved else {}
        else:
            self.windows = tuple(one for one in self.saved.windows if one.label == self.label)
            self._places = {window: place for place, window in enumerate(self.windows)}
        if self.window not in self._places:
            self.window = self.windows[0] if self.windows else None

    # -- reading -----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the project afresh."""
        path = self._session.project
        if path != self.path:
            self.path, self.changes, self._keeping = path, {}, False
            self.kept, self.undone = [], []
            self.saved = self.look = self.window = None
            self._choose_windows()
            self.emptied.emit()
        if path is None:
            return

        def read() -> "Loaded":
            from studio.services import pipeline_look

            return pipeline_look.load(path)

        self._session.read("pipeline", read, self._take_loaded, place=self._place)

    def _take_loaded(self, loaded: "Loaded") -> None:
        if loaded.path != self.path:
            return
        self.saved = loaded
        if self.label not in loaded.described.labels:
            self.label = ""
        self._choose_windows()
        self.loaded.emit()
        self._ask()

    def _ask(self) -> None:
        path, changes, window = self.path, dict(self.changes), self.window
        if path is None or self.saved is None:
            return

        def read() -> "Look":
            from studio.services import pipeline_look

            return pipeline_look.look(path, changes, window)

        def take(look: "Look") -> None:
            if self.path != path:
                return
            self.look, self._looked_at = look, changes
            if look.problem is None and not look.changed:
                self.changes = self._looked_at = {}
            self.looked.emit()
            if self._keeping:
                self._keeping = False
                self.keep()

        self._session.read("pipeline look", read, take, place=self._place)

    # -- changing ----------------------------------------------------------------------------

    def change(self, settings: Mapping[str, Any]) -> None:
        """Look at settings that are not kept yet, besides those that are pending."""
        self.replace({**self.changes, **settings})

    def replace(self, settings: Mapping[str, Any]) -> None:
        """Look at these settings instead of those that are pending."""
        self.undone = []
        self._look_at(settings)

    def _look_at(self, settings: Mapping[str, Any]) -> None:
        self.changes = dict(settings)
        self._ask()

    def keep(self) -> None:
        """Write the pending change to the project."""
        path, changes, look = self.path, dict(self.changes), self.look
        if changes != self._looked_at:  # typed just now: what it does is being worked out
            self._keeping = True
            return
        good = look is not None and look.problem is None and look.changed
        if path is None or self.saved is None or not good:
            return
        before = self.saved.described.pipeline

        def write() -> None:
            from studio.services import projects

            projects.set_pipeline(path, changes, Quiet())

        def done() -> None:
            self.kept.append(before)
            self.undone = []
            self._session.say(tr("The pipeline was changed."))

        self._write(write, done)

    def undo(self) -> None:
        """Forget the pending change; if there is none, take back the last one that was kept."""
        if self.changes:
            self.undone.append(dict(self.changes))
            self._look_at({})
        else:
            self.take_back()

    def redo(self) -> None:
        """Do again what `undo` took back last."""
        again = self.undone[-1] if self.undone else None
        if isinstance(again, dict):
            self.undone.pop()
            self._look_at(again)
        elif again is not None:
            said = tr("The pipeline is as it was changed.")
            self._restore(self.undone, self.kept, said)

    def take_back(self) -> None:
        """Set the pipeline back to what it was before the last change that was kept."""
        if self.kept:
            said = tr("The pipeline is as it was before.")
            self._restore(self.kept, self.undone, said)

    def _restore(self, these: list[Any], others: list[Any], said: str) -> None:
        """Write the last of these pipelines; the one of now goes to the others."""
        path, saved, pipeline = self.path, self.saved, these[-1]
        if path is None or saved is None:
            return

        def write() -> None:
            from studio.services import pipeline as pipelines

            pipelines.restore(path, pipeline)

        def done() -> None:
            if these and these[-1] is pipeline:  # not asked for twice before it was written
                these.pop()
                others.append(saved.described.pipeline)
            self._session.say(said)

        self._write(write, done)

    def _write(self, write: Callable[[], None], done: Callable[[], None]) -> None:
        def written(_: object) -> None:
            self.changes = {}
            done()
            self._session.project_changed.emit()

        self._session.read("", write, written, place=self._place)

    # -- the window on show ------------------------------------------------------------------

    def step(self, by: int) -> None:
        """Show the next window, or the one before."""
        if self.windows:
            self.show_window(self.windows[(self.number + by) % len(self.windows)])

    def choose_label(self, label: str) -> None:
        """Go through the windows of one label; of all if it is empty."""
        self.label = label
        self._choose_windows()
        self._ask()

    def show_window(self, window: "Window") -> None:
        """Show a window; if it has another label than the chosen one, all are gone through."""
        self.window = window
        if self.label not in ("", window.label):
            self.label = ""
            self._choose_windows()
            self.loaded.emit()
        self._ask()
