"""The energy of a signal over time and frequency, as shades ready to be drawn."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RANGE_DB = 80.0
"""From the darkest shade to the brightest one."""
MOST_FRAMES = 6144
"""The most windows that one picture looks at."""
MOST_ROWS = 512
_SOUND_HZ = 1000.0
_SOUND_S, _SENSOR_S = 0.032, 0.64
_LEAST, _MOST = 16, 2048
_CHUNK = 512
_FLOOR = 1e-14


@dataclass(frozen=True, slots=True)
class Spectrogram:
    """A picture of `[start, stop)`."""

    shades: NDArray[np.uint8]
    """`(rows, columns)`: the highest frequency first; 255 is `top_db`."""
    start: int
    stop: int
    top_hz: float
    top_db: float
    """Of sound, 0 dB is a sine wave of full scale; else one of amplitude 1 in the axis's unit."""
    window: int
    """Readings in a window."""
    overlap: float
    """Share of a window that the next one has too; below 0 some readings are in none."""


class Spectrograph:
    """Takes such pictures of one recording, all on the same scale.

    Parameters
    ----------
    values : ndarray
        `(n_readings, n_axes)`.
    rate : float
        Readings per second.
    axes : list of int
        Whose energy is added up.
    scale : float
        What readings are multiplied with.
    """

    def __init__(self, values: NDArray[Any], rate: float, axes: list[int], scale: float) -> None:
        self._values, self._rate, self._axes, self._scale = values, rate, axes, scale
        seconds = _SOUND_S if rate >= _SOUND_HZ else _SENSOR_S
        wanted = 2 ** round(math.log2(max(1.0, seconds * rate)))
        fits = 2 ** int(math.log2(max(1, len(values))))
        self.window = max(1, min(max(wanted, _LEAST), _MOST, fits))
        self._hann = np.hanning(self.window + 2)[1:-1].astype(np.float32)
        self._top: float | None = None

    def picture(self, start: int, stop: int, columns: int) -> Spectrogram:
        """Return a picture of `[start, stop)` of at most so many columns."""
        if self._top is None:
            found = self._powers(0, len(self._values), MOST_FRAMES // 8).max()
            self._top = 10.0 * math.ceil(float(10 * np.log10(max(found, _FLOOR))) / 10)
        span = max(1, stop - start)
        frames = min(MOST_FRAMES, max(1, math.ceil(4 * span / self.window)))
        power = self._powers(start, stop, frames)
        if frames > columns:
            heads = np.linspace(0, frames, columns + 1).astype(int)[:-1]
            power = np.maximum.reduceat(power, heads, axis=0)
        if power.shape[1] > MOST_ROWS:
            power = np.maximum.reduceat(power, np.arange(0, power.shape[1], 2), axis=1)
        decibel = 10 * np.log10(np.maximum(power, _FLOOR))
        shades = np.clip((decibel - self._top) / RANGE_DB + 1, 0, 1) * 255
        return Spectrogram(
            np.ascontiguousarray(shades.astype(np.uint8).T[::-1]),
            start,
            stop,
            self._rate / 2,
            self._top,
            self.window,
            1 - span / frames / self.window,
        )

    def _powers(self, start: int, stop: int, frames: int) -> NDArray[np.float32]:
        """Return the squared amplitudes in evenly spaced windows, `(frames, frequencies)`."""
        size, count = self.window, len(self._values)
        middles = start + (np.arange(frames) + 0.5) * (stop - start) / frames
        firsts = np.clip((middles - size / 2).astype(np.int64), 0, max(0, count - size))
        factor = (2 * self._scale / self._hann.sum()) ** 2
        result = np.zeros((frames, size // 2 + 1), np.float32)
        for begin in range(0, frames, _CHUNK):
            places = firsts[begin : begin + _CHUNK, None] + np.arange(size)
            for axis in self._axes:
                cut = np.asarray(self._values[:, axis][places], np.float32)
                cut -= cut.mean(axis=1, keepdims=True)
                spectrum = np.fft.rfft(cut * self._hann, axis=1)
                result[begin : begin + _CHUNK] += (np.abs(spectrum) ** 2 * factor).astype("f4")
        return result
