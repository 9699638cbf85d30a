"""Nordic's data forwarder: one reading per frame, COBS( u16 length | CBOR | CRC-16 ), then zero.

A session's description comes at its beginning and every five seconds; its `sid` is drawn at each
boot. Frames of the same form are decoded together: their numbers stand at the same places.
"""

from binascii import crc_hqx
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from cobs import cobs
from numpy.typing import NDArray

from studio.devices.cbor import CborError, decode
from studio.devices.nordic_form import MICRO, Form, Numbers, Reading, read_form, read_reading
from studio.devices.sequence import PacketOrder
from studio.devices.source import Block, Item, LinkStats, Restarted, Text
from studio.types import Axis, StreamInfo

MAX_FRAME = 4096
"""Bytes of a frame; 255 channels with five-letter names take 1700."""
_BY_THE_LOOK = b"\xa2\x61t\x62s"
_RECOGNISE_BYTES = 8192
_TOGETHER = 4
_FORMS = 16
_CRC_SEED = 0xFFFF
_CRC_BYTES = 2
_LENGTH_BYTES = 2
_SMALLEST = 8
_RESTART_PACKETS = 1 << 16
_INT32 = 1 << 31
_DOUBTS = 20
"""So many frames in a row are not damaged by chance."""
_NO_CHECK = (
    "This device's frames carry no checksum: missing ones are noticed, damaged values are not. "
    "Build its firmware with CONFIG_DATA_FWD_PROTO_CRC=y."
)
# the CRC of Zephyr's crc16_ccitt runs from the lowest bit, that of crc_hqx from the highest
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class _Session:
    """A description of the session."""

    sid: int
    stream: StreamInfo


@dataclass(frozen=True, slots=True)
class _Readings:
    """Numbers `(n,)` and values `(n, n_axes)`, float32, of frames that follow each other."""

    numbers: NDArray[np.uint32]
    values: NDArray[np.float32]


class Nordic:
    """Codec of Nordic's data forwarder.

    After a restart readings count from 0 again, as after `begin`.
    """

    id = "nordic"
    title = "Nordic data forwarder (COBS, CBOR)"
    wake = b""
    start = b""
    stop = b""

    def __init__(self) -> None:
        self._rest = b""
        self._in_step = False
        self._with_crc = False
        self._damaged = 0
        self._stream: StreamInfo | None = None
        self._sid: int | None = None
        self._order = PacketOrder(_RESTART_PACKETS)
        self._forms: dict[int, Form] = {}
        self._doubts = -1
        """Frames that did not fit what streamed before; -1: nothing is taken from before."""
        self._earlier_drops: int | None = 0
        """What the board had dropped when it came back; None: it has not said so yet."""

    @staticmethod
    def recognise(beginning: bytes) -> float:
        """Say how sure it is that a stream beginning like this is its own: 0..1."""
        beginning = beginning[-_RECOGNISE_BYTES:]
        parts = beginning.split(b"\0")
        for part in parts[:-1]:
            body = _uncobs(part)
            if body is not None and _payload(body) is not None and body[2:7] == _BY_THE_LOOK:
                return 1.0 if len(body) > _size(body) + _LENGTH_BYTES else 0.95
        return 0.9 if _BY_THE_LOOK + b"d\x61d" in beginning else 0.0

    @property
    def stats(self) -> LinkStats:
        """What was lost so far."""
        dropped = 0
        if self._stream is not None and self._earlier_drops is not None:
            dropped = self._stream.dropped - self._earlier_drops
        damaged = self._damaged + self._order.odd
        return LinkStats(damaged, self._order.lost, self._order.lost, dropped)

    @property
    def stream(self) -> StreamInfo | None:
        """What the device streams; known after its first description."""
        return self._stream

    def begin(self) -> None:
        """Count readings from 0 again: the stream starts now."""
        self._order.begin()

    def resume(self, before: "Nordic") -> None:
        """Take for granted what streamed on the port before: it may be seconds until it is said.

        Frames that do not fit it are damaged; if none fits, it is another board, and what it
        streams is learnt from its own description. So it is said if that is something else.
        """
        if before.stream is not None:
            self._stream, self._with_crc = before.stream, before._with_crc
            self._doubts, self._earlier_drops = 0, None

    def feed(self, data: bytes, at_s: float) -> list[Item]:
        """Return the items completed by these bytes."""
        items: list[Item] = []
        damaged = self._damaged
        for found in self._messages(self._frames(data)):
            if isinstance(found, _Session):
                items += self._take_session(found)
            elif self._stream is not None:
                items += self._take_readings(found, len(self._stream.axes))
        if self._doubts >= 0:
            self._doubt(self._damaged - damaged, fits=bool(items))
        return items

    def _doubt(self, unfit: int, *, fits: bool) -> None:
        """Forget what streamed before if nothing that comes is like it."""
        self._doubts = -1 if fits else self._doubts + unfit
        if self._doubts >= _DOUBTS:
            self._stream, self._with_crc = None, False
            self._doubts, self._earlier_drops = -1, 0

    def _frames(self, data: bytes) -> list[bytes]:
        *frames, self._rest = (self._rest + data).split(b"\0")
        if len(self._rest) > MAX_FRAME:  # noise without an end; keep only that it is too long
            self._rest = self._rest[: MAX_FRAME + 1]
        if frames and not self._in_step:
            self._in_step = True
            body = _uncobs(frames[0])
            if body is None or _payload(body) is None:
                del frames[0]  # a link may be opened in the middle of a frame
        return [frame for frame in frames if frame]

    def _messages(self, frames: list[bytes]) -> Iterator[_Session | _Readings]:
        try:
            bodies = [cobs.decode(frame) for frame in frames]
        except cobs.DecodeError:
            bodies = [_uncobs(frame) or b"" for frame in frames]
        single: list[Reading] = []
        for size, group in groupby(bodies, len):
            rest = list(group)
            if len(rest) >= _TOGETHER and _SMALLEST <= size <= MAX_FRAME:
                found, rest = self._decode_together(size, rest)
                if found is not None:
                    yield from _join(single)
                    single = []
                    yield found
            for body in rest:
                message = self._decode_one(body)
                if isinstance(message, Reading):
                    single.append(message)
                elif message is not None:
                    yield from _join(single)
                    single = []
                    yield message
                else:
                    self._damaged += 1
        yield from _join(single)

    def _decode_together(
        self, size: int, bodies: list[bytes]
    ) -> tuple[_Readings | None, list[bytes]]:
        """Decode frames of one size and form; return those that are to be looked at singly."""
        extra = size - _LENGTH_BYTES - _size(bodies[0])
        if extra not in ((_CRC_BYTES,) if self._with_crc else (0, _CRC_BYTES)):
            return None, bodies
        whole = b"".join(bodies)
        if extra:
            turned = whole.translate(_REVERSED)
            # over the payload and its CRC together this one is 0
            wrong = [
                crc_hqx(turned[at : at + size - _LENGTH_BYTES], _CRC_SEED)
                for at in range(_LENGTH_BYTES, len(turned), size)
            ]
            if any(wrong):
                bodies = [body for body, bad in zip(bodies, wrong, strict=True) if not bad]
                self._damaged += len(wrong) - len(bodies)
                whole = b"".join(bodies)
            self._with_crc = self._with_crc or bool(bodies)
        found = self._read_form(size, whole) if bodies else None
        return (None, bodies) if found is None else (_Readings(*found), [])

    def _read_form(self, size: int, whole: bytes) -> Numbers | None:
        """Read frames by the form that those of this size had last, else by the first one's."""
        form = self._forms.get(size)
        found = form.read(whole) if form else None
        if found is not None:
            return found
        form = read_form(whole[:size])
        if form is None:
            return None
        if len(self._forms) >= _FORMS:
            self._forms.clear()
        self._forms[size] = form
        return form.read(whole)

    def _decode_one(self, body: bytes) -> _Session | Reading | None:
        """Return what a frame says; None if it is damaged."""
        payload = _payload(body)
        if payload is None:
            return None
        has_crc = len(body) > len(payload) + _LENGTH_BYTES
        if self._with_crc and not has_crc:
            return None
        self._with_crc = has_crc
        reading = read_reading(payload)
        if reading is not None:
            return reading
        try:
            message, end = decode(payload)
        except CborError:
            return None
        if end != len(payload) or not isinstance(message, dict):
            return None
        content = message.get("d")
        if not isinstance(content, dict):
            return None
        return _session(content) if message.get("t") == "si" else _reading(message, content)

    def _take_session(self, session: _Session) -> list[Item]:
        items: list[Item] = []
        old, self._stream = self._stream, session.stream
        same = old is not None and (old.axes, old.sample_rate_hz) == (
            session.stream.axes,
            session.stream.sample_rate_hz,
        )
        if old is not None and (self._sid not in (None, session.sid) or not same):
            self._order.begin(anew=True)
            items.append(Restarted())
        self._sid = session.sid
        if self._earlier_drops is None:
            self._earlier_drops = session.stream.dropped
        if old is None and not self._with_crc:
            items.append(Text(_NO_CHECK))
        return [*items, session.stream]

    def _take_readings(self, found: _Readings, n_axes: int) -> Iterator[Item]:
        if found.values.shape[1] != n_axes:
            self._damaged += len(found.numbers)
            return
        for run in self._order.take(found.numbers, found.values):
            if run.restarted:
                self._sid = None  # the description that tells it as well has been lost
                yield Restarted()
            yield Block(run.position, run.values)


CODEC = Nordic


def _uncobs(frame: bytes) -> bytes | None:
    """Return a frame's body, or None if it is none."""
    if not 0 < len(frame) <= MAX_FRAME:
        return None
    try:
        body: bytes = cobs.decode(frame)
    except cobs.DecodeError:
        return None
    return body


def _size(body: bytes) -> int:
    return body[0] | body[1] << 8


def _payload(body: bytes) -> bytes | None:
    """Return the CBOR within a frame's body if its length, and its CRC if any, are right."""
    if len(body) < 4:
        return None
    end = _LENGTH_BYTES + _size(body)
    content = body[_LENGTH_BYTES:]
    if len(body) == end:
        return content
    if len(body) != end + _CRC_BYTES or crc_hqx(content.translate(_REVERSED), _CRC_SEED):
        return None
    return content[:-_CRC_BYTES]


def _number(content: dict[Any, Any], key: str, bits: int) -> int | None:
    value = content.get(key)
    return value if type(value) is int and 0 <= value < 1 << bits else None


def _session(content: dict[Any, Any]) -> _Session | None:
    sid, rate = _number(content, "sid", 32), _number(content, "hz", 16)
    channels, names = _number(content, "ch", 8), content.get("ch_n")
    if sid is None or not rate or not channels or not isinstance(names, list):
        return None
    if len(names) != channels or not all(isinstance(name, str) for name in names):
        return None
    kind = _number(content, "st", 8)
    return _Session(
        sid,
        StreamInfo(
            board=str(content.get("name", ""))[:80],
            firmware="Nordic data forwarder" + ("" if kind is None else f", sensor type {kind}"),
            sample_rate_hz=float(rate),
            dtype="float32",
            axes=tuple(Axis(name or f"ch{i + 1}") for i, name in enumerate(names)),
            dropped=_number(content, "dr", 32) or 0,
        ),
    )


def _reading(message: dict[Any, Any], content: dict[Any, Any]) -> Reading | None:
    number, values = _number(content, "seq", 32), content.get("val")
    if message.get("t") != "sd" or number is None or not isinstance(values, list):
        return None
    kinds = set(map(type, values))
    if kinds == {float}:
        return Reading(number, values, 1.0)
    if kinds == {int} and all(-_INT32 <= value < _INT32 for value in values):
        return Reading(number, values, MICRO)
    return None


def _join(single: list[Reading]) -> Iterator[_Readings]:
    """Put readings of as many axes, which follow each other, into arrays."""
    for (_, scale), group in groupby(single, lambda one: (len(one.values), one.scale)):
        rows = list(group)
        with np.errstate(over="ignore"):
            values = np.array([row.values for row in rows], np.float64) * scale
            values = values.astype(np.float32)
        yield _Readings(np.array([row.number for row in rows], np.uint32), values)
