"""Sound files to int16 readings, through libsndfile.

Values keep their meaning: full scale of any format becomes full scale of int16 (integers of 24
and 32 bits are rounded, floats are taken as -1..1 and clipped beyond, with a count). Of several
channels the first is taken: a mix of two microphones is what no board would have heard.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.api import Axis, Imported, ImportOptions, ProjectError

_CHUNK_FRAMES = 1 << 20
_MAX_READINGS = 1 << 31


class WavImporter:
    """Reads WAV (8, 16, 24, 32 bit, float), FLAC and OGG of any rate."""

    suffixes = (".wav", ".flac", ".ogg", ".w64", ".rf64")

    def read(self, path: Path, options: ImportOptions) -> list[Imported]:
        """Return the file's first channel.

        Raises
        ------
        ProjectError
            If libsndfile cannot read the file, or it holds no sound.
        """
        import soundfile

        try:
            with path.open("rb") as raw, soundfile.SoundFile(raw) as sound:
                rate = float(sound.samplerate)
                channels = int(sound.channels)
                exact = sound.subtype == "PCM_16"
                values, clipped = _channel(sound, exact=exact)
        except (soundfile.SoundFileError, OSError, ValueError, TypeError, MemoryError) as error:
            raise ProjectError(
                f"{path.name} cannot be read as sound: {_reason(error)}.",
                "Convert it to a WAV file with PCM samples.",
            ) from error
        if not len(values):
            raise ProjectError(f"{path.name} holds no sound.", "Remove it, or record it again.")
        notes = [f"the first of {channels} channels was taken"] if channels > 1 else []
        if options.sample_rate_hz and options.sample_rate_hz != rate:
            raise ProjectError(
                f"{path.name} says that its rate is {rate:g} Hz, not {options.sample_rate_hz:g}.",
                "Leave --rate out; give --resample to convert the rate.",
            )
        axes = (Axis(options.axes[0] if len(options.axes) == 1 else "audio", "wav"),)
        return [Imported(values, axes, rate, clipped=clipped, notes=tuple(notes))]


def _reason(error: BaseException) -> str:
    """Return libsndfile's words without the name of Python's file object."""
    text = str(getattr(error, "error_string", "") or error).strip()
    return text.rstrip(".") or type(error).__name__


def _channel(sound: Any, *, exact: bool) -> tuple[NDArray[np.int16], int]:
    """Read the first channel piece by piece: declared lengths are not to be trusted."""
    parts: list[NDArray[np.int16]] = []
    readings = clipped = 0
    while True:
        piece = sound.read(_CHUNK_FRAMES, dtype="int16" if exact else "float64", always_2d=True)
        if not len(piece):
            break
        column = piece[:, 0]
        if not exact:
            if not np.isfinite(column).all():
                raise ValueError("it holds values that are not numbers")
            clipped += int(np.count_nonzero(np.abs(column) > 1))
            column = np.clip(np.rint(column * 32768), -32768, 32767).astype(np.int16)
        parts.append(np.ascontiguousarray(column))
        readings += len(column)
        if readings > _MAX_READINGS:
            raise ValueError("it is longer than 2 ** 31 readings; cut it into parts")
    values = np.concatenate(parts) if parts else np.empty(0, np.int16)
    return values[:, np.newaxis], clipped


IMPORTER = WavImporter()
