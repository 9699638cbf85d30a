"""The boards that are linked: one, and others beside it."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QSplitter

from studio.errors import Cancelled, StudioError
from studio.events import Reporter
from studio.gui.link import BoardLink
from studio.gui.notice import Notice
from studio.gui.pages.boards_view import BoardView
from studio.gui.session import BOARD_NAME, Session
from studio.gui.texts import grouped, tr
from studio.gui.theme import Theme

PLACE = "Boards"


class Links(QObject):
    """Opens and closes links; each has a view in the splitter.

    Signals
    -------
    changed : ()
        A board came or went, or its link is in another state.
    played : (str, str)
        A port, and the example that the virtual board behind it plays.
    """

    changed = Signal()
    played = Signal(str, str)

    def __init__(self, session: Session, theme: Theme, splitter: QSplitter) -> None:
        super().__init__(splitter)
        self._session, self._theme, self._splitter = session, theme, splitter
        self.views: list[BoardView] = [BoardView(session.link, theme)]
        splitter.addWidget(self.views[0])

    @property
    def first(self) -> BoardView:
        """The board that the other pages use too."""
        return self.views[0]

    @property
    def ports(self) -> list[str]:
        """The ports to record from, the first one first."""
        return [view.link.port for view in self.views if view.link.port]

    def states(self, recording: bool) -> dict[str, str]:
        """Return for each port in use how its link is."""
        found = {}
        for view in self.views:
            link = view.link
            if not link.port or not (link.busy or recording):
                continue
            if recording:
                found[link.port] = tr("recording")
            elif link.linked and link.stream is not None:
                found[link.port] = tr("linked, {rate} Hz", rate=grouped(link.stream[1], ".6g"))
            else:
                found[link.port] = tr("linking …")
        return found

    def misfit(self, wanted: tuple[str, ...]) -> str:
        """Return how the first board's signal differs from the axes a project wants, if so."""
        stream = self._session.link.stream
        found = tuple(axis.name for axis in stream[0]) if stream is not None else ()
        same = len(found) == len(wanted) == 1 or found == wanted
        if same or not found or not wanted:
            return ""
        return tr(
            "This project is for {wanted}; the board sends {found}. Record it in another project.",
            wanted=", ".join(wanted),
            found=", ".join(found),
        )

    def show_port(self, port: str) -> None:
        """Show this port in the place of the one that was shown."""
        link = self._session.link
        self._session.notify(PLACE, None)

        def use() -> None:
            link.use(port)
            link.open()

        link.close(use)

    def beside(self, port: str) -> None:
        """Show this port too."""
        if port in self.ports:
            return
        link = BoardLink(self._session)
        link.use(port)
        link.changed.connect(self.changed)
        link.lost.connect(lambda error: self._lost(link, error))
        self._session.link.beside.append(link)
        view = BoardView(link, self._theme)
        self.views.append(view)
        self._splitter.addWidget(view)
        self.changed.emit()
        link.open()

    def disconnect_port(self, port: str) -> None:
        """Give a port back; the view of a board that was beside others goes."""
        for view in self.views[1:]:
            if view.link.port == port:
                self._remove(view)
                return
        self._session.notify(PLACE, None)
        self._session.link.close()

    def _remove(self, view: BoardView) -> None:
        self.views.remove(view)
        link = view.link
        self._session.link.beside.remove(link)
        link.close(link.deleteLater)
        view.plot.clear()
        view.hide()
        view.deleteLater()
        self.changed.emit()

    def _lost(self, link: BoardLink, error: StudioError) -> None:
        if not isinstance(error, Cancelled):
            again = Notice.of(error, button=tr("Link again"), act=link.open)
            self._session.notify(PLACE, again)

    def close_others(self, then: Callable[[], None]) -> None:
        """Give the ports beside the first one back for a while; then go on."""
        left = [view.link for view in self.views[1:] if view.link.busy]
        waiting = len(left)
        if not waiting:
            then()

        def one_less() -> None:
            nonlocal waiting
            waiting -= 1
            if not waiting:
                then()

        for link in left:
            link.close(one_less)

    def open_others(self) -> None:
        """Link the boards beside the first one again."""
        for view in self.views[1:]:
            view.link.open()

    # -- virtual boards --------------------------------------------------------------------------

    def start_virtual(self, example: str, present: Sequence[str]) -> None:
        """Start a virtual board that plays an example, and show it.

        Without a project the example's own is opened with it.
        """
        session = self._session
        names = {port.removeprefix("virtual://") for port in present}
        alone = not session.link.busy
        if session.project is None and alone and BOARD_NAME not in names:
            self.played.emit(f"virtual://{BOARD_NAME}", example)
            session.open_example(example)
            return
        number = 1
        name = BOARD_NAME
        while name in names:
            number += 1
            name = f"{BOARD_NAME}-{number}"

        def work(report: Reporter) -> str:
            from studio.services import examples

            return examples.play_on_board(example, name, report)

        def done(port: str) -> None:
            self.played.emit(port, example)
            if alone:
                session.example = example
                self.show_port(port)
            else:
                self.beside(port)

        session.start(tr("Starting a virtual board"), work, place=PLACE, done=done)

    def stop_virtual(self, port: str) -> None:
        """Switch a virtual board off."""
        session = self._session

        def work(report: Reporter) -> Any:
            from studio.services import boards

            return boards.stop(port.removeprefix("virtual://"), report=report)

        def begin() -> None:
            if port == session.port:
                session.link.use("")
            session.start(tr("Switching the virtual board off"), work, place=PLACE)

        if port == session.port:
            session.link.close(begin)
            return
        if port in self.ports:
            self.disconnect_port(port)
        begin()

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        for view in self.views:
            view.set_theme(theme)
