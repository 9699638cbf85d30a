"""Packets of readings put together: blocks in order, and what is missing between them."""

from collections.abc import Sequence

import numpy as np

from studio.devices.source import Block
from studio.types import StreamInfo

_INDEX = 1 << 32
_FIRST = slice(3, 7)
_VALUES = slice(7, -2)


class Assembler:
    """Joins packets that follow each other; counts what is missing between them.

    Attributes
    ----------
    lost : int
        Readings known to be missing since it was made.
    """

    def __init__(self) -> None:
        self.lost = 0
        self._next = 0

    def begin(self) -> None:
        """Expect reading 0."""
        self._next = 0

    def blocks(self, bodies: Sequence[bytes], stream: StreamInfo) -> list[Block]:
        """Return the readings of packets, each body as `PacketDecoder.bodies` gives it.

        Packets older than what came already, and such as hold no whole readings, are left out.
        """
        dtype = np.dtype(stream.dtype).newbyteorder("<")
        size = len(stream.axes) * dtype.itemsize
        if size == 0:
            return []
        runs: list[tuple[int, list[bytes]]] = []
        if (count := self._even(bodies, size)) > 0:
            runs = [(self._next, [_joined(bodies)])]
            self._next += count
        else:
            runs = self._one_by_one(bodies, size)
        shape = (-1, len(stream.axes))
        return [
            Block(first, np.frombuffer(b"".join(parts), dtype).astype(stream.dtype).reshape(shape))
            for first, parts in runs
        ]

    def _even(self, bodies: Sequence[bytes], size: int) -> int:
        """Return how many readings packets of one size without a gap hold; 0 for others."""
        length = len(bodies[0])
        each, rest = divmod(length - _VALUES.start + _VALUES.stop, size)
        if rest or each < 1 or len(bodies) < 2 or set(map(len, bodies)) != {length}:
            return 0
        packed = np.frombuffer(b"".join([body[_FIRST] for body in bodies]), "<u4")
        wanted = (self._next + each * np.arange(len(bodies))) % _INDEX
        return each * len(bodies) if np.array_equal(packed, wanted) else 0

    def _one_by_one(self, bodies: Sequence[bytes], size: int) -> list[tuple[int, list[bytes]]]:
        runs: list[tuple[int, list[bytes]]] = []
        for body in bodies:
            values = body[_VALUES]
            missing = (int.from_bytes(body[_FIRST], "little") - self._next) % _INDEX
            if missing >= _INDEX // 2 or len(values) % size:
                continue
            if missing or not runs:
                self.lost += missing
                self._next += missing
                runs.append((self._next, []))
            runs[-1][1].append(values)
            self._next += len(values) // size
        return runs


def _joined(bodies: Sequence[bytes]) -> bytes:
    return b"".join([body[_VALUES] for body in bodies])
