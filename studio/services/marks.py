"""Labels given while a recording runs, and what else is overheard of it."""

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from studio.devices.marks import Mark
from studio.events import Reporter
from studio.types import Span


@dataclass(frozen=True, slots=True)
class Overhearing:
    """A reporter that passes everything on and lets `heard` know of events."""

    parent: Reporter
    heard: Callable[[str, Mapping[str, Any]], None]

    def progress(self, fraction: float, text: str) -> None:
        """Pass on."""
        self.parent.progress(fraction, text)

    def log(self, line: str) -> None:
        """Pass on."""
        self.parent.log(line)

    def event(self, kind: str, **data: object) -> None:
        """Pass on, and let know."""
        self.heard(kind, data)
        self.parent.event(kind, **data)

    def check_cancelled(self) -> None:
        """Pass on."""
        self.parent.check_cancelled()


class Marks:
    """Labels that change while one recording runs; `mark` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._say: Callable[[str], None] | None = None
        self._early: list[str] = []
        self._found: list[tuple[int, str]] = []

    def mark(self, label: str) -> None:
        """Say that a label holds from now on; an empty one ends the label before."""
        line = Mark(label.strip(), time.monotonic()).line()
        with self._lock:
            if self._say is None:
                self._early.append(line)
            else:
                self._say(line)

    def bind(self, say: Callable[[str], None]) -> None:
        """Send marks this way from now on, and those that were given before."""
        with self._lock:
            self._say = say
            for line in self._early:
                say(line)

    def hear(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take what the acquisition says of a mark's place."""
        if kind == "mark":
            self._found.append((int(data["at"]), str(data["label"])))

    def spans(self, readings: int, label: str = "") -> list[Span]:
        """Return the labelled stretches of a recording; `label` holds until the first mark."""
        edges = [(0, label), *self._found, (readings, "")]
        spans = []
        for (start, name), (stop, _) in itertools.pairwise(edges):
            begin, end = min(start, readings), min(stop, readings)
            if name and end > begin:
                spans.append(Span(begin, end, name))
        return spans
