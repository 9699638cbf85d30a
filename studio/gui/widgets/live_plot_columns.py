"""What a live plot shows, one column per pixel: the smallest and largest value of each axis.

Columns have fixed places in the stream: column k has the readings from `k * readings // width` on.
So what has been drawn stays as it is while it moves to the left, and only new columns are fetched.
Where there is less than a reading per pixel, a column has what the straight lines between the
readings cover.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studio.types import FloatArray


class Stream(Protocol):
    """Where columns come from."""

    def envelope(self, first: int, last: int, columns: int) -> tuple[FloatArray, FloatArray]:
        """Return the smallest and largest values of equal parts."""


class Columns:
    """The newest columns of a stream, or those before some place; written round and round.

    Parameters
    ----------
    n_axes : int
    width : int
        How many columns are on show.
    readings : int
        How many readings those are.
    """

    def __init__(self, n_axes: int, width: int, readings: int) -> None:
        self.n_axes, self.width, self.readings = n_axes, max(1, width), max(1, readings)
        self.low = np.full((self.width, n_axes), np.nan, np.float32)
        self.high = self.low.copy()
        self.end: int | None = None
        """The column behind the last one on show; None while there is nothing."""

    @property
    def sparse(self) -> bool:
        """Whether there is less than a reading per column."""
        return self.readings < self.width

    def newest(self, written: int) -> int:
        """Return the column behind the last one that is whole."""
        return max(0, written - self.sparse) * self.width // self.readings

    def reading(self, column: float) -> float:
        """Return where a column begins in the stream."""
        return column * self.readings / self.width

    def column(self, reading: float) -> float:
        """Return the column of a reading."""
        return reading * self.width / self.readings

    def take(self, stream: Stream, end: int) -> range:
        """Show the columns before `end`; return those that were fetched."""
        start = end - self.width
        if self.end is not None and start <= self.end <= end:
            start = self.end
        self.end = end
        if start < end:
            slots = np.arange(start, end) % self.width
            few = self._between if self.sparse else self._within
            self.low[slots], self.high[slots] = few(stream, start, end)
        return range(start, end)

    def shown(self, columns: range) -> tuple[FloatArray, FloatArray]:
        """Return the values of columns on show, `(n, n_axes)`."""
        slots = np.arange(columns.start, columns.stop) % self.width
        return self.low[slots], self.high[slots]

    def in_order(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return flags of the columns as they are stored, the oldest first."""
        return np.roll(flags, -((self.end or 0) % self.width))

    @property
    def known(self) -> NDArray[np.bool_]:
        """In which columns, as they are stored, there is a value."""
        return np.asarray(~np.isnan(self.low).all(axis=1))

    @property
    def everything(self) -> range:
        """All columns on show."""
        end = self.end or 0
        return range(end - self.width, end)

    def _within(self, stream: Stream, start: int, end: int) -> tuple[FloatArray, FloatArray]:
        first, last = (place * self.readings // self.width for place in (start, end))
        return stream.envelope(first, last, end - start)

    def _between(self, stream: Stream, start: int, end: int) -> tuple[FloatArray, FloatArray]:
        pace = self.readings / self.width
        first, last = int(np.floor(start * pace)), int(np.ceil(end * pace)) + 2
        values = stream.envelope(first, last, last - first)[0]
        edges = np.arange(start, end + 1) * pace - first
        whole = np.floor(edges).astype(np.int64)
        part = (edges - whole).astype(np.float32)[:, np.newaxis]
        on = values[whole]
        on = np.where(part == 0, on, on * (1 - part) + values[whole + 1] * part)
        low, high = np.fmin(on[:-1], on[1:]), np.fmax(on[:-1], on[1:])
        at = (np.arange(first, last) * self.width) // self.readings - start
        inside = (at >= 0) & (at < end - start)
        at, values = at[inside], values[inside]
        low[at], high[at] = np.fmin(low[at], values), np.fmax(high[at], values)
        return low, high
