"""Recording: a stream through a row of stages into a capture log.

    Steady (source, reconnects, arrivals) -> LossStage -> RingStage -> ... -> Keeper

The loop only carries blocks and the time. Whatever else is to be known of a stream or done with it
is a `Stage` of its own, put into `_stages`; another way to choose what is kept (a trigger, a
series) is another `Keeper`, chosen in `_make_keeper`; a microphone or a file is another `Source`,
opened by `open_source`. None of them touches this loop.
"""

import queue
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from studio.capture_log import CaptureHeader
from studio.devices.codec_source import CodecSource
from studio.devices.keeper import FreeRun, Keeper
from studio.devices.marks import Mark, MarkStage
from studio.devices.opening import OURS, open_source
from studio.devices.ports import device_at
from studio.devices.series import ClipKeeper, ClipRequest
from studio.devices.source import Block, Chooser, Ended, Restarted, Source, Text
from studio.devices.stages import Emit, LossStage, RingStage, Stage
from studio.devices.steady import Changed, Resumed, Silent, Steady, SteadyItem, Waiting
from studio.errors import DeviceError
from studio.types import StreamInfo

STATS_S = 0.5
STALL_S = 4.0
RECONNECT_S = 30.0


@dataclass(frozen=True, slots=True)
class RecordRequest:
    """What to record."""

    port: str
    protocol: str = "auto"
    baud: int = 0
    """0: found out."""
    sensor: str = ""
    """Name, or part of it, of the sensor of a board that offers several; empty: its first."""
    readings: int | None = None
    seconds: float | None = None
    """Whichever is given ends the recording; neither: until it is stopped."""
    log: str = ""
    """Capture log to write; empty only shows the stream."""
    name: str = ""
    label: str = ""
    group: str = ""
    session: str = ""
    """What recordings made at the same time have in common."""
    stall_s: float = STALL_S
    """How long the board may send nothing before it counts as away."""
    reconnect_s: float = 0.0
    """How long it may be away; 0 ends the recording at once."""
    usual_hz: float = 0.0
    """The project's rate, or 0: what is measured to be near it is meant to be the same."""
    clips: Mapping[str, Any] | None = None
    """Fields of a `ClipRequest`; then only clips are kept, each in a log beside `log`."""


NEAR = 0.1
"""Of the rate: within this, boards that cannot tell theirs mean the same one. It is measured over
half a second at first, while the computer may be busy; `health` tells by how much it was off."""


def _as_usual(stream: StreamInfo, usual_hz: float) -> StreamInfo:
    near = usual_hz > 0 and abs(stream.sample_rate_hz / usual_hz - 1) <= NEAR
    return replace(stream, sample_rate_hz=usual_hz) if stream.measured and near else stream


class Recorder:
    """One recording from start to stop.

    Parameters
    ----------
    request : RecordRequest
    emit : callable
        Gets `info`, `waiting`, `resumed`, `progress`, `loss`, `gap`, `text`, `stats`.
    stopped : callable
        Asked often; true ends the recording.
    marks : queue.SimpleQueue, optional
        Labels that are given meanwhile; `mark` tells where each is.
    """

    def __init__(
        self,
        request: RecordRequest,
        emit: Emit,
        *,
        stopped: Callable[[], bool],
        marks: "queue.SimpleQueue[Mark] | None" = None,
    ) -> None:
        self._request = request
        self._emit = emit
        self._stopped = stopped
        self._marks: queue.SimpleQueue[Mark] = marks or queue.SimpleQueue()
        self._keeper: Keeper | None = None
        self._stages: list[Stage] = []
        self._stats_due = 0.0
        self._device = ""
        self._ended = ""

    @property
    def readings(self) -> int:
        """Readings received and kept."""
        return self._keeper.readings if self._keeper else 0

    @property
    def saved(self) -> int:
        """Readings that are safe in the log."""
        return self._keeper.saved if self._keeper else 0

    def run(self) -> str:
        """Record to the end; return why it ended, empty if everything asked for has come.

        Raises
        ------
        StudioError
            If the port, the board or the disk fails. What is in the log by then stays readable.
        """
        request = self._request
        steady = Steady(self._open, stall_s=request.stall_s, patience_s=request.reconnect_s)
        try:
            keeper = self._begin(steady)
            while not self._ended and not keeper.complete:
                for item in steady.read():
                    self._take(item)
                self._tick(steady)
            for item in steady.stop():
                if isinstance(item, Block) and not keeper.complete:
                    self._pass(item)
        finally:
            steady.close()
            for stage in self._stages:
                stage.close()
            if self._keeper is not None:
                self._say_stats(steady)
        return "" if keeper.complete else self._ended

    def _open(self, before: Source | None) -> Source:
        """Open the port; a second time as what it turned out to be."""
        request = self._request
        if before is None:
            source = open_source(request.port, protocol=request.protocol, baud=request.baud)
            self._device = device_at(request.port)
        else:
            protocol = getattr(before, "protocol", OURS)
            baud = request.baud or getattr(before, "baud", 0)
            source = open_source(request.port, protocol=protocol, baud=baud)
            same = device_at(request.port) == self._device
            if same and isinstance(source, CodecSource) and isinstance(before, CodecSource):
                source.resume(before)
        if isinstance(source, Chooser):
            source.choose(
                sensor=request.sensor,
                length_s=request.seconds,
                on_text=lambda text: self._emit("text", text=text),
            )
        elif request.sensor:
            source.close()
            raise DeviceError(
                f"What is at {request.port} offers no sensors to choose from, so there is no "
                f"{request.sensor!r}.",
                "Leave --sensor out.",
            )
        return source

    def _begin(self, steady: Steady) -> Keeper:
        """Make the stages and start the stream."""
        stream = steady.hello()
        ring = RingStage(stream, self._emit)
        self._stages.append(ring)
        self._emit("info", **asdict(stream), ring=ring.name)
        stream = _as_usual(steady.start(), self._request.usual_hz)
        loss = LossStage(stream, self._emit, stats=lambda: steady.stats, rate=lambda: steady.rate)
        self._stages.insert(0, loss)
        self._keeper = self._make_keeper(stream, steady.started_s)
        self._stages.append(
            MarkStage(
                self._emit,
                self._marks,
                log=Path(self._request.log) if self._request.log else None,
                begun=lambda: steady.begun,
                rate=lambda: steady.rate,
            )
        )
        self._stages.append(self._keeper)
        return self._keeper

    def _make_keeper(self, stream: StreamInfo, started_s: float) -> Keeper:
        request = self._request
        wanted = request.readings
        if wanted is None and request.seconds is not None:
            wanted = max(1, round(request.seconds * stream.sample_rate_hz))
        header = CaptureHeader(
            axes=stream.axes,
            sample_rate_hz=stream.sample_rate_hz,
            dtype=stream.dtype,
            name=request.name,
            label=request.label,
            group=request.group,
            source=request.port,
            session=request.session,
            started_s=started_s,
            started_at=time.time() - (time.monotonic() - started_s),
        )
        path = Path(request.log) if request.log else None
        if request.clips is not None:
            clips = ClipRequest.read(request.clips)
            return ClipKeeper(header, self._emit, path=path, request=clips)
        return FreeRun(header, self._emit, path=path, wanted=wanted)

    def _take(self, item: SteadyItem) -> None:
        if isinstance(item, Block):
            if not self._ended:
                self._pass(item)
        elif isinstance(item, Waiting):
            self._emit("waiting", text=f"Waiting for the board. {item.why}".strip())
        elif isinstance(item, Resumed):
            how = f"{item.away_s:.3f} s on this computer's clock at {item.rate_hz:.6g} Hz"
            self._emit("resumed", missing=item.missing, seconds=item.away_s, how=how)
        elif isinstance(item, Text):
            self._emit("text", text=item.text)
        elif isinstance(item, Changed):
            self._ended = "Another sensor was connected."
        elif isinstance(item, Ended):
            self._ended = self._ended or item.why
        elif isinstance(item, Restarted) and self._request.reconnect_s <= 0:
            self._ended = "The board restarted."
        elif isinstance(item, Silent):
            self._fall_silent(item.seconds)

    def _pass(self, block: Block) -> None:
        for stage in self._stages:
            stage.take(block)

    def _fall_silent(self, seconds: float) -> None:
        if self.readings == 0:
            raise DeviceError(
                f"The board on {self._request.port} sent no readings in {seconds:g} s.",
                "Check that its sensor is connected; a virtual board needs a sensor to play.",
            )
        self._ended = self._ended or f"The board sent nothing more for {seconds:g} s."

    def _tick(self, steady: Steady) -> None:
        if self._stopped():
            self._ended = self._ended or "Stopped."
        now = time.monotonic()
        for stage in self._stages:
            stage.tick(now)
        if now >= self._stats_due:
            self._stats_due = now + STATS_S
            self._say_stats(steady)

    def _say_stats(self, steady: Steady) -> None:
        assert self._keeper is not None
        facts: dict[str, object] = {"waiting": steady.away}
        if (begun := steady.begun) is not None:
            facts["started_s"], facts["started_uncertainty_s"] = begun
        for stage in self._stages:
            facts.update(stage.facts())
        self._emit("stats", **facts)
        progress = self._keeper.progress()
        if progress is not None:
            self._emit("progress", fraction=progress[0], text=progress[1])
