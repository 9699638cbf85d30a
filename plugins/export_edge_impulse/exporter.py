"""Recordings in Edge Impulse's data acquisition format, JSON and CBOR, signed or not.

Written in pieces, as long recordings do not fit into memory as lists of numbers: the signature's
place holds zeros until the end, when the digest of all bytes is known.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import cbor2
import numpy as np

from studio.api import Exported

_CHUNK_ROWS = 1 << 14
_ZEROS = "0" * 64
_DEVICE_TYPE = "TINYML_STUDIO"
_LISTS = ((24, 1), (1 << 8, 2), (1 << 16, 3), (1 << 32, 5))
"""Lists of fewer items than the first number have a head of so many bytes."""


class _Signed:
    """A file whose bytes go into a digest too."""

    def __init__(self, file: BinaryIO, key: str) -> None:
        self._file = file
        self._digest = hmac.new(key.encode(), digestmod=hashlib.sha256) if key else None
        self._start = file.tell()
        self._place = 0

    def write(self, data: bytes) -> None:
        """Append bytes."""
        if self._digest is not None:
            self._digest.update(data)
        self._file.write(data)

    def signature(self) -> None:
        """Append the signature's 64 zeros."""
        self._place = self._file.tell()
        self.write(_ZEROS.encode())

    def sign(self) -> None:
        """Put the digest in the place of the zeros."""
        if self._digest is not None:
            end = self._file.tell()
            self._file.seek(self._place)
            self._file.write(self._digest.hexdigest().encode())
            self._file.seek(end)


class EdgeImpulseExporter:
    """Writes one acquisition per file."""

    def __init__(self, suffix: str, write: Callable[[_Signed, Exported], None]) -> None:
        self.suffix = suffix
        self._write = write

    def write(self, file: BinaryIO, recording: Exported) -> tuple[str, ...]:
        """Write a recording and return what the file cannot hold."""
        signed = _Signed(file, recording.hmac_key)
        self._write(signed, recording)
        signed.sign()
        notes = []
        if 1000 / (1000 / recording.sample_rate_hz) != recording.sample_rate_hz:
            notes.append("interval_ms holds the rate with a rounding of one part in 10 ** 16")
        sound = all(axis.units.lower() == "wav" for axis in recording.axes)
        if sound != (recording.values.dtype == np.int16):
            notes.append("only the units wav say that values are 16-bit sound")
        return tuple(notes)


def _protected(recording: Exported) -> dict[str, str]:
    return {"ver": "v1", "alg": "HS256" if recording.hmac_key else "none"}


def _described(recording: Exported) -> dict[str, Any]:
    """Return the payload up to its values."""
    said = recording.metadata
    name = {"device_name": said["device_name"]} if said.get("device_name") else {}
    return {
        **name,
        "device_type": said.get("device_type") or _DEVICE_TYPE,
        "interval_ms": 1000 / recording.sample_rate_hz,
        "sensors": [{"name": axis.name, "units": axis.units or "N/A"} for axis in recording.axes],
    }


def _labels(recording: Exported) -> dict[str, Any]:
    """Return the labels, if there are more than one for all readings."""
    rows = [
        {"startIndex": span.start, "endIndex": span.stop - 1, "label": span.label}
        for span in recording.spans
    ]
    return {"structured_labels": rows} if rows else {}


def _rows(recording: Exported) -> Iterator[list[Any]]:
    """Yield the values in pieces: flat for one axis, else a list per reading."""
    values = recording.values
    for start in range(0, len(values), _CHUNK_ROWS):
        part = values[start : start + _CHUNK_ROWS]
        wide = part if part.dtype == np.int16 else part.astype(np.float64)
        yield (wide[:, 0] if wide.shape[1] == 1 else wide).tolist()


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _write_json(out: _Signed, recording: Exported) -> None:
    out.write(b'{"protected":' + _compact(_protected(recording)) + b',"signature":"')
    out.signature()
    out.write(b'","payload":' + _compact(_described(recording))[:-1] + b',"values":[')
    for number, rows in enumerate(_rows(recording)):
        out.write(b"," * bool(number) + _compact(rows)[1:-1])
    out.write(b"]")
    for key, rows in _labels(recording).items():
        out.write(b"," + _compact(key) + b":" + _compact(rows))
    out.write(b"}}")


def _write_cbor(out: _Signed, recording: Exported) -> None:
    out.write(b"\xa3" + cbor2.dumps("protected") + cbor2.dumps(_protected(recording)))
    out.write(cbor2.dumps("signature") + b"\x78\x40")
    out.signature()
    fields = _described(recording)
    labels = _labels(recording)
    out.write(cbor2.dumps("payload") + bytes([0xA0 + len(fields) + 1 + len(labels)]))
    for key, value in fields.items():
        out.write(cbor2.dumps(key) + cbor2.dumps(value))
    out.write(cbor2.dumps("values") + b"\x9f")  # of unknown length: devices append to it
    for rows in _rows(recording):
        head = next(size for limit, size in _LISTS if len(rows) < limit)
        out.write(cbor2.dumps(rows)[head:])
    out.write(b"\xff")
    for key, rows in labels.items():
        out.write(cbor2.dumps(key) + cbor2.dumps(rows))


JSON = EdgeImpulseExporter(".json", _write_json)
CBOR = EdgeImpulseExporter(".cbor", _write_cbor)
