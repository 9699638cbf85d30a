"""What a board decides, window by window, as it happens."""

import math
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.devices.connection import Connection, ModelInfo
from studio.devices.source import Restarted, Text
from studio.errors import ConfigError, DeviceError
from studio.events import Reporter
from studio.project import Project
from studio.services import boards
from studio.types import Decision, StreamInfo

STALL_S = 4.0


@dataclass(slots=True)
class _Watch:
    """What was seen so far."""

    model: ModelInfo
    stream: StreamInfo
    clock_hz: int
    report: Reporter
    rows: list[dict[str, Any]] = field(default_factory=list)
    next_start: int = 0
    skipped: int = 0
    """Readings over which no window was judged because the board lost some."""

    def add(self, decision: Decision) -> None:
        """Note a decision and publish it."""
        if self.rows and decision.start > self.next_start:
            self.skipped += decision.start - self.next_start
        self.next_start = decision.start + self.model.stride_readings
        end = decision.start + self.model.window_readings
        row = {
            "start": decision.start,
            "time_s": end / self.stream.sample_rate_hz,
            "label": self.model.labels[decision.label] if decision.label >= 0 else "",
            "scores_q": list(decision.scores),
            "features_crc": decision.features_crc,
            "dsp_cycles": decision.dsp_cycles,
            "nn_cycles": decision.nn_cycles,
        }
        self.rows.append(row)
        self.report.event(
            "decision",
            **row,
            labels=list(self.model.labels),
            scores=[(score + 128) / 256 for score in decision.scores],
            threshold=(self.model.threshold_q + 128) / 256,
            dsp_ms=decision.dsp_cycles / self.clock_hz * 1000,
            nn_ms=decision.nn_cycles / self.clock_hz * 1000,
            count=len(self.rows),
        )

    def latency(self) -> dict[str, float]:
        """Return the mean and the longest time per window on the board."""
        if not self.rows:
            return {}
        per_ms = 1000 / self.clock_hz
        dsp = [row["dsp_cycles"] * per_ms for row in self.rows]
        nn = [row["nn_cycles"] * per_ms for row in self.rows]
        both = [a + b for a, b in zip(dsp, nn, strict=True)]
        return {
            "dsp_ms": sum(dsp) / len(dsp),
            "nn_ms": sum(nn) / len(nn),
            "total_ms": sum(both) / len(both),
            "longest_ms": max(both),
        }

    def result(self) -> dict[str, Any]:
        """Return what was seen, as `live` returns it."""
        latency = self.latency()
        stride_ms = self.model.stride_readings / self.stream.sample_rate_hz * 1000
        return {
            "board": self.stream.board,
            "run": self.model.run,
            "labels": list(self.model.labels),
            "windows": len(self.rows),
            "seconds": self.rows[-1]["time_s"] if self.rows else 0.0,
            "counts": dict(Counter(row["label"] for row in self.rows)),
            "latency": latency,
            "keeps_up": bool(latency) and latency["longest_ms"] <= stride_ms,
            "skipped_readings": self.skipped,
            "decisions": self.rows,
        }


def live(
    port: str,
    *,
    seconds: float | None = None,
    windows: int | None = None,
    run: str = "",
    stall_s: float = STALL_S,
    report: Reporter,
) -> dict[str, Any]:
    """Watch a board decide on its own sensor.

    Ends after so many seconds of board time or so many windows, when the board is silent for
    `stall_s` (a recording that a virtual board plays has ended), or when the person stops it.

    Parameters
    ----------
    port : str
    seconds, windows : optional
        Without either: until stopped.
    run : str
        Id of the training run that the board must have; empty for any.

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
                f"The board on {port} runs {model.run}; the project's latest run is {run}.",
                "Flash it: tinyml-studio flash PROJECT",
            )
        stream = connection.start()
        watch = _Watch(model, stream, _clock_hz(stream.board), report)
        report.event("info", board=stream.board, run=model.run, labels=list(model.labels))
        report.progress(0.0, f"live: {stream.board} decides with run {model.run}")
        try:
            ended = _follow(connection, watch, seconds=seconds, windows=windows, stall_s=stall_s)
        finally:
            connection.stop()
        stats = connection.stats
    if not watch.rows:
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
    watch: _Watch,
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
    for item in connection.decisions():
        watch.report.check_cancelled()
        if isinstance(item, Decision):
            heard = time.monotonic()
            watch.add(item)
            done = watch.rows[-1]["time_s"]
            if seconds is not None:
                watch.report.progress(min(1.0, done / seconds), f"live: {done:.1f} s")
            if windows is not None and len(watch.rows) >= windows:
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
