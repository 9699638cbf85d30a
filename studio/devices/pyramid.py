"""Readings with their smallest and largest values at coarser and coarser steps, in bounded memory.

Level 0 holds the readings themselves; a **bin** of level k holds the minimum and maximum of 16^k
readings. Every level is a ring over its own part of the memory: half of it holds the newest
readings, and each coarser level half as much as the one before, which reaches back four times as
far. So whatever stretch is looked at, some level has it in about as many bins as there are
columns on the screen. Not-a-number stands for readings that were lost; it takes no part in a
minimum or maximum unless nothing else is there. Pure arrays: who may read while who writes is the
matter of `ring_buffer`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FACTOR = 16
LEVELS = 6
"""Level 5 has one bin per million readings."""

FEW_AXES = 4
"""Up to so many, bins are laid side by side by axis before they are reduced."""

Index = NDArray[np.int64]
Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """How much each level holds."""

    n_axes: int
    capacities: tuple[int, ...]
    """Readings of level 0, then bins of each level; multiples of 16."""

    @property
    def size_bytes(self) -> int:
        """Memory that it takes: one value per axis at level 0, two above."""
        return 4 * self.n_axes * (self.capacities[0] + 2 * sum(self.capacities[1:]))


def plan(n_axes: int, budget_bytes: int) -> Shape:
    """Return the largest shape within a budget; at least 512 readings whatever the budget."""
    readings = max(512, budget_bytes // (2 * 4 * n_axes))
    levels = [max(32, readings >> 2 * level) for level in range(LEVELS)]
    return Shape(n_axes, tuple(count // FACTOR * FACTOR for count in levels))


class Pyramid:
    """The levels over a piece of memory.

    Parameters
    ----------
    shape : Shape
    memory : buffer
        At least `shape.size_bytes`.
    """

    def __init__(self, shape: Shape, memory: Any) -> None:
        self.shape = shape
        self._low: list[Values] = []
        self._high: list[Values] = []
        at = 0
        for level, capacity in enumerate(shape.capacities):
            size = capacity * shape.n_axes
            ends = [at, at] if level == 0 else [at, at + 4 * size]
            for arrays, offset in zip((self._low, self._high), ends, strict=True):
                flat = np.frombuffer(memory, np.float32, size, offset)
                arrays.append(flat.reshape(capacity, shape.n_axes))
            at = ends[1] + 4 * size

    def clear(self) -> None:
        """Forget everything; also has the system give the memory for good."""
        for array in (*self._low, *self._high[1:]):
            array.fill(np.nan)

    def oldest(self, level: int, written: int) -> int:
        """Return the oldest reading that a level still has when `written` have been written."""
        step: int = FACTOR**level
        return max(0, written // step - self.shape.capacities[level]) * step

    def append(self, at: int, values: NDArray[Any]) -> None:
        """Write readings `(n, n_axes)` from index `at`; at most an eighth of level 0 at once."""
        _put(self._low[0], at, values)
        before, after = at, at + len(values)
        for level in range(1, len(self._low)):
            start, stop = before // FACTOR, after // FACTOR
            if start == stop:
                return
            finer = slice(start * FACTOR, stop * FACTOR)
            low, high = self._low[level - 1], self._high[level - 1]
            shape = (stop - start, FACTOR, self.shape.n_axes)
            bins = _get(low, finer).reshape(shape)
            if level == 1:
                lows, highs = _reduced(bins, np.fmin, np.fmax)
            else:
                (lows,) = _reduced(bins, np.fmin)
                (highs,) = _reduced(_get(high, finer).reshape(shape), np.fmax)
            _put(self._low[level], start, lows)
            _put(self._high[level], start, highs)
            before, after = before // FACTOR, after // FACTOR

    def skip(self, at: int, count: int) -> None:
        """Mark readings from index `at` as lost; takes bounded time however many they are."""
        begun = self._begun(at)
        for level, (low, high) in enumerate(zip(self._low, self._high, strict=True)):
            step = FACTOR**level
            start, stop = at // step, (at + count) // step
            kept = min(stop - start, len(low))
            lost = np.full((kept, self.shape.n_axes), np.nan, np.float32)
            for array, first in zip((low, high), begun[level], strict=True):
                _put(array, stop - kept, lost)
                if 0 < kept == stop - start:
                    array[start % len(array)] = first

    def _begun(self, at: int) -> list[tuple[Values, Values]]:
        """Return for each level what its unfinished bin holds when reading `at` is the next."""
        low = high = np.full(self.shape.n_axes, np.nan, np.float32)
        begun = [(low, high)]
        for level in range(1, len(self._low)):
            stop = at // FACTOR ** (level - 1)
            finer = slice(stop // FACTOR * FACTOR, stop)
            if finer.start < finer.stop:
                low = np.fmin(low, np.fmin.reduce(_get(self._low[level - 1], finer)))
                high = np.fmax(high, np.fmax.reduce(_get(self._high[level - 1], finer)))
            begun.append((low, high))
        return begun

    def readings(self, first: int, last: int) -> Values:
        """Return the readings `[first, last)`, no more than there is room for; may be a view."""
        return _get(self._low[0], slice(first, last))

    def envelope(
        self, starts: Index, stops: Index, end: int, finest: Index
    ) -> tuple[Values, Values]:
        """Return the smallest and largest values of some columns, `(n_columns, n_axes)` each.

        Parameters
        ----------
        starts, stops : ndarray, (n_columns,)
            Readings `[start, stop)` of each column.
        end : int
            How many readings have been written.
        finest : ndarray, (n_columns,)
            The finest level to look into: where it is above 0, a column may contain up to one
            of its bins more on either side, so that nothing is ever left out.
        """
        step = FACTOR**finest
        starts = np.clip(starts // step * step, 0, end)
        stops = np.clip(-(-stops // step) * step, 0, end)
        low = np.full((len(starts), self.shape.n_axes), np.nan, np.float32)
        high = low.copy()
        for level in range(len(self._low)):
            up, down = -(-starts // FACTOR), stops // FACTOR
            inner = (up < down) & (level + 1 < len(self._low))
            self._fold(level, starts, np.where(inner, up * FACTOR, stops), low, high)
            self._fold(level, np.where(inner, down * FACTOR, stops), stops, low, high)
            starts, stops = np.where(inner, up, 0), np.where(inner, down, 0)
            if not inner.any():
                break
        return low, high

    def _fold(self, level: int, starts: Index, stops: Index, low: Values, high: Values) -> None:
        """Take the bins `[start, stop)` of a level into the columns' values."""
        counts = stops - starts
        rows = np.flatnonzero(counts > 0)
        if not len(rows):
            return
        counts = counts[rows]
        ends = np.cumsum(counts)
        bins = np.arange(ends[-1]) + np.repeat(starts[rows] - (ends - counts), counts)
        places = bins % self.shape.capacities[level]
        heads = ends - counts
        lows = np.fmin.reduceat(self._low[level][places], heads, axis=0)
        highs = np.fmax.reduceat(self._high[level][places], heads, axis=0)
        low[rows] = np.fmin(low[rows], lows)
        high[rows] = np.fmax(high[rows], highs)


def _reduced(bins: Values, *ends: np.ufunc) -> list[Values]:
    """Reduce `(n, 16, n_axes)` along its short axis, put first: so NumPy is far faster."""
    few = bins.shape[2] <= FEW_AXES
    first = np.ascontiguousarray(bins.transpose((1, 2, 0) if few else (1, 0, 2)))
    reduced = [end.reduce(first) for end in ends]
    return [one.T for one in reduced] if few else reduced


def _put(ring: Values, at: int, values: NDArray[Any]) -> None:
    """Write rows from index `at`, around the end of the ring."""
    place = at % len(ring)
    fits = min(len(values), len(ring) - place)
    ring[place : place + fits] = values[:fits]
    if fits < len(values):
        ring[: len(values) - fits] = values[fits:]


def _get(ring: Values, part: slice) -> Values:
    """Read rows, around the end of the ring; a view where they are in one piece."""
    place, count = part.start % len(ring), part.stop - part.start
    if place + count <= len(ring):
        return ring[place : place + count]
    return np.concatenate((ring[place:], ring[: place + count - len(ring)]))
