"""Readings in frames of Nordic's data forwarder: where which number stands.

A frame is a map `{t: "sd", d: {seq, ts, val: [float32, ...]}}`. Within a stream of float32
everything but the numbers is the same from frame to frame, so that one look at one frame says how
to read all. Integers (micro-units) are as long as their value needs: such frames are read singly.
"""

import re
import struct
from dataclasses import dataclass
from functools import cache

import cbor2
import numpy as np
from numpy.typing import NDArray

MICRO = 1e-6
_BEGINNING = b"\xa2\x61t\x62sd\x61d\xa3\x63seq"
_TIME = b"\x62ts"
_VALUES = b"\x63val"
_LENGTH_BYTES = 2
_FLOAT32 = 0xFA
_FLOAT32_HEADS = bytes([_FLOAT32]) * 255
_VALUE_BYTES = 4
_LIST = 4
_LARGEST_SHORT = 23
_ONE_BYTE = 24
_UINT = {0x18: 1, 0x19: 2, 0x1A: 4}
"""First byte of an unsigned number and the bytes that follow."""


Numbers = tuple[NDArray[np.uint32], NDArray[np.float32]]
"""Sequence numbers `(n,)` and values `(n, n_axes)`."""


_NUMBER = rb"([\x00-\x17]|\x18.|\x19..|\x1a....)"
_READING = re.compile(
    re.escape(_BEGINNING)
    + _NUMBER
    + re.escape(_TIME)
    + _NUMBER
    + re.escape(_VALUES)
    + rb"([\x81-\x97]|\x98.)",
    re.DOTALL,
)
_FLOATS = struct.Struct(">xf")
_INTEGER = rb"(?:[\x00-\x17\x20-\x37]|[\x18\x38].|[\x19\x39]..|[\x1a\x3a][\x00-\x7f]...)"


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading: its sequence number and its values, one per axis."""

    number: int
    values: list[float] | list[int]
    scale: float
    """What a value of 1 stands for."""


@dataclass(frozen=True, slots=True)
class Form:
    """How frames of one form are laid out."""

    record: np.dtype[np.void]
    fixed: NDArray[np.uint8]
    """255 where a byte is the same in every frame, 0 elsewhere."""
    model: NDArray[np.uint8]
    """A frame of this form, 0 where it is not fixed."""

    def read(self, bodies: bytes) -> Numbers | None:
        """Read frames that stand one after the other; None if one is of another form."""
        table = np.frombuffer(bodies, np.uint8).reshape(-1, len(self.model))
        if ((table & self.fixed) != self.model).any():
            return None
        frames = np.frombuffer(bodies, self.record)
        values = frames["values"]["value"].astype(np.float32)
        return frames["number"].astype(np.uint32), values


def read_form(body: bytes) -> Form | None:
    """Return the form of a frame (length, CBOR and perhaps CRC).

    None if its numbers are not float32, or stand where those of others of its form would not.
    """
    fixed = np.full(len(body), 255, np.uint8)
    end = _LENGTH_BYTES + (body[0] | body[1] << 8)
    fixed[end:] = 0
    body = body[:end]
    try:
        number, at = _uint(body, _LENGTH_BYTES, _BEGINNING)
        time, at = _uint(body, at, _TIME)
        count, at = _list(body, at, _VALUES)
    except (LookupError, ValueError):
        return None
    kinds = body[at :: 1 + _VALUE_BYTES]
    if number == slice(0) or at + len(kinds) * (1 + _VALUE_BYTES) != end or count != len(kinds):
        return None
    if set(kinds) != {_FLOAT32}:
        return None
    fixed[number] = fixed[time] = 0
    for one in range(at + 1, end, 1 + _VALUE_BYTES):
        fixed[one : one + _VALUE_BYTES] = 0
    value = np.dtype([("kind", "u1"), ("value", ">f4")])
    record = np.dtype(
        {
            "names": ["number", "values"],
            "formats": [f">u{number.stop - number.start}", (value, (count,))],
            "offsets": [number.start, at],
            "itemsize": len(fixed),
        }
    )
    model = np.zeros(len(fixed), np.uint8)
    model[:end] = np.frombuffer(body, np.uint8)
    return Form(record, fixed, model & fixed)


def _uint(body: bytes, at: int, before: bytes) -> tuple[slice, int]:
    """Return where an unsigned number's bytes stand after `before`, and where they end.

    A number below 24 has none: it is its first byte, and that is part of the form.
    """
    if not body.startswith(before, at):
        raise ValueError
    at += len(before)
    if body[at] <= _LARGEST_SHORT:
        return slice(0), at + 1
    end = at + 1 + _UINT[body[at]]
    return slice(at + 1, end), end


def _list(body: bytes, at: int, before: bytes) -> tuple[int, int]:
    """Return how many items the list after `before` has, and where they begin."""
    if not body.startswith(before, at):
        raise ValueError
    at += len(before)
    if body[at] >> 5 != _LIST:
        raise ValueError
    short = body[at] & 31
    if short <= _LARGEST_SHORT:
        return short, at + 1
    if short != _ONE_BYTE:
        raise ValueError
    return body[at + 1], at + 2


def read_reading(payload: bytes) -> Reading | None:
    """Return what the CBOR of a frame says; None if it is not of the usual form."""
    found = _READING.match(payload)
    if found is None:
        return None
    number, at = found[1], found.end()
    count = found[3][-1] - (_LIST << 5 if len(found[3]) == 1 else 0)
    number_is = int.from_bytes(number[1:] or number, "big")
    if payload[at::5] == _FLOAT32_HEADS[:count] and len(payload) - at == 5 * count:
        values = [value for (value,) in _FLOATS.iter_unpack(payload[at:])]
        return Reading(number_is, values, 1.0)
    # a general decoder is not let loose on what a cable brings
    if not _integers(count).fullmatch(payload, at):
        return None
    return Reading(number_is, cbor2.loads(payload[found.start(3) :]), MICRO)


@cache
def _integers(count: int) -> re.Pattern[bytes]:
    """Return the pattern of so many int32."""
    return re.compile(_INTEGER + b"{%d}" % count, re.DOTALL)
