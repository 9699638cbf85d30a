"""Packets of readings put together: blocks in order, and what is missing between them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.devices.source import Block
from studio.types import StreamInfo

_INDEX = 1 << 32
_FIRST = slice(3, 7)
_VALUES = slice(7, -2)
_SMALLEST = 9


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
        even = self._even(bodies, dtype, size)
        if even is not None:
            first, self._next = self._next, self._next + len(even) // len(stream.axes)
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
            if len(body) < _SMALLEST:
                continue
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
