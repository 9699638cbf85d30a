"""Streams of the same axes one after the other, seen as one.

A recording takes the port over from the link and gives it back: each has a ring of its own. Here
they follow each other, so that a plot goes on where it was; where the stream was broken there is
a gap, no longer than a second however long nobody listened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from studio.types import Axis, FloatArray

KEPT = 3
"""Streams that are held; each is some megabytes of shared memory."""
LONGEST_GAP_S = 1.0
SAME_RATE = 0.02


class Ring(Protocol):
    """Where readings are looked at; see `studio.devices.ring_buffer.RingReader`."""

    n_axes: int
    sample_rate_hz: float

    @property
    def written(self) -> int:
        """How many readings there are."""

    @property
    def arrived_s(self) -> float:
        """When the newest of them came (monotonic clock)."""

    def envelope(self, first: int, last: int, columns: int) -> tuple[FloatArray, FloatArray]:
        """Return the smallest and largest values of equal parts."""

    def close(self) -> None:
        """Let go of it."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where one stream ended and the next one began."""

    at: int
    seconds: float


class Timeline:
    """Rings in a row; a reading's number counts on through all of them."""

    def __init__(self, ring: Ring, axes: Sequence[Axis]) -> None:
        self.axes = tuple(axes)
        self.n_axes = ring.n_axes
        self.sample_rate_hz = ring.sample_rate_hz
        self.breaks: list[Break] = []
        self._parts: list[tuple[Ring, int]] = [(ring, 0)]
        self._next: Ring | None = None

    def suits(self, ring: Ring, axes: Sequence[Axis]) -> bool:
        """Whether a stream can go on here: the same axes at about the same rate."""
        off = abs(ring.sample_rate_hz - self.sample_rate_hz)
        return tuple(axes) == self.axes and off <= SAME_RATE * self.sample_rate_hz

    def go_on(self, ring: Ring) -> None:
        """Let this stream follow, from its first reading on."""
        self._join()
        if self._next is not None:
            self._next.close()
        self._next = ring
        self._join()

    @property
    def begin(self) -> int:
        """The number of the newest stream's first reading."""
        self._join()
        return self._parts[-1][1] if self._next is None else self.written

    @property
    def written(self) -> int:
        """How many readings there are, gaps between streams included."""
        self._join()
        ring, start = self._parts[-1]
        return start + ring.written

    def _join(self) -> None:
        """Put the next stream behind the others once its first reading has come."""
        ring = self._next
        if ring is None or not (count := ring.written):
            return
        self._next = None
        before, start = self._parts[-1]
        end = start + before.written
        if not before.written:
            self._parts.pop()
            before.close()
        else:
            began_s = ring.arrived_s - count / self.sample_rate_hz
            away_s = max(0.0, began_s - before.arrived_s)
            self.breaks.append(Break(end, away_s))
            end += round(min(away_s, LONGEST_GAP_S) * self.sample_rate_hz)
        self._parts.append((ring, end))
        while len(self._parts) > KEPT:
            self._parts.pop(0)[0].close()

    def envelope(self, first: int, last: int, columns: int) -> tuple[FloatArray, FloatArray]:
        """Return the smallest and largest values of equal parts of `[first, last)`."""
        self._join()
        low = np.full((columns, self.n_axes), np.nan, np.float32)
        high = low.copy()
        for place, (ring, start) in enumerate(self._parts):
            after = self._parts[place + 1][1] if place + 1 < len(self._parts) else last
            if start >= last or after <= first:
                continue
            part = ring.envelope(first - start, last - start, columns)
            low, high = np.fmin(low, part[0]), np.fmax(high, part[1])
        return low, high

    def values(self, first: int, last: int) -> FloatArray:
        """Return the readings `[first, last)`; not-a-number where there is none."""
        return self.envelope(first, last, last - first)[0]

    def close(self) -> None:
        """Let go of all."""
        for ring, _ in self._parts:
            ring.close()
        if self._next is not None:
            self._next.close()
