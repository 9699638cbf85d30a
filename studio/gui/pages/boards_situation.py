"""How it stands with the boards, in words: what is the case, and what to do next."""

from studio.gui.pages.boards_links import Links
from studio.gui.pages.boards_recorder import Recorder
from studio.gui.session import Session
from studio.gui.texts import counted, tr


class Situation:
    """Says what the links, the project and a recording make of the page."""

    def __init__(self, session: Session, links: Links, recorder: Recorder) -> None:
        self._session, self._links, self._recorder = session, links, recorder
        self.expected: tuple[tuple[str, ...], bool] = ((), True)
        """The axes that the project wants of a board, and whether they are sound."""

    def facts(self) -> str:
        """Return one sentence for the header."""
        session = self._session
        linked = sum(view.link.linked for view in self._links.views)
        if not session.port:
            return tr("No board yet: use a virtual one, or plug a board in.")
        if session.link.decides:
            return tr("The board runs a model and sends decisions, not its signal.")
        if session.loss is not None:
            return tr("The board is gone: nothing comes from it.")
        if self._recorder.running is not None:
            return tr("Recording. Press R to stop; what has come is kept.")
        if session.project is None:
            return tr("Look at the signal; to record, open a project on Home first.")
        if linked > 1:
            return counted(
                linked, "{n} board", "{n} boards are linked: they are recorded at once."
            )
        misfit = self._links.misfit(self.expected[0])
        return misfit or tr("Name what happens, press Record, and do it.")

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        session = self._session
        if not session.port:
            return tr("Use a virtual board"), not session.working
        if session.link.decides:
            return tr("Stream the signal again"), not session.working
        if session.loss is not None:
            return session.loss.button, not session.working
        return tr("Record"), bool(session.project) and not session.working

    def why_empty(self, *, chosen: bool) -> tuple[str, str]:
        """Return what stands where no signal is: a heading and a sentence.

        `chosen` tells whether a port stands ready in the list.
        """
        if self._session.link.decides:
            return tr("This board runs a model"), tr(
                "It sends decisions, not its signal. See them on the Live page, or let it stream "
                "its signal again to record more."
            )
        if self._session.port and chosen:
            return tr("Not linked"), tr("Press Connect, or Ctrl+L, to see the signal.")
        if self._session.port:
            return tr("Not linked"), tr("Choose at the left where readings come from.")
        return tr("The board's signal appears here"), tr(
            "Plug a board in: it appears at the left by itself. No board at hand? Use a virtual "
            "one: the real firmware runs on an emulated processor. A microphone of this computer "
            "or a file, chosen at the left, will do as well."
        )
