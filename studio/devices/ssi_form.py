"""Packets of SensiML's Simple Streaming Interface, version 2, in one stream all of one size.

0xFF | length u16 | reserved 0 | channel 0 | sequence u32 | readings | XOR of all after the length,
little-endian; the length counts everything between itself and the checksum.
"""

import re

import numpy as np
from numpy.typing import NDArray

from studio.devices.ssi_announcement import Announcement

_SYNC = b"\xff"
_RESERVED_AND_CHANNEL = b"\0\0"
_SEQUENCE_AT = 5
_DATA_AT = 9
_CHECKED_FROM = 3
_CHECKSUM_BYTES = 1
_COUNTED_BYTES = 6
"""What the length counts beside the readings."""
_NOT_COUNTED_BYTES = 4
"""Sync, the length itself, checksum."""
_TRIES = 64
_LIKE_A_PACKET = re.compile(rb"(?=\xff(..)\0\0)", re.DOTALL)


class PacketForm:
    """How the packets of a stream are laid out.

    Attributes
    ----------
    size : int
        Bytes of a packet.
    """

    def __init__(self, said: Announcement) -> None:
        length = said.rows * said.row_bytes + _COUNTED_BYTES
        self.size = length + _NOT_COUNTED_BYTES
        self._head = _SYNC + length.to_bytes(2, "little") + _RESERVED_AND_CHANNEL
        self._dtype = np.dtype(said.stream.dtype)
        shape = (said.rows, len(said.stream.axes))
        self._record = np.dtype(
            {
                "names": ["number", "values"],
                "formats": ["<u4", (self._dtype.newbyteorder("<"), shape)],
                "offsets": [_SEQUENCE_AT, _DATA_AT],
                "itemsize": self.size,
            }
        )

    def right(self, buffer: bytes, at: int, n: int) -> int:
        """Return how many of the `n` that may begin there are packets, up to a wrong one."""
        size, end = self.size, at + n * self.size
        sums = self._sums(buffer, at, n)
        heads = (buffer[at + i : end : size].count(byte) for i, byte in enumerate(self._head))
        if not sums.any() and all(count == n for count in heads):
            return n
        places = range(at, end, size)
        wrong = (
            i
            for i, place in enumerate(places)
            if sums[i] or not buffer.startswith(self._head, place)
        )
        return next(wrong)

    def read(
        self, buffer: bytes, at: int, n: int
    ) -> tuple[NDArray[np.uint32], NDArray[np.generic]]:
        """Return sequence numbers `(n,)` and values `(n, rows, n_axes)` of right packets."""
        packets = np.frombuffer(buffer, self._record, n, at)
        return packets["number"].astype(np.uint32), packets["values"].astype(self._dtype)

    def cut_short(self, buffer: bytes, at: int) -> int | None:
        """Look whether a packet with a right checksum may be two, the first of which lost bytes.

        Eight bits of checksum let one in 256 of those through.

        Returns
        -------
        int or None
            None if it is one; `at` if only what follows can tell; else where the second begins.
        """
        end = at + self.size
        after = buffer[end : end + len(self._head)]
        if after == self._head:
            return None
        second = buffer.find(self._head, at + 1, end + len(self._head) - 1)
        if second < 0:
            return None
        return at if self._head.startswith(after) else second

    def after(self, buffer: bytes, at: int) -> int:
        """Return where the next packet after a wrong one begins, or what may be one but is cut."""
        place = at
        while (place := buffer.find(self._head, place + 1)) >= 0:
            if len(buffer) - place < self.size or not self._sums(buffer, place, 1).any():
                return place
        return max(at + 1, len(buffer) - len(self._head) + 1)

    def _sums(self, buffer: bytes, at: int, n: int) -> NDArray[np.uint8]:
        """Return what is left of each checksum `(n,)`: 0 if it is right."""
        table = np.frombuffer(buffer, np.uint8, n * self.size, at).reshape(n, self.size)
        sums: NDArray[np.uint8] = np.bitwise_xor.reduce(table[:, _CHECKED_FROM:], axis=1)
        return sums


def packets_follow(data: bytes) -> float:
    """Say how sure it is that packets are under way: two in step are no accident."""
    best = 0.0
    for tries, found in enumerate(_LIKE_A_PACKET.finditer(data)):
        size = int.from_bytes(found[1], "little") + _NOT_COUNTED_BYTES
        at = found.start()
        if tries >= _TRIES:
            break
        if size <= _DATA_AT + _CHECKSUM_BYTES or not _checks(data[at : at + size], size):
            continue
        best = 0.6
        after = data[at + size : at + 2 * size]
        if after[:_SEQUENCE_AT] == data[at : at + _SEQUENCE_AT] and _checks(after, size):
            return 0.95
    return best


def _checks(packet: bytes, size: int) -> bool:
    checked = np.frombuffer(packet, np.uint8)[_CHECKED_FROM:]
    return len(packet) == size and int(np.bitwise_xor.reduce(checked)) == 0
