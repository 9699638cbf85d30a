"""Where something begins or ends in a signal, to the reading, for edges to snap to."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.signals import EventSettings, find_events

MOST = 1 << 21
"""In longer stretches a pixel is wider than what edges could snap to: none are looked for."""
_FRAME_MS = 10.0
_LEAST_FRAME = 16
_AROUND = 2
"""Frames on either side in which the exact reading is looked for."""
_ENERGY = EventSettings("energy", 8.0, _FRAME_MS, 20.0, 60.0)
_ONSET = EventSettings("onset", 8.0, _FRAME_MS, 20.0, 60.0)


def onsets(values: NDArray[Any], rate: float, start: int, stop: int) -> NDArray[np.int64]:
    """Return the readings in `[start, stop)` at which the signal gets louder or falls silent.

    Parameters
    ----------
    values : ndarray
        `(n_readings, n_axes)`, perhaps memory-mapped.
    rate : float
        Readings per second.
    """
    start, stop = max(0, start), min(stop, len(values))
    frame = max(_LEAST_FRAME, round(_FRAME_MS * rate / 1000))
    if not 4 * frame < stop - start <= MOST:
        return np.empty(0, np.int64)
    part = values[start:stop]
    loud = find_events(part, rate, _ENERGY)
    places = {place for pair in loud for place in pair}
    places |= {first for first, _ in find_events(part, rate, _ONSET)}
    signal = np.asarray(part, np.float64)
    reach = _AROUND * frame
    found = {
        _change(signal, place - reach, place + reach)
        for place in places
        if 0 < place < len(signal)
    }
    return np.array(sorted(start + place for place in found), np.int64)


def _change(signal: NDArray[np.float64], low: int, high: int) -> int:
    """Return the reading that best parts `[low, high)` into a quiet and a loud side."""
    low, high = max(0, low), min(high, len(signal))
    part = signal[low:high]
    energy = ((part - np.median(part, axis=0)) ** 2).sum(axis=1)
    sums = np.cumsum(energy)
    before = np.arange(2, len(part) - 1)
    after = len(part) - before
    tiny = 1e-9 * max(float(sums[-1]), 1e-30)
    left = np.log((sums[before - 1] + tiny) / before)
    right = np.log((sums[-1] - sums[before - 1] + tiny) / after)
    return low + int(before[np.argmin(before * left + after * right)])
