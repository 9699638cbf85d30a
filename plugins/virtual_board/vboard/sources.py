"""Where readings come from: files and generators. Readings are interleaved little-endian bytes."""

import ast
import math
import mmap
import random
import struct
import sys
import wave
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from vboard.errors import BoardError

MAX_AXES = 12
ITEM_BYTES = {"int16": 2, "float32": 4}
GENERATORS = ("sine", "noise", "silence")
_CHUNK = 1024


class Source(Protocol):
    """Readings by index."""

    length: int | None
    """Readings there are, or None without end."""

    def read(self, start: int, count: int) -> bytes:
        """Return `count` readings from index `start`."""


@dataclass(frozen=True, slots=True)
class Description:
    """What the sensor tells the program on the board."""

    sample_rate_hz: float
    dtype: str
    axes: tuple[tuple[str, str], ...]
    """Name and units of each."""

    @property
    def reading_bytes(self) -> int:
        """Bytes of one reading."""
        return ITEM_BYTES[self.dtype] * len(self.axes)

    def pack(self) -> bytes:
        """Return it as the C struct `tml_virtual_sensor`."""
        number = ("int16", "float32").index(self.dtype)
        head = struct.pack("<fII", self.sample_rate_hz, number, len(self.axes))
        rows = [*self.axes, *[("", "")] * (MAX_AXES - len(self.axes))]
        names = b"".join(_fit(name, 12) for name, _ in rows)
        return head + names + b"".join(_fit(units, 8) for _, units in rows)


def _fit(text: str, size: int) -> bytes:
    raw = text.encode()[: size - 1].decode("utf-8", "ignore").encode()
    return raw.ljust(size, b"\0")


class FileSource:
    """Readings of a file, memory-mapped."""

    def __init__(self, path: Path, offset: int, reading_bytes: int, *, length: int, repeat: bool):
        with path.open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._offset = offset
        self._reading_bytes = reading_bytes
        self._readings = length
        self.length = None if repeat else length

    def read(self, start: int, count: int) -> bytes:
        """Return readings; a repeating file starts over at its end."""
        parts = []
        while count:
            place = start % self._readings
            take = min(count, self._readings - place)
            first = self._offset + place * self._reading_bytes
            parts.append(self._data[first : first + take * self._reading_bytes])
            start += take
            count -= take
        return b"".join(parts)


class GeneratorSource:
    """Readings computed by index: the same index gives the same reading on every run."""

    length: int | None = None

    def __init__(self, kind: str, description: Description, settings: Mapping[str, Any]) -> None:
        self._kind = kind
        self._description = description
        peak = 32767.0 if description.dtype == "int16" else 1.0
        self._amplitude = _number(settings, "amplitude", 0.5) * peak
        self._step = (
            2 * math.pi * _number(settings, "frequency_hz", 440.0) / description.sample_rate_hz
        )
        self._seed = int(_number(settings, "seed", 0))
        self._chunks: dict[int, bytes] = {}

    def read(self, start: int, count: int) -> bytes:
        """Return readings."""
        size = self._description.reading_bytes
        first = start // _CHUNK
        last = (start + count - 1) // _CHUNK
        data = b"".join(self._chunk(number) for number in range(first, last + 1))
        begin = (start - first * _CHUNK) * size
        return data[begin : begin + count * size]

    def _chunk(self, number: int) -> bytes:
        if number not in self._chunks:
            if len(self._chunks) > 64:
                self._chunks.clear()
            self._chunks[number] = self._compute(number)
        return self._chunks[number]

    def _compute(self, number: int) -> bytes:
        n_axes = len(self._description.axes)
        if self._kind == "silence":
            return bytes(_CHUNK * self._description.reading_bytes)
        if self._kind == "sine":
            values = [
                self._amplitude * math.sin((number * _CHUNK + i) * self._step + axis)
                for i in range(_CHUNK)
                for axis in range(n_axes)
            ]
        else:
            chance = random.Random(self._seed * 1_000_003 + number)
            values = [self._amplitude * chance.uniform(-1, 1) for _ in range(_CHUNK * n_axes)]
        packed: array[int] | array[float]
        if self._description.dtype == "int16":
            packed = array("h", [max(-32768, min(32767, round(value))) for value in values])
        else:
            packed = array("f", values)
        if sys.byteorder == "big":
            packed.byteswap()
        return packed.tobytes()


def _number(settings: Mapping[str, Any], name: str, default: float) -> float:
    value = settings.get(name)
    if value is None:
        return default
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise BoardError(f"{name} is {value!r}; it must be a number.")
    return float(value)


def _axes(settings: Mapping[str, Any], count: int, names: tuple[str, ...]) -> tuple[Any, ...]:
    given = settings.get("axes") or []
    if not given:
        names = names if len(names) == count else tuple(f"axis{n}" for n in range(count))
        return tuple((name, "") for name in names)
    try:
        axes = tuple((str(row["name"]), str(row.get("units", ""))) for row in given)
    except (TypeError, KeyError, AttributeError) as error:
        raise BoardError("Each axis needs a name: {'name': ..., 'units': ...}.") from error
    if len(axes) != count:
        raise BoardError(f"{len(axes)} axes are named; the readings have {count}.")
    return axes


def _rate(settings: Mapping[str, Any], default: float) -> float:
    rate = _number(settings, "sample_rate_hz", default)
    if not 0.01 <= rate <= 1e6:
        raise BoardError(f"A sample rate of {rate:g} Hz cannot be played; 0.01 Hz to 1 MHz can.")
    return rate


def open_source(settings: Mapping[str, Any]) -> tuple[Description, Source]:
    """Make the source that a `sensor` request asks for.

    Raises
    ------
    BoardError
        If the file cannot be read or the settings do not fit it.
    """
    if "file" not in settings:
        return _open_generator(settings)
    path = Path(str(settings["file"]))
    try:
        opener = _open_wav if path.suffix.lower() == ".wav" else _open_npy
        return opener(path, settings)
    except (OSError, EOFError, wave.Error, ValueError, SyntaxError, struct.error) as error:
        raise BoardError(f"{path.name} cannot be played: {error}.") from error


def _open_generator(settings: Mapping[str, Any]) -> tuple[Description, Source]:
    kind = settings.get("generator", "")
    if kind not in GENERATORS:
        raise BoardError(f"There is no generator {kind!r}; there are {', '.join(GENERATORS)}.")
    dtype = settings.get("dtype", "int16")
    if dtype not in ITEM_BYTES:
        raise BoardError(f"Readings of type {dtype!r} do not exist; int16 and float32 do.")
    count = len(settings.get("axes") or [0])
    if not 1 <= count <= MAX_AXES:
        raise BoardError(f"{count} axes are too many; {MAX_AXES} fit.")
    axes = _axes(settings, count, ("audio",))
    description = Description(_rate(settings, 16000.0), dtype, axes)
    return description, GeneratorSource(kind, description, settings)


def _open_wav(path: Path, settings: Mapping[str, Any]) -> tuple[Description, Source]:
    with wave.open(str(path), "rb") as file:
        if file.getsampwidth() != 2:
            raise ValueError(f"it has {file.getsampwidth() * 8} bits a value, not 16")
        rate, count, length = file.getframerate(), file.getnchannels(), file.getnframes()
        file.readframes(0)
        offset = path.stat().st_size if length == 0 else _wav_data(path)
    names = ("audio",) if count == 1 else ("left", "right")
    description = Description(_rate(settings, rate), "int16", _checked(settings, count, names))
    return description, _file_source(path, offset, description, length, settings)


def _wav_data(path: Path) -> int:
    """Return where the samples start: `wave` knows but does not tell."""
    with path.open("rb") as file:
        place = 12
        while True:
            file.seek(place)
            head = file.read(8)
            if len(head) < 8:
                raise ValueError("it has no data chunk")
            if head[:4] == b"data":
                return place + 8
            size = struct.unpack("<I", head[4:])[0]
            place += 8 + size + (size & 1)


def _open_npy(path: Path, settings: Mapping[str, Any]) -> tuple[Description, Source]:
    with path.open("rb") as file:
        magic = file.read(8)
        if magic[:6] != b"\x93NUMPY":
            raise ValueError("it is neither a .npy nor a .wav file")
        width = "<H" if magic[6] == 1 else "<I"
        size = struct.unpack(width, file.read(struct.calcsize(width)))[0]
        header = ast.literal_eval(file.read(min(size, 65536)).decode("latin-1"))
        offset = file.tell()
    dtype = {"<i2": "int16", "<f4": "float32"}.get(header["descr"])
    shape = header["shape"]
    if dtype is None or header["fortran_order"] or len(shape) not in (1, 2):
        raise ValueError(
            f"it holds {header['descr']} of shape {shape}; save int16 or float32, (readings, axes)"
        )
    count = shape[1] if len(shape) == 2 else 1
    axes = _checked(settings, count, ("audio",))
    description = Description(_rate(settings, 16000.0), dtype, axes)
    return description, _file_source(path, offset, description, shape[0], settings)


def _checked(settings: Mapping[str, Any], count: int, names: tuple[str, ...]) -> tuple[Any, ...]:
    if not 1 <= count <= MAX_AXES:
        raise ValueError(f"it has {count} axes; 1 to {MAX_AXES} fit")
    return _axes(settings, count, names)


def _file_source(
    path: Path, offset: int, description: Description, length: int, settings: Mapping[str, Any]
) -> FileSource:
    if length < 1:
        raise ValueError("it holds no readings")
    size = description.reading_bytes
    if offset + length * size > path.stat().st_size:
        raise ValueError(f"it is cut short: {length} readings are announced")
    repeat = bool(settings.get("repeat", False))
    return FileSource(path, offset, size, length=length, repeat=repeat)
