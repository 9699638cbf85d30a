"""What every page has: a name, one sentence of facts, one primary act, and refresh."""

from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.gui.commands import Command
from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.theme import Theme


class Themed(Protocol):
    """Draws with colours of its own, beyond the style sheet's."""

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""


class Page(QWidget):
    """One step. `changed` tells the frame that facts or the primary button differ."""

    NAME = ""
    STOP = "Stop"
    """The primary button while a job that was started here runs."""
    HAS_LOG = False
    """Whether it shows the log of its jobs itself, so that the drawer need not open."""
    changed = Signal()

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.session = session
        self.theme = theme
        self.themed: list[Themed] = []
        self.build()

    def build(self) -> None:
        """Make the widgets; those that draw by themselves also go to `themed`."""

    def prepare(self) -> None:
        """Make what is shown later, once nothing else is to do."""

    def refresh(self) -> None:
        """Read the state afresh; called when shown and when the project changes."""

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours; what is shown stays."""
        self.theme = theme
        for widget in self.themed:
            widget.set_theme(theme)

    def facts(self) -> str:
        """Return one sentence for the header."""
        return ""

    def primary(self) -> tuple[str, bool]:
        """Return the primary button's text (empty: none) and whether it can be pressed."""
        return "", False

    def why_not(self) -> str:
        """Return why the primary button cannot be pressed."""
        if self.session.working:
            return tr("Wait until the running job is done, or stop it.")
        if self.session.project is None:
            return tr("Open a project first, or begin with an example on Home.")
        return "" if self.session.port else tr("Use a virtual board on the Boards page first.")

    def act(self) -> None:
        """Do the primary act."""

    def undo(self) -> Command | None:
        """Return what takes back the newest change made here; None: the data's history does."""
        return None

    def redo(self) -> Command | None:
        """Return what does again what was taken back here; None: the data's history does."""
        return None

    def commands(self) -> list[Command]:
        """Return what else can be done here and with which key, as of now.

        The palette lists them, the sheet of keys shows those with a key, and the frame binds the
        keys while the page is shown: a page binds none of these by itself. It is called often:
        answer from what is known. Those that cannot be done now stay in the list and say why.
        """
        return []
