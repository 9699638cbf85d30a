"""SensiML's Simple Streaming Interface, versions 1 and 2.

An idle device prints its description, one line of JSON, again and again; `connect` starts binary
packets, `disconnect` ends them. Version 1 is bare rows: **what is lost or damaged on the way
cannot be noticed**, and a lost byte shifts every value after it. Version 2 packets carry a
sequence number and eight bits of checksum; errors that cancel out in a bit column pass unnoticed.
"""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from studio.devices.sequence import PacketOrder
from studio.devices.source import Block, Item, LinkStats, Restarted, Text
from studio.devices.ssi_announcement import (
    MAX_LINE,
    Announcement,
    find,
    likeness,
    read_announcement,
    unfinished,
)
from studio.types import StreamInfo

_SYNC = b"\xff"
_RESERVED_AND_CHANNEL = b"\0\0"
_SEQUENCE_AT = 5
_DATA_AT = 9
_CHECKED_FROM = 3
_CHECKSUM_BYTES = 1
_COUNTED_BYTES = 6
"""What the length counts beside the data: reserved, channel, sequence."""
_NOT_COUNTED_BYTES = 4
"""Sync, the length itself, checksum."""
_TOGETHER = 256
_RECOGNISE_BYTES = 8192
_RECOGNISE_TRIES = 64
_LIKE_A_PACKET = re.compile(rb"(?=\xff(..)\0\0)", re.DOTALL)
_OPENING = re.compile(rb"[\r\n]*\{")
_SHORT_START = 64
_NO_CHECK = (
    "This device speaks SSI version 1, which has neither checksum nor sequence: lost or damaged "
    "bytes cannot be noticed. Version 2 can tell them."
)


class Ssi:
    """Codec of SensiML's Simple Streaming Interface.

    A device that prints its description after packets came has restarted; it streams again after
    another `connect`.
    """

    id = "ssi"
    title = "SensiML Simple Streaming Interface (SSI 1 and 2)"
    wake = b"disconnect"
    start = b"connect"
    stop = b"disconnect"

    def __init__(self) -> None:
        self._buffer = b""
        self._said: Announcement | None = None
        self._streaming = False
        self._flowing = False
        self._seen = False
        self._skipped = 0
        self._damaged = 0
        self._position = 0
        self._order = PacketOrder(_SHORT_START)

    @staticmethod
    def recognise(beginning: bytes) -> float:
        """Say how sure it is that a stream beginning like this is its own: 0..1."""
        beginning = beginning[-_RECOGNISE_BYTES:]
        return max(likeness(beginning), _packets_follow(beginning))

    @property
    def stats(self) -> LinkStats:
        """What was lost so far."""
        rows = self._said.rows if self._said else 1
        damaged = self._damaged + self._order.odd
        return LinkStats(damaged, self._order.lost, self._order.lost * rows)

    @property
    def stream(self) -> StreamInfo | None:
        """What the device streams; known after its first description."""
        return self._said.stream if self._said else None

    def begin(self) -> None:
        """Count readings from 0 again: the stream starts now."""
        self._streaming = self._said is not None
        self._flowing = self._seen = False
        self._skipped = 0
        self._position = 0
        self._order.begin(anew=True)

    def feed(self, data: bytes, at_s: float) -> list[Item]:
        """Return the items completed by these bytes.

        Raises
        ------
        DeviceError
            If the device describes a stream that is not SSI as known here.
        """
        self._buffer += data
        items: list[Item] = []
        if self._streaming and not self._flowing:
            self._pass_last_words()
        if self._flowing:
            place = find(self._buffer)
            end = unfinished(self._buffer) if place is None else place
            now, later = self._buffer[:end], self._buffer[end:]
            items += self._decode(now)
            self._buffer += later
            if place is not None:
                self._buffer = later
                self._streaming = self._flowing = False
                items.append(Restarted())
        if not self._streaming:
            items += self._listen()
        return items

    def _listen(self) -> Iterator[Item]:
        """Read descriptions; whatever else an idle device sends is left aside."""
        *lines, self._buffer = self._buffer.split(b"\n")
        self._buffer = self._buffer[-MAX_LINE:]
        for line in lines:
            said = read_announcement(line)
            if said is not None and said != self._said:
                self._said = said
                if said.version == 1:
                    yield Text(_NO_CHECK)
                yield said.stream

    def _pass_last_words(self) -> None:
        """Pass over descriptions that were on the way when the stream was started."""
        while (opening := _OPENING.match(self._buffer)) is not None:
            line, end, rest = self._buffer[opening.end() :].partition(b"\n")
            if not end:
                break
            if read_announcement(b"{" + line) is None:
                self._flowing = True
                return
            self._buffer = rest
        self._flowing = bool(self._buffer) and unfinished(self._buffer) > 0

    def _decode(self, buffer: bytes) -> list[Item]:
        """Decode packets; what is not complete stays in the buffer."""
        assert self._said is not None
        if self._said.version == 1:
            return self._decode_rows(buffer, self._said)
        return list(self._decode_packets(buffer, self._said))

    def _decode_rows(self, buffer: bytes, said: Announcement) -> list[Item]:
        n = len(buffer) // said.row_bytes
        whole = n * said.row_bytes
        self._buffer = buffer[whole:]
        if n == 0:
            return []
        first, self._position = self._position, self._position + n
        return [Block(first, _values(np.frombuffer(buffer[:whole], np.uint8), said))]

    def _decode_packets(self, buffer: bytes, said: Announcement) -> Iterator[Item]:
        head = _head(said)
        size = said.rows * said.row_bytes + _COUNTED_BYTES + _NOT_COUNTED_BYTES
        at = 0
        while len(buffer) - at >= size:
            n = min((len(buffer) - at) // size, _TOGETHER)
            table = np.frombuffer(buffer, np.uint8, n * size, at).reshape(n, size)
            right = _right(table, head)
            good = n if right.all() else int(right.argmin())
            cut = _cut_short(buffer, head, at + (good - 1) * size, size) if good else None
            good -= cut is not None
            if good:
                self._found(size)
                yield from self._arrange(table[:good], said)
                at += good * size
            if cut == at:
                break  # what follows will tell
            if good < n:
                place = _next_packet(buffer, head, at, size)
                self._skipped += place - at
                at = place
        self._buffer = buffer[at:]

    def _found(self, size: int) -> None:
        """Count what was passed over before this packet, unless nothing was in step yet."""
        if self._skipped and self._seen:
            self._damaged += max(1, round(self._skipped / size))
        self._seen = True
        self._skipped = 0

    def _arrange(self, table: NDArray[np.uint8], said: Announcement) -> Iterator[Item]:
        n = len(table)
        numbers = table[:, _SEQUENCE_AT:_DATA_AT].copy().view("<u4")[:, 0].astype(np.uint32)
        data = _values(table[:, _DATA_AT:-_CHECKSUM_BYTES], said)
        for run in self._order.take(numbers, data.reshape(n, said.rows, data.shape[1])):
            if run.restarted:
                yield Restarted()
            yield Block(run.position * said.rows, run.values.reshape(-1, data.shape[1]))


CODEC = Ssi


def _head(said: Announcement) -> bytes:
    """Return the bytes with which every packet of a stream begins."""
    length = said.rows * said.row_bytes + _COUNTED_BYTES
    return _SYNC + length.to_bytes(2, "little") + _RESERVED_AND_CHANNEL


def _right(table: NDArray[np.uint8], head: bytes) -> NDArray[np.bool_]:
    """Say of each row `(n, size)` whether it is a packet: its head and its checksum."""
    begins = (table[:, : len(head)] == np.frombuffer(head, np.uint8)).all(axis=1)
    # over the checked bytes and their checksum together it is 0
    right: NDArray[np.bool_] = begins & (
        np.bitwise_xor.reduce(table[:, _CHECKED_FROM:], axis=1) == 0
    )
    return right


def _cut_short(buffer: bytes, head: bytes, at: int, size: int) -> int | None:
    """Look whether a packet with a right checksum may be two, the first of which lost bytes.

    Eight bits of checksum let one in 256 of those through.

    Returns
    -------
    int or None
        None if it is one; `at` if only what follows can tell; else where the second begins.
    """
    end = at + size
    after = buffer[end : end + len(head)]
    if after == head:
        return None
    second = buffer.find(head, at + 1, end + len(head) - 1)
    if second < 0:
        return None
    return at if head.startswith(after) else second


def _next_packet(buffer: bytes, head: bytes, at: int, size: int) -> int:
    """Return where the next packet after a wrong one begins, or what may be one but is cut."""
    place = at
    while (place := buffer.find(head, place + 1)) >= 0:
        if len(buffer) - place < size or _checks(buffer[place : place + size], size):
            return place
    return max(at + 1, len(buffer) - len(head) + 1)


def _values(data: NDArray[np.uint8], said: Announcement) -> NDArray[np.generic]:
    """Return readings `(n, n_axes)` from their bytes."""
    dtype = np.dtype(said.stream.dtype)
    flat = np.ascontiguousarray(data).reshape(-1).view(dtype.newbyteorder("<"))
    return flat.astype(dtype).reshape(-1, len(said.stream.axes))


def _packets_follow(data: bytes) -> float:
    """Say how sure it is that version 2 packets are under way: two in step are no accident."""
    best = 0.0
    for tries, found in enumerate(_LIKE_A_PACKET.finditer(data)):
        size = int.from_bytes(found[1], "little") + _NOT_COUNTED_BYTES
        at = found.start()
        if tries >= _RECOGNISE_TRIES:
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
