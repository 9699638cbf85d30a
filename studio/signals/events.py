"""Cutting a recording into parts: windows of equal length, or what stands out in it.

All functions walk through the readings in chunks, so recordings of hours may be memory-mapped;
what is kept is one level per analysis frame, or the events themselves.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError
from studio.params import param

CHUNK = 1 << 18
"""Readings looked at at once."""

FINDERS = ("energy", "threshold", "peaks", "onset")
_FLOOR = 1e-12
"""Smallest mean square, so that silence has a level in decibel; of int16 one step counts."""
_BEFORE = 4
"""Frames that an onset is compared with."""
_FRAME = 16
"""Least readings in a frame: the level of fewer says little, even of steady noise."""
_LONGEST_MS = 3_600_000.0
_QUIET = 20.0
"""Percentile of the frames' levels that counts as the background."""


@dataclass(frozen=True, slots=True)
class EventSettings:
    """What counts as an event, and how much around it is taken."""

    kind: str = param(
        "energy",
        "What to look for",
        help="energy: louder than the background; threshold: values beyond a level; peaks: the "
        "highest points; onset: sudden beginnings",
        choices=FINDERS,
    )
    threshold: float = param(
        10.0,
        "Threshold",
        help="energy, peaks, onset: decibels above the background (onset: above what was just "
        "before); threshold: distance from the recording's mean in its own units",
        low=0.0,
        high=1e9,
    )
    frame_ms: float = param(
        20.0,
        "Analysis frame",
        units="ms",
        low=0.01,
        high=60_000.0,
        help="at least 16 readings; not for threshold",
    )
    shortest_ms: float = param(50.0, "Shortest event", units="ms", low=0.0, high=_LONGEST_MS)
    join_ms: float = param(
        100.0,
        "Join events closer than this",
        units="ms",
        low=0.0,
        high=_LONGEST_MS,
        help="for peaks and onset: the least distance of two",
    )
    before_ms: float = param(0.0, "Take before", units="ms", low=0.0, high=_LONGEST_MS)
    after_ms: float = param(0.0, "Take after", units="ms", low=0.0, high=_LONGEST_MS)
    length_ms: float = param(
        0.0,
        "Length",
        units="ms",
        low=0.0,
        high=_LONGEST_MS,
        help="all events get this length around their middle; 0 leaves them as they are",
    )


def equal_parts(
    start: int, stop: int, *, length: int, stride: int, keep_rest: bool = False
) -> list[tuple[int, int]]:
    """Cut the readings `[start, stop)` into parts of equal length.

    Parameters
    ----------
    length, stride : int
        Readings in a part, and from one's start to the next one's; both at least 1.
    keep_rest : bool
        Whether the shorter part that is left at the end is taken too.

    Returns
    -------
    list of (int, int)
        `[start, stop)` of each.

    Raises
    ------
    ConfigError
        If a length is not positive.
    """
    if length < 1 or stride < 1:
        raise ConfigError(
            f"Parts of {length} readings every {stride} are not possible.",
            "Raise length and stride to at least one reading.",
        )
    parts = [(at, at + length) for at in range(start, stop - length + 1, stride)]
    covered = parts[-1][1] if parts else start
    following = parts[-1][0] + stride if parts else start
    if keep_rest and covered < stop and following < stop:
        parts.append((following, stop))
    return parts


def find_events(
    values: NDArray[np.generic], sample_rate_hz: float, settings: EventSettings
) -> list[tuple[int, int]]:
    """Return where something happens in a recording.

    Parameters
    ----------
    values : ndarray, (n_readings, n_axes)
        Int16 or float32, perhaps memory-mapped; all axes count together.
    sample_rate_hz : float
        Readings per second.

    Returns
    -------
    list of (int, int)
        `[start, stop)` in readings, in order, within the recording.

    Raises
    ------
    ConfigError
        If the readings have another shape.
    """
    if values.ndim != 2:
        raise ConfigError(
            f"Readings of shape {values.shape} cannot be searched.",
            "Give an array (readings, axes).",
        )
    if not len(values):
        return []
    timing = _Timing.of(settings, sample_rate_hz)
    if settings.kind == "threshold":
        found = _joined(_beyond(values, settings.threshold), timing.join)
        return _widened(found, timing, len(values))
    frame = max(_FRAME, round(settings.frame_ms * sample_rate_hz / 1000))
    levels = frame_levels(values, frame)
    if settings.kind == "energy":
        loud = levels >= np.percentile(levels, _QUIET) + settings.threshold
        spans = [(a * frame, min(b * frame, len(values))) for a, b in _runs(loud)]
        return _widened(_joined(iter(spans), timing.join), timing, len(values))
    pick = _peaks if settings.kind == "peaks" else _onsets
    points = pick(levels, settings.threshold, max(1, math.ceil(timing.join / frame)))
    return _around(points, frame, timing, len(values))


@dataclass(frozen=True, slots=True)
class _Timing:
    """The settings' times in readings."""

    shortest: int
    join: int
    before: int
    after: int
    length: int

    @classmethod
    def of(cls, settings: EventSettings, rate: float) -> "_Timing":
        return cls(
            *(
                round(each * rate / 1000)
                for each in (
                    settings.shortest_ms,
                    settings.join_ms,
                    settings.before_ms,
                    settings.after_ms,
                    settings.length_ms,
                )
            )
        )


def frame_levels(values: NDArray[np.generic], frame: int) -> NDArray[np.float32]:
    """Return the level of each frame in decibel: mean square about the frame's own mean.

    Full scale of int16 counts as 1. All axes are added up; a last, shorter frame counts too.

    Parameters
    ----------
    values : ndarray, (n_readings, n_axes)
        The recording.
    frame : int
        Readings in a frame.

    Returns
    -------
    ndarray, (ceil(n_readings / frame),), float32
        At least -120 dB, of int16 -90 dB.
    """
    scale, floor = (1 / 32768, 1 / 32768**2) if values.dtype == np.int16 else (1.0, _FLOOR)
    per_chunk = max(1, CHUNK // frame)
    parts = []
    for first in range(0, len(values), per_chunk * frame):
        part = np.asarray(values[first : first + per_chunk * frame], np.float64) * scale
        whole = len(part) // frame
        if whole:
            shaped = part[: whole * frame].reshape(whole, frame, -1)
            parts.append(shaped.var(axis=1).sum(axis=1))
        if len(part) > whole * frame:
            parts.append(part[whole * frame :].var(axis=0).sum(keepdims=True))
    squares = np.maximum(np.concatenate(parts), floor)
    levels: NDArray[np.float32] = (10 * np.log10(squares)).astype(np.float32)
    return levels


def _beyond(values: NDArray[np.generic], level: float) -> Iterator[tuple[int, int]]:
    """Yield the stretches in which any axis is at least `level` away from its mean."""
    total = np.zeros(values.shape[1])
    for first in range(0, len(values), CHUNK):
        total += np.asarray(values[first : first + CHUNK]).sum(axis=0, dtype=np.float64)
    mean = total / len(values)
    begun = -1
    for first in range(0, len(values), CHUNK):
        part = np.asarray(values[first : first + CHUNK], np.float64)
        beyond: NDArray[np.bool_] = np.any(np.abs(part - mean) >= level, axis=1)
        if begun >= 0 and not beyond[0]:
            yield begun, first
            begun = -1
        for start, stop in _runs(beyond):
            begun = first + start if begun < 0 else begun
            if stop < len(part):
                yield begun, first + stop
                begun = -1
    if begun >= 0:
        yield begun, len(values)


def _runs(active: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where values are true, as `[start, stop)`."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], active, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _joined(spans: Iterator[tuple[int, int]], distance: int) -> list[tuple[int, int]]:
    """Join spans that are less than `distance` apart."""
    result: list[tuple[int, int]] = []
    for start, stop in spans:
        if result and start - result[-1][1] < distance:
            result[-1] = (result[-1][0], stop)
        else:
            result.append((start, stop))
    return result


def _widened(spans: list[tuple[int, int]], timing: _Timing, n: int) -> list[tuple[int, int]]:
    """Leave out what is too short, and take what belongs before and after."""
    kept = [(a, b) for a, b in spans if b - a >= max(1, timing.shortest)]
    if timing.length:
        return [_centred((a + b) // 2, timing.length, n) for a, b in kept]
    wide = ((max(0, a - timing.before), min(n, b + timing.after)) for a, b in kept)
    return _joined(wide, 0)


def _around(points: list[int], frame: int, timing: _Timing, n: int) -> list[tuple[int, int]]:
    """Return the surroundings of points, given in frames; none reaches into the next one."""
    if not points:
        return []
    places = [min(point * frame, n - 1) for point in points]
    if timing.length:
        return [_centred(place + frame // 2, timing.length, n) for place in places]
    before = timing.before
    after = max(timing.after, timing.shortest, frame)
    starts = [max(0, place - before) for place in places]
    ends = [*starts[1:], n]
    return [
        (start, max(start + 1, min(place + after, end, n)))
        for start, place, end in zip(starts, places, ends, strict=True)
    ]


def _centred(middle: int, length: int, n: int) -> tuple[int, int]:
    """Return a span of a length around a reading, moved inwards at the recording's ends."""
    start = min(max(0, middle - length // 2), max(0, n - length))
    return start, min(n, start + length)


def _peaks(levels: NDArray[np.float32], threshold: float, distance: int) -> list[int]:
    """Return the frames that are highest within `distance`, the highest first considered."""
    floor = float(np.percentile(levels, _QUIET))
    return _strongest(levels, levels >= floor + threshold, distance)


def _onsets(levels: NDArray[np.float32], threshold: float, distance: int) -> list[int]:
    """Return the frames that rise most above the mean of the frames just before them."""
    padded = np.concatenate([np.full(_BEFORE, levels[0]), levels]).astype(np.float64)
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    before = (sums[_BEFORE:-1] - sums[: -_BEFORE - 1]) / _BEFORE
    rise = (levels - before).astype(np.float32)
    return _strongest(rise, rise >= threshold, max(distance, _BEFORE))


def _strongest(
    strength: NDArray[np.float32], candidates: NDArray[np.bool_], distance: int
) -> list[int]:
    """Return candidates by strength, each at least `distance` from the ones before; in order."""
    places = np.flatnonzero(candidates)
    order = places[np.argsort(-strength[places], kind="stable")]
    free = np.ones(len(strength), np.bool_)
    chosen = []
    for place in order.tolist():
        if free[place]:
            chosen.append(place)
            free[max(0, place - distance + 1) : place + distance] = False
    return sorted(chosen)
