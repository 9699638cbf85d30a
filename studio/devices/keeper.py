"""What is kept of a stream: the last stage, which also knows when enough has come."""

from pathlib import Path
from typing import Any, Protocol

from studio.capture_log import CaptureHeader, CaptureWriter
from studio.devices.source import Block
from studio.devices.stages import Emit, Stage


class Keeper(Stage, Protocol):
    """A stage that writes logs and decides when the recording is over."""

    @property
    def complete(self) -> bool:
        """Whether everything asked for has come."""

    @property
    def saved(self) -> int:
        """Readings that are safe in logs."""

    @property
    def readings(self) -> int:
        """Readings kept so far."""

    def progress(self) -> tuple[float, str] | None:
        """Return how far it is, 0..1 and in words; None if it goes on until it is stopped."""


class FreeRun:
    """Keeps everything from the start, up to a number of readings if one is given.

    Parameters
    ----------
    header : CaptureHeader
        What is recorded.
    emit : callable
        Gets `gap`: `missing` readings before reading `at`.
    path : Path or None
        Log to write; None only counts.
    wanted : int or None
        Readings after which it is complete; lost ones count as part of the time.
    """

    def __init__(
        self, header: CaptureHeader, emit: Emit, *, path: Path | None, wanted: int | None
    ) -> None:
        self._emit = emit
        self._rate_hz = header.sample_rate_hz
        self._wanted = wanted
        self._writer = CaptureWriter(path, header) if path is not None else None
        self._next = 0
        self._readings = 0

    @property
    def complete(self) -> bool:
        """Whether everything asked for has come."""
        return self._wanted is not None and self._next >= self._wanted

    @property
    def saved(self) -> int:
        """Readings that are safe in the log."""
        return self._writer.saved if self._writer else 0

    @property
    def readings(self) -> int:
        """Readings kept so far."""
        return self._readings

    def take(self, block: Block) -> None:
        """Keep readings up to the number asked for."""
        first, values = block.first_reading, block.values
        if self._wanted is not None:
            values = values[: max(0, self._wanted - first)]
        if len(values) and first > self._next:
            time_s = self._next / self._rate_hz
            self._emit("gap", at=self._readings, missing=first - self._next, time_s=time_s)
        if len(values) and self._writer is not None:
            self._writer.append(first, values)
        self._next = (first if self._wanted is None else min(first, self._wanted)) + len(values)
        self._readings += len(values)

    def tick(self, now_s: float) -> None:
        """Write what has waited long enough."""
        if self._writer is not None:
            self._writer.tick()

    def progress(self) -> tuple[float, str] | None:
        """Return how far it is."""
        if not self._wanted:
            return None
        seconds, wanted_s = self._next / self._rate_hz, self._wanted / self._rate_hz
        text = f"Recording: {seconds:.1f} of {wanted_s:.1f} s"
        return min(1.0, self._next / self._wanted), text

    def facts(self) -> dict[str, Any]:
        """Return how much came and how much of it is safe."""
        seconds = self._next / self._rate_hz
        return {"readings": self._readings, "seconds": seconds, "saved": self.saved}

    def close(self) -> None:
        """Write the rest."""
        if self._writer is not None:
            self._writer.close()
