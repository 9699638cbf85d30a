"""Windows of equal length from labelled spans of a recording."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError
from studio.types import Gap, Span


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


def stretches(n_readings: int, gaps: Sequence[Gap]) -> list[tuple[int, int]]:
    """Return `[start, stop)` of each part of a recording in which no reading is missing."""
    edges = sorted({0, n_readings, *(gap.at for gap in gaps if 0 < gap.at < n_readings)})
    return list(pairwise(edges))


def window_starts(
    n_readings: int,
    span: Span,
    *,
    window_readings: int,
    stride_readings: int,
    gaps: Sequence[Gap] = (),
) -> list[int]:
    """Return where the windows of a span begin, in a recording of `n_readings`; see `windows`.

    No window lies over a gap: what is long enough is walked through from each gap again, and a
    short span is centred between the gaps around its middle. A short span gives no window if less
    than a window was recorded there; one is negative if the whole recording is shorter than the
    window: so many zeros are put before it.

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
    check_lengths(window_readings, stride_readings)
    length = span.stop - span.start
    whole = stretches(n_readings, gaps)
    if length >= window_readings:
        return [
            start
            for first, stop in whole
            for start in range(
                max(first, span.start),
                min(stop, span.stop) - window_readings + 1,
                stride_readings,
            )
        ]
    if len(whole) == 1 and n_readings < window_readings:
        return [-((window_readings - n_readings) // 2)]
    middle = (span.start + span.stop) // 2
    first, stop = next(one for one in whole if one[0] <= middle < one[1])
    if stop - first < window_readings:
        return []
    centred = span.start - (window_readings - length) // 2
    return [min(max(centred, first), stop - window_readings)]


def check_lengths(window_readings: int, stride_readings: int) -> None:
    """Raise `ConfigError` for a window or a stride without a reading."""
    if window_readings < 1 or stride_readings < 1:
        raise ConfigError(
            f"A window of {window_readings} readings every {stride_readings} is not possible.",
            "Raise window length and stride to at least one reading.",
        )
