"""What a device with SensiML's Simple Streaming Interface prints about itself: a line of JSON."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.errors import DeviceError
from studio.types import HIGHEST_HZ, Axis, StreamInfo

MAX_LINE = 1 << 14
"""Bytes of a description; one of 64 columns takes about 2000."""
MAX_COLUMNS = 256
MAX_PACKET = 65529
"""Bytes of readings in a packet; the length in version 2 is a u16 that counts six more."""

DEFAULT_ROWS = 6
_DTYPES = {"int16": "int16", "float": "float32"}
_MARK = b'"column_location"'
_OPENING = re.compile(rb'\{ *(?:"|\r?\Z)')
_PRINTABLE = bytes(range(32, 127))
_TRIES = 4
"""Readings before a description may end in its first byte."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A description: `rows` readings in each packet, of a stream in SSI `version` 1 or 2."""

    version: int
    rows: int
    stream: StreamInfo

    @property
    def row_bytes(self) -> int:
        """Bytes of one reading."""
        return len(self.stream.axes) * np.dtype(self.stream.dtype).itemsize


def find(data: bytes) -> int | None:
    """Return where the first description within other bytes begins; None if there is none."""
    at = data.find(_MARK)
    while at >= 0:
        end = data.find(b"\n", at)
        if end < 0:
            return None
        begin = _beginning_of_line(data, max(0, at - MAX_LINE), at)
        for _ in range(_TRIES):
            begin = data.find(b"{", begin, at)
            if begin < 0:
                break
            if _fields(data[begin:end]) is not None:
                return begin
            begin += 1
        at = data.find(_MARK, end)
    return None


def unfinished(data: bytes) -> int:
    """Return where a description begins that `data` may end in the middle of; else its length."""
    longest = max(0, len(data) - MAX_LINE)
    begin = _beginning_of_line(data, longest, len(data) - data.endswith(b"\r"))
    found = _OPENING.search(data, begin)
    return len(data) if found is None or begin == longest > 0 else found.start()


def _beginning_of_line(data: bytes, low: int, end: int) -> int:
    """Return where the printable bytes begin that end there."""
    return low + len(data[low:end].rstrip(_PRINTABLE))


def likeness(beginning: bytes) -> float:
    """Say how sure it is that this, cut anywhere, comes from an idle SSI device: 0..1."""
    if find(beginning) is not None:
        return 1.0
    if b'"column_location"' in beginning or b'"samples_per_packet"' in beginning:
        return 0.9
    return 0.7 if b'"sample_rate"' in beginning else 0.0


def read_announcement(line: bytes) -> Announcement | None:
    """Return what a line describes; None if it is no description.

    Raises
    ------
    DeviceError
        If it describes a stream that is not SSI as known here.
    """
    fields = _fields(line)
    if fields is None:
        return None
    version = _whole(fields, "version", 1, 1, 2)
    rows = _whole(fields, "samples_per_packet", DEFAULT_ROWS, 1, MAX_PACKET)
    rate = fields["sample_rate"]
    if not isinstance(rate, int | float) or not 0 < rate <= HIGHEST_HZ or math.isnan(rate):
        raise _strange("sample_rate", rate, f"a number of at most {HIGHEST_HZ:.0f}")
    kind = fields.get("data_type", "int16")
    if not isinstance(kind, str) or kind not in _DTYPES:
        raise _strange("data_type", kind, "int16 or float")
    stream = StreamInfo(
        board="",
        firmware=f"SensiML SSI {version}",
        sample_rate_hz=float(rate),
        dtype=_DTYPES[kind],
        axes=_axes(fields["column_location"]),
        dropped=0,
    )
    said = Announcement(version, rows, stream)
    if rows * said.row_bytes > MAX_PACKET:
        raise _strange("samples_per_packet", rows, f"packets of at most {MAX_PACKET} bytes")
    return said


def _fields(line: bytes) -> dict[str, Any] | None:
    if len(line) > MAX_LINE or b'"sample_rate"' not in line or b'"column_location"' not in line:
        return None
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    wanted = {"sample_rate", "column_location"}
    return fields if isinstance(fields, dict) and wanted <= fields.keys() else None


def _axes(columns: Any) -> tuple[Axis, ...]:
    """Return axes in the order of their places; a place without a name is still a column."""
    if not isinstance(columns, dict) or not columns:
        raise _strange("column_location", columns, "names with places")
    names: dict[int, str] = {}
    for name, place in columns.items():
        if type(place) is not int or not 0 <= place < MAX_COLUMNS or place in names:
            raise _strange("column_location", {name: place}, f"places of 0 to {MAX_COLUMNS - 1}")
        names[place] = name
    return tuple(Axis(names.get(i, f"column{i}")) for i in range(max(names) + 1))


def _whole(fields: dict[str, Any], key: str, default: int, low: int, high: int) -> int:
    value = fields.get(key, default)
    if type(value) is not int or not low <= value <= high:
        raise _strange(key, value, f"{low} to {high}")
    return value


def _strange(key: str, value: object, wanted: str) -> DeviceError:
    return DeviceError(
        f"The device describes its SSI stream with {key} {str(value)[:80]!r}; known is {wanted}.",
        "Correct the description that the device's program prints.",
    )
