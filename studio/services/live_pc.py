"""The trained model on this computer, on what a board or a microphone streams right now.

Features, model and decision are the C code that a board would run, so what is decided here is
what it would decide. The stream comes as for a recording, in a process of its own.
"""

import threading
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.devices.connection import ModelInfo
from studio.devices.ring_buffer import RingReader
from studio.errors import DeviceError, StudioError
from studio.events import Reporter
from studio.project import Project
from studio.runtime import extract_features
from studio.services import acquire, dataset
from studio.services.live import Watch
from studio.services.live_rule import Rule
from studio.services.runs import CompiledRun, load_run, run_number
from studio.types import Decision, Pipeline, StreamInfo, threshold_q

LOOK_S = 0.01
LATE_S = 1.0
"""A window that waited longer is left out, so that what is shown is what happens now."""
RATE_TOLERANCE = 0.01
CLOCK_HZ = 1_000_000
"""Times on this computer are counted in microseconds."""


def on_pc(
    path: Path,
    port: str,
    *,
    seconds: float | None = None,
    rule: Rule | None = None,
    protocol: str = "auto",
    report: Reporter,
) -> dict[str, Any]:
    """Decide about what a board streams, with a project's latest training run.

    Events are those of `studio.services.acquire.monitor` and, as of `studio.services.live.live`,
    `decision`. Ends when the stream does, or when the person stops it.

    Parameters
    ----------
    path : Path
        The project.
    port : str
        What streams: a board with the collect firmware or another protocol, or a microphone.
    seconds : float, optional
        Of the stream after which to end.
    rule : Rule, optional
        May be changed meanwhile.

    Returns
    -------
    dict
        As of `studio.services.live.live`, with the newest decisions only.

    Raises
    ------
    StudioError
        If nothing is trained, the stream does not fit the pipeline, or the link fails.
    """
    judge = _Judge(path, rule or Rule(), report)
    report.progress(0.0, f"Run {judge.number} decides on this computer")
    try:
        request = {"port": port, "protocol": protocol, "baud": 0, "seconds": seconds}
        outcome = acquire.run_process(request, judge)
    finally:
        judge.finish()
    error = judge.error or outcome.error
    if error is not None:
        raise error
    report.check_cancelled()
    seen = judge.watch.result() if judge.watch else {}
    return {"port": port, **seen, "ended": outcome.ended or "The stream has ended."}


class _Judge:
    """Overhears an acquisition, and decides about its windows in a thread of its own."""

    def __init__(self, path: Path, rule: Rule, report: Reporter) -> None:
        self._report, self._rule = report, rule
        with Project.open(path) as project:
            self.pipeline = project.pipeline
            run = load_run(project)
            self.number = run_number(project, run.id)
        self._config = dataset.block_config(self.pipeline)
        self._run = CompiledRun(run)
        self.model = ModelInfo(
            run=run.id,
            window_readings=self.pipeline.window_readings,
            stride_readings=self.pipeline.stride_readings,
            n_features=self._config.n_features,
            labels=run.labels,
            smoothing=self.pipeline.decision.smoothing,
            threshold_q=threshold_q(self.pipeline.decision),
        )
        self.watch: Watch | None = None
        self.error: StudioError | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    # -- what the acquisition reports ------------------------------------------------------------

    def progress(self, fraction: float, text: str) -> None:
        """Pass on."""
        self._report.progress(fraction, text)

    def log(self, line: str) -> None:
        """Pass on."""
        self._report.log(line)

    def event(self, kind: str, **data: object) -> None:
        """Pass on; a stream that begins is decided about."""
        if kind != "info" or not data.get("axes"):
            self._report.event(kind, **data)
            return
        self.finish()
        stream = acquire.stream_info(data)
        self.error = unfit(stream, self.pipeline)
        if self.error is not None or not data["ring"]:
            self._report.event(kind, **data)
            return
        self._begin(stream, str(data["ring"]))

    def check_cancelled(self) -> None:
        """Raise if the person asked to stop, or there is no use in going on."""
        self._report.check_cancelled()
        if self.error is not None:
            raise self.error

    # -- the thread ------------------------------------------------------------------------------

    def _begin(self, stream: StreamInfo, name: str) -> None:
        ring = acquire.ring(name)
        self.watch = Watch(self.model, stream, CLOCK_HZ, self._report, self._rule, keep=False)
        self.watch.by_board = False
        self.watch.begin(ring=name)
        self._stop.clear()
        self._thread = threading.Thread(
            target=self._work, args=(ring, self.watch), name="live judge", daemon=True
        )
        self._thread.start()

    def finish(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _work(self, ring: RingReader, watch: Watch) -> None:
        try:
            self._run.begin()
            start = ring.written
            while not self._stop.wait(LOOK_S):
                start = self._judge_all(ring, watch, start)
        except StudioError as error:
            self.error = error
        finally:
            ring.close()

    def _judge_all(self, ring: RingReader, watch: Watch, start: int) -> int:
        """Decide about the windows that are complete; return where the next one begins."""
        length, stride = self.model.window_readings, self.model.stride_readings
        behind = ring.written - start - length
        if behind > LATE_S * watch.stream.sample_rate_hz + stride:
            start += behind // stride * stride
            self._run.begin()
        while not self._stop.is_set() and ring.written >= start + length:
            values = readings(ring, start, start + length)
            lost = np.flatnonzero(np.isnan(values).any(axis=1))
            if lost.size:  # a window never spans a gap
                start += int(lost[-1]) + 1
                watch.rule.forget()
                self._run.begin()
                continue
            watch.heard, watch.heard_s = ring.written, ring.arrived_s
            watch.add(self._decide(values, start))
            start += stride
        return start

    def _decide(self, values: NDArray[np.float32], start: int) -> Decision:
        began = time.perf_counter()
        window = in_type(values, self.pipeline.dtype)[np.newaxis]
        features = extract_features(self._config, window)
        middle = time.perf_counter()
        scores = self._run.follow(features)[0]
        ended = time.perf_counter()
        return Decision(
            start=start,
            label=-1,
            scores=tuple(scores.tolist()),
            features_crc=zlib.crc32(features.astype("<f4").tobytes()),
            dsp_cycles=round((middle - began) * CLOCK_HZ),
            nn_cycles=round((ended - middle) * CLOCK_HZ),
        )


def readings(ring: RingReader, first: int, last: int) -> NDArray[np.float32]:
    """Return readings `[first, last)` of a stream, not-a-number where they are not known.

    Further back than single readings are held only the range of some together is known: not what
    they were.
    """
    low, high = ring.envelope(first, last, last - first)
    low[low != high] = np.nan
    return low


def in_type(values: NDArray[np.float32], dtype: str) -> NDArray[Any]:
    """Return readings as a pipeline takes them; those of sound were whole numbers."""
    if dtype == "int16":
        return np.clip(np.rint(values), -32768, 32767).astype(np.int16)
    return values.astype(np.float32)


def unfit(stream: StreamInfo, pipeline: Pipeline) -> DeviceError | None:
    """Return why a stream is not what a pipeline was made for, or None if it is."""
    rate, wanted = stream.sample_rate_hz, pipeline.sample_rate_hz
    axes, names = len(stream.axes), len(pipeline.axes)
    if axes == names and abs(rate - wanted) <= RATE_TOLERANCE * wanted:
        return None
    return DeviceError(
        f"The model needs {_said(names, wanted)}; {stream.board} streams {_said(axes, rate)}.",
        "Choose the sensor that the recordings came from, or open the project that fits it.",
    )


def _said(axes: int, rate_hz: float) -> str:
    return f"{axes} {'axis' if axes == 1 else 'axes'} at {rate_hz:g} Hz"
