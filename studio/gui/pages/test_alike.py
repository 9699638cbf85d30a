"""Which training windows look like the chosen one: found while a person looks at it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio.gui.pages.test_window import WindowPanels
from studio.gui.reader import Reader
from studio.gui.session import Session

if TYPE_CHECKING:
    from studio.services.nearest import Known, Near


class Alike:
    """Asks for the nearest training windows; their features are computed once for each test.

    That may take seconds, in which no other read has to wait: it has a reader of its own.

    Attributes
    ----------
    found : sequence of studio.services.nearest.Near
        Those of the chosen window.
    """

    def __init__(self, session: Session, panels: WindowPanels) -> None:
        self._session, self._panels = session, panels
        self._reader = Reader(session)
        session.link.closed.connect(self._reader.close)
        self._kept: list[Known] = []
        self._labels: Sequence[str] = ()
        self._place: tuple[int, int] | None = None
        self.found: Sequence[Near] = ()
        self._show(())

    def begin(self, labels: Sequence[str]) -> None:
        """Forget what was known: another test is looked at."""
        self._kept, self._labels, self._place = [], labels, None

    def find(self, place: tuple[int, int] | None) -> None:
        """Show the nearest of the window at a recording's reading."""
        path, kept = self._session.project, self._kept
        if place == self._place:
            return
        self._place = place
        self._show(())
        if place is None or path is None:
            return

        def read() -> "list[Near]":
            from studio.services import nearest

            if not kept:
                kept.append(nearest.known(path))
            return nearest.nearest(path, kept[0], *place)

        def show(found: "list[Near]") -> None:
            if path == self._session.project and place == self._place:
                self._show(found)

        # a pipeline that cannot work now is told of where it is set
        self._reader.ask("alike", read, show, lambda _: show([]))

    def _show(self, found: "Sequence[Near]") -> None:
        self.found = found
        self._panels.show_alike(found, self._labels)
