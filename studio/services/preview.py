"""A pipeline seen at work on a project's own data: its windows, one by one and all together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ProjectError
from studio.events import Reporter
from studio.learning import vectors
from studio.project import Project
from studio.project.query import SampleQuery
from studio.services import dataset, projects
from studio.services.stages import Stage, raw, stages
from studio.types import SPLITS, Axis, FloatArray, Pipeline

MOST_WINDOWS = 4000
MOST_VALUES = 20_000_000
"""The most that are laid out at once: windows, and windows times features."""
MOST_NEIGHBOURS = 1200


@dataclass(frozen=True, slots=True)
class Window:
    """Where one window is, and what it shows."""

    recording_id: int
    recording: str
    start: int
    """First reading; negative when a recording shorter than the window is padded."""
    label: str
    split: str
    group: str


@dataclass(frozen=True, slots=True)
class Preview:
    """One window on its way through the pipeline."""

    window: Window
    seconds: float
    """Where it begins in its recording."""
    axes: tuple[Axis, ...]
    stages: tuple[Stage, ...]
    """From the readings to the features; the readings alone while no signal block is chosen."""


@dataclass(frozen=True, slots=True)
class Explored:
    """The features of many windows, laid out in two dimensions so that alike ones lie close."""

    windows: tuple[Window, ...]
    total: int
    """How many there are in the project; those above are picked evenly from them."""
    labels: tuple[str, ...]
    points: FloatArray
    """Shape `(n, 2)`."""
    explained: float
    """Share 0..1 of the features' variance that the two dimensions hold."""
    features: int
    alike: float
    """Share 0..1 of windows whose nearest neighbour of another group has their label."""
    hardest: tuple[str, str] = field(default=("", ""))
    """The two labels that neighbours mix up most often."""


def windows(path: Path, *, changes: Mapping[str, Any] | None = None) -> tuple[Window, ...]:
    """Return all windows of a project, as training and test take them.

    Raises
    ------
    ProjectError
        If a recording does not fit the pipeline.
    ConfigError
        If the changes cannot work.
    """
    with Project.open(path) as project:
        return _windows(project, projects.changed(project.pipeline, changes or {}))


def _windows(project: Project, pipeline: Pipeline) -> tuple[Window, ...]:
    if not pipeline.axes or pipeline.sample_rate_hz <= 0:
        return ()
    query = SampleQuery(tracks=(pipeline.labelling.track,), enabled=True)
    labels = sorted(label for label, _ in project.index.tally(query, "label"))
    names = {recording.id: recording.name for recording in project.recordings()}
    return tuple(
        Window(
            place.recording_id,
            names[place.recording_id],
            place.start,
            labels[place.label],
            split,
            place.group,
        )
        for split in (*SPLITS, "")
        for place in dataset.find_places(project, pipeline, split=split, labels=labels)
    )


def preview(path: Path, window: Window, *, changes: Mapping[str, Any] | None = None) -> Preview:
    """Return one window on its way through a project's pipeline, as the board computes it.

    Parameters
    ----------
    window : Window
        One of `windows`; with another window length it keeps its start where it can.
    changes : mapping, optional
        Settings as for `projects.changed`, which are not saved.

    Raises
    ------
    ConfigError
        If the settings cannot work on such windows.
    ProjectError
        If the recording is gone.
    """
    with Project.open(path) as project:
        pipeline = projects.changed(project.pipeline, changes or {})
        readings = project.recording(window.recording_id).readings
        latest = max(0, readings - pipeline.window_readings)
        start = min(max(window.start, 0), latest)
        if readings < pipeline.window_readings:
            start = -((pipeline.window_readings - readings) // 2)
        place = dataset.Place(window.recording_id, start, 0, "")
        (values,) = next(dataset.cut(project, pipeline, [place]))
    rate = pipeline.sample_rate_hz
    if pipeline.block:
        shown = stages(dataset.block_config(pipeline), values, pipeline.axes, rate)
    else:
        shown = (raw(values, pipeline.axes, rate),)
    return Preview(window, start / rate, pipeline.axes, shown)


def explore(path: Path, *, changes: Mapping[str, Any] | None = None, report: Reporter) -> Explored:
    """Compute the features of a project's windows and lay them out in two dimensions.

    Raises
    ------
    ConfigError
        If the pipeline is not complete or cannot work.
    ProjectError
        If there are no windows.
    Cancelled
        If stopped.
    """
    report.progress(0.0, "Features: looking for windows")
    with Project.open(path) as project:
        pipeline = projects.changed(project.pipeline, changes or {})
        config = dataset.block_config(pipeline)
        every = _windows(project, pipeline)
        if not every:
            raise ProjectError("No sample is labelled yet.", "Record or import data first.")
        most = min(MOST_WINDOWS, max(200, MOST_VALUES // config.n_features), len(every))
        chosen = tuple(every[i] for i in np.linspace(0, len(every) - 1, most).astype(int))
        labels = tuple(sorted({window.label for window in every}))
        places = [dataset.Place(w.recording_id, w.start, 0, w.group) for w in chosen]

        def progress(done: int) -> None:
            report.check_cancelled()
            report.progress(0.8 * done / most, f"Features: {done:,} of {most:,} windows")

        x = dataset.features(project, pipeline, places, progress).x
    report.check_cancelled()
    report.progress(0.8, f"Features: laying out {most:,} windows")
    z = vectors(x)
    points, explained = principal(z)
    report.check_cancelled()
    report.progress(0.9, "Features: comparing neighbours")
    alike, hardest = _neighbours(z, chosen)
    report.progress(1.0, f"Features: {most:,} windows of {config.n_features:,} values")
    return Explored(
        chosen, len(every), labels, points, explained, config.n_features, alike, hardest
    )


def principal(z: FloatArray) -> tuple[FloatArray, float]:
    """Return the two directions in which rows vary most, and their share of the variance."""
    centred = z.astype(np.float64) - z.mean(axis=0, dtype=np.float64)
    weights, directions = np.linalg.eigh(centred.T @ centred)
    points = np.zeros((len(z), 2), np.float32)
    two = min(2, z.shape[1])
    points[:, :two] = centred @ directions[:, ::-1][:, :two]
    total = float(weights.sum())
    return points, float(weights[::-1][:two].sum()) / total if total > 0 else 0.0


def _neighbours(z: FloatArray, chosen: tuple[Window, ...]) -> tuple[float, tuple[str, str]]:
    """Return how often the nearest window of another group has its label, and who is mixed up."""
    picked = np.linspace(0, len(z) - 1, min(MOST_NEIGHBOURS, len(z))).astype(int)
    rows: NDArray[Any] = z[picked].astype(np.float64)
    labels = np.array([chosen[i].label for i in picked])
    groups = np.array([chosen[i].group for i in picked])
    squares = np.square(rows).sum(axis=1)
    distance = squares[:, np.newaxis] + squares - 2 * rows @ rows.T
    distance[groups[:, np.newaxis] == groups] = np.inf
    lonely = ~np.isfinite(distance).any(axis=1)
    nearest = labels[distance.argmin(axis=1)]
    known = ~lonely
    if not known.any():
        return 0.0, ("", "")
    wrong = known & (nearest != labels)
    pairs = [tuple(sorted(pair)) for pair in zip(labels[wrong], nearest[wrong], strict=True)]
    hardest = max(sorted(set(pairs)), key=pairs.count) if pairs else ("", "")
    share = float((nearest[known] == labels[known]).mean())
    return share, (str(hardest[0]), str(hardest[1]))
