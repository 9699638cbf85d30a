"""Recording: a board's stream into a capture log, with what a person wants to see meanwhile."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from studio.capture_log import CaptureHeader, CaptureWriter
from studio.devices.connection import Connection
from studio.devices.source import Block, Item, Restarted, Text
from studio.errors import DeviceError
from studio.types import StreamInfo

PICTURE_S = 0.05
LEVELS_S = 0.25
STATS_S = 0.5
STALL_S = 4.0
MAX_COLUMNS = 40


class Emit(Protocol):
    """Takes one event: its kind and its data, JSON-able."""

    def __call__(self, kind: str, **data: object) -> None:
        """Take an event."""


@dataclass(frozen=True, slots=True)
class RecordRequest:
    """What to record."""

    port: str
    readings: int | None = None
    seconds: float | None = None
    """Whichever is given ends the recording; neither: until it is stopped."""
    log: str = ""
    """Capture log to write; empty only shows the stream."""
    name: str = ""
    label: str = ""
    group: str = ""
    stall_s: float = STALL_S
    """How long the board may send nothing before the recording ends."""


class Picture:
    """Collects readings and hands them on as a few columns of minimum and maximum per axis."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self.sample_rate_hz = 1.0
        self._parts: list[NDArray[Any]] = []
        self._first = 0
        self._due = 0.0

    def add(self, block: Block) -> None:
        """Add readings."""
        if not self._parts:
            self._first = block.first_reading
        self._parts.append(block.values)
        self.tick()

    def tick(self) -> None:
        """Hand on what has come if it is time."""
        now = time.monotonic()
        if not self._parts or now < self._due:
            return
        self._due = now + PICTURE_S
        values = np.concatenate(self._parts).astype(np.float32)
        self._parts = []
        columns = min(MAX_COLUMNS, len(values))
        starts = np.arange(columns) * len(values) // columns
        self._emit(
            "data",
            first=self._first,
            count=len(values),
            times=((self._first + starts) / self.sample_rate_hz).tolist(),
            low=_finite(np.minimum.reduceat(values, starts)),
            high=_finite(np.maximum.reduceat(values, starts)),
        )


def _finite(values: NDArray[Any]) -> list[Any]:
    """Return nested lists without NaN and infinity, which JSON does not know."""
    listed: list[Any] = np.nan_to_num(values, posinf=3e38, neginf=-3e38).tolist()
    return listed


class Recorder:
    """One recording from start to stop.

    Parameters
    ----------
    request : RecordRequest
    emit : callable
        Gets `info`, `progress`, `data`, `levels`, `gap`, `text`, `stats`.
    stopped : callable
        Asked often; true ends the recording.
    """

    def __init__(self, request: RecordRequest, emit: Emit, *, stopped: Callable[[], bool]) -> None:
        self._request = request
        self._emit = emit
        self._stopped = stopped
        self._picture = Picture(emit)
        self._writer: CaptureWriter | None = None
        self._stream: StreamInfo | None = None
        self._wanted: int | None = None
        self._next = 0
        self.readings = 0
        """Readings received."""
        self._ended = ""
        self._levels: list[NDArray[Any]] = []
        self._levels_due = 0.0
        self._stats_due = 0.0
        self._heard = time.monotonic()

    @property
    def saved(self) -> int:
        """Readings that are safe in the log."""
        return self._writer.saved if self._writer else 0

    def run(self) -> str:
        """Record to the end; return why it ended, empty if everything asked for has come.

        Raises
        ------
        StudioError
            If the port, the board or the disk fails. What is in the log by then stays readable.
        """
        with Connection.open(self._request.port) as connection:
            self._stream = connection.hello()
            self._emit("info", **asdict(self._stream))
            try:
                self._begin(connection)
                while not self._ended and not self._complete():
                    for item in connection.read():
                        self._take(item)
                    self._tick(connection)
                self._finish(connection)
            finally:
                if self._writer is not None:
                    self._writer.close()
            self._say_stats(connection)
        return "" if self._complete() else self._ended

    def _begin(self, connection: Connection) -> None:
        self._stream = connection.start()
        request, stream = self._request, self._stream
        if request.readings is not None:
            self._wanted = request.readings
        elif request.seconds is not None:
            self._wanted = max(1, round(request.seconds * stream.sample_rate_hz))
        if request.log:
            header = CaptureHeader(
                axes=stream.axes,
                sample_rate_hz=stream.sample_rate_hz,
                dtype=stream.dtype,
                name=request.name,
                label=request.label,
                group=request.group,
                source=request.port,
            )
            self._writer = CaptureWriter(Path(request.log), header)
        self._picture.sample_rate_hz = stream.sample_rate_hz
        self._heard = time.monotonic()

    def _complete(self) -> bool:
        return self._wanted is not None and self._next >= self._wanted

    def _take(self, item: Item) -> None:
        if isinstance(item, Block):
            self._heard = time.monotonic()
            if not self._ended:
                self._keep(item)
        elif isinstance(item, Restarted):
            self._ended = "The board restarted."
        elif isinstance(item, Text):
            self._emit("text", text=item.text)
        elif isinstance(item, StreamInfo) and self._stream is not None:
            old, new = self._stream, item
            if (old.axes, old.dtype, old.sample_rate_hz) != (
                new.axes,
                new.dtype,
                new.sample_rate_hz,
            ):
                self._ended = "Another sensor was connected."

    def _keep(self, block: Block) -> None:
        """Keep readings up to the number asked for; lost ones count as part of the time."""
        if self._wanted is not None:
            block = Block(block.first_reading, block.values[: self._wanted - block.first_reading])
            if block.first_reading >= self._wanted:
                self._next = self._wanted
                return
        if block.first_reading > self._next:
            self._emit("gap", at=self.readings, missing=block.first_reading - self._next)
        if self._writer is not None:
            self._writer.append(block.first_reading, block.values)
        self._next = block.first_reading + len(block.values)
        self.readings += len(block.values)
        self._picture.add(block)
        self._levels.append(block.values)

    def _tick(self, connection: Connection) -> None:
        if self._stopped():
            self._ended = self._ended or "Stopped."
        if self._writer is not None:
            self._writer.tick()
        self._picture.tick()
        now = time.monotonic()
        if self._levels and now >= self._levels_due:
            self._levels_due = now + LEVELS_S
            values = np.concatenate(self._levels).astype(np.float32)
            self._levels = []
            self._emit("levels", low=_finite(values.min(axis=0)), high=_finite(values.max(axis=0)))
        if now >= self._stats_due:
            self._stats_due = now + STATS_S
            self._say_stats(connection)
        assert self._stream is not None
        patience = max(self._request.stall_s, 10 / max(self._stream.sample_rate_hz, 0.01))
        if now - self._heard > patience and not self._ended:
            if self.readings == 0:
                raise DeviceError(
                    f"The board on {connection.url} sent no readings in {patience:g} s.",
                    "Check that its sensor is connected; a virtual board needs a sensor to play.",
                )
            self._ended = f"The board sent nothing more for {patience:g} s."

    def _finish(self, connection: Connection) -> None:
        if self._ended != "The board restarted.":
            connection.stop()
        if not self._complete():
            for item in connection.waiting():
                if isinstance(item, Block):
                    self._keep(item)

    def _say_stats(self, connection: Connection) -> None:
        rate = self._stream.sample_rate_hz if self._stream else 0.0
        seconds = self._next / rate if rate > 0 else 0.0
        self._emit("stats", readings=self.readings, seconds=seconds, **asdict(connection.stats))
        if self._wanted:
            wanted_s = self._wanted / rate
            text = f"Recording: {seconds:.1f} of {wanted_s:.1f} s"
            self._emit("progress", fraction=min(1.0, self._next / self._wanted), text=text)
