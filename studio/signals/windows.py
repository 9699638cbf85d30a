"""Windows of equal length from labelled spans of a recording."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError
from studio.types import Span


def windows(
    values: NDArray[Any], span: Span, *, window_readings: int, stride_readings: int
) -> NDArray[Any]:
    """Cut a span of a recording into windows.

    A span at least one window long is walked through from its start by `stride_readings`, and only
    whole windows are taken. A shorter one gives one window around the span's middle, filled with
    the readings that surround it in the recording, moved inwards at the recording's ends: what a
    board sees around a short event is what came before and after it. Only where the recording
    itself is shorter than the window are zeros put on both sides.

    Parameters
    ----------
    values : ndarray
        The recording, shape `(n_readings, n_axes)`, int16 or float32.
    span : Span
        The readings `[start, stop)` to cut.
    window_readings, stride_readings : int
        Length of a window and distance of two windows' starts, both at least 1.

    Returns
    -------
    ndarray
        Shape `(k, window_readings, n_axes)`, k >= 1, of the recording's type; a copy.

    Raises
    ------
    ConfigError
        If the span does not lie in the recording or a length is not positive.
    """
    n = len(values)
    if values.ndim != 2 or not 0 <= span.start < span.stop <= n:
        raise ConfigError(
            f"Span {span.start} to {span.stop} does not lie in a recording of {n} readings.",
            "Choose a span inside the recording.",
        )
    if window_readings < 1 or stride_readings < 1:
        raise ConfigError(
            f"A window of {window_readings} readings every {stride_readings} is not possible.",
            "Raise window length and stride to at least one reading.",
        )
    length = span.stop - span.start
    if length >= window_readings:
        starts = range(span.start, span.stop - window_readings + 1, stride_readings)
        return np.stack([values[start : start + window_readings] for start in starts])
    if n >= window_readings:
        centred = span.start - (window_readings - length) // 2
        start = min(max(centred, 0), n - window_readings)
        return np.array(values[np.newaxis, start : start + window_readings])
    padded = np.zeros((1, window_readings, values.shape[1]), values.dtype)
    before = (window_readings - n) // 2
    padded[0, before : before + n] = values
    return padded
