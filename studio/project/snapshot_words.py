"""What differs between two states of a data set, in sentences."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from studio.project.records import counted
from studio.project.schema import RECORDED

_COLUMNS = RECORDED["sample"]
_LABEL, _PRESET, _SPLIT = (_COLUMNS.index(name) for name in ("label", "preset", "split"))
_ENABLED, _TRACK = _COLUMNS.index("enabled"), _COLUMNS.index("track")
_START, _STOP = _COLUMNS.index("start"), _COLUMNS.index("stop")
_SHOWN = 6

Rows = Mapping[int, Sequence[Any]]


class Differing(Protocol):
    """What became of one kind of rows: their numbers."""

    @property
    def added(self) -> tuple[int, ...]:
        """Only in the later state."""

    @property
    def removed(self) -> tuple[int, ...]:
        """Only in the earlier state."""

    @property
    def changed(self) -> tuple[int, ...]:
        """In both, but not the same."""


def sentences(found: Mapping[str, Differing], before: Rows, after: Rows) -> list[str]:
    """Return what changed in words.

    Parameters
    ----------
    found : mapping
        For `recording`, `sample`, `track` and `metadata`.
    before, after : mapping
        The samples' rows by number.
    """
    told = []
    recordings, samples = found["recording"], found["sample"]
    for numbers, verb in ((recordings.added, "added"), (recordings.removed, "removed")):
        if numbers:
            told.append(f"{counted(len(numbers), 'recording')} {verb}.")
    if recordings.changed:
        count = len(recordings.changed)
        told.append(f"{counted(count, 'recording')} with another name or group.")
    for numbers, rows, verb in (
        (samples.added, after, "added"),
        (samples.removed, before, "removed"),
    ):
        if numbers:
            labels = _listed(str(rows[number][_LABEL]) for number in numbers)
            told.append(f"{counted(len(numbers), 'sample')} {verb}: {labels}.")
    told += _changes([(before[number], after[number]) for number in samples.changed])
    if found["track"].added or found["track"].removed or found["track"].changed:
        told.append("The label tracks differ.")
    metadata = found["metadata"]
    count = len(metadata.added) + len(metadata.removed) + len(metadata.changed)
    if count:
        told.append(f"{counted(count, 'entry', 'entries')} of metadata changed.")
    return told


def _changes(pairs: Sequence[tuple[Sequence[Any], Sequence[Any]]]) -> list[str]:
    """Return what became of samples that are in both states."""
    told = []
    labels = [(one[_LABEL], other[_LABEL]) for one, other in pairs]
    splits = [(_split(one), _split(other)) for one, other in pairs]
    for what, moves in (("relabelled", labels), ("moved", splits)):
        differing = [f"{old} to {new}" for old, new in moves if old != new]
        if differing:
            told.append(f"{counted(len(differing), 'sample')} {what}: {_listed(differing)}.")
    cropped = sum(one[_START : _STOP + 1] != other[_START : _STOP + 1] for one, other in pairs)
    tracked = sum(one[_TRACK] != other[_TRACK] for one, other in pairs)
    states = Counter((bool(one[_ENABLED]), bool(other[_ENABLED])) for one, other in pairs)
    for count, verb in (
        (cropped, "with other ends"),
        (tracked, "on another track"),
        (states[True, False], "put out of use"),
        (states[False, True], "put in use"),
    ):
        if count:
            told.append(f"{counted(count, 'sample')} {verb}.")
    return told


def _split(row: Sequence[Any]) -> str:
    return str(row[_SPLIT] or row[_PRESET] or "no split")


def _listed(words: Iterable[str]) -> str:
    """Return the most frequent words with their counts."""
    counts = Counter(words)
    shown = [f"{count} {word}" for word, count in counts.most_common(_SHOWN)]
    rest = counts.total() - sum(count for _, count in counts.most_common(_SHOWN))
    return ", ".join([*shown, f"{rest} others"] if rest else shown)
