"""SensiML's Simple Streaming Interface, versions 1 and 2.

An idle device prints its description, one line of JSON, again and again; `connect` starts binary
packets, `disconnect` ends them. Version 1 is bare rows: **what is lost or damaged on the way
cannot be noticed**, and a lost byte shifts every value after it. Version 2 packets carry a
sequence number and eight bits of checksum; errors that cancel out in a bit column pass unnoticed.
"""

import re
from collections.abc import Iterator

import numpy as np

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
from studio.devices.ssi_form import PacketForm, packets_follow
from studio.types import StreamInfo

_TOGETHER = 256
_RECOGNISE_BYTES = 8192
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
        self._form: PacketForm | None = None
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
        return max(likeness(beginning), packets_follow(beginning))

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
                self._said, self._form = said, None
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
        dtype = np.dtype(said.stream.dtype)
        values = np.frombuffer(buffer[:whole], dtype.newbyteorder("<")).astype(dtype)
        return [Block(first, values.reshape(n, -1))]

    def _decode_packets(self, buffer: bytes, said: Announcement) -> Iterator[Item]:
        form = self._form or PacketForm(said)
        self._form = form
        at = 0
        while len(buffer) - at >= form.size:
            n = min((len(buffer) - at) // form.size, _TOGETHER)
            good = form.right(buffer, at, n)
            cut = form.cut_short(buffer, at + (good - 1) * form.size) if good else None
            good -= cut is not None
            if good:
                self._found(form.size)
                for run in self._order.take(*form.read(buffer, at, good)):
                    if run.restarted:
                        yield Restarted()
                    first = run.position * said.rows
                    yield Block(first, run.values.reshape(-1, len(said.stream.axes)))
                at += good * form.size
            if cut == at:
                break  # what follows will tell
            if good < n:
                place = form.after(buffer, at)
                self._skipped += place - at
                at = place
        self._buffer = buffer[at:]

    def _found(self, size: int) -> None:
        """Count what was passed over before this packet, unless nothing was in step yet."""
        if self._skipped and self._seen:
            self._damaged += max(1, round(self._skipped / size))
        self._seen = True
        self._skipped = 0


CODEC = Ssi
