"""The scale of a live plot: round steps, and it moves only for a reason.

It grows at once to the next step of 1, 2 or 5 when the signal leaves it, and shrinks only after
three seconds in which less than half of it was used. Locked, it stays.
"""

import math

from studio.gui.texts import grouped
from studio.gui.widgets.axis_words import FULL_SCALE
from studio.gui.widgets.plots import reach_of

PATIENCE_S = 3.0
_STEPS = 4


class SteadyScale:
    """From `low` to `high`; `sound` is never more than 16 bits have."""

    def __init__(self, *, sound: bool = False) -> None:
        self.low, self.high = -1.0, 1.0
        self.locked = False
        self._sound = sound
        self._fresh = True
        self._idle_since: float | None = None

    def follow(self, low: float, high: float, now_s: float) -> bool:
        """Suit a signal between these values; return whether the scale changed."""
        if self.locked or not (math.isfinite(low) and math.isfinite(high)):
            return False
        wanted = self._wanted(low, high)
        if self._fresh or low < self.low or high > self.high:
            return self._become(wanted)
        if wanted[1] - wanted[0] > 0.5 * (self.high - self.low):
            self._idle_since = None
            return False
        self._idle_since = now_s if self._idle_since is None else self._idle_since
        return now_s - self._idle_since >= PATIENCE_S and self._become(wanted)

    def _become(self, wanted: tuple[float, float]) -> bool:
        changed = wanted != (self.low, self.high)
        self.low, self.high = wanted
        self._fresh, self._idle_since = False, None
        return changed

    def _wanted(self, low: float, high: float) -> tuple[float, float]:
        if self._sound:
            reach = min(FULL_SCALE, max(100.0, reach_of(max(-low, high))))
            return -reach, reach
        return round_range(low, high)

    def start_over(self) -> None:
        """Take the next signal as it comes."""
        self._fresh, self._idle_since = True, None

    def zoom(self, factor: float) -> None:
        """Make the range wider or narrower by hand, which locks it."""
        middle = (self.low + self.high) / 2 if self.low * self.high > 0 else 0.0
        self.low = middle + (self.low - middle) * factor
        self.high = middle + (self.high - middle) * factor
        self.locked = True


def round_range(low: float, high: float) -> tuple[float, float]:
    """Return a range of round ends about values; with zero in it unless they are far from it."""
    reach = max(abs(low), abs(high))
    if reach == 0:
        return -1.0, 1.0
    if low * high > 0 and high - low < reach / 5:
        step = reach_of(max((high - low) / _STEPS, reach * 1e-3))
        bottom, top = math.floor(low / step) * step, math.ceil(high / step) * step
        return bottom, top if top > bottom else bottom + step
    reach = reach_of(reach)
    return (0.0 if low >= 0 else -reach), (0.0 if high <= 0 else reach)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return round places between two values, at most about `most`."""
    step = reach_of((high - low) / max(1, most))
    first = math.ceil(low / step - 1e-6)
    return [place * step for place in range(first, math.floor(high / step + 1e-6) + 1)]


def figure(value: float, step: float) -> str:
    """Return a tick's or read-out's number with the digits that its step needs."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    near = round(value, digits) or 0.0  # never a zero with a sign
    return grouped(near, f".{min(digits, 9)}f")
