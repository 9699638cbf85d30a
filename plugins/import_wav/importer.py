"""Sound files to int16 readings, through libsndfile.

Values keep their meaning: full scale of any format becomes full scale of int16 (integers of 24
and 32 bits are rounded, floats are taken as -1..1 and clipped beyond, with a count). Of several
channels the first is taken unless the person wants all: a mix of two microphones is what no board
would have heard. A file of floats that a list of labels calls float32 is taken as it is.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.api import Axis, Imported, ImportOptions, ProjectError

from .broken import reason

_CHUNK_FRAMES = 1 << 20
_MAX_READINGS = 1 << 31
_PLAIN = struct.Struct("<4sI4s4sIHHIIHH4sI")
_PLAIN_BYTES = 64 << 20


class WavImporter:
    """Reads WAV (8, 16, 24, 32 bit, float), FLAC, OGG and MP3 of any rate."""

    suffixes = (".wav", ".flac", ".ogg", ".mp3", ".w64", ".rf64")

    def recognises(self, path: Path) -> bool:
        """Whether it is sound: no other importer has the suffix."""
        return True

    def read(self, path: Path, options: ImportOptions) -> list[Imported]:
        """Return the file's first channel, or all of them.

        Raises
        ------
        ProjectError
            If libsndfile cannot read the file, or it holds no sound.
        """
        every = options.channels == "all"
        try:
            values, rate, clipped = _plain(path) or _decoded(path, options, every=every)
        except OSError as error:
            raise _unreadable(path, str(error.strerror or error)) from error
        except (ValueError, TypeError, MemoryError) as error:
            raise _unreadable(path, str(error) or type(error).__name__) from error
        if not len(values):
            raise ProjectError(f"{path.name} holds no sound.", "Remove it, or record it again.")
        notes: tuple[str, ...] = ()
        channels = values.shape[1]
        if channels > 1 and not every:
            values = values[:, :1].copy()
            notes = (f"the first of {channels} channels was taken",)
        if options.sample_rate_hz and options.sample_rate_hz != rate:
            raise ProjectError(
                f"{path.name} says that its rate is {rate:g} Hz, not {options.sample_rate_hz:g}.",
                "Leave --rate out; give --resample to convert the rate.",
            )
        axes = _axes(values.shape[1], options.axes)
        return [Imported(values, axes, rate, clipped=clipped, notes=notes)]


def _axes(channels: int, names: tuple[str, ...]) -> tuple[Axis, ...]:
    if len(names) != channels:
        names = ("audio",) if channels == 1 else tuple(f"ch{n}" for n in range(1, channels + 1))
    return tuple(Axis(name, "wav") for name in names)


def _unreadable(path: Path, why: str, hint: str = "") -> ProjectError:
    return ProjectError(
        f"{path.name} cannot be read as sound: {why}.",
        hint or "Convert it to a WAV file with PCM samples.",
    )


def _plain(path: Path) -> tuple[NDArray[Any], float, int] | None:
    """Return what the most usual WAV holds: 16-bit PCM right behind a header of 44 bytes.

    None for everything else, which libsndfile reads; this is ten times faster on short files.
    """
    with open(path, "rb") as file:
        head = file.read(_PLAIN.size)
        if len(head) < _PLAIN.size:
            return None
        fields = _PLAIN.unpack(head)
        riff, _, wave, fmt, fmt_bytes, form, channels, rate, _, block, bits, data, size = fields
        usual = (riff, wave, fmt, fmt_bytes, form, bits, data) == (
            *(b"RIFF", b"WAVE", b"fmt ", 16, 1, 16),
            b"data",
        )
        if not usual or not channels or not rate or block != 2 * channels or size % block:
            return None
        if not 0 < size <= _PLAIN_BYTES:
            return None
        body = file.read(size)
    if len(body) != size:
        return None
    values = np.frombuffer(body, "<i2").reshape(-1, channels)
    return values.astype(np.int16, copy=False), float(rate), 0


def _decoded(
    path: Path, options: ImportOptions, *, every: bool
) -> tuple[NDArray[Any], float, int]:
    """Read all channels, or the first of several together with empty ones."""
    import soundfile

    try:
        with path.open("rb") as raw, soundfile.SoundFile(raw) as sound:
            floats = options.dtype == "float32" and sound.subtype in ("FLOAT", "DOUBLE")
            wanted = sound.channels if every else 1
            parts, clipped = _parts(sound, wanted, as_it_is=floats)
            channels, rate = int(sound.channels), float(sound.samplerate)
    except soundfile.SoundFileError as error:
        raise _unreadable(path, *reason(path)) from error
    values = np.concatenate(parts) if parts else np.empty((0, channels), np.int16)
    if values.shape[1] < channels:
        # the caller sees how many there were; a view costs no memory
        values = np.broadcast_to(values, (len(values), channels))
    return values, rate, clipped


def _parts(sound: Any, channels: int, *, as_it_is: bool) -> tuple[list[NDArray[Any]], int]:
    """Read piece by piece: declared lengths are not to be trusted."""
    exact = sound.subtype == "PCM_16"
    kind = "int16" if exact else "float32" if as_it_is else "float64"
    parts: list[NDArray[Any]] = []
    readings = clipped = 0
    while True:
        piece = sound.read(_CHUNK_FRAMES, dtype=kind, always_2d=True)
        if not len(piece):
            return parts, clipped
        columns = piece[:, :channels]
        if not exact:
            if not np.isfinite(columns).all():
                raise ValueError("it holds values that are not numbers")
            if not as_it_is:
                clipped += int(np.count_nonzero(np.abs(columns) > 1))
                columns = np.clip(np.rint(columns * 32768), -32768, 32767).astype(np.int16)
        parts.append(np.ascontiguousarray(columns))
        readings += len(columns)
        if readings > _MAX_READINGS:
            raise ValueError("it is longer than 2 ** 31 readings; cut it into parts")


IMPORTER = WavImporter()
