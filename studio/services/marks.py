"""Labels given while a recording runs, and what else is overheard of it."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from studio.devices.marks import Mark
from studio.events import Reporter


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
    """Labels that change while one recording runs; `mark` may be called from any thread.

    The acquisition process keeps them beside its log, where they survive as the readings do.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._say: Callable[[str], None] | None = None
        self._early: list[str] = []

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
