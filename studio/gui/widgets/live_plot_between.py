"""What the readings between two cursors of a live plot amount to, added up bit by bit.

Readings do not change: sums of whole blocks are kept, so while the signal moves on only new ones
are looked at, and never more at once than a frame has time for.
"""

from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np

from studio.gui.widgets.amounts_table import Measured
from studio.gui.widgets.live_plot_timeline import Timeline

if TYPE_CHECKING:
    from studio.services.amounts import Amounts

BLOCK = 4096
"""Readings that are added up once."""
AT_ONCE = 1 << 18
"""The most values that are looked at in one go: some milliseconds."""


class Between:
    """Adds up the readings of a timeline from one to another."""

    def __init__(self) -> None:
        self._ring: Timeline | None = None
        self._blocks: dict[int, Amounts] = {}
        self._latest: tuple[int, int, Measured] | None = None
        """From which to which reading the last answer was, and what it was."""

    def take(self, ring: Timeline, first: int, last: int) -> Measured | None:
        """Return what the readings from `first` to `last` amount to, both included.

        None if there is more to look at than fits into one go: ask again.
        """
        if ring is not self._ring:
            self._ring, self._blocks, self._latest = ring, {}, None
        if self._latest is not None and self._latest[:2] == (first, last):
            return self._latest[2]  # what was looked at stays known when it is held no more
        found = self._look(ring, first, last)
        if found is not None:
            self._latest = (first, last, found)
        return found

    def _look(self, ring: Timeline, first: int, last: int) -> Measured | None:
        from studio.services.amounts import Amounts

        if first < ring.held:
            return _bounds(ring, first, last)
        start, stop = -(-first // BLOCK), (last + 1) // BLOCK
        if start >= stop:  # no whole block
            parts = [Amounts.of(ring.values(first, last + 1))]
        else:
            blocks = range(start, stop)
            missing = [block for block in blocks if block not in self._blocks]
            most = max(1, AT_ONCE // (BLOCK * ring.n_axes))
            new = {
                block: Amounts.of(ring.values(block * BLOCK, (block + 1) * BLOCK))
                for block in missing[:most]
            }
            if first >= ring.held:  # else the writer may have come to them meanwhile
                new = {**self._blocks, **new}
                self._blocks = {block: new[block] for block in blocks if block in new}
            if len(missing) > most:
                return None
            parts = [Amounts.of(ring.values(first, start * BLOCK)), *self._blocks.values()]
            parts.append(Amounts.of(ring.values(stop * BLOCK, last + 1)))
        ends = ring.values(first, first + 1)[0], ring.values(last, last + 1)[0]
        if first < ring.held:
            return _bounds(ring, first, last)
        return Measured(*ends, reduce(add, parts), last + 1 - first)


def _bounds(ring: Timeline, first: int, last: int) -> Measured:
    """Return what is known of readings that are held no more: smallest and largest."""
    from studio.services.amounts import Amounts

    low, high = ring.envelope(first, last + 1, 1)
    unknown = np.full(ring.n_axes, np.nan)
    count = (~np.isnan(low[0])).astype(np.int64)
    amounts = Amounts(count, unknown, unknown, low[0].astype(float), high[0].astype(float))
    ends = ring.values(first, first + 1)[0], ring.values(last, last + 1)[0]
    return Measured(*ends, amounts, last + 1 - first, bounds=True)
