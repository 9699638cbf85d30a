"""Readings of which each line tells a part: `temp:21.5`, then `hum:40`, then `temp:` again.

So print sketches for the Arduino plotter that say each value with its name as it comes, and
boards that send one value per line, `>temp:21.5`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, pairwise

from studio.devices.text_layout import INCOMPLETE, MOSTLY, Layout, shape

CLEAR = 8
"""Lines of one kind after which those of other kinds are no part of its readings."""
PAUSE = 2.0
"""How many times longer than the next longest the wait between two readings is."""
Labels = tuple[bytes, ...]


class Rounds:
    """Joins the lines of a reading.

    Parameters
    ----------
    starts : sequence of bytes
        The first name in each line of a reading, in order.
    """

    def __init__(self, starts: Sequence[bytes]) -> None:
        self._places = {start: place for place, start in enumerate(starts)}
        self._row: list[bytes] = []
        self._odd: list[bytes] = []
        self._next = 0

    def join(self, text: bytes) -> bytes:
        """Return a line for each reading that ended in these whole lines, and foreign lines.

        Where a line is missing or damaged, the others are joined to one that ends with
        `INCOMPLETE`.
        """
        done: list[bytes] = []
        for line in text.split(b"\n")[:-1]:
            place = self._places.get(line.partition(b":")[0].strip())
            if place is None:
                self._take_odd(line, done)
                continue
            if place < self._next or len(self._odd) >= len(self._places):
                self._end(done)
            self._row.append(line.strip())
            self._next = place + 1
            if self._next == len(self._places):
                self._end(done)
        return b"".join(line + b"\n" for line in done)

    def _take_odd(self, line: bytes, done: list[bytes]) -> None:
        """Keep a line that may be a damaged part of the reading; others are foreign."""
        if b":" in line and shape(line) is None:
            self._odd.append(line.strip())
        elif line.strip():
            done.append(line.rstrip(b"\r " + INCOMPLETE))

    def _end(self, done: list[bytes]) -> None:
        """End the reading."""
        whole = len(self._row) == len(self._places)
        if whole:
            done += [line.rstrip(INCOMPLETE) for line in self._odd]
            done.append(b";".join(self._row))
        elif self._row or self._odd:
            done.append(b";".join(self._odd + self._row) + INCOMPLETE)
        self._row, self._odd, self._next = [], [], 0


def with_rounds(layout: Layout, lines: Sequence[tuple[bytes, float]]) -> Layout | None:
    """Return the layout with all the lines that come in turn; None while that is not clear.

    Lines of one kind that come more often than the others are readings of their own.

    Parameters
    ----------
    layout : Layout
        The form of the lines that come most often.
    lines : sequence of tuple
        The lines so far, and when each came.
    """
    told = [(found[1], at_s) for line, at_s in lines if (found := shape(line)) and found[1]]
    counted = Counter(labels for labels, _ in told)
    most = max(counted.values(), default=0)
    often = [labels for labels, count in counted.items() if 2 * count > most]
    names = list(chain(*often))
    if not layout.labels or len(often) < 2 or len(set(names)) < len(names):
        return layout
    order = _in_turn([row for row in told if row[0] in often])
    if order:
        starts = tuple(labels[0] for labels in order)
        return replace(layout, columns=len(names), labels=tuple(chain(*order)), rounds=starts)
    return layout if most >= CLEAR else None


def _in_turn(told: Sequence[tuple[Labels, float]]) -> list[Labels]:
    """Return the names of lines in their order, empty if they have none.

    They begin after the pause; without one with the least name, that it is the same every time.
    """
    pairs = Counter((one, other) for (one, _), (other, _) in pairwise(told))
    follows = {one: other for (one, other), _ in reversed(pairs.most_common())}
    order = [told[0][0]]
    while (other := follows.get(order[-1])) is not None and other not in order:
        order.append(other)
    turns = sum(pairs[pair] for pair in pairwise([*order, order[0]]))
    kinds = Counter(labels for labels, _ in told[1:])
    if len(order) < len(kinds) or turns <= MOSTLY * (len(told) - 1):
        return []
    waits = dict.fromkeys(order, 0.0)
    for (_, before_s), (labels, at_s) in pairwise(told):
        waits[labels] += (at_s - before_s) / kinds[labels]
    *_, other_s, longest_s = sorted(waits.values())
    paused = longest_s > PAUSE * other_s
    start = order.index(max(order, key=lambda one: waits[one]) if paused else min(order))
    return order[start:] + order[:start]
