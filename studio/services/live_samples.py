"""What was seen live, kept in the project: a judged decision as a sample, or the whole stream."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.devices.ring_buffer import RingReader
from studio.errors import DeviceError
from studio.project import Project
from studio.services import acquire, health
from studio.services.live_pc import in_type, readings
from studio.types import Gap, Span, StreamInfo

PRE_S, POST_S = 1.0, 0.5
"""What is kept before and after the window that a decision is about."""
MOST_STREAM_S = 600.0
CHUNK = 1 << 16
"""Readings that are taken out of the ring at once."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of a stream, taken out before it is overwritten."""

    stream: StreamInfo
    values: NDArray[np.float32]
    first: int
    """The stream's reading that `values` begins with."""
    port: str


def around(ring: RingReader, stream: StreamInfo, start: int, stop: int, *, port: str) -> Cut:
    """Return a window with what came before and after it, as far as it is still known.

    Raises
    ------
    DeviceError
        If readings of the window itself were lost or are no longer held.
    """
    rate = stream.sample_rate_hz
    first = max(0, start - round(PRE_S * rate))
    last = min(ring.written, stop + round(POST_S * rate))
    values = readings(ring, first, max(last, stop))
    lost = _lost(values)
    if lost[start - first : stop - first].any():
        raise DeviceError(
            "The signal of this decision is no longer held, or parts of it were lost.",
            "Judge decisions within a few minutes, or save the stream (Ctrl+S).",
        )
    before = np.flatnonzero(lost[: start - first])
    begin = int(before[-1]) + 1 if before.size else 0
    after = np.flatnonzero(lost[stop - first :])
    end = stop - first + int(after[0]) if after.size else len(values)
    return Cut(stream, values[begin:end], first + begin, port)


def whole(ring: RingReader, stream: StreamInfo, *, port: str) -> Cut:
    """Return what is still held of a stream, ten minutes at most.

    Raises
    ------
    DeviceError
        If nothing is.
    """
    first = max(0, ring.written - round(MOST_STREAM_S * stream.sample_rate_hz))
    last = ring.written
    edges = range(first, last, CHUNK)
    parts = [readings(ring, edge, min(edge + CHUNK, last)) for edge in edges]
    values = np.concatenate([np.empty((0, ring.n_axes), np.float32), *parts])
    known = np.flatnonzero(~_lost(values))
    if not known.size:
        raise DeviceError("There is no signal to save yet.", "Press Start, then save it.")
    begin, end = int(known[0]), int(known[-1]) + 1
    return Cut(stream, values[begin:end], first + begin, port)


def keep_sample(
    path: Path, cut: Cut, start: int, stop: int, label: str, *, details: Mapping[str, Any]
) -> dict[str, Any]:
    """Store a cut as a recording of the project, and the window in it as a labelled sample.

    Parameters
    ----------
    start, stop : int
        The window in readings of the stream.
    details : mapping
        What is to be known of it besides, such as `decided` (what the model said).

    Returns
    -------
    dict
        As `studio.services.acquire.record` describes a recording, with `sample` and `label`.
    """
    with Project.open(path) as project, project.history.change(f"Live: kept a window as {label}"):
        row = _kept(project, cut, f"live {label}", details)
        span = Span(start - cut.first, stop - cut.first, label)
        made = project.add_samples(row["recording"], [span])
    return {**row, "sample": made[0].id, "label": label}


def judge_again(path: Path, sample: int, label: str) -> dict[str, Any]:
    """Give a sample that was kept before another label."""
    with Project.open(path) as project:
        project.labels.relabel([sample], label)
    return {"sample": sample, "label": label}


def keep_stream(path: Path, cut: Cut, *, details: Mapping[str, Any]) -> dict[str, Any]:
    """Store a cut as a recording of the project, without labels; lost readings become gaps."""
    with Project.open(path) as project:
        return _kept(project, cut, "live", details)


def _kept(project: Project, cut: Cut, name: str, details: Mapping[str, Any]) -> dict[str, Any]:
    lost = _lost(cut.values)
    now = time.strftime("%Y-%m-%d %H.%M.%S")
    stream = cut.stream
    recording = project.add_recording(
        in_type(cut.values[~lost], stream.dtype),
        name=f"{name} {now} at {cut.first / stream.sample_rate_hz:.2f} s",
        axes=stream.axes,
        sample_rate_hz=stream.sample_rate_hz,
        group=f"live {now}",
        source=cut.port,
        gaps=gaps(lost),
        metadata=details,
    )
    health.stamp(project, recording)
    return acquire.described(recording)


def _lost(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which readings are not known."""
    return np.asarray(np.isnan(values).any(axis=1), np.bool_)


def gaps(lost: NDArray[np.bool_]) -> list[Gap]:
    """Return where readings are missing, in places of those that are left."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], lost, [False]]).astype(np.int8)))
    found, missing = [], 0
    for first, last in edges.reshape(-1, 2).tolist():
        found.append(Gap(first - missing, last - first))
        missing += last - first
    return found
