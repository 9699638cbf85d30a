"""Labels: the samples of a project, their signal, and changing them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.project import Project
from studio.types import Axis, Sample


@dataclass(frozen=True, slots=True)
class Row:
    """A sample as a list shows it."""

    sample: Sample
    recording: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Signal:
    """The readings of a sample: `values` is `(n, n_axes)`."""

    values: NDArray[np.generic]
    axes: tuple[Axis, ...]
    sample_rate_hz: float


def rows(path: Path) -> list[Row]:
    """Return all samples of a project with what a list shows of them."""
    with Project.open(path) as project:
        recordings = {recording.id: recording for recording in project.recordings()}
        found = []
        for sample in project.samples():
            recording = recordings[sample.recording_id]
            seconds = (sample.stop - sample.start) / recording.sample_rate_hz
            found.append(Row(sample, recording.name, seconds))
        return found


def signal(path: Path, sample: Sample) -> Signal:
    """Return the readings of a sample."""
    with Project.open(path) as project:
        recording = project.recording(sample.recording_id)
        values = np.array(project.read(recording.id)[sample.start : sample.stop])
    return Signal(values, recording.axes, recording.sample_rate_hz)


def relabel(path: Path, sample: Sample, label: str) -> None:
    """Give a sample another label; its recording is untouched.

    Raises
    ------
    ProjectError
        If the label is empty or the project cannot be written.
    """
    with Project.open(path) as project:
        project.relabel_sample(sample.id, label)


def assign_splits(path: Path) -> None:
    """Give every group to train, validation or test, deterministically."""
    with Project.open(path) as project:
        project.assign_splits()
