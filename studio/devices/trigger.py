"""When to keep a clip of a stream: a condition that comes true, with what was before it.

A trigger is pure: blocks in, clips `[start, stop)` in reading numbers out, the same whatever the
blocks' lengths. It fires at a reading at which an axis meets the condition and did not meet it
just before; what cannot be judged (the first readings, a window with a gap in it) counts as it was
judged last, and as met at the very beginning: a condition has to be seen unmet first.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError
from studio.types import Axis

KINDS = ("level", "slope", "rms", "onset")
DIRECTIONS = ("up", "down", "either")
WINDOW_MS = {"level": 0.0, "slope": 0.0, "rms": 50.0, "onset": 10.0}
"""Over how long a condition is judged, unless that is given."""
LEAST_WINDOW = 4
BEFORE = 8
"""Windows that an onset is compared with."""
LONGEST_S = 600.0
MOST_HELD = 64 << 20
"""Bytes that may be held for what was before a trigger."""
_FLOOR = 1e-12
_HOW = "Write it as KIND:THRESHOLD[:AXIS[:DIRECTION]], such as level:0.5, rms:0.2:accX, onset:12."


@dataclass(frozen=True, slots=True)
class Condition:
    """What is waited for."""

    kind: str
    """`level`: the value; `slope`: its change per second; `rms`: its strength about its mean over
    a window; `onset`: decibels by which a window is louder than the eight before it."""
    threshold: float
    axis: str = ""
    """Name of the axis; empty: any of them."""
    direction: str = "up"
    """`up`: at least the threshold; `down`: at most; `either`: at least, without the sign. For
    rms and onset only `up`."""

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Read `KIND:THRESHOLD[:AXIS[:DIRECTION]]`; the axis `any` or none means any.

        Raises
        ------
        ConfigError
            If the text says something else.
        """
        kind, _, rest = text.partition(":")
        number, *more = rest.split(":")
        try:
            threshold = float(number)
        except ValueError:
            threshold = math.nan
        if kind not in KINDS or not math.isfinite(threshold) or len(more) > 2:
            raise ConfigError(f"The trigger {text!r} cannot be understood.", _HOW)
        axis = more[0] if more and more[0] != "any" else ""
        direction = more[1] if len(more) > 1 else "up"
        allowed = DIRECTIONS if kind in ("level", "slope") else ("up",)
        if direction not in allowed:
            raise ConfigError(
                f"A trigger by {kind} has no direction {direction!r}.",
                f"Choose one of: {', '.join(allowed)}.",
            )
        if kind in ("rms", "onset") and threshold <= 0:
            raise ConfigError(
                f"A trigger by {kind} at {threshold:g} would always be met.",
                "Give a threshold above zero.",
            )
        return cls(kind, threshold, axis, direction)


@dataclass(frozen=True, slots=True)
class Timing:
    """Lengths of clips, in readings."""

    pre: int
    """Kept before the reading at which it fires."""
    post: int
    """Kept from that reading on; at least 1."""
    hold_off: int = 0
    """After a clip nothing fires for that long."""
    count: int = 0
    """Clips after which it is over; 0: none."""


class _Judge(Protocol):
    """Says which readings meet a condition, per axis."""

    late: int
    """How many readings after a reading it may be judged."""

    def feed(self, first: int, values: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return rising reading numbers `(k,)` and whether each axis met it there, `(k, axes)`.

        Readings that cannot be judged are left out.
        """


class Trigger:
    """Turns a stream into clips; see the module's description.

    Parameters
    ----------
    condition : Condition
    timing : Timing
    axes : sequence of Axis
        Of the stream.
    sample_rate_hz : float
        Of the stream.
    dtype : str
        Of the stream; one step of whole numbers is the least level there is.
    window_ms : float
        Over how long rms and onset are judged; 0: 50 and 10 ms. At least four readings.

    Raises
    ------
    ConfigError
        If there is no such axis, or the lengths cannot be.
    """

    def __init__(
        self,
        condition: Condition,
        timing: Timing,
        axes: tuple[Axis, ...],
        sample_rate_hz: float,
        *,
        dtype: str = "float32",
        window_ms: float = 0.0,
    ) -> None:
        if timing.post < 1 or timing.pre < 0 or timing.hold_off < 0:
            raise ConfigError(
                f"A clip of {timing.pre} readings before and {timing.post} after cannot be.",
                "Give lengths above zero.",
            )
        self.timing = timing
        self._columns = _columns(condition.axis, axes)
        window = round((window_ms or WINDOW_MS[condition.kind]) * sample_rate_hz / 1000)
        floor = _FLOOR if np.dtype(dtype).kind == "f" else 1.0
        self._judge = _judge(condition, max(window, LEAST_WINDOW), sample_rate_hz, floor)
        self._met = np.ones(len(axes[self._columns]), np.bool_)
        self._armed = 0
        self._stop = 0
        self.fired = 0
        """Clips begun so far."""

    @property
    def lookback(self) -> int:
        """How many readings before a block may belong to a clip that the block begins."""
        return self.timing.pre + self._judge.late

    @property
    def complete(self) -> bool:
        """Whether all clips asked for have begun."""
        return 0 < self.timing.count <= self.fired

    def feed(self, first_reading: int, values: NDArray[Any]) -> list[tuple[int, int]]:
        """Return the clips `[start, stop)` that begin with these readings.

        Parameters
        ----------
        first_reading : int
            Number of the first; a jump is a gap.
        values : ndarray, (n, n_axes)
            In any numeric type.

        Returns
        -------
        list of (int, int)
            In order, none reaching into another; their stops may lie ahead.
        """
        if not len(values) or self.complete:
            return []
        part = np.asarray(values[:, self._columns], np.float64)
        numbers, met = self._judge.feed(first_reading, part)
        if not len(numbers):
            return []
        before = np.vstack([self._met, met[:-1]])
        self._met = met[-1]
        points = numbers[(met & ~before).any(axis=1)]
        return self._clips(points.tolist())

    def _clips(self, points: list[int]) -> list[tuple[int, int]]:
        clips = []
        for point in points:
            if point < self._armed or self.complete:
                continue
            start = max(0, self._stop, point - self.timing.pre)
            self._stop = point + self.timing.post
            self._armed = self._stop + self.timing.hold_off
            self.fired += 1
            clips.append((start, self._stop))
        return clips


def _columns(axis: str, axes: tuple[Axis, ...]) -> slice:
    if not axis:
        return slice(0, len(axes))
    names = [row.name for row in axes]
    if axis not in names:
        raise ConfigError(
            f"The stream has no axis {axis!r}.", f"It has: {', '.join(names)}, or any."
        )
    place = names.index(axis)
    return slice(place, place + 1)


def _judge(condition: Condition, window: int, rate_hz: float, floor: float) -> _Judge:
    if condition.kind == "level":
        return _Level(condition)
    if condition.kind == "slope":
        return _Slope(condition, rate_hz)
    if condition.kind == "rms":
        return _Rms(condition.threshold, window)
    return _Onset(condition.threshold, window, floor)


def _beyond(condition: Condition, values: NDArray[np.float64]) -> NDArray[Any]:
    if condition.direction == "down":
        return np.asarray(values <= condition.threshold)
    if condition.direction == "either":
        values = np.abs(values)
    return np.asarray(values >= condition.threshold)


class _Level:
    """Judges each reading by itself."""

    late = 0

    def __init__(self, condition: Condition) -> None:
        self._condition = condition

    def feed(self, first: int, values: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
        return np.arange(first, first + len(values)), _beyond(self._condition, values)


class _Slope:
    """Judges each reading by the one before it."""

    late = 0

    def __init__(self, condition: Condition, rate_hz: float) -> None:
        self._condition = condition
        self._rate_hz = rate_hz
        self._last = np.empty((0, 0))
        self._next = -1

    def feed(self, first: int, values: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
        if first == self._next:
            values, first = np.vstack([self._last, values]), first - 1
        self._last, self._next = values[-1:], first + len(values)
        slopes = np.diff(values, axis=0) * self._rate_hz
        return np.arange(first + 1, self._next), _beyond(self._condition, slopes)


class _Rms:
    """Judges the window that ends with each reading."""

    late = 0

    def __init__(self, threshold: float, window: int) -> None:
        self._threshold = threshold
        self._window = window
        self._last = np.empty((0, 0))
        self._next = -1

    def feed(self, first: int, values: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
        if first == self._next:
            values, first = np.vstack([self._last, values]), first - len(self._last)
        self._next, window = first + len(values), self._window
        self._last = values[max(0, len(values) - window + 1) :]
        if len(values) < window:
            return np.empty(0, np.int64), np.empty((0, values.shape[1]), np.bool_)
        # about a value of its own, so that squares of large offsets do not cancel
        shifted = values - values[0]
        zero = np.zeros((1, values.shape[1]))
        sums = np.vstack([zero, np.cumsum(shifted, axis=0)])
        squares = np.vstack([zero, np.cumsum(shifted**2, axis=0)])
        mean = (sums[window:] - sums[:-window]) / window
        variance = (squares[window:] - squares[:-window]) / window - mean**2
        numbers = np.arange(first + window - 1, self._next)
        return numbers, np.asarray(variance >= self._threshold**2)


class _Onset:
    """Judges windows side by side, counted from reading 0, against those just before them."""

    def __init__(self, threshold: float, window: int, floor: float) -> None:
        self.late = window
        self._floor = floor
        self._threshold = threshold
        self._window = window
        self._rest = np.empty((0, 0))
        self._levels = np.empty((0, 0))
        self._next = -1

    def feed(self, first: int, values: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
        window = self._window
        if first == self._next:
            values, first = np.vstack([self._rest, values]), first - len(self._rest)
        else:
            self._levels = np.empty((0, values.shape[1]))
            skipped = -first % window
            values, first = values[skipped:], first + skipped
        whole = len(values) // window
        self._next = first + len(values)
        self._rest = values[whole * window :]
        shaped = values[: whole * window].reshape(whole, window, values.shape[1])
        fresh = 10 * np.log10(np.maximum(shaped.var(axis=1), self._floor))
        levels = np.vstack([self._levels, fresh])
        self._levels = levels[max(0, len(levels) - BEFORE) :]
        if len(levels) <= BEFORE:
            return np.empty(0, np.int64), np.empty((0, values.shape[1]), np.bool_)
        before = np.lib.stride_tricks.sliding_window_view(levels, BEFORE, axis=0)[:-1].mean(-1)
        met = levels[BEFORE:] - before >= self._threshold
        last = first // window + whole
        return np.arange(last - len(met), last) * window, np.asarray(met)
