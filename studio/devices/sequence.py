"""Packets put in order by their 32-bit sequence numbers: gaps, odd numbers, restarts.

A checksum of 8 or 16 bits lets a damaged packet through now and then, and its number may be
anything. So a number that does not follow the last one must be borne out by the packet after it,
else it would tear open a gap of millions of readings or end a recording.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NUMBERS = 1 << 32
_HALF = 1 << 31


@dataclass(frozen=True, slots=True)
class Run:
    """Packets that follow each other: the first is number `position` of the stream, from 0.

    `restarted` says that the device began anew with them.
    """

    position: int
    values: NDArray[Any]
    restarted: bool


class PacketOrder:
    """Numbers the packets of a stream from 0; what is missing is left out of the numbering.

    Parameters
    ----------
    from_zero : int
        A stream begun anew whose first number is at most this has lost that many packets; a
        greater first number says nothing about what came before.

    Attributes
    ----------
    lost : int
        Packets that never came.
    odd : int
        Packets left out because their number fits neither their neighbours nor the stream.
    """

    def __init__(self, from_zero: int) -> None:
        self._from_zero = from_zero
        self._expected: int | None = None
        self._position = 0
        self._from_its_zero = False
        self._kept: tuple[NDArray[np.uint32], NDArray[Any]] | None = None
        self.lost = 0
        self.odd = 0

    def begin(self, *, anew: bool = False) -> None:
        """Start at position 0 again, whatever number comes first.

        With `anew` the device has begun at its number 0: what is missing from there is lost.
        """
        self._expected = None
        self._position = 0
        self._from_its_zero = anew
        self._kept = None

    def take(self, numbers: NDArray[np.uint32], values: NDArray[Any]) -> list[Run]:
        """Return the packets' places in the stream.

        The last packet is kept for the next call if only what follows can tell whether its number
        is right.

        Parameters
        ----------
        numbers : array (n,)
        values : array (n, ...)
            What the packets hold.
        """
        if self._kept is not None:
            numbers = np.concatenate((self._kept[0], numbers))
            values = np.concatenate((self._kept[1], values))
            self._kept = None
        n = len(numbers)
        breaks = (numbers[1:] - numbers[:-1] != 1).nonzero()[0] + 1
        runs: list[Run] = []
        for start, stop in pairwise((0, *breaks.tolist(), n)):
            number = int(numbers[start])
            after = int(numbers[start + 1]) if start + 1 < n else None
            verdict = self._judge(number, after)
            if verdict == "wait":
                self._kept = numbers[start:], values[start:]
                break
            first = start + (verdict == "odd")
            self.odd += first - start
            if first < stop:
                number += first - start
                position = self._accept(number, stop - first, restarted=verdict == "restarted")
                runs.append(Run(position, values[first:stop], verdict == "restarted"))
        return runs

    def _judge(self, number: int, after: int | None) -> str:
        if self._expected is None:
            return "first"
        ahead = (number - self._expected) % _NUMBERS
        if ahead == 0:
            return "next"
        if after is None:
            return "wait"
        follows = 0 < (after - number) % _NUMBERS < _HALF
        if ahead < _HALF:
            return "gap" if follows else "odd"
        before = (after - self._expected) % _NUMBERS >= _HALF
        return "restarted" if follows and before else "odd"

    def _accept(self, number: int, count: int, *, restarted: bool) -> int:
        """Place packets that follow each other; return the position of the first."""
        if restarted:
            self.begin(anew=True)
        if self._expected is not None:
            missing = (number - self._expected) % _NUMBERS
        elif self._from_its_zero and number <= self._from_zero:
            missing = number
        else:
            missing = 0
        self.lost += missing
        first = self._position + missing
        self._position = first + count
        self._expected = (number + count) % _NUMBERS
        return first
