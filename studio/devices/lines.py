"""Many lines of numbers at once: which are whole, and their values.

One pass over the bytes finds where numbers end, and thereby how many each line has; the numbers of
whole lines are then converted together. Only lines that are not whole are looked at one by one.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NUMBER, _BETWEEN, _END, _OTHER = range(4)
_LARGEST = float(np.finfo(np.float32).max)
_BLANKS = b" \t,;\r"


def _kinds() -> bytes:
    kinds = bytearray([_OTHER] * 256)
    for byte in b"0123456789+-.eE":
        kinds[byte] = _NUMBER
    for byte in _BLANKS:
        kinds[byte] = _BETWEEN
    kinds[ord("\n")] = _END
    return bytes(kinds)


_KINDS = _kinds()


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that does not hold the numbers it should."""

    before: int
    """How many good lines come before it."""
    text: bytes
    numbers: int
    """How many runs of characters of numbers it has."""
    foreign: int
    """How many characters it has that belong to no number."""


@cache
def _arrow() -> Any:
    """Return the library that converts numbers; it takes 0.1 s to load, and only text needs it."""
    import pyarrow

    return pyarrow


def parse(text: bytes, columns: int) -> tuple[NDArray[np.float64], list[BadLine]]:
    r"""Return the values of the good lines `(n, columns)` in order, and the other lines.

    Numbers are separated by commas, semicolons, tabs or spaces. Empty lines are passed over.

    Parameters
    ----------
    text : bytes
        Whole lines, ended by `\n`.
    columns : int
        Numbers per line, at least one.
    """
    if not text:
        return np.empty((0, columns)), []
    kinds = np.frombuffer(text.translate(_KINDS), np.uint8)
    marks = kinds.nonzero()[0]
    mark_kinds = kinds[marks]
    # the byte before byte 0 is taken to be the last one, a line end
    closing = (kinds[marks - 1] == _NUMBER).nonzero()[0]
    line_marks = (mark_kinds == _END).nonzero()[0]
    ends = marks[closing] - closing  # where each number ends if only bytes of numbers are kept
    bad: list[tuple[int, bytes, int, int]] = []
    good = np.ones(len(line_marks), np.bool_)
    others = (mark_kinds == _OTHER).nonzero()[0]
    if len(others) or not _even(closing, line_marks, columns):
        numbers = _steps(closing.searchsorted(line_marks, side="right"))
        foreign = _steps(others.searchsorted(line_marks))
        good = (numbers == columns) & (foreign == 0)
        told = (~good & (numbers + foreign > 0)).nonzero()[0]
        text, lines = _sort_out(text, marks[line_marks] + 1, told, ~good)
        bad = [
            (i, line, int(numbers[i]), int(foreign[i]))
            for i, line in zip(told.tolist(), lines, strict=True)
        ]
        ends = np.cumsum(_steps(ends)[np.repeat(good, numbers)])
    values = _convert(text.translate(None, _BLANKS + b"\n"), ends)
    if values is None or (np.abs(values) > _LARGEST).any():
        places = np.flatnonzero(good)
        values, broken = _one_by_one(text, columns)
        good[places[list(broken)]] = False
        bad += [(int(places[i]), line, columns, 0) for i, line in broken.items()]
        bad.sort()
    before = np.cumsum(good)
    return values.reshape(-1, columns), [
        BadLine(int(before[i]), line, some, others) for i, line, some, others in bad
    ]


def _even(closing: NDArray[np.intp], line_marks: NDArray[np.intp], columns: int) -> bool:
    """Whether every line has so many numbers, by the marks that end numbers and lines."""
    if len(closing) != columns * len(line_marks):
        return False
    last, first = closing[columns - 1 :: columns], closing[columns::columns]
    return bool((last <= line_marks).all() and (first > line_marks[:-1]).all())


def _steps(values: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return by how much each value is more than the one before, the first than 0."""
    steps = values.copy()
    steps[1:] -= values[:-1]
    return steps


def _sort_out(
    text: bytes, stops: NDArray[np.intp], told: NDArray[np.intp], left_out: NDArray[np.bool_]
) -> tuple[bytes, list[bytes]]:
    """Return the lines that are not left out, joined; and those told."""
    starts = np.concatenate(([0], stops[:-1]))
    gone = np.flatnonzero(left_out)
    edges = np.concatenate(([0], np.stack((starts[gone], stops[gone]), 1).ravel(), [len(text)]))
    cuts = edges.tolist()
    good = b"".join(text[a:b] for a, b in zip(cuts[::2], cuts[1::2], strict=True) if a < b)
    return good, [text[starts[i] : stops[i] - 1] for i in told.tolist()]


def _convert(data: bytes, ends: NDArray[np.intp]) -> NDArray[np.float64] | None:
    """Return the numbers that lie in `data` one after the other; None if one is none."""
    arrow = _arrow()
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends
    buffers = [None, arrow.py_buffer(offsets), arrow.py_buffer(data)]
    try:
        made = arrow.Array.from_buffers(arrow.utf8(), len(ends), buffers).cast(arrow.float64())
    except arrow.ArrowInvalid:
        return None
    return np.asarray(made)


def _one_by_one(text: bytes, columns: int) -> tuple[NDArray[np.float64], dict[int, bytes]]:
    """Do the same slowly, for lines of which one has something like `1.2.3` or `1e999`.

    Returns the values, and the lines that have none by their number.
    """
    rows: list[list[float]] = []
    bad: dict[int, bytes] = {}
    for number, line in enumerate(text.split(b"\n")[:-1]):
        try:
            row = [float(token) for token in line.replace(b",", b" ").replace(b";", b" ").split()]
        except ValueError:
            row = []
        if len(row) == columns and max(map(abs, row)) <= _LARGEST:
            rows.append(row)
        else:
            bad[number] = line
    return np.array(rows, np.float64).reshape(-1, columns), bad
