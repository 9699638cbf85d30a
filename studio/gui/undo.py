"""The way back: a stack of undo commands that mirrors the project's own history.

The history lies in the project and survives restarts; the stack is read from it, and what is
undone here is undone there. Whatever else changes the project shows here as well.
"""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from studio.gui.notice import EVERYWHERE
from studio.gui.session import Session
from studio.gui.texts import tr

KEY = "history"
SOON_MS = 150
"""How long changes are gathered before the history is read again."""


class _Change(QUndoCommand):
    """One change of the data; undoing and redoing it goes through the project."""

    def __init__(self, sentence: str, step: Callable[[str, str], None]) -> None:
        super().__init__(sentence)
        self._step = step

    def undo(self) -> None:
        """Take it back."""
        self._step("undo", self.text())

    def redo(self) -> None:
        """Do it again."""
        self._step("redo", self.text())


class DataHistory(QObject):
    """The open project's changes as an undo stack.

    Signals
    -------
    changed : ()
        What can be undone or redone may be different.
    touched : ()
        Something of the project is different on the disk.
    """

    changed = Signal()
    touched = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.stack = QUndoStack(self)
        self.changed_at_s: float | None = None
        """When the data changed last, in seconds since 1970."""
        self._reading = False
        self._seen: tuple[object, ...] = ()
        self._path: Path | None = None
        self._clock = QTimer(self, interval=SOON_MS, singleShot=True)
        self._clock.timeout.connect(self._read)
        session.project_changed.connect(self._clock.start)
        session.answered.connect(self._answered)

    def _answered(self, key: str) -> None:
        if key != KEY:
            self._clock.start()

    def _read(self) -> None:
        """Read the history again if the project's files are different from last time."""
        path = self._session.project
        seen = _trace(path) if path is not None else ()
        if path == self._path and seen == self._seen:
            return
        self._path, self._seen = path, seen
        self.touched.emit()
        if path is None:
            self._show([])
            return

        def read() -> list[dict[str, Any]]:
            from studio.services import history

            entries: list[dict[str, Any]] = history.history(path)["entries"]
            return entries

        self._session.read(KEY, read, self._show, place=EVERYWHERE)

    def _show(self, entries: list[dict[str, Any]]) -> None:
        """Build the stack as the history is: undone entries can be redone."""
        self._reading = True
        self.stack.clear()
        for entry in reversed(entries):
            self.stack.push(_Change(entry["sentence"], self._step))
        self.stack.setIndex(sum(not entry["undone"] for entry in entries))
        self._reading = False
        newest = entries[0]["at"] if entries else ""
        self.changed_at_s = datetime.fromisoformat(newest).timestamp() if newest else None
        self.changed.emit()

    def _step(self, verb: str, sentence: str) -> None:
        """Undo or redo one change in the project; the stack has moved already."""
        path = self._session.project
        if self._reading or path is None:
            return

        def work() -> Any:
            from studio.services import history

            return history.undo(path) if verb == "undo" else history.redo(path)

        def done(_: Any) -> None:
            said = tr("Undone: {what}") if verb == "undo" else tr("Done again: {what}")
            self._session.say(said.format(what=sentence))
            self._session.project_changed.emit()

        self._seen = ()  # whatever comes of it, look again
        self._session.read("", work, done, place=EVERYWHERE)

    def undo_text(self) -> str:
        """Return what undoing does, in words."""
        what = self.stack.undoText()
        return tr("Undo: {what}", what=what) if what else tr("Undo")

    def redo_text(self) -> str:
        """Return what redoing does, in words."""
        what = self.stack.redoText()
        return tr("Do again: {what}", what=what) if what else tr("Do again")


def _trace(path: Path) -> tuple[object, ...]:
    """Return what differs once somebody wrote to the project: no more than a look at its files.

    The database's own notes are left out: reading makes them come and go.
    """
    found = []
    try:
        with os.scandir(path) as files:
            for one in files:
                facts = one.stat()
                if not one.name.endswith("-shm") and not (
                    one.name.endswith("-wal") and facts.st_size == 0
                ):
                    found.append((one.name, facts.st_mtime_ns, facts.st_size))
    except OSError:
        return ()
    return tuple(sorted(found))
