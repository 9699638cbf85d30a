"""What a column of times says: the rate, whether they are even, and where readings are missing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.api import Gap

from .columns import Refusal

_EVEN = 0.02
"""Steps that differ by less than this part of the mean step count as even."""
_MISSING = 1.5
"""Times the usual step from which on readings are missing, where the others are even."""
_HOLE = 5.0
"""The same where they are not."""

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Timing:
    """What a column of times says."""

    rate: float
    times_s: NDArray[np.float64] | None
    """The times if they are uneven, as they would be if nothing were missing."""
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]


def timing(
    ticks: NDArray[Any], unit: float, name: str, line: Callable[[int], str], refuse: Refusal
) -> Timing:
    """Return what a column of times says.

    Parameters
    ----------
    ticks : ndarray, (n_readings,)
        The column. Times may come twice where the clock is coarse.
    unit : float
        Seconds per unit, or 0 to judge it from the steps.
    name : str
        What the column is called.
    line : callable
        Returns how people find a row, such as `line 7`.
    """
    if len(ticks) < 2:
        raise refuse("one row gives no sample rate", "Give it with --rate.")
    steps = np.diff(ticks)
    if (steps < 0).any() or ticks[-1] == ticks[0]:
        row = int(np.argmax(steps < 0 if (steps < 0).any() else steps <= 0)) + 1
        raise refuse(
            f"time does not rise at {line(row)} ({ticks[row - 1]:g}, then {ticks[row]:g})",
            "Correct the time column, or give --time-column none and --rate.",
        )
    notes: list[str] = []
    if not unit:
        unit = _unit(float(np.median(steps[steps > 0])), name, refuse)
        notes.append(f"column {name} was read as {'seconds' if unit == 1 else 'milliseconds'}")
    steps = steps.astype(np.float64)
    closed = _closed(steps, _MISSING)
    per_reading = _even(closed, steps)
    times = None
    if not per_reading:
        closed = _closed(steps, _HOLE)
        per_reading = float(closed.mean())
        times = np.concatenate(([0.0], np.cumsum(closed))) * unit
    gaps = _gaps(steps - closed, per_reading)
    if gaps:
        missing = sum(gap.missing for gap in gaps)
        notes.append(f"by column {name}, {missing} readings are missing in {len(gaps)} gaps")
    if not steps.all():
        notes.append(f"column {name} ticks more coarsely than the readings come")
    rate = 1 / (per_reading * unit)
    near = round(rate)
    if near and abs(rate / near - 1) <= (0.02 if times is not None else 0.001):
        rate = float(near)
    return Timing(_short(rate), times, gaps, tuple(notes))


def _short(rate: float) -> float:
    """Return a rate without what the sums of its times left in the last digits."""
    short = float(f"{rate:.10g}")
    return short if abs(rate / short - 1) < _ROUNDING else rate


def _unit(step: float, name: str, refuse: Refusal) -> float:
    """Return the seconds per unit of times that usually grow by so much."""
    if step == 1 or step > 1000:
        raise refuse(
            f"column {name} does not tell its unit, and grows by {step:g} from row to row",
            "Give the unit with --time-unit s, ms, us or ns.",
        )
    return 1.0 if step < 1 else 1e-3


def _closed(steps: NDArray[np.float64], most: float) -> NDArray[np.float64]:
    """Return the steps as they would be if nothing were missing.

    Parameters
    ----------
    most : float
        Times the usual step from which on readings are missing.
    """
    usual = float(np.median(steps[steps > 0]))
    return np.where(steps > most * usual, usual, steps)


def _gaps(missing: NDArray[np.float64], per_reading: float) -> tuple[Gap, ...]:
    """Return gaps where time is missing after a reading."""
    places = np.flatnonzero(missing).tolist()
    return tuple(Gap(at + 1, max(1, round(missing[at] / per_reading))) for at in places)


def _even(closed: NDArray[np.float64], steps: NDArray[np.float64]) -> float:
    """Return the time per reading if the steps are even, else 0.

    They are if a clock that ticks as coarsely as this one would show an even rate so.
    """
    mean = float(closed.mean())
    if np.abs(closed / mean - 1).max() <= _EVEN:
        return mean
    whole = np.array_equal(steps, np.rint(steps)) and steps.max() < 1 << 53
    tick = float(np.gcd.reduce(steps.astype(np.int64))) if whole else 0.0
    at = np.arange(len(closed) + 1)
    times = np.concatenate(([0.0], np.cumsum(closed)))
    slope, begin = np.polyfit(at, times, 1)
    off = times - begin - slope * at
    return float(slope) if tick and off.max() - off.min() <= 2 * tick else 0.0
