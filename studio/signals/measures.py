"""What is counted over a recording for its health report: two passes, in constant memory.

Everything is per axis and exact, however the readings are cut into pieces.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

PIECE = 1 << 18
"""Values looked at at once."""
_BAND = 0.01
_WIDE_BAND = 0.1
"""Parts of the range next to its ends in which other values are counted."""
_MOST_DISTINCT = 8
LEAST_PAIRS = 3
"""Times that a value comes twice in a row before it is looked at what is near it."""


@dataclass(slots=True)
class Runs:
    """Stretches of equal readings."""

    longest: int = 0
    longest_at: int = 0
    count: int = 0
    zeros: int = 0
    """Abrupt stretches of zeros inside the recording that are at least `least` long."""
    longest_zeros: int = 0
    first: int = 0
    """Length of the one at the beginning."""
    _last: float = field(default=np.nan)
    _length: int = 0
    _begun: int = 0
    _before: float = 0.0
    """The reading before the present stretch."""

    def take(self, column: NDArray[Any], at: int, least: int, abrupt: float) -> None:
        """Count stretches; those of zeros where a neighbour is at least `abrupt`."""
        edges = np.flatnonzero(column[1:] != column[:-1]) + 1
        starts = np.concatenate(([0], edges))
        lengths = np.diff(starts, append=len(column))
        if column[0] == self._last:
            lengths[0] += self._length
        else:
            self._end(float(column[0]), least, abrupt)
            self._begun = at
        if len(edges):
            self._length, self._last = int(lengths[0]), float(column[0])
            self._end(float(column[starts[1]]), least, abrupt)
            self._inner(column, at, starts, lengths, least, abrupt)
            self._before = float(column[starts[-1] - 1])
            self._begun = at + int(starts[-1])
        self._length, self._last = int(lengths[-1]), float(column[-1])

    def _inner(
        self,
        column: NDArray[Any],
        at: int,
        starts: NDArray[np.int64],
        lengths: NDArray[np.int64],
        least: int,
        abrupt: float,
    ) -> None:
        """Count the stretches that begin and end within a piece."""
        inner = lengths[1:-1]
        self.count += len(inner)
        if not len(inner):
            return
        most = int(inner.argmax())
        if inner[most] > self.longest:
            self.longest, self.longest_at = int(inner[most]), at + int(starts[1 + most])
        for row in np.flatnonzero((inner >= least) & (column[starts[1:-1]] == 0)).tolist():
            before, after = column[starts[row + 1] - 1], column[starts[row + 2]]
            self._note_zeros(int(inner[row]), float(before), float(after), abrupt)

    def _end(self, after: float, least: int, abrupt: float) -> None:
        """Count the stretch that has just ended before a reading `after`."""
        if not self._length:
            return
        self._note_longest()
        if self._begun == 0:
            self.first = self._length
        elif self._last == 0 and self._length >= least:
            self._note_zeros(self._length, self._before, after, abrupt)
        self._before = self._last

    def _note_longest(self) -> None:
        self.count += 1
        if self._length > self.longest:
            self.longest, self.longest_at = self._length, self._begun

    def _note_zeros(self, length: int, before: float, after: float, abrupt: float) -> None:
        if max(abs(before), abs(after)) >= abrupt:
            self.zeros += 1
            self.longest_zeros = max(self.longest_zeros, length)

    def close(self) -> None:
        """Count the stretch at the end."""
        if self._begun == 0:
            self.first = self._length
        self._note_longest()


@dataclass(slots=True)
class AxisMeasures:
    """What was counted of one axis."""

    low: float = np.inf
    high: float = -np.inf
    mean: float = 0.0
    rms: float = 0.0
    """About the mean."""
    invalid: int = 0
    """Values that are no numbers."""
    runs: Runs = field(default_factory=Runs)
    limits: "tuple[Limit, Limit] | None" = None


@dataclass(slots=True)
class Limit:
    """How often a value was the lowest or highest, and how often near it."""

    value: float
    count: int = 0
    pairs: int = 0
    """Times that it came twice in a row."""
    near: int = 0
    """Other values in the narrow band beside it, counted if it came in pairs often enough."""
    wide: int = 0
    distinct: set[float] = field(default_factory=set)
    """Some of the values in the narrow band."""
    wide_distinct: set[float] = field(default_factory=set)

    @property
    def stretches(self) -> int:
        """In how many stretches of equal readings it came."""
        return self.count - self.pairs


def pieces(values: NDArray[Any], overlap: int = 0) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield first reading and readings, axes first and finite or not, `(n_axes, n)`."""
    most = max(1024, PIECE // max(1, values.shape[1]))
    for first in range(0, len(values), most):
        begin = max(0, first - overlap)
        yield begin, np.ascontiguousarray(np.asarray(values[begin : first + most]).T)


def measure(values: NDArray[Any], *, least_zeros: int, abrupt: float) -> list[AxisMeasures]:
    """Return what is counted of each axis; `values` is `(n, n_axes)`, n at least 1."""
    count = values.shape[1]
    found = [AxisMeasures() for _ in range(count)]
    shift = np.nan_to_num(np.asarray(values[0], np.float64), posinf=0.0, neginf=0.0)
    sums, squares = np.zeros(count), np.zeros(count)
    for at, part in pieces(values):
        for axis, column in enumerate(part):
            one = found[axis]
            one.runs.take(column, at, least_zeros, abrupt)
            finite = _finite(column)
            one.invalid += len(column) - len(finite)
            if len(finite):
                one.low = min(one.low, float(finite.min()))
                one.high = max(one.high, float(finite.max()))
                shifted = finite.astype(np.float64) - shift[axis]
                sums[axis] += shifted.sum()
                squares[axis] += np.square(shifted).sum()
    for axis, one in enumerate(found):
        one.runs.close()
        valid = len(values) - one.invalid
        if valid:
            mean = sums[axis] / valid
            one.mean = float(shift[axis] + mean)
            one.rms = float(np.sqrt(max(0.0, squares[axis] / valid - mean**2)))
    _measure_limits(values, found)
    return found


def _finite(column: NDArray[Any]) -> NDArray[Any]:
    if column.dtype.kind != "f":
        return column
    mask = np.isfinite(column)
    return column if mask.all() else column[mask]


def _measure_limits(values: NDArray[Any], found: list[AxisMeasures]) -> None:
    """Count how often each axis is at the ends of its range, and near those it is at often."""
    for one in found:
        if one.high > one.low:
            one.limits = (Limit(one.low), Limit(one.high))
    for at, part in pieces(values, overlap=1):
        for axis, one in enumerate(found):
            for limit in one.limits or ():
                _count(limit, part[axis], fresh=int(at > 0))
    often = {
        axis: [limit for limit in one.limits or () if limit.pairs >= LEAST_PAIRS]
        for axis, one in enumerate(found)
    }
    if not any(often.values()):
        return
    for _, part in pieces(values):
        for axis, limits in often.items():
            for limit in limits:
                _count_near(limit, part[axis], found[axis].high - found[axis].low)


def _count(limit: Limit, column: NDArray[Any], *, fresh: int) -> None:
    """Count a piece; its first `fresh` readings belong to the one before."""
    places = np.flatnonzero(column == limit.value)
    if len(places):
        limit.count += len(places) - int(fresh and places[0] == 0)
        limit.pairs += int(np.count_nonzero(places[1:] - places[:-1] == 1))


def _count_near(limit: Limit, column: NDArray[Any], span: float) -> None:
    away = np.abs(column - np.float64(limit.value))
    beside = (away < span * _WIDE_BAND) & (away > 0)
    rest, away = column[beside], away[beside]
    near = rest[away < span * _BAND]
    limit.wide += len(rest)
    limit.near += len(near)
    for kept, some in ((limit.distinct, near), (limit.wide_distinct, rest)):
        if len(kept) < _MOST_DISTINCT and len(some):
            kept.update(np.unique(some[:4096])[:_MOST_DISTINCT].tolist())
