"""Packets of readings put together: blocks in order, and what is missing between them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.devices.source import Block
from studio.types import StreamInfo

_INDEX = 1 << 32
_SEQUENCES = 1 << 16
_MOST_READINGS = 120
"""In one packet: of one axis of two bytes."""
_NUMBER = slice(1, 3)
_FIRST = slice(3, 7)
_VALUES = slice(7, -2)
_SMALLEST = 9


class Assembler:
    """Joins packets that follow each other; counts what is missing between them.

    A checksum of 16 bits lets one damaged packet in some ten thousands pass. So a jump that the
    packets' own numbers do not explain is believed only when the next packet bears it out.

    Attributes
    ----------
    lost : int
        Readings known to be missing since it was made.
    left_out : int
        Packets that could not be placed.
    """

    def __init__(self) -> None:
        self.lost = 0
        self.left_out = 0
        self.begin()

    def begin(self) -> None:
        """Expect reading 0."""
        self._next = 0
        self._sequence: int | None = None
        self._doubted: bytes | None = None

    def blocks(self, bodies: Sequence[bytes], stream: StreamInfo) -> list[Block]:
        """Return the readings of packets, each body as `PacketDecoder.bodies` gives it.

        Packets older than what came already, and such as hold no whole readings, are left out.
        """
        dtype = np.dtype(stream.dtype).newbyteorder("<")
        size = len(stream.axes) * dtype.itemsize
        if size == 0:
            return []
        even = self._even(bodies, dtype, size)
        if even is not None:
            first, self._next = self._next, self._next + len(even) // len(stream.axes)
            self._sequence, self._doubted = _sequence(bodies[-1]), None
            runs = [(first, even)]
        else:
            runs = [
                (first, np.frombuffer(b"".join(parts), dtype))
                for first, parts in self._one_by_one(bodies, size)
            ]
        shape = (-1, len(stream.axes))
        return [Block(at, flat.astype(stream.dtype).reshape(shape)) for at, flat in runs]

    def _even(
        self, bodies: Sequence[bytes], dtype: np.dtype[Any], size: int
    ) -> NDArray[Any] | None:
        """Return the values of packets of one size that follow each other; None for others."""
        length = len(bodies[0])
        each, rest = divmod(length - _SMALLEST, size)
        if rest or each < 1 or len(bodies) < 2 or set(map(len, bodies)) != {length}:
            return None
        packed = np.frombuffer(b"".join(bodies), np.uint8).reshape(len(bodies), length)
        firsts = packed[:, _FIRST].copy().view("<u4")[:, 0]
        if not np.array_equal(firsts, (self._next + each * np.arange(len(bodies))) % _INDEX):
            return None
        return packed[:, _VALUES].copy().view(dtype).ravel()

    def _one_by_one(self, bodies: Sequence[bytes], size: int) -> list[tuple[int, list[bytes]]]:
        runs: list[tuple[int, list[bytes]]] = []
        for body in bodies:
            values = body[_VALUES]
            missing = (_first(body) - self._next) % _INDEX
            if len(body) < _SMALLEST or missing >= _INDEX // 2 or len(values) % size:
                self.left_out += 1
                continue
            doubted, self._doubted = self._doubted, None
            borne_out = doubted is not None and _after(doubted, size) == _first(body)
            explained = not missing or self._explained(body, missing, len(values) // size)
            if doubted is not None and borne_out:
                self._place(runs, doubted, size)
            elif doubted is not None:
                self.left_out += 1
            if borne_out or explained:
                self._place(runs, body, size)
            else:
                self._doubted = body
        return runs

    def _place(self, runs: list[tuple[int, list[bytes]]], body: bytes, size: int) -> None:
        """Put a packet behind those before it, or begin a new run behind a gap."""
        missing = (_first(body) - self._next) % _INDEX
        if missing or not runs:
            self.lost += missing
            self._next += missing
            runs.append((self._next, []))
        runs[-1][1].append(body[_VALUES])
        self._next += _count(body, size)
        self._sequence = _sequence(body)

    def _explained(self, body: bytes, missing: int, count: int) -> bool:
        """Whether so many readings can have been in the packets that did not come."""
        if self._sequence is None:
            return False
        packets = (_sequence(body) - self._sequence - 1) % _SEQUENCES
        return packets < _SEQUENCES // 2 and missing <= packets * max(count, _MOST_READINGS)


def _first(body: bytes) -> int:
    return int.from_bytes(body[_FIRST], "little")


def _sequence(body: bytes) -> int:
    return int.from_bytes(body[_NUMBER], "little")


def _after(body: bytes, size: int) -> int:
    """Return the index that the next packet has if nothing is missing."""
    return (_first(body) + _count(body, size)) % _INDEX


def _count(body: bytes, size: int) -> int:
    return len(body[_VALUES]) // size
