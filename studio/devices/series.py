"""Keepers of clips: a series at set times, or what a trigger chooses.

Each clip is a log of its own, written from its first reading on, so that a clip that is cut off
loses no more than any other recording. Whoever asked is told of each with `clip`.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from studio.capture_log import CaptureHeader, CaptureWriter
from studio.devices.source import Block
from studio.devices.stages import Emit
from studio.devices.trigger import LONGEST_S, MOST_HELD, Condition, Timing, Trigger
from studio.errors import ConfigError

ENDLESS = 1 << 62
MOST_CLIPS = 100_000


@dataclass(frozen=True, slots=True)
class ClipRequest:
    """Which clips to keep: a series, or with `trigger` those that it chooses."""

    count: int = 0
    """How many; 0: until it is stopped."""
    seconds: float | None = None
    """Length of each clip of a series; None: one clip until it is stopped."""
    pause_s: float = 0.0
    """Between the clips of a series."""
    countdown_s: float = 0.0
    """Before the first clip of a series."""
    trigger: str = ""
    """A `Condition` as text."""
    window_ms: float = 0.0
    pre_s: float = 0.5
    post_s: float = 0.5
    hold_off_s: float = 0.0

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "ClipRequest":
        """Return what a mapping says, checked.

        Raises
        ------
        ConfigError
            For lengths or counts that cannot be.
        """
        request = cls(**values)
        for what, value in (
            ("pause", request.pause_s),
            ("countdown", request.countdown_s),
            ("time before the trigger", request.pre_s),
            ("time after the trigger", request.post_s),
            ("hold-off", request.hold_off_s),
            ("trigger's window", request.window_ms / 1000),
        ):
            if not 0 <= value <= LONGEST_S:
                raise ConfigError(
                    f"A {what} of {value:g} s is not possible.", f"Give 0 to {LONGEST_S:g} s."
                )
        if not 0 <= request.count <= MOST_CLIPS:
            raise ConfigError(
                f"{request.count} clips cannot be recorded.", f"Give 1 to {MOST_CLIPS}."
            )
        if request.trigger:
            Condition.parse(request.trigger)
            if request.pre_s + request.post_s <= 0:
                raise ConfigError("A clip of 0 s holds nothing.", "Give --pre or --post.")
        elif request.seconds is None and request.count != 1:
            raise ConfigError("A series needs the length of its clips.", "Give --seconds.")
        return request


class Planner(Protocol):
    """Says which clips there are."""

    @property
    def lookback(self) -> int:
        """How many readings before a block may belong to a clip that the block begins."""

    @property
    def complete(self) -> bool:
        """Whether all clips have been said."""

    def feed(self, first_reading: int, values: NDArray[Any]) -> list[tuple[int, int]]:
        """Return the clips that begin with these readings, in order, none within another."""


class Series:
    """Clips of one length, `every` readings from one's start to the next one's.

    Parameters
    ----------
    begin, length, every, count : int
        In readings; `every` is at least `length`. A count of 0 has no end.
    """

    lookback = 0

    def __init__(self, *, begin: int, length: int, every: int, count: int) -> None:
        self.begin = begin
        self.length = length
        self.every = every
        self.count = count
        self._said = 0

    @property
    def complete(self) -> bool:
        """Whether all clips have been said."""
        return 0 < self.count <= self._said

    @property
    def next_start(self) -> int:
        """Where the next clip begins that was not said yet."""
        return self.begin + self._said * self.every

    def feed(self, first_reading: int, values: NDArray[Any]) -> list[tuple[int, int]]:
        """Return the clips that begin before the end of these readings."""
        clips = []
        while not self.complete and self.next_start < first_reading + len(values):
            clips.append((self.next_start, self.next_start + self.length))
            self._said += 1
        return clips


class ClipKeeper:
    """Writes each clip into a log of its own, named after `path`: `NAME-001`, `NAME-002`, ...

    Parameters
    ----------
    header : CaptureHeader
        What is recorded; clips are named `NAME 1` and so on.
    emit : callable
        Gets `clip` when one begins and ends: `number`, `of`, `state` (`begun`, `complete` or
        `cut`), `readings`, `start` and `stop` in the stream, and its `log`; `countdown`: whole
        `seconds` until clip `number`; and `gap` within the clip.
    path : Path or None
        Where logs go; None only counts.
    """

    def __init__(
        self, header: CaptureHeader, emit: Emit, *, path: Path | None, request: ClipRequest
    ) -> None:
        self._header = header
        self._emit = emit
        self._path = path
        self._planner = _planner(request, header)
        self._of = request.count
        self._numbered = request.count != 1
        self._held: deque[Block] = deque()
        self._waiting: deque[tuple[int, int]] = deque()
        self._clip: _Clip | None = None
        self._number = 0
        self._next = 0
        self._told = 0
        self._kept = self._safe = 0
        self._cut = False

    @property
    def complete(self) -> bool:
        """Whether all clips asked for have come."""
        done = self._planner.complete and not self._waiting and self._clip is None
        return done and not self._cut

    @property
    def saved(self) -> int:
        """Readings that are safe in logs."""
        return self._safe + (self._clip.saved if self._clip else 0)

    @property
    def readings(self) -> int:
        """Readings kept so far."""
        return self._kept + (self._clip.readings if self._clip else 0)

    def take(self, block: Block) -> None:
        """Keep what belongs to clips."""
        self._waiting += self._planner.feed(block.first_reading, block.values)
        self._held.append(block)
        self._next = block.first_reading + len(block.values)
        if self._clip is not None:
            self._clip.take(block)
            self._end_whole()
        while self._clip is None and self._waiting and self._waiting[0][0] < self._next:
            self._clip = self._begin(*self._waiting.popleft())
            for held in self._held:
                self._clip.take(held)
            self._end_whole()
        self._forget()

    def _begin(self, start: int, stop: int) -> "_Clip":
        self._number += 1
        name, path = self._header.name, self._path
        if self._numbered:
            name = f"{name} {self._number}"
        if path is not None:
            path = path.with_name(f"{path.stem}-{self._number:03}{path.suffix}")
        began = self._header.started_at + start / self._header.sample_rate_hz
        header = replace(self._header, name=name, started_at=began)
        clip = _Clip(header, self._emit, path, start, stop)
        self._say("begun", clip)
        return clip

    def _end_whole(self) -> None:
        if self._clip is not None and self._next >= self._clip.stop:
            self._end("complete")

    def _end(self, state: str) -> None:
        clip, self._clip = self._clip, None
        assert clip is not None
        clip.close()
        self._kept += clip.readings
        self._safe += clip.saved
        self._say(state, clip)

    def _forget(self) -> None:
        """Let go of what no clip can need any more."""
        oldest = self._next - self._planner.lookback
        while self._held and self._held[0].first_reading + len(self._held[0].values) <= oldest:
            self._held.popleft()

    def tick(self, now_s: float) -> None:
        """Write what has waited long enough; count down."""
        if self._clip is not None:
            self._clip.tick()
        elif (left := self._left_s()) is not None:
            seconds = math.ceil(left)
            if seconds != self._told:
                self._told = seconds
                if seconds:
                    number = self._number + 1
                    self._emit("countdown", number=number, of=self._of, seconds=seconds)

    def _left_s(self) -> float | None:
        """Return the time until the next clip, if that is known."""
        planner = self._planner
        if not isinstance(planner, Series) or planner.complete:
            return None
        return max(0.0, (planner.next_start - self._next) / self._header.sample_rate_hz)

    def progress(self) -> tuple[float, str] | None:
        """Return how far it is."""
        if not self._of:
            return None
        rate, planner = self._header.sample_rate_hz, self._planner
        number = self._number + (self._clip is None)
        if self._clip is not None and self._clip.stop < ENDLESS:
            done = (self._next - self._clip.start) / (self._clip.stop - self._clip.start)
            whole = (self._clip.stop - self._clip.start) / rate
            text = f"Recording: clip {number} of {self._of}, {done * whole:.1f} of {whole:.1f} s"
            return (self._number - 1 + min(1.0, done)) / self._of, text
        if self._clip is not None:
            return None
        left = self._left_s()
        if self._number >= self._of:
            return 1.0, f"Recording: {self._of} of {self._of} clips"
        what = f"clip {number} of {self._of}"
        wait = f"{what} in {left:.1f} s" if isinstance(planner, Series) else f"waiting for {what}"
        return self._number / self._of, f"Recording: {wait}"

    def facts(self) -> dict[str, Any]:
        """Return how much came and how much of it is safe."""
        seconds = self._next / self._header.sample_rate_hz
        clips = self._number - (self._clip is not None)
        return {"readings": self.readings, "seconds": seconds, "saved": self.saved, "clips": clips}

    def close(self) -> None:
        """End the clip that has begun, if one has."""
        if self._clip is not None:
            self._cut = True
            self._end("cut")

    def _say(self, state: str, clip: "_Clip") -> None:
        self._emit(
            "clip",
            number=self._number,
            of=self._of,
            state=state,
            name=clip.header.name,
            readings=clip.readings,
            start=clip.start,
            stop=min(clip.stop, max(self._next, clip.start)),
            log=str(clip.path) if clip.path is not None and clip.readings else "",
        )


class _Clip:
    """One clip; its log is made when its first reading has come."""

    def __init__(
        self, header: CaptureHeader, emit: Emit, path: Path | None, start: int, stop: int
    ) -> None:
        self.header = header
        self.path = path
        self.start = start
        self.stop = stop
        self.readings = 0
        self._emit = emit
        self._writer: CaptureWriter | None = None
        self._next = start

    @property
    def saved(self) -> int:
        return self._writer.saved if self._writer else 0

    def take(self, block: Block) -> None:
        """Write those readings that belong to it and were not written yet."""
        skipped = max(0, self._next - block.first_reading)
        values = block.values[skipped : max(0, self.stop - block.first_reading)]
        if not len(values):
            return
        first = block.first_reading + skipped
        if first > self._next:
            time_s = (self._next - self.start) / self.header.sample_rate_hz
            self._emit("gap", at=self.readings, missing=first - self._next, time_s=time_s)
        if self._writer is None and self.path is not None:
            self._writer = CaptureWriter(self.path, self.header)
        if self._writer is not None:
            self._writer.append(first - self.start, values)
        self._next = first + len(values)
        self.readings += len(values)

    def tick(self) -> None:
        if self._writer is not None:
            self._writer.tick()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _planner(request: ClipRequest, header: CaptureHeader) -> Planner:
    rate = header.sample_rate_hz

    def readings(seconds: float) -> int:
        return round(seconds * rate)

    if not request.trigger:
        length = ENDLESS if request.seconds is None else max(1, readings(request.seconds))
        return Series(
            begin=readings(request.countdown_s),
            length=length,
            every=length + readings(request.pause_s),
            count=request.count,
        )
    timing = Timing(
        readings(request.pre_s),
        max(1, readings(request.post_s)),
        readings(request.hold_off_s),
        request.count,
    )
    trigger = Trigger(
        Condition.parse(request.trigger),
        timing,
        header.axes,
        rate,
        dtype=header.dtype,
        window_ms=request.window_ms,
    )
    held = trigger.lookback * len(header.axes) * np.dtype(header.dtype).itemsize
    if held > MOST_HELD:
        raise ConfigError(
            f"{request.pre_s:g} s before each trigger are {held >> 20} MB to hold.",
            f"At most {MOST_HELD >> 20} MB are held: make --pre shorter.",
        )
    return trigger
