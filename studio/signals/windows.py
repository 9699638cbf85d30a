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
    starts = window_starts(
        len(values), span, window_readings=window_readings, stride_readings=stride_readings
    )
    if values.ndim != 2:
        raise ConfigError(
            f"Readings of shape {values.shape} cannot be cut into windows.",
            "Give an array (readings, axes).",
        )
    if len(values) >= window_readings:
        return np.stack([values[start : start + window_readings] for start in starts])
    padded = np.zeros((1, window_readings, values.shape[1]), values.dtype)
    padded[0, -starts[0] : len(values) - starts[0]] = values
    return padded


def window_starts(
    n_readings: int, span: Span, *, window_readings: int, stride_readings: int
) -> list[int]:
    """Return where the windows of a span begin, in a recording of `n_readings`; see `windows`.

    Negative if the recording is shorter than the window: so many zeros are put before it.

    Raises
    ------
    ConfigError
        If the span does not lie in the recording or a length is not positive.
    """
    if not 0 <= span.start < span.stop <= n_readings:
        raise ConfigError(
            f"Span {span.start} to {span.stop} does not lie in a recording of {n_readings} "
            "readings.",
            "Choose a span inside the recording.",
        )
    if window_readings < 1 or stride_readings < 1:
        raise ConfigError(
            f"A window of {window_readings} readings every {stride_readings} is not possible.",
            "Raise window length and stride to at least one reading.",
        )
    length = span.stop - span.start
    if length >= window_readings:
        return list(range(span.start, span.stop - window_readings + 1, stride_readings))
    if n_readings >= window_readings:
        centred = span.start - (window_readings - length) // 2
        return [min(max(centred, 0), n_readings - window_readings)]
    return [-((window_readings - n_readings) // 2)]
