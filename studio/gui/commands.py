"""What can be done: the palette (Ctrl+K), the sheet of keys (?) and the keys all read it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a person can do.

    Parameters
    ----------
    text : str
        What it does, as an act and translated, such as `tr("Split into windows")`.
    act : callable
        Does it.
    keys : str
        The key that does it, such as "R" or "Ctrl+L"; empty: only the palette has it. The frame
        binds it while the page is shown; a letter acts only while no text field has the focus.
    icon : str
        Name of an icon in qtawesome's maps.
    why_not : str
        Why it cannot be done now, as a sentence; empty: it can.
    bound : bool
        Whether the frame binds its key. Where it does not, the widget that has the focus takes the
        key itself, and the key is only printed.
    """

    text: str
    act: Callable[[], object]
    keys: str = ""
    icon: str = ""
    why_not: str = ""
    bound: bool = True


def found(commands: Sequence[Command], typed: str) -> list[Command]:
    """Return the commands that have the typed letters in this order, the best match first."""
    wanted = "".join(typed.casefold().split())
    if not wanted:
        return list(commands)
    scored = [(_score(one.text.casefold(), wanted), place) for place, one in enumerate(commands)]
    order = sorted((score, place) for score, place in scored if score is not None)
    return [commands[place] for _, place in order]


def _score(text: str, wanted: str) -> float | None:
    """Return how badly a text matches (0 is best); None if letters are missing.

    Letters at the start of a word are good, gaps are bad, and so are late beginnings.
    """
    starts = [i for i, one in enumerate(text) if one.isalnum() and not text[:i][-1:].isalnum()]
    best: float | None = None
    for first in range(len(text)):
        score = _run(text, wanted, first, frozenset(starts))
        if score is not None and (best is None or score < best):
            best = score
    return best


def _run(text: str, wanted: str, first: int, starts: frozenset[int]) -> float | None:
    """Return how badly a text matches if the first letter may stand at `first` at the earliest."""
    score, place = 0.1 * first, first
    for count, letter in enumerate(wanted):
        at = text.find(letter, place)
        if at < 0:
            return None
        ahead = [start for start in starts if start >= place and text[start] == letter]
        if at not in starts and at != place and ahead:
            at = min(ahead)  # rather the next word's start than a letter inside this one
        if count and at != place:
            score += 1.0 if at in starts else 3.0 + 0.1 * (at - place)
        elif not count and at not in starts:
            score += 4.0
        place = at + 1
    return score + 0.01 * len(text)
