"""Labels that a person gives while a stream is recorded: at which reading each begins."""

import itertools
import json
import math
import queue
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.capture_log import note_mark
from studio.devices.rate import Rate
from studio.devices.source import Block
from studio.devices.stages import Emit

HELD = 4096
"""Blocks whose numbers are remembered; a mark is never older."""
PATIENCE_S = 1.0
"""How long a mark waits for its reading to come."""
GAPS = 32
"""So many of the latest arrivals tell how far apart they usually are; one in ten may be late."""
FEW_GAPS = 5
LATE_S = 0.05
"""Arrivals are late by so much now and then, as a computer is busy."""


@dataclass(frozen=True, slots=True)
class Mark:
    """From `at_s` (monotonic clock) on the label holds; an empty one ends the one before."""

    label: str
    at_s: float

    @classmethod
    def read(cls, line: str) -> "Mark | None":
        """Return what a line `{"mark": "left", "at_s": 12.5}` says; None for any other line."""
        try:
            data = json.loads(line)
            mark = cls(str(data["mark"]), float(data["at_s"]))
        except (ValueError, TypeError, KeyError):
            return None
        return mark if math.isfinite(mark.at_s) else None

    def line(self) -> str:
        """Return the line that says it."""
        return json.dumps({"mark": self.label, "at_s": self.at_s})


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Up to `at_s` all readings below the number `end` had come."""

    at_s: float
    end: int


class MarkStage:
    """Finds the reading of each mark, by when reading 0 was taken and the measured rate.

    Boards pause and change their rate. So what had come when the mark was given was taken before
    it, and the number is at most `LATE_S` from the one that is counted back from the arrivals
    that come next. As long as begin and rate are not known, the mark is at the reading that comes
    next.

    Parameters
    ----------
    emit : callable
        Gets `mark`: `label` and `at`, the index within the recording (lost readings do not count).
    marks : queue.SimpleQueue
        From which marks are taken.
    log : Path, optional
        Beside which marks are kept at once.
    begun, rate : callable
        When reading 0 was taken and how sure that is, and the measured rate; None while unknown.
    """

    def __init__(
        self,
        emit: Emit,
        marks: "queue.SimpleQueue[Mark]",
        *,
        log: Path | None = None,
        begun: Callable[[], tuple[float, float] | None],
        rate: Callable[[], Rate | None],
    ) -> None:
        self._emit = emit
        self._marks = marks
        self._log = log
        self._begun = begun
        self._rate = rate
        self._blocks: deque[tuple[int, int, int]] = deque(maxlen=HELD)
        self._arrivals: deque[_Arrival] = deque(maxlen=HELD)
        self._kept = self._next = self._last = 0
        self._waiting: deque[Mark] = deque()

    def take(self, block: Block) -> None:
        """Note the numbers of readings."""
        count = len(block.values)
        self._blocks.append((block.first_reading, self._kept, count))
        self._kept += count
        self._next = block.first_reading + count

    def tick(self, now_s: float) -> None:
        """Tell of marks whose reading has come; what was taken since the last call came now."""
        if self._next > (self._arrivals[-1].end if self._arrivals else 0):
            self._arrivals.append(_Arrival(now_s, self._next))
        while not self._marks.empty():
            self._waiting.append(self._marks.get())
        while self._waiting and self._kept:
            number = self._number(self._waiting[0].at_s, now_s)
            if number is None:
                break
            mark = self._waiting.popleft()
            self._last = max(self._last, self._index(number))
            if self._log is not None:
                note_mark(self._log, mark.label, self._last)
            self._emit("mark", label=mark.label, at=self._last)

    def _number(self, at_s: float, now_s: float) -> int | None:
        """Return the number in the stream of the reading at a time; None: wait for it."""
        begun, rate = self._begun(), self._rate()
        if begun is None or rate is None:
            return self._next
        number = max(0, round((at_s - begun[0]) * rate.rate_hz))
        late = LATE_S * rate.rate_hz
        before, after = self._around(at_s)
        if not after and (before - late <= number <= before or now_s >= at_s + PATIENCE_S):
            return before
        if not after:
            return None
        until_s = min(after[0].at_s + self._usual_gap_s(), at_s + PATIENCE_S)
        if math.isinf(after[0].at_s):  # it came at the end, nobody knows when
            return max(before, min(number, after[0].end))
        came = [row for row in after if row.at_s <= max(until_s, after[0].at_s)]
        counted = max(row.end - (row.at_s - at_s) * rate.rate_hz for row in came)
        if now_s < until_s and number > min(self._next, counted + late):
            return None
        return max(before, round(min(max(number, counted - late), counted + late)))

    def _around(self, at_s: float) -> tuple[int, list[_Arrival]]:
        """Return how many readings had come at a time, and the arrivals after it."""
        after: list[_Arrival] = []
        for arrival in reversed(self._arrivals):
            if arrival.at_s <= at_s:
                return arrival.end, after[::-1]
            after.append(arrival)
        return 0, after[::-1]

    def _usual_gap_s(self) -> float:
        """Return how far apart arrivals are at most, but for the rare late one."""
        latest = list(itertools.islice(reversed(self._arrivals), GAPS + 1))
        gaps = sorted(later.at_s - sooner.at_s for later, sooner in itertools.pairwise(latest))
        if len(gaps) < FEW_GAPS:
            return PATIENCE_S
        return max(gaps[-1 - len(gaps) // 10], LATE_S)

    def _index(self, number: int) -> int:
        """Return where a reading is among those kept."""
        for first, index, count in reversed(self._blocks):
            if number >= first:
                return index + min(number - first, count)
        return self._blocks[0][1]

    def facts(self) -> dict[str, Any]:
        """Nothing to say."""
        return {}

    def close(self) -> None:
        """Tell of the marks that are left."""
        self.tick(math.inf)
