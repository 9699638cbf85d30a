"""The training windows that a window looks most like: often they tell why it was misread."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.learning import vectors
from studio.project import Project
from studio.services import dataset, preview
from studio.types import FloatArray, Pipeline

MOST_WINDOWS = 2000
COUNT = 3


@dataclass(frozen=True, slots=True)
class Near:
    """A training window."""

    recording_id: int
    start: int
    """First reading."""
    label: str
    name: str
    """Of its recording."""
    seconds: float
    """Where it begins in its recording."""


@dataclass(frozen=True, slots=True)
class Known:
    """Training windows with their features, to be compared with."""

    pipeline: Pipeline
    windows: tuple[Near, ...]
    features: FloatArray
    """Shape `(k, *output_shape)` of the signal block."""


def known(path: Path) -> Known:
    """Return the training windows of a project, `MOST_WINDOWS` at most, evenly picked.

    Raises
    ------
    ConfigError, ProjectError
        If the pipeline cannot work on the data.
    """
    every = [window for window in preview.windows(path) if window.split == "train"]
    places = np.linspace(0, len(every) - 1, min(MOST_WINDOWS, len(every))).astype(int)
    chosen = [every[place] for place in places]
    with Project.open(path) as project:
        pipeline = project.pipeline
        features = _features(project, pipeline, [(one.recording_id, one.start) for one in chosen])
    rate = pipeline.sample_rate_hz
    windows = tuple(
        Near(one.recording_id, one.start, one.label, one.recording, max(0, one.start) / rate)
        for one in chosen
    )
    return Known(pipeline, windows, features)


def _features(
    project: Project, pipeline: Pipeline, places: Sequence[tuple[int, int]]
) -> FloatArray:
    if not places:
        return np.zeros((0, 1), np.float32)
    return dataset.features(project, pipeline, [dataset.Place(*one, 0, "") for one in places]).x


def nearest(path: Path, among: Known, recording_id: int, start: int) -> list[Near]:
    """Return the `COUNT` training windows whose features are nearest to a window's.

    Raises
    ------
    ProjectError
        If the window's recording is gone.
    """
    if not among.windows:
        return []
    with Project.open(path) as project:
        own = _features(project, among.pipeline, [(recording_id, start)])
    rows = vectors(np.concatenate([own, among.features]))
    distance = np.square(rows[1:] - rows[0]).sum(axis=1)
    return [among.windows[place] for place in np.argsort(distance, kind="stable")[:COUNT]]
