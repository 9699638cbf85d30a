"""Mains hum: lines at 50 or 60 Hz and their multiples that stand out all along a recording."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAINS_HZ = (50.0, 60.0)
SEGMENT_S = 2.0
LEAST_S = 6.0
"""Shorter recordings say nothing: any tone of a word or a motor may stay that long."""
LEAST_RATE_HZ = 150.0
"""Below it neither line is clear of the highest frequency there is."""
_MOST_SEGMENTS = 24
_MOST_HARMONIC = 6
_LINE_HZ = 1.0
_CLEAR_HZ = 2.0
_BESIDE_HZ = 6.0
_STANDS_OUT = 4.0
"""A line's power over that of its surroundings, per bin, on average."""
_PART = 25.0
_STAYS = 0.5
"""In three quarters of the segments it is at least this part of that."""
_ALONE = 30.0
"""The same for a line that could have no second one below the highest frequency."""
_OFF_HZ = 0.3


@dataclass(frozen=True, slots=True)
class Hum:
    """Hum on one axis."""

    mains_hz: float
    share: float
    """Its part of the signal's power about the mean, 0..1."""
    lines_hz: tuple[float, ...]


def find_hum(values: NDArray[Any], axis: int, sample_rate_hz: float) -> Hum | None:
    """Return the hum on an axis of `(n, n_axes)` readings; None if there is none to be sure of.

    At most 24 stretches of 2 s are looked at, however long the recording is.
    """
    length = round(SEGMENT_S * sample_rate_hz)
    if sample_rate_hz < LEAST_RATE_HZ or len(values) < LEAST_S * sample_rate_hz:
        return None
    count = min(_MOST_SEGMENTS, len(values) // length)
    starts = np.linspace(0, len(values) - length, count).astype(int)
    window = np.hanning(length)
    spectra = np.stack([_power(values[start : start + length, axis], window) for start in starts])
    hertz = np.arange(spectra.shape[1]) * sample_rate_hz / length
    found = [_lines(spectra, hertz, mains, sample_rate_hz) for mains in MAINS_HZ]
    return max((one for one in found if one is not None), key=lambda one: one.share, default=None)


def _power(values: NDArray[Any], window: NDArray[np.float64]) -> NDArray[np.float64]:
    column = np.nan_to_num(np.asarray(values, np.float64), posinf=0.0, neginf=0.0)
    spectrum = np.fft.rfft((column - column.mean()) * window)
    return np.asarray(spectrum.real**2 + spectrum.imag**2)


def _lines(
    spectra: NDArray[np.float64], hertz: NDArray[np.float64], mains: float, rate: float
) -> Hum | None:
    """Return the hum of one mains frequency."""
    highest = rate / 2 - _BESIDE_HZ
    multiples = [mains * k for k in range(1, _MOST_HARMONIC + 1) if mains * k < highest]
    if not multiples:
        return None
    least = _STANDS_OUT if len(multiples) > 1 else _ALONE
    lines = [one for one in multiples if _stands_out(spectra, hertz, one, least)]
    if len(lines) < min(2, len(multiples)) or not {mains, 2 * mains} & set(lines):
        return None
    total = float(spectra[:, hertz >= _CLEAR_HZ / 2].sum())
    share = sum(_excess(spectra, hertz, one) for one in lines) / max(total, 1e-300)
    return Hum(mains, min(1.0, share), tuple(lines))


def _around(hertz: NDArray[np.float64], line: float) -> tuple[NDArray[Any], NDArray[Any]]:
    away = np.abs(hertz - line)
    return away <= _LINE_HZ, (away >= _CLEAR_HZ) & (away <= _BESIDE_HZ)


def _stands_out(
    spectra: NDArray[np.float64], hertz: NDArray[np.float64], line: float, least: float
) -> bool:
    at, beside = _around(hertz, line)
    floor = np.maximum(spectra[:, beside].mean(axis=1), 1e-300)
    ratios = spectra[:, at].mean(axis=1) / floor
    if ratios.mean() < least or np.percentile(ratios, _PART) < _STAYS * least:
        return False
    mean = spectra[:, at].mean(axis=0)
    return bool(abs(float(mean @ hertz[at] / mean.sum()) - line) <= _OFF_HZ)


def _excess(spectra: NDArray[np.float64], hertz: NDArray[np.float64], line: float) -> float:
    """Return the power of a line without that of its surroundings."""
    at, beside = _around(hertz, line)
    floor = spectra[:, beside].mean(axis=1, keepdims=True)
    return float(np.maximum(spectra[:, at] - floor, 0.0).sum())


def words(hum: Hum) -> str:
    """Name the lines: `50, 100 and 150 Hz`."""
    return joined([f"{line:g}" for line in hum.lines_hz]) + " Hz"


def joined(parts: Sequence[str]) -> str:
    """Join words as people do."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
