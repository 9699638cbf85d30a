"""Changing the rate of a recording, always on request."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError
from studio.types import FloatArray


def _check_rate(rate_hz: float) -> None:
    if not (np.isfinite(rate_hz) and rate_hz > 0):
        raise ConfigError(f"A rate of {rate_hz:g} Hz is not possible.", "Give a positive rate.")


def resample(values: NDArray[Any], *, from_hz: float, to_hz: float) -> NDArray[Any]:
    """Change the rate of evenly spaced readings by band-limited interpolation.

    Frequencies above half of the lower rate are removed (soxr, very high quality: pass band to
    about 0.95 of it, aliases below -140 dB), and there is no delay.

    Parameters
    ----------
    values : ndarray
        Shape `(n_readings, n_axes)`, int16 or float32.
    from_hz, to_hz : float
        Rates, both positive.

    Returns
    -------
    ndarray
        Shape `(round(n_readings * to_hz / from_hz), n_axes)`, of the same type; int16 is rounded
        and held to its range.

    Raises
    ------
    ConfigError
        If a rate is not positive or the values are of another type or shape.
    """
    _check_rate(from_hz)
    _check_rate(to_hz)
    if values.ndim != 2 or values.dtype not in (np.int16, np.float32):
        raise ConfigError(
            f"Readings of shape {values.shape} and type {values.dtype} cannot be resampled.",
            "Give an array (readings, axes) of int16 or float32.",
        )
    n = round(len(values) * to_hz / from_hz)
    if from_hz == to_hz or len(values) == 0:
        return np.array(values)
    if n == 0:
        raise ConfigError(
            f"{len(values)} readings at {from_hz:g} Hz leave none at {to_hz:g} Hz.",
            "Choose a higher rate or a longer recording.",
        )
    import soxr

    exact: NDArray[np.float64] = soxr.resample(
        values.astype(np.float64), from_hz, to_hz, quality="VHQ"
    )
    # soxr may give one reading more or less than the rounded length
    exact = np.concatenate([exact, exact[-1:]])[:n] if len(exact) < n else exact[:n]
    if values.dtype == np.int16:
        return np.clip(np.rint(exact), -32768, 32767).astype(np.int16)
    return exact.astype(np.float32)


def regularise(times_s: NDArray[Any], values: NDArray[Any], rate_hz: float) -> FloatArray:
    """Bring unevenly spaced readings to an even rate by linear interpolation.

    Parameters
    ----------
    times_s : ndarray
        When each reading was taken, in seconds, shape `(n,)`, not falling. Of readings with the
        same time the last one counts.
    values : ndarray
        Shape `(n, n_axes)`.
    rate_hz : float
        The even rate.

    Returns
    -------
    ndarray
        Float32, shape `(m, n_axes)`: readings at times_s[0] + i / rate_hz up to the last time.

    Raises
    ------
    ConfigError
        If times fall or are not finite, lengths differ, or there are fewer than two readings.
    """
    _check_rate(rate_hz)
    times = np.asarray(times_s, np.float64)
    if values.ndim != 2 or times.shape != (len(values),) or len(times) < 2:
        raise ConfigError(
            f"{times.size} times do not fit readings of shape {values.shape}.",
            "Give one time per reading and at least two readings.",
        )
    steps = np.diff(times)
    if not np.isfinite(times).all() or (steps < 0).any():
        bad = int(np.argmax(~np.isfinite(times[1:]) | ~(steps >= 0))) + 1
        raise ConfigError(
            f"The time of reading {bad} is {times[bad]:g} s, before the one in front of it.",
            "Sort the readings by time, or import the takes one by one.",
        )
    kept = np.append(steps > 0, True)
    times, kept_values = times[kept], np.asarray(values, np.float64)[kept]
    # the small allowance keeps a last reading whose time was rounded down in the file
    count = int(np.floor((times[-1] - times[0]) * rate_hz + 1e-3)) + 1
    wanted = times[0] + np.arange(count) / rate_hz
    columns = [np.interp(wanted, times, column) for column in kept_values.T]
    return np.stack(columns, axis=1).astype(np.float32)
