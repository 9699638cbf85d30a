"""From a project's samples to features with labels, for training and for testing.

Windows are cut from recordings as they are needed; what is kept is their place (recording and
first reading), so that the same window can be sent to a board later.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError, ProjectError
from studio.events import Reporter
from studio.learning import LearningSettings, augment, save_arrays
from studio.learning.augment import BACKGROUND_LABELS
from studio.params import make
from studio.project import Project
from studio.registry import find
from studio.runtime import extract_features
from studio.signals import labelled_windows, stretches, window_starts, windows
from studio.types import BlockConfig, FloatArray, Pipeline, Recording, Sample, Span

CHUNK = 256
"""Windows held in memory at once."""

RATE_TOLERANCE = 0.001
THREADS = 2
MOST_BACKGROUNDS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a window is, and what it shows."""

    recording_id: int
    start: int
    """First reading; negative when a recording shorter than the window is padded."""
    label: int
    """Class index."""
    group: str


@dataclass(frozen=True, slots=True)
class Features:
    """Features of windows with their classes."""

    x: FloatArray
    """Shape `(k, *output_shape)` of the signal block."""
    y: NDArray[np.int64]
    groups: tuple[str, ...]


def block_config(pipeline: Pipeline) -> BlockConfig:
    """Return the pipeline's signal block made ready for its window.

    Raises
    ------
    ConfigError
        If the pipeline is not complete or its settings cannot work.
    """
    if not pipeline.axes or pipeline.sample_rate_hz <= 0:
        raise ConfigError(
            "The pipeline has no axes and no sample rate yet.", "Record or import data first."
        )
    if not pipeline.block:
        raise ConfigError("The pipeline has no signal block.", "Choose one, such as audio_mfcc.")
    block = find("signal_block", pipeline.block).load()
    known = block.implementation_version
    if pipeline.block_version not in (0, known):
        raise ConfigError(
            f"The project was made with version {pipeline.block_version} of {pipeline.block}; "
            f"this program has version {known}.",
            "Choose the signal block again to take the present version, then train again.",
        )
    config: BlockConfig = block.configure(
        make(block.Params, pipeline.block_params),
        n_readings=pipeline.window_readings,
        axes=pipeline.axes,
        sample_rate_hz=pipeline.sample_rate_hz,
    )
    return config


def class_names(project: Project, report: Reporter) -> list[str]:
    """Return the project's labels in order, after making sure that it can be trained on.

    Samples that are in no split yet are assigned to one, by group.

    Raises
    ------
    ProjectError
        If there are fewer than two labels, or one has no training samples.
    """
    track = project.pipeline.labelling.track
    samples = project.samples(track=track, enabled=True)
    unassigned = sum(not sample.split for sample in samples)
    if unassigned:
        project.assign_splits(only_new=True)
        report.log(f"{unassigned} new samples were put into train, validation and test by group.")
        samples = project.samples(track=track, enabled=True)
    names = sorted({sample.label for sample in samples})
    if len(names) < 2:
        found = f"Only the label {names[0]!r} has samples" if names else "No reading is labelled"
        raise ProjectError(f"{found}.", "Label or import data of at least two kinds.")
    trained = Counter(sample.label for sample in samples if sample.split == "train")
    missing = [name for name in names if not trained[name]]
    if missing:
        raise ProjectError(
            f"Label {missing[0]!r} has no training samples.",
            "Add recordings of another group for it, or assign the splits anew.",
        )
    return names


def digest(project: Project, *, learned: bool = False) -> str:
    """Return a digest of what is trained and tested on: samples, labels, groups and splits.

    With `learned` it is of what a training looks at: the samples that are not held out for the
    test, and which labels there are.
    """
    track = project.pipeline.labelling.track
    samples = project.samples(track=track, enabled=True)
    found = hashlib.sha256()
    if learned:
        found.update(repr(sorted({one.label for one in samples})).encode("utf-8", "surrogatepass"))
        samples = [one for one in samples if one.split != "test"]
    for one in samples:
        row = (one.recording_id, one.start, one.stop, one.label, one.group, one.split)
        found.update(repr(row).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def find_places(
    project: Project, pipeline: Pipeline, *, split: str, labels: Sequence[str]
) -> list[Place]:
    """Return all windows of a split, in the order of its samples.

    Raises
    ------
    ProjectError
        If a recording does not fit the pipeline, or a label is not among `labels`.
    """
    index = {name: number for number, name in enumerate(labels)}
    recordings = {recording.id: recording for recording in project.recordings()}
    track = pipeline.labelling.track
    samples = project.samples(split=split, track=track, enabled=True)
    for sample in samples:
        check_fits(recordings[sample.recording_id], pipeline)
        if sample.label not in index:
            raise ProjectError(
                f"Label {sample.label!r} is new: the model knows {', '.join(labels)}.",
                "Train again.",
            )
    if pipeline.labelling.rule != "sample":
        return _mixed(project, pipeline, recordings, samples, index)
    return [
        Place(sample.recording_id, start, index[sample.label], sample.group)
        for sample in samples
        for start in window_starts(
            recordings[sample.recording_id].readings,
            Span(sample.start, sample.stop, sample.label),
            window_readings=pipeline.window_readings,
            stride_readings=pipeline.stride_readings,
            gaps=recordings[sample.recording_id].gaps,
        )
    ]


def _mixed(
    project: Project,
    pipeline: Pipeline,
    recordings: Mapping[int, Recording],
    samples: Sequence[Sample],
    index: Mapping[str, int],
) -> list[Place]:
    """Return windows over several labels, none of which touches what is not to be used here."""
    mine = {sample.id for sample in samples}
    of: dict[int, tuple[list[Span], list[Span]]] = {}
    for sample in project.samples(track=pipeline.labelling.track):
        used, barred = of.setdefault(sample.recording_id, ([], []))
        chosen = used if sample.id in mine else barred
        chosen.append(Span(sample.start, sample.stop, sample.label))
    length = pipeline.window_readings
    return [
        Place(number, start, index[label], recordings[number].group)
        for number, (used, barred) in sorted(of.items())
        for start, label in labelled_windows(
            recordings[number].readings,
            used,
            pipeline.labelling,
            window_readings=length,
            stride_readings=pipeline.stride_readings,
            gaps=recordings[number].gaps,
        )
        if not any(span.start < start + length and start < span.stop for span in barred)
    ]


def check_fits(recording: Recording, pipeline: Pipeline) -> None:
    """Refuse a recording whose rate, axes or kind of values are not the pipeline's."""
    if abs(recording.sample_rate_hz / pipeline.sample_rate_hz - 1) > RATE_TOLERANCE:
        raise ProjectError(
            f"Recording {recording.name} has {recording.sample_rate_hz:g} Hz; the pipeline "
            f"{pipeline.sample_rate_hz:g} Hz.",
            f"Import it again with --rate {pipeline.sample_rate_hz:g}.",
        )
    names = tuple(axis.name for axis in recording.axes)
    wanted = tuple(axis.name for axis in pipeline.axes)
    if names != wanted or recording.dtype != pipeline.dtype:
        raise ProjectError(
            f"Recording {recording.name} has the axes {', '.join(names)} ({recording.dtype}); the "
            f"pipeline {', '.join(wanted)} ({pipeline.dtype}).",
            "Remove it, or keep such recordings in a project of their own.",
        )


def cut(
    project: Project, pipeline: Pipeline, places: Sequence[Place]
) -> Iterator[NDArray[np.generic]]:
    """Yield the windows of places, `(k, n_readings, n_axes)` with k up to `CHUNK`."""
    length = pipeline.window_readings
    read = _Reader(project)
    for first in range(0, len(places), CHUNK):
        chunk = []
        for place in places[first : first + CHUNK]:
            values = read(place.recording_id)
            span = Span(max(place.start, 0), min(place.start + length, len(values)), "")
            chunk.append(windows(values, span, window_readings=length, stride_readings=length))
        yield np.concatenate(chunk)


class _Reader:
    """Keeps the recording that was asked for last."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._id = -1
        self._values: NDArray[np.generic] = np.empty((0, 0), np.int16)

    def __call__(self, recording_id: int) -> NDArray[np.generic]:
        if recording_id != self._id:
            self._values = self._project.read(recording_id)
            self._id = recording_id
        return self._values


def features(
    project: Project,
    pipeline: Pipeline,
    places: Sequence[Place],
    progress: Callable[[int], None] = lambda done: None,
) -> Features:
    """Return the features of places, computed by the runtime as on the board."""
    config = block_config(pipeline)
    parts: list[FloatArray] = []
    for part in cut(project, pipeline, places):
        parts.append(extract_features(config, part))
        progress(min(len(parts) * CHUNK, len(places)))
    return Features(
        _joined(parts, config),
        np.array([place.label for place in places], np.int64),
        tuple(place.group for place in places),
    )


def _words(done: int, total: int) -> str:
    return f"Features: {done} of {total} windows"


def _joined(parts: Sequence[FloatArray], config: BlockConfig) -> FloatArray:
    empty = np.empty((0, config.n_features), np.float32)
    return np.concatenate([empty, *parts]).reshape(-1, *config.output_shape)


def _varied(
    project: Project,
    pipeline: Pipeline,
    places: Sequence[Place],
    settings: LearningSettings,
    *,
    backgrounds: Sequence[NDArray[np.generic]],
    progress: Callable[[int], None],
) -> FloatArray:
    """Return the features of varied copies: all places once, then all again, and so on."""
    config = block_config(pipeline)
    read = _Reader(project)
    gaps = {recording.id: recording.gaps for recording in project.recordings()}
    seed, copies = settings.train.seed, settings.augment.augment_copies

    def vary(job: tuple[int, Place, NDArray[np.generic]]) -> NDArray[np.generic]:
        number, place, values = job
        whole = stretches(len(values), gaps[place.recording_id])
        first, stop = next(one for one in whole if max(place.start, 0) < one[1])
        return augment(
            values[first:stop],
            place.start - first,
            length=pipeline.window_readings,
            settings=settings.augment,
            rng=np.random.default_rng([seed, number]),
            backgrounds=backgrounds,
        )

    numbered = list(enumerate(list(places) * copies))
    parts: list[FloatArray] = []
    with ThreadPoolExecutor(THREADS) as pool:
        for first in range(0, len(numbered), CHUNK):
            chunk = numbered[first : first + CHUNK]
            jobs = [(number, place, read(place.recording_id)) for number, place in chunk]
            parts.append(extract_features(config, np.stack(list(pool.map(vary, jobs)))))
            progress(first + len(chunk))
    return _joined(parts, config)


def work(request: Mapping[str, Any], report: Reporter) -> dict[str, Any]:
    """Write `features.npz` of a run (in the data worker).

    Parameters
    ----------
    request : mapping
        `project` and `folder` (paths), `labels`, `values` (flat learning settings).

    Returns
    -------
    dict
        `windows`: how many of `train` (unvaried), `varied` and `validation`; `majority`: the
        share (0..1) that always naming the commonest class gets right, of what validates.

    Raises
    ------
    StudioError
        If the project cannot be trained on as it is.
    """
    with Project.open(Path(request["project"])) as project:
        pipeline = project.pipeline
        settings = LearningSettings.read(pipeline.learning, pipeline.dtype, request["values"])
        labels = list(request["labels"])
        train = find_places(project, pipeline, split="train", labels=labels)
        validation = find_places(project, pipeline, split="validation", labels=labels)
        _tell_gaps(project, pipeline, report)
        n_train, copies = len(train), settings.augment.augment_copies
        total = n_train * (1 + copies) + len(validation)

        def progress(done: int) -> None:
            report.progress(min(1.0, done / total), _words(done, total))

        known = features(project, pipeline, [*train, *validation], progress)
        before = n_train + len(validation)
        varied = _varied(
            project,
            pipeline,
            train,
            settings,
            backgrounds=_backgrounds(project, pipeline, train, labels, seed=settings.train.seed),
            progress=lambda done: progress(before + done),
        )
    save_arrays(
        Path(request["folder"]) / "features.npz",
        train_x=np.concatenate([known.x[:n_train], varied]),
        train_y=np.tile(known.y[:n_train], 1 + copies),
        originals=np.array(n_train),
        train_groups=np.array(known.groups[:n_train], np.str_),
        validation_x=known.x[n_train:],
        validation_y=known.y[n_train:],
        validation_groups=np.array(known.groups[n_train:], np.str_),
        judged_at=np.array([(one.recording_id, one.start) for one in validation or train]),
    )
    counts = {"train": n_train, "varied": len(varied), "validation": len(validation)}
    judged = known.y[n_train:] if counts["validation"] else known.y
    most = int(np.bincount(judged, minlength=1).max())
    return {"windows": counts, "majority": most / max(1, len(judged))}


def _tell_gaps(project: Project, pipeline: Pipeline, report: Reporter) -> None:
    """Say how many samples are lost to training because readings are missing around them."""
    broken = {one.id: one for one in project.recordings() if one.gaps}
    if not broken or pipeline.labelling.rule != "sample":
        return
    lost = sum(
        not window_starts(
            broken[sample.recording_id].readings,
            Span(sample.start, sample.stop, sample.label),
            window_readings=pipeline.window_readings,
            stride_readings=pipeline.stride_readings,
            gaps=broken[sample.recording_id].gaps,
        )
        for sample in project.samples(track=pipeline.labelling.track, enabled=True)
        if sample.recording_id in broken
    )
    if lost:
        report.log(
            f"{lost} samples give no window: between the gaps around them, less than "
            f"{pipeline.window_ms:g} ms was recorded."
        )


def _backgrounds(
    project: Project,
    pipeline: Pipeline,
    places: Sequence[Place],
    labels: Sequence[str],
    *,
    seed: int,
) -> list[NDArray[np.generic]]:
    """Return training windows of noise, at most `MOST_BACKGROUNDS` of them."""
    noisy = {number for number, name in enumerate(labels) if name.lower() in BACKGROUND_LABELS}
    found = [place for place in places if place.label in noisy]
    order = np.random.default_rng(seed).permutation(len(found))[:MOST_BACKGROUNDS]
    chosen = [found[number] for number in sorted(order)]
    return [window for part in cut(project, pipeline, chosen) for window in part]
