"""What a board decides, window by window, as it happens."""

import math
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from studio.devices.connection import Connection, ModelInfo
from studio.devices.ring_buffer import RingWriter
from studio.devices.source import Block, Restarted, Text
from studio.errors import ConfigError, DeviceError
from studio.events import Reporter
from studio.project import Project
from studio.services import boards
from studio.services.live_rule import Rule
from studio.types import Decision, StreamInfo

STALL_S = 4.0
MOST_ROWS = 200
"""Decisions that are kept where nobody asked for all of them."""


@dataclass(slots=True)
class Watch:
    """What was seen so far, whoever decides."""

    model: ModelInfo
    stream: StreamInfo
    clock_hz: int
    report: Reporter
    rule: Rule = field(default_factory=Rule)
    keep: bool = True
    by_board: bool = True
    """Whether the board decides, so long as its rule was not changed."""
    rows: deque[dict[str, Any]] = field(default_factory=deque)
    next_start: int = 0
    skipped: int = 0
    """Readings over which no window was judged because the board lost some."""
    count: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    sums_ms: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    """Features and model of all windows, and the longest of both together."""
    heard: int = 0
    heard_s: float = 0.0
    """Up to which reading the signal came, and when (monotonic clock)."""

    def __post_init__(self) -> None:
        self.rule.begin(self.model.smoothing, self.model.threshold_q)
        if not self.keep:
            self.rows = deque(maxlen=MOST_ROWS)

    @property
    def stride_ms(self) -> float:
        """Time from one window to the next."""
        return self.model.stride_readings / self.stream.sample_rate_hz * 1000

    def add(self, decision: Decision) -> None:
        """Note a decision and publish it."""
        if self.count and decision.start > self.next_start:
            self.skipped += decision.start - self.next_start
            self.rule.forget()
        self.next_start = decision.start + self.model.stride_readings
        label, means = self.rule.add(decision.scores)
        if self.by_board and not self.rule.changed:
            label = decision.label
        end = decision.start + self.model.window_readings
        row = {
            "start": decision.start,
            "time_s": end / self.stream.sample_rate_hz,
            "label": self.model.labels[label] if label >= 0 else "",
            "scores_q": list(decision.scores),
            "features_crc": decision.features_crc,
            "dsp_cycles": decision.dsp_cycles,
            "nn_cycles": decision.nn_cycles,
        }
        self.rows.append(row)
        self.counts[str(row["label"])] += 1
        self.count += 1
        dsp_ms, nn_ms = self._times(decision)
        self.report.event(
            "decision",
            **row,
            labels=list(self.model.labels),
            scores=[(score + 128) / 256 for score in decision.scores],
            means=list(means),
            threshold=self.rule.threshold,
            dsp_ms=dsp_ms,
            nn_ms=nn_ms,
            window_s=self.model.window_readings / self.stream.sample_rate_hz,
            stride_ms=self.stride_ms,
            age_s=self._age(end, (dsp_ms + nn_ms) / 1000),
            late=dsp_ms + nn_ms > self.stride_ms,
            count=self.count,
        )

    def _times(self, decision: Decision) -> tuple[float, float]:
        """Return the time that features and model took, and add them up."""
        dsp_ms = decision.dsp_cycles / self.clock_hz * 1000
        nn_ms = decision.nn_cycles / self.clock_hz * 1000
        self.sums_ms[0] += dsp_ms
        self.sums_ms[1] += nn_ms
        self.sums_ms[2] = max(self.sums_ms[2], dsp_ms + nn_ms)
        return dsp_ms, nn_ms

    def _age(self, end: int, least_s: float) -> float | None:
        """Return how old a window's newest reading is; None where the signal is not known."""
        if self.heard < end:
            return None
        ago = (self.heard - end) / self.stream.sample_rate_hz
        return max(least_s, time.monotonic() - self.heard_s + ago)

    def latency(self) -> dict[str, float]:
        """Return the mean and the longest time per window on the board."""
        if not self.count:
            return {}
        dsp, nn, longest = self.sums_ms
        return {
            "dsp_ms": dsp / self.count,
            "nn_ms": nn / self.count,
            "total_ms": (dsp + nn) / self.count,
            "longest_ms": longest,
        }

    def result(self) -> dict[str, Any]:
        """Return what was seen, as `live` returns it."""
        latency = self.latency()
        return {
            "board": self.stream.board,
            "run": self.model.run,
            "labels": list(self.model.labels),
            "windows": self.count,
            "seconds": self.rows[-1]["time_s"] if self.rows else 0.0,
            "counts": dict(self.counts),
            "latency": latency,
            "keeps_up": bool(latency) and latency["longest_ms"] <= self.stride_ms,
            "skipped_readings": self.skipped,
            "decisions": list(self.rows),
        }

    def begin(self, *, ring: str = "") -> None:
        """Publish what is watched; `ring` is where its readings can be looked at."""
        self.report.event(
            "info",
            **{**asdict(self.stream), "ring": ring},
            run=self.model.run,
            labels=list(self.model.labels),
            by="board" if self.by_board else "pc",
            window_readings=self.model.window_readings,
            stride_readings=self.model.stride_readings,
            smoothing=self.rule.smoothing,
            threshold=self.rule.threshold,
        )


def live(
    port: str,
    *,
    seconds: float | None = None,
    windows: int | None = None,
    run: str = "",
    stall_s: float = STALL_S,
    signal: bool = False,
    rule: Rule | None = None,
    keep: bool = True,
    report: Reporter,
) -> dict[str, Any]:
    """Watch a board decide on its own sensor.

    Ends after so many seconds of board time or so many windows, when the board is silent for
    `stall_s` (a recording that a virtual board plays has ended), or when the person stops it.

    Parameters
    ----------
    port : str
        Where the board is.
    seconds, windows : optional
        When to end.
    run : str
        The training run that it must have; empty for any.
    signal : bool
        Also take the readings, and show them in a ring (see `studio.services.acquire.ring`)
        whose name the event `info` gives; empty if the board does not send them.
    rule : Rule, optional
        May be changed meanwhile; then the board's scores are decided upon here.
    keep : bool
        Whether every decision is returned; else the newest ones only.

    Returns
    -------
    dict
        `run`, `labels`, `windows`, `seconds`, `counts` (label -> windows; "" for none), `latency`
        in ms, `keeps_up`, `decisions` (one dict per window: `start`, `time_s`, `label`,
        `scores_q`, `features_crc`, `dsp_cycles`, `nn_cycles`), and what was lost.

    Raises
    ------
    DeviceError
        If the board has no model or another one, its sensor does not fit it, or it fails.
    Cancelled
        If the person stopped it.
    """
    if not 0 < (1 if seconds is None else seconds) < math.inf:
        raise ConfigError(f"{seconds:g} seconds is no length.", "Give one above zero, such as 10.")
    with Connection.open(port) as connection:
        model = connection.model_info()
        if run and model.run != run:
            raise DeviceError(
                f"The board on {port} does not run the project's newest run.",
                "Flash it: tinyml-studio flash PROJECT",
            )
        stream = connection.start(readings=signal)
        watch = Watch(model, stream, _clock_hz(stream.board), report, rule or Rule(), keep)
        report.progress(0.0, f"live: {stream.board} decides")
        with _signal(connection, stream, wanted=signal) as ring:
            watch.begin(ring=ring.name if ring else "")
            try:
                ended = _follow(
                    connection, watch, ring, seconds=seconds, windows=windows, stall_s=stall_s
                )
            finally:
                connection.stop()
        stats = connection.stats
    if not watch.count:
        raise DeviceError(
            f"The board on {port} judged no window; one takes "
            f"{model.window_readings / stream.sample_rate_hz:g} s. {ended}".strip(),
            "Watch for longer. A virtual board needs something to hear: tinyml-studio boards play",
        )
    return {
        "port": port,
        **watch.result(),
        "ended": ended,
        "damaged_packets": stats.damaged_packets,
        "lost_packets": stats.lost_packets,
        "board_dropped": stats.board_dropped,
    }


@contextmanager
def _signal(
    connection: Connection, stream: StreamInfo, *, wanted: bool
) -> Iterator[RingWriter | None]:
    """Yield a ring for the readings that a board sends, or None if it sends none."""
    if not (wanted and connection.sends_readings and stream.axes):
        yield None
        return
    ring = RingWriter(len(stream.axes), stream.sample_rate_hz)
    try:
        yield ring
    finally:
        ring.close()


def of_project(
    project_path: Path, port: str, *, seconds: float | None = None, report: Reporter
) -> dict[str, Any]:
    """Watch a board that must have a project's latest trained run; otherwise as `live`.

    Raises
    ------
    StudioError
        As `live`, and if the project cannot be opened or was never trained.
    """
    with Project.open(project_path) as project:
        run = project.latest_run("train")
    if run is None:
        raise ConfigError(
            f"{project_path} has no trained run.", f"Train it: tinyml-studio train {project_path}"
        )
    return live(port, seconds=seconds, run=run.id, report=report)


def _clock_hz(board: str) -> int:
    return boards.board(board).clock_hz


def _follow(
    connection: Connection,
    watch: Watch,
    ring: RingWriter | None,
    *,
    seconds: float | None,
    windows: int | None,
    stall_s: float,
) -> str:
    """Take decisions until the end; return why it ended."""
    rate = watch.stream.sample_rate_hz
    # the first decision comes a whole window after the start, later ones a stride apart
    readings = watch.model.window_readings + watch.model.stride_readings
    patience = max(stall_s, 2 * readings / rate)
    heard = time.monotonic()
    for item in connection.items():
        watch.report.check_cancelled()
        if isinstance(item, Block):
            if ring is not None:
                watch.heard, watch.heard_s = (
                    item.first_reading + len(item.values),
                    time.monotonic(),
                )
                ring.append(item.first_reading, item.values, at_s=watch.heard_s)
        elif isinstance(item, Decision):
            heard = time.monotonic()
            watch.add(item)
            done = watch.rows[-1]["time_s"]
            if seconds is not None:
                watch.report.progress(min(1.0, done / seconds), f"live: {done:.1f} s")
            if windows is not None and watch.count >= windows:
                return ""
            if seconds is not None and done + watch.model.stride_readings / rate > seconds:
                return ""
        elif isinstance(item, Text):
            watch.report.log(item.text)
        elif isinstance(item, Restarted):
            return "The board restarted."
        elif isinstance(item, StreamInfo) and item.axes != watch.stream.axes:
            return "Another sensor was connected."
        if time.monotonic() - heard > patience:
            return f"The board was silent for {patience:.1f} s."
    return ""
