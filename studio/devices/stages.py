"""What looks at a stream on its way into the log: each stage gets every block, in order.

A stage never touches the port, never waits, and keeps a fixed amount of memory. `facts` go into
the `stats` event twice a second.
"""

import time
from collections.abc import Callable
from typing import Any, Protocol

from studio.devices.rate import Rate
from studio.devices.ring_buffer import RingWriter
from studio.devices.source import Block, LinkStats
from studio.errors import DeviceError
from studio.types import StreamInfo

LOSS_S = 0.25


class Emit(Protocol):
    """Takes one event: its kind and its data, JSON-able."""

    def __call__(self, kind: str, **data: object) -> None:
        """Take an event."""


class Stage(Protocol):
    """One station of a stream."""

    def take(self, block: Block) -> None:
        """Take readings; their numbers only rise, a jump is a gap."""

    def tick(self, now_s: float) -> None:
        """Do what is due at this time (monotonic); called after each batch, at least at 20 Hz."""

    def facts(self) -> dict[str, Any]:
        """Return what it has to say to `stats`."""

    def close(self) -> None:
        """End, however the stream ended."""


class RingStage:
    """Puts readings where the window sees them.

    Without shared memory it does nothing and `name` is empty: no recording fails for that.
    """

    def __init__(self, stream: StreamInfo, emit: Emit) -> None:
        self._ring: RingWriter | None = None
        try:
            self._ring = RingWriter(len(stream.axes), stream.sample_rate_hz)
        except DeviceError as error:
            emit("text", text=str(error))

    @property
    def name(self) -> str:
        """What a `RingReader` needs to find it."""
        return self._ring.name if self._ring else ""

    def take(self, block: Block) -> None:
        """Write readings."""
        if self._ring is not None:
            self._ring.append(block.first_reading, block.values, at_s=time.monotonic())

    def tick(self, now_s: float) -> None:
        """Nothing is ever due."""

    def facts(self) -> dict[str, Any]:
        """Nothing to say."""
        return {}

    def close(self) -> None:
        """Give the memory back."""
        if self._ring is not None:
            self._ring.close()


class LossStage:
    """Tells of losses as they happen: what it was, time and count.

    Parameters
    ----------
    stats, rate : callable
        What was lost so far, and the rate measured so far.
    """

    def __init__(
        self,
        stream: StreamInfo,
        emit: Emit,
        *,
        stats: Callable[[], LinkStats],
        rate: Callable[[], Rate | None],
    ) -> None:
        self._told_hz = 0.0 if stream.measured else stream.sample_rate_hz
        self._rate_hz = stream.sample_rate_hz
        self._emit = emit
        self._stats = stats
        self._rate = rate
        self._known = stats()
        self._due = 0.0
        self._next = 0

    def take(self, block: Block) -> None:
        """Note the time in the stream."""
        self._next = block.first_reading + len(block.values)

    def tick(self, now_s: float) -> None:
        """Tell what else was lost since the last time."""
        if now_s < self._due:
            return
        self._due = now_s + LOSS_S
        stats, known = self._stats(), self._known
        self._known = stats
        for what, count in (
            ("damaged", stats.damaged_packets - known.damaged_packets),
            ("sequence", stats.lost_packets - known.lost_packets),
            ("board", stats.board_dropped - known.board_dropped),
        ):
            if count > 0:
                self._emit("loss", what=what, count=count, time_s=self._next / self._rate_hz)

    def facts(self) -> dict[str, Any]:
        """Return losses, the told and the measured rate, and the jitter of arrivals."""
        stats, rate = self._stats(), self._rate()
        return {
            "damaged_packets": stats.damaged_packets,
            "lost_packets": stats.lost_packets,
            "lost_readings": stats.lost_readings,
            "board_dropped": stats.board_dropped,
            "told_rate_hz": self._told_hz,
            "rate_hz": rate.rate_hz if rate else 0.0,
            "rate_uncertainty_hz": rate.uncertainty_hz if rate else 0.0,
            "jitter_ms": 1000 * rate.jitter_s if rate else 0.0,
        }

    def close(self) -> None:
        """Tell what was lost last."""
        self.tick(self._due)
