"""What the editor of one recording shows, and the edits that only it makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import ConfigError, ProjectError, StudioError
from studio.project import Project, SampleQuery, Suggestion
from studio.services import parts
from studio.services.dataset import check_fits
from studio.services.pictures import Look
from studio.signals import EventSettings, labelled_windows, window_starts
from studio.types import Labelling, Recording, Sample, Span

MOST_WINDOWS = 200_000
"""Windows of a recording that has more are not listed."""


@dataclass(frozen=True, slots=True)
class Windows:
    """What a recording gives to train on."""

    rule: Labelling
    length: int
    """Readings in a window; 0 while the project does not know its rate."""
    stride: int
    starts: tuple[tuple[int, str], ...]
    """First reading and label of each window."""
    why_not: str = ""
    """Why there are none, if something is in the way."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A recording with everything that is drawn over it."""

    look: Look
    samples: tuple[Sample, ...]
    guesses: tuple[Suggestion, ...]
    """Open suggestions for this recording."""
    waiting: int
    """Open suggestions in the whole project."""
    tracks: tuple[str, ...]
    labels: tuple[tuple[str, int], ...]
    """All labels of the project by their places, each with how many samples it has."""
    windows: Windows

    @property
    def recording(self) -> Recording:
        """The recording."""
        return self.look.recording


def opened(path: Path, recording_id: int, known: Look | None = None) -> Opened:
    """Return a recording with its samples and all that is said about them.

    Parameters
    ----------
    known : Look, optional
        What is opened already; used again if it is this recording.
    """
    with Project.open(path) as project:
        recording = project.recording(recording_id)
        if known is None or known.recording != recording:
            known = Look(recording, project.read(recording_id))
        query = SampleQuery(recordings=(recording_id,))
        samples = tuple(row.sample for row in project.index.page(query, limit=-1))
        counts: dict[str, int] = {}
        for row in project.index.sums(SampleQuery()):
            counts[row.label] = counts.get(row.label, 0) + row.samples
        waiting = project.suggestions.find()
        return Opened(
            known,
            samples,
            tuple(sorted(_of(waiting, recording_id), key=lambda one: one.start)),
            len(waiting),
            tuple(project.labels.tracks()),
            tuple((label, counts.get(label, 0)) for label in project.index.places()),
            _windows(project, recording, samples),
        )


def _of(guesses: Sequence[Suggestion], recording_id: int) -> list[Suggestion]:
    return [one for one in guesses if one.recording_id == recording_id]


def _windows(project: Project, recording: Recording, samples: Sequence[Sample]) -> Windows:
    """Return the windows that training would cut from a recording."""
    pipeline = project.pipeline
    rule = pipeline.labelling
    length = pipeline.window_readings if pipeline.sample_rate_hz > 0 else 0
    stride = pipeline.stride_readings
    if length < 1:
        return Windows(rule, 0, stride, (), "The pipeline has no sample rate yet.")
    try:
        check_fits(recording, pipeline)
    except StudioError as error:
        return Windows(rule, length, stride, (), error.message)
    if recording.readings // stride > MOST_WINDOWS:
        return Windows(rule, length, stride, (), "The recording is too long to list its windows.")
    used = [one for one in samples if one.enabled and one.track == rule.track]
    spans = [Span(one.start, one.stop, one.label) for one in used]
    if rule.rule != "sample":
        found = labelled_windows(
            recording.readings,
            spans,
            rule,
            window_readings=length,
            stride_readings=stride,
            gaps=recording.gaps,
        )
    else:
        found = [
            (start, span.label)
            for span in spans
            for start in window_starts(
                recording.readings,
                span,
                window_readings=length,
                stride_readings=stride,
                gaps=recording.gaps,
            )
        ]
    return Windows(rule, length, stride, tuple(found))


def unlabelled(path: Path) -> int:
    """Return how many recordings have no sample on the track that is trained on."""
    with Project.open(path) as project:
        done = _labelled(project)
        return sum(1 for one in project.recordings() if one.id not in done)


def _labelled(project: Project) -> set[int]:
    track = project.pipeline.labelling.track
    return {sample.recording_id for sample in project.samples(track=track)}


def following(
    path: Path, recording_id: int, *, by: int = 1, unlabelled: bool = False
) -> tuple[int, str] | None:
    """Return number and name of the next recording (`by` 1) or the one before (-1).

    After the last one comes the first. A `recording_id` that there is not stands before them.

    Parameters
    ----------
    unlabelled : bool
        Only those without a sample on the track that is trained on.

    Returns
    -------
    (int, str) or None
        None if there is no such recording.
    """
    with Project.open(path) as project:
        every = project.recordings()
        if unlabelled:
            done = _labelled(project)
            every = [one for one in every if one.id not in done or one.id == recording_id]
    ids = [one.id for one in every]
    if not ids or (unlabelled and ids == [recording_id]):
        return None
    place = ids.index(recording_id) if recording_id in ids else (-1 if by > 0 else 0)
    found = every[(place + by) % len(every)]
    return found.id, found.name


def split_at(path: Path, sample_id: int, at: int) -> dict[str, Any]:
    """Cut a sample in two at a reading, as one change; the result has the new samples' `ids`.

    Raises
    ------
    ConfigError
        If the reading is not inside the sample.
    """
    with Project.open(path) as project:
        (sample,) = project.labels.of([sample_id])
        recording = project.recording(sample.recording_id)
    if not sample.start < at < sample.stop:
        raise ConfigError(
            f"Reading {at} is not inside the sample, which goes from {sample.start} to "
            f"{sample.stop}.",
            "Put the cursor inside the sample.",
        )
    halves = (Span(sample.start, at, sample.label), Span(at, sample.stop, sample.label))
    source = parts.Source(recording.id, sample.id)
    return parts.write(
        path, [parts.Parts(source, recording.name, halves, recording.sample_rate_hz)]
    )


def join(path: Path, sample_ids: Sequence[int]) -> dict[str, Any]:
    """Make one sample of several of a recording and track, with the first one's label.

    Returns
    -------
    dict
        id, start, stop of the sample that is left, and what the history calls it (`did`).

    Raises
    ------
    ProjectError
        If they are fewer than two, or lie in several recordings or tracks.
    """
    with Project.open(path) as project:
        samples = sorted(project.labels.of(sample_ids), key=lambda one: (one.start, one.id))
        places = {(one.recording_id, one.track) for one in samples}
        if len(samples) < 2 or len(places) > 1:
            raise ProjectError(
                f"{len(samples)} samples in {len(places)} places cannot be merged.",
                "Choose two or more samples of one recording and one track.",
            )
        first, rest = samples[0], samples[1:]
        stop = max(one.stop for one in samples)
        name = project.recording(first.recording_id).name
        did = f"Merged {len(samples)} samples of {name}"
        with project.history.change(did):
            project.labels.remove([one.id for one in rest])
            project.labels.crop(first.id, first.start, stop)
    return {"id": first.id, "start": first.start, "stop": stop, "did": did}


__all__ = ["EventSettings", "Opened", "Windows", "following", "join", "opened", "split_at"]
