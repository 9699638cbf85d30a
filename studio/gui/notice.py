"""What the window tells a person about what they started: shown on the page where it began."""

from collections.abc import Callable
from dataclasses import dataclass

from studio.errors import StudioError
from studio.gui.desktop import hint_for_window

PROBLEM, ADVICE, GOOD = "problem", "advice", "good"
EVERYWHERE = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A fact, what to do about it, and a button that does it."""

    kind: str
    """`problem`, `advice` or `good`."""
    message: str
    hint: str = ""
    button: str = ""
    act: Callable[[], None] | None = None

    @classmethod
    def of(
        cls, error: StudioError, *, button: str = "", act: Callable[[], None] | None = None
    ) -> "Notice":
        """Return an error's words."""
        return cls(PROBLEM, hint_for_window(error.message), error.hint, button, act)
