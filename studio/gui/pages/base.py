"""What every page has: a name, one sentence of facts, one primary act, and refresh."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.gui.session import Session
from studio.gui.theme import Theme


class Page(QWidget):
    """One step. `changed` tells the frame that facts or the primary button differ."""

    NAME = ""
    changed = Signal()

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.session = session
        self.theme = theme
        self.build()

    def build(self) -> None:
        """Make the widgets."""

    def refresh(self) -> None:
        """Read the state afresh; called when shown and when the project changes."""

    def facts(self) -> str:
        """Return one sentence for the header."""
        return ""

    def primary(self) -> tuple[str, bool]:
        """Return the primary button's text (empty: none) and whether it can be pressed."""
        return "", False

    def act(self) -> None:
        """Do the primary act."""

    def leave(self) -> None:
        """Let go of the session before the page is thrown away."""
