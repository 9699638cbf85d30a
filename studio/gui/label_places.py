"""The places of the open project's labels: each decides over one label's colour and its key.

They are kept in the project and are the same on every page, whichever labels it shows.
"""

from collections.abc import Mapping, Sequence
from itertools import count, islice

_places: dict[str, int] = {}


def know(places: Mapping[str, int]) -> None:
    """Take over the places of a project's labels."""
    _places.clear()
    _places.update(places)


def place(label: str, labels: Sequence[str]) -> int:
    """Return a label's place; those of `labels` that the project has not yet get free ones."""
    if label in _places:
        return _places[label]
    fresh = [name for name in labels if name not in _places]
    taken = set(_places.values())
    free = (number for number in count() if number not in taken)
    at = fresh.index(label) if label in fresh else len(fresh)
    return next(islice(free, at, None))
