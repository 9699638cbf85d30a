"""What the columns of a table are: times, labels, axes. For tables of text and Parquet alike."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studio.api import Axis, ImportOptions, ProjectError, Span

UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
"""Seconds per unit of a column of times."""
_TIME_UNITS = {
    "timestamp": 1e-3,
    "timestamp_ms": 1e-3,
    "time_ms": 1e-3,
    "t_ms": 1e-3,
    "ms": 1e-3,
    "millis": 1e-3,
    "timestamp_us": 1e-6,
    "time_us": 1e-6,
    "t_us": 1e-6,
    "micros": 1e-6,
    "timestamp_ns": 1e-9,
    "time_ns": 1e-9,
    "timestamp_s": 1.0,
    "time_s": 1.0,
    "t_s": 1.0,
    "seconds": 1.0,
    "time": 0.0,
    "t": 0.0,
}
"""Seconds per unit by a column's name; 0 = to be judged from the steps."""
_AXIS_UNITS = re.compile(r"^(.*?)\s*[\[(]([^\[\]()]*)[\])]$")
NO_TIME = "none"

Refusal = Callable[[str, str], ProjectError]
"""Makes an error of what was found and what to do."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a table is what, by number from 0."""

    time: int | None
    unit: float
    """Seconds per unit of the times; 0 = to be judged from the steps."""
    label: int | None
    axes: tuple[int, ...]
    described: tuple[Axis, ...]


def chosen(
    names: Sequence[str] | None, width: int, options: ImportOptions, refuse: Refusal
) -> Columns:
    """Return what the columns of a table are.

    Parameters
    ----------
    names : sequence of str or None
        What the table calls its columns; None if it does not.
    width : int
        How many there are.
    """
    label = _one("--label-column", options.label_column, names, width, refuse)
    if options.time_column == NO_TIME or options.listed_axes == width:
        time = None
    elif options.time_column:
        time = _one("--time-column", options.time_column, names, width, refuse)
    else:
        time = next((c for c, name in enumerate(names or []) if _plain(name) in _TIME_UNITS), None)
    unit = 0.0
    if time is not None and names:
        unit = _TIME_UNITS.get(_plain(names[time]), 0.0)
    if options.time_unit:
        unit = UNITS[options.time_unit]
    axes, described = _axes(names, width, {time, label}, options.axes, refuse)
    return Columns(time, unit, label, tuple(axes), described)


def _one(
    option: str, wanted: str, names: Sequence[str] | None, width: int, refuse: Refusal
) -> int | None:
    """Return the number of one column that the person named, or None if no one did."""
    if not wanted:
        return None
    known = [axis(name).name for name in names or []]
    if wanted in known:
        return known.index(wanted)
    if names and wanted in names:
        return list(names).index(wanted)
    if wanted.isascii() and wanted.isdecimal() and 1 <= int(wanted) <= width:
        return int(wanted) - 1
    raise refuse(
        f"it has no column {wanted!r} for {option}",
        f"Its columns: {', '.join(known)}." if known else f"Give a number from 1 to {width}.",
    )


def _plain(name: str) -> str:
    """Return a column's name as it is looked up: `Time (ms)` as `time_ms`."""
    return re.sub(r"\W+", "_", name.lower().replace("µ", "u")).strip("_")


def axis(name: str) -> Axis:
    """Return a column's axis; `accX (g)` and `accX [g]` name their units."""
    found = _AXIS_UNITS.match(name)
    return Axis(found[1], found[2]) if found and found[1] else Axis(name)


def _axes(
    header: Sequence[str] | None,
    width: int,
    others: set[int | None],
    wanted: tuple[str, ...],
    refuse: Refusal,
) -> tuple[list[int], tuple[Axis, ...]]:
    """Return which columns to take and what they are called."""
    names = list(header) if header else [f"c{number}" for number in range(1, width + 1)]
    if not wanted:
        # A column without a name is the row index that some programs add.
        columns = [c for c, name in enumerate(names) if c not in others and name]
        if not columns:
            raise refuse("it has no column besides the time", "")
        return columns, tuple(axis(names[column]) for column in columns)
    numbers = [int(name) for name in wanted if name.isascii() and name.isdecimal()]
    if len(numbers) == len(wanted):
        if not all(1 <= number <= width for number in numbers):
            raise refuse(f"it has {width} columns", "Give --axes numbers from 1.")
        columns = [number - 1 for number in numbers]
        return columns, tuple(axis(names[column]) for column in columns)
    if header is None:
        rest = [column for column in range(width) if column not in others]
        if len(wanted) != len(rest):
            raise refuse(
                f"it has no header and {len(rest)} columns, and {len(wanted)} names were given",
                "Give one name per column with --axes, or column numbers such as 1,2,3.",
            )
        return rest, tuple(axis(name) for name in wanted)
    known = [axis(name).name for name in header]
    for name in wanted:
        if name not in known:
            raise refuse(f"it has no column {name!r}", f"Its columns: {', '.join(known)}.")
    columns = [known.index(name) for name in wanted]
    return columns, tuple(axis(header[column]) for column in columns)


def spans(labels: Sequence[str]) -> tuple[Span, ...]:
    """Return a span for each run of equal labels; readings with an empty one have none."""
    found: list[Span] = []
    start = 0
    for at in range(1, len(labels) + 1):
        if at == len(labels) or labels[at] != labels[start]:
            if labels[start].strip():
                found.append(Span(start, at, labels[start].strip()))
            start = at
    return tuple(found)
