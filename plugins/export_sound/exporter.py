"""Recordings as WAV: 16-bit PCM for int16, 32-bit floats for float32; RF64 above 4 GiB."""

import struct
from typing import BinaryIO

import numpy as np

from studio.api import ConfigError, Exported

_CHUNK_ROWS = 1 << 18
_RF64_FROM = 0xFFFF_FFFF - 64
_PCM, _FLOAT = 1, 3
_MAX_CHANNELS = 0xFFFF // 4


class WavExporter:
    """Writes one channel per axis."""

    suffix = ".wav"

    def write(self, file: BinaryIO, recording: Exported) -> tuple[str, ...]:
        """Write a recording and return what the header cannot hold.

        Raises
        ------
        ConfigError
            For a rate or a number of axes that no WAV can have.
        """
        values = recording.values
        rate = round(recording.sample_rate_hz)
        if not 0 < max(rate, 1) <= 0xFFFF_FFFF or values.shape[1] > _MAX_CHANNELS:
            raise ConfigError(
                f"{recording.name} has {recording.sample_rate_hz:g} Hz and {values.shape[1]} "
                "axes, which no WAV file can have.",
                "Choose another format, such as npy.",
            )
        form = _PCM if values.dtype == np.int16 else _FLOAT
        file.write(_header(form, len(values), values.shape[1], max(rate, 1)))
        kind = "<i2" if form == _PCM else "<f4"
        for start in range(0, len(values), _CHUNK_ROWS):
            file.write(np.ascontiguousarray(values[start : start + _CHUNK_ROWS], kind).data)
        notes = []
        if rate != recording.sample_rate_hz:
            notes.append("a WAV header holds whole hertz only")
        if form == _FLOAT:
            notes.append("sensor values are 32-bit floats without scaling, not -1 to 1")
        return tuple(notes)


def _header(form: int, readings: int, channels: int, rate: int) -> bytes:
    width = 2 if form == _PCM else 4
    size = readings * channels * width
    per_second = min(rate * channels * width, 0xFFFF_FFFF)
    fields = (form, channels, rate, per_second, channels * width, 8 * width)
    chunks = struct.pack("<4sIHHIIHH", b"fmt ", 16, *fields)
    if form != _PCM:  # the standard wants the number of readings beside anything but PCM
        chunks += struct.pack("<4sII", b"fact", 4, min(readings, 0xFFFF_FFFF))
    if size < _RF64_FROM:
        whole = 4 + len(chunks) + 8 + size
        head = struct.pack("<4sI4s", b"RIFF", whole, b"WAVE")
        return head + chunks + struct.pack("<4sI", b"data", size)
    ds64 = struct.pack("<4sIQQQI", b"ds64", 28, 40 + len(chunks) + 8 + size, size, readings, 0)
    head = struct.pack("<4sI4s", b"RF64", 0xFFFF_FFFF, b"WAVE")
    return head + ds64 + chunks + struct.pack("<4sI", b"data", 0xFFFF_FFFF)


EXPORTER = WavExporter()
