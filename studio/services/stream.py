"""What a board would have told over a whole recording: every window, and the decision rule.

A test judges windows one by one; a board tells something only where its rule is met, and what
counts is how often it misses what happened and tells what did not.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.errors import ProjectError
from studio.events import Reporter
from studio.project import Project, SampleQuery
from studio.runtime import decide
from studio.services import dataset
from studio.services.dataset import Place
from studio.services.runs import CompiledRun, load_run
from studio.signals import window_starts
from studio.types import ByteArray, DecisionRule, Span, threshold_q


@dataclass(frozen=True, slots=True)
class Heard:
    """What the compiled model made of each window of a recording, `k` of them, `n` classes."""

    recording_id: int
    labels: tuple[str, ...]
    starts: NDArray[np.int64]
    """First reading of each window, a stride apart but where readings are missing."""
    scores: ByteArray
    """Int8, shape `(k, n)`."""
    truth: tuple[Span, ...]
    """What is labelled, in order."""
    length: int
    """Readings in a window."""
    stride: int
    readings: int
    sample_rate_hz: float


@dataclass(frozen=True, slots=True)
class Told:
    """What the rule made of it."""

    told: tuple[Span, ...]
    """Stretches in which the same was told, as long as the windows that it was told from."""
    false: tuple[Span, ...]
    """Those of them that touch nothing with this label, and what of others goes on beyond it."""
    events: tuple[Span, ...]
    """What was to be told."""
    missed: tuple[Span, ...]
    """Events in which their label never was told."""
    hours: float

    @property
    def false_per_hour(self) -> float:
        """How often it tells what is not there."""
        return len(self.false) / self.hours


def listen(path: Path, recording_id: int, *, report: Reporter) -> Heard:
    """Let the latest training run hear a whole recording, as the C code that a board runs.

    Raises
    ------
    ProjectError
        If there is no training run, or the recording has another rate or other axes or is
        shorter than a window.
    ConfigError
        If the pipeline was changed after the training.
    """
    with Project.open(path) as project:
        run, pipeline = load_run(project), project.pipeline
        recording = project.recording(recording_id)
        dataset.check_fits(recording, pipeline)
        length, stride = pipeline.window_readings, pipeline.stride_readings
        if recording.readings < length:
            raise ProjectError(
                f"Recording {recording.name} has {recording.seconds:.2f} s, a window "
                f"{pipeline.window_ms / 1000:g} s.",
                "Choose a longer recording.",
            )
        starts = window_starts(
            recording.readings,
            Span(0, recording.readings, ""),
            window_readings=length,
            stride_readings=stride,
            gaps=recording.gaps,
        )
        places = [Place(recording_id, start, 0, recording.group) for start in starts]

        def done(count: int) -> None:
            report.check_cancelled()
            text = f"Long stream: {count} of {len(places)} windows"
            report.progress(0.9 * count / max(1, len(places)), text)

        known = dataset.features(project, pipeline, places, done)
        track = pipeline.labelling.track
        query = SampleQuery(recordings=(recording_id,), tracks=(track,), enabled=True)
        rows = project.index.page(query, limit=-1)
        compiled = CompiledRun(run)
        place = np.array(starts, np.int64)
        parts = []
        for first, stop in _unbroken(place, stride):
            compiled.begin()
            parts.append(compiled.follow(known.x[first:stop]))
        report.progress(1.0, f"Long stream: {recording.seconds:.0f} s heard")
        return Heard(
            recording_id,
            tuple(run.labels),
            place,
            np.concatenate(parts),
            tuple(Span(row.sample.start, row.sample.stop, row.sample.label) for row in rows),
            length,
            stride,
            recording.readings,
            recording.sample_rate_hz,
        )


def judge(heard: Heard, rule: DecisionRule, *, quiet: Collection[str] = ()) -> Told:
    """Return what a rule tells of a recording, what of it is false, and what it misses.

    Parameters
    ----------
    quiet : collection of str
        Labels that stand for nothing to be told, such as noise. So does what has no label.
    """
    reach = (rule.smoothing - 1) * heard.stride
    told = []
    for first, stop in _unbroken(heard.starts, heard.stride):
        scores = heard.scores[first:stop]
        said = decide(scores, smoothing=rule.smoothing, threshold=threshold_q(rule)).astype(int)
        edges = np.flatnonzero(np.diff(said, prepend=-2, append=-2))
        for begin, end in pairwise(edges.tolist()):
            label = heard.labels[said[begin]] if said[begin] >= 0 else ""
            if label and label not in quiet:
                before = max(heard.starts[first], heard.starts[first + begin] - reach)
                after = heard.starts[first + end - 1] + heard.length
                told.append(Span(int(before), int(after), label))
    events = [span for span in heard.truth if span.label not in quiet]
    touch = _touching(told, events)
    slack = heard.length + reach
    false = [
        part
        for one, near in zip(told, touch, strict=True)
        for part in _beyond(one, [events[place] for place in np.flatnonzero(near)], slack)
    ]
    return Told(
        tuple(told),
        tuple(false),
        tuple(events),
        tuple(events[place] for place in np.flatnonzero(~touch.any(axis=0))),
        heard.readings / heard.sample_rate_hz / 3600,
    )


def _beyond(told: Span, events: list[Span], slack: int) -> list[Span]:
    """Return what of a stretch lies further than `slack` readings from what it rightly tells."""
    parts, start = [], told.start
    for event in events:
        if event.start - slack > start:
            parts.append(Span(start, event.start - slack, told.label))
        start = max(start, event.stop + slack)
    if start < told.stop:
        parts.append(Span(start, told.stop, told.label))
    return parts


def _unbroken(starts: NDArray[np.int64], stride: int) -> list[tuple[int, int]]:
    """Return from which to which window they follow each other without a gap."""
    breaks = np.flatnonzero(np.diff(starts) != stride) + 1
    return list(pairwise([0, *breaks.tolist(), len(starts)]))


def _touching(told: list[Span], events: list[Span]) -> NDArray[np.bool_]:
    """Return, of shape `(n_told, n_events)`, which have a label and readings in common."""
    names = {label: place for place, label in enumerate({one.label for one in (*told, *events)})}
    rows = [(one.start, one.stop, names[one.label]) for one in (*told, *events)]
    table = np.array(rows, np.int64).reshape(-1, 3)
    said, true = table[: len(told), None], table[None, len(told) :]
    common = (said[..., 0] < true[..., 1]) & (true[..., 0] < said[..., 1])
    found: NDArray[np.bool_] = common & (said[..., 2] == true[..., 2])
    return found
