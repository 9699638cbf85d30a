"""Labels that a person gives while a stream is recorded: at which reading each begins."""

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


class MarkStage:
    """Finds the reading of each mark, by when reading 0 was taken and the measured rate.

    As long as these are not known, the mark is at the reading that comes next.

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
        self._kept = self._next = 0
        self._waiting: deque[Mark] = deque()

    def take(self, block: Block) -> None:
        """Note the numbers of readings."""
        count = len(block.values)
        self._blocks.append((block.first_reading, self._kept, count))
        self._kept += count
        self._next = block.first_reading + count

    def tick(self, now_s: float) -> None:
        """Tell of marks whose reading has come."""
        while not self._marks.empty():
            self._waiting.append(self._marks.get())
        while self._waiting and self._kept:
            number = self._number(self._waiting[0])
            if number > self._next and now_s - self._waiting[0].at_s < PATIENCE_S:
                break
            mark = self._waiting.popleft()
            at = self._index(number)
            if self._log is not None:
                note_mark(self._log, mark.label, at)
            self._emit("mark", label=mark.label, at=at)

    def _number(self, mark: Mark) -> int:
        """Return the number in the stream of the reading at a mark."""
        begun, rate = self._begun(), self._rate()
        if begun is None or rate is None:
            return self._next
        return max(0, round((mark.at_s - begun[0]) * rate.rate_hz))

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
