"""The loud moments of a signal, and what lies around each, for finding it again.

Sound becomes the energy in bands of frequency, ten milliseconds by ten; slow sensors stay what
they are. Neither depends on the rate of the readings, as long as it is the same for all.
"""

import numpy as np
from numpy.typing import NDArray

from studio.types import FloatArray

SOUND_HZ = 1000.0
"""From this rate on readings are taken for sound."""
MOST_RATE_HZ = 8000.0
"""Faster readings are brought down to this rate first."""
_HOP_S = 0.01
_WINDOW_S = 0.064
_BANDS = 16
_LOWEST_HZ = 100.0
_AROUND_S = 0.08
"""How much before and after a moment belongs to it, in sound."""
_AROUND_READINGS = 16
"""The same for slow sensors, in readings."""
_APART_S = 0.05
_MOST_PER_S = 14


def landmarks(values: FloatArray, rate: float) -> tuple[NDArray[np.float64], FloatArray]:
    """Return when the loud moments of a signal are, in seconds, and what lies around them.

    Parameters
    ----------
    values : ndarray
        `(n_readings, n_axes)`.
    rate : float
        Readings per second.

    Returns
    -------
    times : ndarray
        `(k,)`, rising.
    patches : ndarray
        `(k, d)`, each with mean 0 and length 1; d depends on the rate and the axes only.
    """
    sound = rate >= SOUND_HZ
    hop = round(_HOP_S * rate) if sound else 1
    reach = round(_AROUND_S * rate / hop) if sound else _AROUND_READINGS
    if sound and len(values):
        frames = np.concatenate([_bands(column, rate, hop) for column in values.T], axis=1)
    else:
        frames = _smooth(values - values.mean(axis=0)) if len(values) else values
    step = reach // 4 if sound else 1
    places = _moments(frames, rate / hop)
    patches = _patches(frames, places, reach, step, centred=not sound)
    good = np.linalg.norm(patches, axis=1) > 0
    patches = patches[good] / np.linalg.norm(patches[good], axis=1, keepdims=True)
    return places[good] * (hop / rate), patches.astype(np.float32)


def _smooth(frames: FloatArray) -> FloatArray:
    padded = np.pad(frames, ((1, 1), (0, 0)), mode="edge")
    return np.asarray((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4, np.float32)


def _bands(column: FloatArray, rate: float, hop: int) -> FloatArray:
    """Return the cube root of the energy in bands, `(frames, _BANDS)`: so faint ones count."""
    size = round(_WINDOW_S * rate)
    padded = np.pad(column - column.mean() if len(column) else column, (size // 2, size))
    count = len(column) // hop + 1
    cut = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop][:count]
    power = np.abs(np.fft.rfft(cut * np.hanning(size).astype(np.float32), axis=1)) ** 2
    edges = np.geomspace(_LOWEST_HZ, 0.45 * rate, _BANDS + 1) * size / rate
    firsts = np.maximum.accumulate(np.round(edges).astype(int))
    sums = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power, axis=1)], axis=1)
    inside = sums[:, np.maximum(firsts[1:], firsts[:-1] + 1)] - sums[:, firsts[:-1]]
    return np.asarray(np.cbrt(np.maximum(inside, 0)), np.float32)


def _moments(frames: FloatArray, per_s: float) -> NDArray[np.int64]:
    """Return the frames that are louder than all near them, the loudest if there are many."""
    energy = (frames.astype(np.float64) ** 2).sum(axis=1)
    if len(energy) < 3 or energy.max() <= 0:
        return np.empty(0, np.int64)
    apart = max(1, round(_APART_S * per_s))
    width = 2 * apart + 1
    padded = np.pad(energy, apart, constant_values=-1.0)
    around = np.lib.stride_tricks.sliding_window_view(padded, width).max(axis=1)
    peaks = np.flatnonzero((energy >= around) & (energy > 1e-3 * energy.max()))
    most = max(4, round(_MOST_PER_S * len(energy) / per_s))
    return np.sort(peaks[np.argsort(-energy[peaks], kind="stable")[:most]])


def _patches(
    frames: FloatArray, places: NDArray[np.int64], reach: int, step: int, *, centred: bool
) -> FloatArray:
    """Return means over `step` frames around each place, `(k, d)`."""
    count = 2 * reach // step
    if not len(places):
        return np.empty((0, count * frames.shape[1]), np.float32)
    padded = np.pad(frames, ((reach, reach + step), (0, 0)), mode="edge")
    sums = np.concatenate([np.zeros((1, frames.shape[1])), np.cumsum(padded, axis=0)])
    starts = places[:, None] + np.arange(count)[None, :] * step
    cells = (sums[starts + step] - sums[starts]) / step
    flat = cells - cells.mean(axis=1 if centred else (1, 2), keepdims=True)
    return np.asarray(flat.reshape(len(places), -1), np.float32)
