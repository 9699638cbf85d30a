"""What the Live page has seen since Start."""

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.gui.pages.live_events import Event
from studio.gui.texts import grouped, tr
from studio.types import StreamInfo

QUIET_S = 1.0
"""For so long a decision stays on show, paler, when nothing is decided any more."""


@dataclass(slots=True)
class Shown:
    """What is known of the project and the board."""

    path: Path | None = None
    firmware: str = ""
    model: dict[str, Any] | None = None
    """Of the latest run, as `studio.services.live_rule.model_of` returns it."""


@dataclass(slots=True)
class Seen:
    """One session of watching."""

    port: str = ""
    run: str = ""
    stream: StreamInfo | None = None
    window: int = 0
    count: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    last: str = ""
    fired: str = ""
    fired_s: float = 0.0
    began_s: float = 0.0
    newest: dict[str, Any] = field(default_factory=dict)
    times_s: list[float] = field(default_factory=list)

    def begin(self, data: dict[str, Any], stream: StreamInfo) -> None:
        """Take over what is watched."""
        self.run, self.stream = data["run"], stream
        self.window = data["window_readings"]
        self.began_s = time.monotonic()

    @property
    def rate_hz(self) -> float:
        """Readings per second."""
        return self.stream.sample_rate_hz if self.stream else 1.0

    @property
    def hours(self) -> float:
        """How long this has been watched."""
        return (time.monotonic() - self.began_s) / 3600 if self.began_s else 0.0

    @property
    def late(self) -> bool:
        """Whether the newest window took longer than there is time for."""
        return bool(self.newest.get("late"))

    def add(self, data: dict[str, Any]) -> Event | None:
        """Take a window's decision; return the event if the decision changed to a label."""
        self.count += 1
        self.newest = data
        now = time.monotonic()
        self.times_s = [*self.times_s[-19:], now]
        label = data["label"]
        if label:
            self.fired, self.fired_s = label, now
        before, self.last = self.last, label
        if not label or label == before:
            return None
        self.counts[label] += 1
        score = data["means"][data["labels"].index(label)]
        took = data["dsp_ms"] + data["nn_ms"]
        start = data["start"]
        return Event(data["time_s"], label, score, took, start, start + self.window)

    def word(self, unsure: str) -> tuple[str, str]:
        """Return what to show large, and in which colour of the theme."""
        if self.last:
            return self.last, "text"
        if self.fired and time.monotonic() - self.fired_s < QUIET_S:
            return self.fired, "text_2"
        return unsure, "text_3"

    def facts(self) -> dict[str, str]:
        """Return figures of the newest window, dashes before the first."""
        data = self.newest
        best = took = rate = age = "\N{EN DASH}"
        if data:
            best = f"{max(data['means']):.2f}"
            ms = grouped(data["dsp_ms"] + data["nn_ms"], ".1f")
            took = tr("{took} of {stride} ms", took=ms, stride=grouped(data["stride_ms"], ".0f"))
        if len(self.times_s) > 2:
            each = (len(self.times_s) - 1) / max(1e-3, self.times_s[-1] - self.times_s[0])
            rate = f"{each:.1f}"
        if data and data["age_s"] is not None:
            age = tr("{age} ms", age=grouped(1000 * data["age_s"], ".0f"))
        return {
            tr("highest score"): best,
            tr("time per window"): took,
            tr("decisions per second"): rate,
            tr("age of a decision"): age,
        }
