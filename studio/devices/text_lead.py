"""A first column that counts readings or tells their time: where readings are missing."""

import numpy as np
from numpy.typing import NDArray

from studio.devices.text_layout import Lead

_WRAPS = (1 << 8, 1 << 16, 1 << 32)
_NEAR = 16
_PAUSE_S = 0.25
_CONTRARY = 8
"""So many values in a row that fit nothing: the column does not tell what it seemed to."""


class LeadTracker:
    """Follows the column.

    Parameters
    ----------
    lead : Lead
        How it grows.
    sample_rate_hz : float
        Rate of the readings: what can have come in a while.
    """

    def __init__(self, lead: Lead, sample_rate_hz: float) -> None:
        self._lead = lead
        self._rate = sample_rate_hz
        self._wraps: set[tuple[float, float]] = set()
        self.forget()

    def forget(self) -> None:
        """Take whatever comes next as the beginning."""
        self._last: float | None = None
        self._last_s = 0.0
        self._contrary = 0

    def contrary(self, steps: NDArray[np.int64]) -> int | None:
        """Return from which place on the column contradicts itself for good, if it does.

        Parameters
        ----------
        steps : array
            What `steps` returned; to be given every time. The place is below 0 if the run of
            values that fit nothing began before.
        """
        for place, step in enumerate(steps.tolist()):
            self._contrary = 0 if step else self._contrary + 1
            if self._contrary >= _CONTRARY:
                return place + 1 - self._contrary
        return None

    def steps(
        self, column: NDArray[np.float64], at_s: float
    ) -> tuple[NDArray[np.int64], set[int]]:
        """Return by how many readings each value is later than the one before it.

        Parameters
        ----------
        column : array
            The values `(n,)` that came up to `at_s`.
        at_s : float
            Seconds of any clock that goes on.

        Returns
        -------
        tuple
            Steps, 0 for a value that is damaged or came twice; and the places at which the board
            began anew. There is one step less than values if the last value does not follow the
            one before: what it means, the next one tells; it is to be given again with that.
        """
        steps = np.ones(len(column), np.int64)
        restarts: set[int] = set()
        if not len(column):
            return steps, restarts
        begun = 0 if self._last is not None else self._beginning(column)
        steps[:begun] = 0
        if begun == len(column) - 1 and self._last is None:
            return steps[:-1], restarts
        last = float(column[begun]) - self._lead.step if self._last is None else self._last
        grown = np.diff(column, prepend=last)
        grown[:begun] = self._lead.step
        if begun:
            grown[begun] = self._lead.step
        for i in np.flatnonzero((grown < self._least) | (grown > self._lead.slack)).tolist():
            if i and steps[i - 1]:
                last = float(column[i - 1])
            value = float(column[i])
            if self._follows(last, value):
                continue
            if i + 1 == len(column):
                steps = steps[:i]
                break
            following = float(column[i + 1])
            step = self._step(last, value, at_s)
            if step < 0 and self._follows(value, following):
                if (last, value) in self._wraps and not self._paused(len(column), at_s):
                    continue  # it begins anew at the same number again: so it counts
                self._wraps.add((last, value))
                restarts.add(i)
            elif step > 0 and self._step(value, following, at_s) > 0:
                steps[i] = step
            else:
                steps[i] = 0
        if len(steps):
            self._last = float(column[len(steps) - 1]) if steps[-1] else last
            self._last_s = at_s
        return steps, restarts

    def _beginning(self, column: NDArray[np.float64]) -> int:
        """Return the place of the first value that the next one follows, else of the last."""
        grown = np.diff(column)
        follows = np.flatnonzero((grown >= self._least) & (grown <= self._lead.slack))
        return int(follows[0]) if len(follows) else len(column) - 1

    @property
    def _least(self) -> float:
        """The least growth: times may be equal, counts may not."""
        return self._lead.step if self._lead.counts else 0.0

    def _paused(self, count: int, at_s: float) -> bool:
        """Whether fewer readings came than the time since the last ones has room for."""
        return (at_s - self._last_s) * self._rate - count > max(_NEAR, _PAUSE_S * self._rate)

    def _follows(self, before: float, value: float) -> bool:
        return self._least <= value - before <= self._lead.slack

    def _step(self, before: float, value: float, at_s: float) -> int:
        """Return the step; 0 for a value seen already, -1 if the column began anew."""
        grown = value - before
        if grown == 0:
            return 0
        near = _NEAR * self._lead.step
        if grown < 0 and 0 <= value < near:
            grown += next((wrap for wrap in _WRAPS if before < wrap <= before + near), 0)
        if grown < 0:
            return -1
        step = max(1, round(grown / self._lead.step))
        most = self._rate * (at_s - self._last_s + 1.0) * 3 + 100
        # a clock that was set tells nothing of how much is missing
        return step if step <= most else 1
