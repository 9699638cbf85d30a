"""The windows that a test judged: what was decided, what they show, and putting labels right.

Results are never changed here: what changes data makes them out of date, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ProjectError
from studio.learning import load_arrays
from studio.project import Project, Run, SampleQuery
from studio.services import test as tests
from studio.services import train, way
from studio.services.runs import read_report
from studio.services.spectrogram import Spectrogram, Spectrograph
from studio.services.thumbnails import strongest
from studio.signals import window_starts
from studio.signals import windows as cut_windows
from studio.types import Axis, ByteArray, FloatArray, Recording, Sample, Span

PICTURE, COLUMNS = 64, 600
"""Columns of a window's small picture, and of its spectrogram."""


@dataclass(frozen=True, slots=True)
class Windows:
    """All windows of a test, in the order of the test split; `k` of them, `n` classes."""

    recording_id: NDArray[np.int64]
    start: NDArray[np.int64]
    """First reading; negative where a recording is shorter than the window."""
    truth: NDArray[np.int64]
    """Class that the labels said at the time of the test."""
    float_scores: FloatArray
    """Shape `(k, n)`, 0..1."""
    int8_scores: ByteArray
    """Shape `(k, n)`; a score q stands for (q + 128) / 256."""
    board: NDArray[np.int64]
    """Class that the board decided on, or -1."""

    @property
    def int8(self) -> FloatArray:
        """The int8 scores as shares, 0..1."""
        shares = (self.int8_scores.astype(np.float32) + 128) / 256
        return shares.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Judged:
    """A test of a run as it is looked at."""

    number: int
    """Of the run among the project's trainings, from 1."""
    report: dict[str, Any]
    """What `test` returned."""
    windows: Windows | None
    """None if an older version tested, which did not keep them."""
    recordings: dict[int, Recording]
    """Those that still are in the project."""
    length: int
    """Readings in a window."""
    threshold: float
    """The decision rule's."""
    stale: str
    """Why the results are out of date, in a sentence; empty if they are not."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What a test needs, and the newest one."""

    trained: int
    """How many finished trainings there are."""
    samples: int
    """How many samples of the test split are in use."""
    judged: Judged | None


def overview(path: Path) -> Overview:
    """Return what a project has to test, and its newest test.

    Raises
    ------
    ProjectError
        If the newest test is damaged.
    """
    with Project.open(path) as project:
        track = project.pipeline.labelling.track
        query = SampleQuery(splits=("test",), tracks=(track,), enabled=True)
        samples = project.index.count(query)
        done = [run for run in project.runs() if run.kind == "train" and run.finished]
        tested = [place for place, run in enumerate(done) if (run.path / tests.REPORT).is_file()]
        if not tested:
            return Overview(len(done), samples, None)
        place = tested[-1]
        run = done[place]
        report = read_report(run.path / tests.REPORT)
        stale = _stale(project, done[-1], run, report)
        windows = _windows(run, report, tests.WINDOWS)
        judged = _judged(project, report, windows, number=place + 1, stale=stale)
        return Overview(len(done), samples, judged)


def of_training(path: Path, run_id: str) -> Judged:
    """Return the windows by which a training was judged: of the validation, or those it learned.

    Raises
    ------
    ProjectError
        If there is no such run, or it is damaged.
    """
    with Project.open(path) as project:
        run = project.run(run_id)
        done = [one.id for one in project.runs() if one.kind == "train" and one.finished]
        report = read_report(run.path / "report.json")
        windows = _windows(run, report, train.VALIDATED)
        number = done.index(run_id) + 1 if run_id in done else 0
        return _judged(project, report, windows, number=number, stale="")


def _judged(
    project: Project, report: dict[str, Any], windows: Windows | None, *, number: int, stale: str
) -> Judged:
    there = set() if windows is None else set(windows.recording_id.tolist())
    return Judged(
        number=number,
        report=report,
        windows=windows,
        recordings={one.id: one for one in project.recordings() if one.id in there},
        length=_length(report),
        threshold=project.pipeline.decision.threshold,
        stale=stale,
    )


def _length(report: dict[str, Any]) -> int:
    settings = report["pipeline"]
    return round(float(settings["window_ms"]) * float(settings["sample_rate_hz"]) / 1000)


def _windows(run: Run, report: dict[str, Any], file: str) -> Windows | None:
    if report.get("kept") != file:
        return None
    arrays = load_arrays(run.path / file)
    try:
        found = Windows(
            arrays["recording_id"].astype(np.int64),
            arrays["start"].astype(np.int64),
            arrays["truth"].astype(np.int64),
            arrays["float"].astype(np.float32),
            arrays["int8"].astype(np.int8),
            arrays["board"].astype(np.int64),
        )
    except KeyError as error:
        raise _damaged(run.id) from error
    shape = (len(found.truth), len(report["classes"]))
    lines = (found.recording_id, found.start, found.board)
    fits = all(line.shape == shape[:1] for line in lines)
    if not fits or found.float_scores.shape != shape or found.int8_scores.shape != shape:
        raise _damaged(run.id)
    return found


def _damaged(run_id: str) -> ProjectError:
    return ProjectError(
        f"The test of run {run_id} is damaged: its windows cannot be read.", "Run the test again."
    )


def _stale(project: Project, newest: Run, run: Run, report: dict[str, Any]) -> str:
    if newest.id != run.id:
        return "A newer run was trained since this test."
    if why := way.changed_since(project, report):
        return why.replace("after the training", "after the test")
    return ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One window as it is looked at."""

    values: NDArray[np.generic]
    """Its readings, `(n, n_axes)`; zeros where the recording is shorter."""
    axes: tuple[Axis, ...]
    sample_rate_hz: float
    spectrogram: Spectrogram | None
    """Of sound."""


def window(path: Path, recording_id: int, start: int, length: int) -> Shown:
    """Return the readings of the window at a place of a recording.

    Raises
    ------
    ProjectError
        If the recording is gone.
    """
    with Project.open(path) as project:
        recording = project.recording(recording_id)
        stored = project.read(recording_id)
        first, last = max(start, 0), min(start + length, len(stored))
        span = Span(first, last, "")
        (values,) = cut_windows(stored, span, window_readings=length, stride_readings=length)
    sound = recording.dtype == "int16"
    rate = recording.sample_rate_hz
    picture = None
    if sound:
        axes = list(range(values.shape[1]))
        picture = Spectrograph(values, rate, axes, 1 / 32768).picture(0, len(values), COLUMNS)
    return Shown(values, recording.axes, rate, picture)


def truths(path: Path, recording_id: int) -> list[Span]:
    """Return what a recording's labels say now, in order."""
    with Project.open(path) as project:
        track = project.pipeline.labelling.track
        query = SampleQuery(recordings=(recording_id,), tracks=(track,), enabled=True)
        rows = project.index.page(query, limit=-1)
    return [Span(row.sample.start, row.sample.stop, row.sample.label) for row in rows]


def pictures(
    path: Path, places: Sequence[tuple[int, int]], length: int
) -> dict[tuple[int, int], NDArray[np.float32]]:
    """Return small pictures of windows: lowest and highest value per column, -1..1.

    Parameters
    ----------
    places : sequence of (recording_id, start)
    length : int
        Readings in a window.

    Returns
    -------
    dict
        Place -> `(2, n_columns)` (`PICTURE` at most) of the axis that moves most; none of
        recordings that are gone.
    """
    found: dict[tuple[int, int], NDArray[np.float32]] = {}
    with Project.open(path) as project:
        there = {recording.id for recording in project.recordings()}
        for number, start in places:
            if number in there:
                values = project.read(number)[max(0, start) : max(0, start + length)]
                flat = np.zeros((2, 1), np.float32)
                found[number, start] = strongest(values, PICTURE).T if len(values) else flat
    return found


def sample_at(path: Path, recording_id: int, start: int, length: int) -> int:
    """Return the number of the sample that a window shows most of.

    Raises
    ------
    ProjectError
        If it shows none any more.
    """
    with Project.open(path) as project:
        return _sample(project, recording_id, max(start, 0), start + length).id


def relabel(path: Path, recording_id: int, start: int, label: str) -> dict[str, Any]:
    """Give what a window shows another label, as one change of the history.

    The window's sample gets it; where the sample holds more windows, the window's readings become
    a sample of their own.

    Returns
    -------
    dict
        `did`: what the history calls it; `sample`, `cut` (whether the sample was divided).

    Raises
    ------
    ProjectError
        If the window has no sample any more.
    """
    return _changed(path, recording_id, start, label)


def exclude(path: Path, recording_id: int, start: int) -> dict[str, Any]:
    """Leave what a window shows out of training and testing; otherwise as `relabel`."""
    return _changed(path, recording_id, start, None)


def _changed(path: Path, recording_id: int, start: int, label: str | None) -> dict[str, Any]:
    with Project.open(path) as project:
        length = project.pipeline.window_readings
        recording = project.recording(recording_id)
        first, last = max(start, 0), min(start + length, recording.readings)
        sample = _sample(project, recording_id, first, last)
        where = f"{recording.name} at {first / recording.sample_rate_hz:.2f} s"
        sentence = f"Excluded {where}" if label is None else f"Relabelled {where} to {label}"
        with project.history.change(sentence):
            number, cut = _own_sample(project, recording, sample, first, last)
            if label is None:
                project.labels.enable([number], enabled=False)
            else:
                project.labels.relabel([number], label)
    return {"did": sentence, "sample": number, "cut": cut}


def _sample(project: Project, recording_id: int, first: int, last: int) -> Sample:
    """Return the sample that covers most of a stretch."""
    track = project.pipeline.labelling.track
    query = SampleQuery(recordings=(recording_id,), tracks=(track,), enabled=True)
    samples = [row.sample for row in project.index.page(query, limit=-1)]
    found = [
        (min(one.stop, last) - max(one.start, first), one.id, one)
        for one in samples
        if one.start < last and first < one.stop
    ]
    if not found:
        raise ProjectError(
            "This window has no label any more: it was changed after the test.",
            "Run the test again.",
        )
    return max(found)[2]


def _own_sample(
    project: Project, recording: Recording, sample: Sample, first: int, last: int
) -> tuple[int, bool]:
    """Return the number of a sample that is this stretch only, and whether it had to be cut."""
    pipeline = project.pipeline
    starts = window_starts(
        recording.readings,
        Span(sample.start, sample.stop, sample.label),
        window_readings=pipeline.window_readings,
        stride_readings=pipeline.stride_readings,
        gaps=recording.gaps,
    )
    if len(starts) <= 1:
        return sample.id, False
    own = Span(max(first, sample.start), min(last, sample.stop), sample.label)
    parts = [
        Span(sample.start, own.start, sample.label),
        own,
        Span(own.stop, sample.stop, sample.label),
    ]
    made = project.labels.replace(sample.id, [span for span in parts if span.stop > span.start])
    number = next(one.id for one in made if (one.start, one.stop) == (own.start, own.stop))
    return number, True
