"""What the frame shows of the project: how far each step is, what it costs, recent projects.

Read in the background, a moment after something changed.
"""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.errors import StudioError
from studio.gui import label_places
from studio.gui.notice import EVERYWHERE
from studio.gui.session import Session
from studio.gui.undo import DataHistory

SOON_MS = 200
"""How long changes are gathered before everything is read again."""


class FrameState(QObject):
    """Reads what rail, budget chip and project menu show.

    Signals
    -------
    steps_read : (dict)
        {state, text, reason} by the step's name; empty without a project.
    budget_read : (object)
        What the pipeline costs, see `services.budget`; None where it is not known.
    recent_read : (list of Path)
        Projects that were open lately, newest first.
    """

    steps_read = Signal(dict)
    budget_read = Signal(object)
    recent_read = Signal(list)

    def __init__(self, session: Session, history: DataHistory) -> None:
        super().__init__(session)
        self._session = session
        self._named: tuple[Path | None, str] = (None, "")
        self._clock = QTimer(self, interval=SOON_MS, singleShot=True)
        self._clock.timeout.connect(self._read)
        session.project_changed.connect(self._clock.start)
        session.board_changed.connect(self._clock.start)
        history.touched.connect(self._clock.start)

    def start(self) -> None:
        """Read for the first time, soon."""
        self._clock.start()

    def stop(self) -> None:
        """Read no more."""
        self._clock.stop()

    @property
    def project_name(self) -> str:
        """What the open project is called: as its folder until that is read; empty: none is."""
        path = self._session.project
        named, name = self._named
        return name if path == named else path.name if path else ""

    def _read(self) -> None:
        path, link = self._session.project, self._session.link
        linked, decides = link.linked, link.decides

        def read() -> dict[str, Any]:
            return _facts(path, linked=linked, decides=decides)

        self._session.read("frame", read, self._show, place=EVERYWHERE)

    def _show(self, facts: dict[str, Any]) -> None:
        if facts["name"]:
            self._named = (facts["path"], facts["name"])
        label_places.know(facts["labels"])
        self.steps_read.emit(facts["steps"])
        self.budget_read.emit(facts["budget"])
        self.recent_read.emit(facts["recent"])


def _facts(path: Path | None, *, linked: bool, decides: bool) -> dict[str, Any]:
    """Read everything; what cannot be read is told by the pages that need it."""
    from studio.services import budget, library, recent, way

    facts: dict[str, Any] = {
        "path": path,
        "name": "",
        "labels": {},
        "steps": {},
        "budget": None,
        "recent": recent.paths(),
    }
    if path is None:
        return facts
    try:
        facts["labels"] = library.places(path)
        steps = way.way(path, linked=linked, decides=decides)["steps"]
        facts["steps"] = {row["name"]: row for row in steps}
        facts["name"] = facts["steps"]["Home"]["text"]
        facts["budget"] = budget.budget(path)
    except StudioError:
        return facts
    return facts
