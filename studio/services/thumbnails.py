"""Small pictures of samples: the lowest and highest values of their axes, column by column.

Of a long sample each column looks at some readings only, so that a picture of hours takes as long
as one of seconds.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ProjectError
from studio.project import Project
from studio.types import Axis, Recording, Sample

MOST_AXES = 3
_LOOKED_AT = 256
"""Readings of a column that are looked at."""
_WHOLE = 400_000
"""A signal of more readings is drawn by its outline."""
_COLUMNS = 4000


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """The outline of a sample: `low` and `high` are `(n_columns, n_axes)`, from -1 to 1."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outline:
    """A sample's signal to look at; `values` is `(n, n_axes)`."""

    values: NDArray[Any]
    axes: tuple[Axis, ...]
    rate_hz: float
    """Rows of `values` in a second: the sample rate, or less if `values` is an outline."""
    gaps: tuple[tuple[int, float], ...]
    """Row before which readings are missing, and how many seconds."""


def thumbnails(path: Path, samples: Sequence[Sample], *, columns: int) -> list[Thumbnail | None]:
    """Return a picture of each sample; None for one whose file cannot be read."""
    found: list[Thumbnail | None] = []
    with Project.open(path) as project:
        values: dict[int, NDArray[Any]] = {}
        for sample in samples:
            number = sample.recording_id
            picture = None
            with suppress(ProjectError):
                if number not in values:
                    values = {number: project.read(number)}
                picture = _thumbnail(values[number][sample.start : sample.stop], columns)
            found.append(picture)
    return found


def _thumbnail(values: NDArray[Any], columns: int) -> Thumbnail:
    low, high = _ends(values[:, :MOST_AXES], min(columns, len(values)))
    middle = (low.min(axis=0) + high.max(axis=0)) / 2
    reach = max(float((high.max(axis=0) - middle).max()), 1e-9)
    return Thumbnail((low - middle) / reach, (high - middle) / reach)


def _ends(values: NDArray[Any], columns: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the lowest and highest values of each column; what is no number does not count."""
    if len(values) > columns * _LOOKED_AT:
        places = np.linspace(0, len(values) - 1, columns * _LOOKED_AT).astype(np.int64)
        values = values[places]
    edges = np.linspace(0, len(values), columns, endpoint=False).astype(np.int64)
    looked_at = np.asarray(values, np.float32)
    low: NDArray[np.float32] = np.fmin.reduceat(looked_at, edges, axis=0)
    high: NDArray[np.float32] = np.fmax.reduceat(looked_at, edges, axis=0)
    return low, high


def strongest(values: NDArray[Any], columns: int) -> NDArray[np.float32]:
    """Return the ends of the axis that moves most, `(n_columns, 2)`, from -1 to 1."""
    columns = min(columns, len(values))
    if not columns:
        return np.zeros((0, 2), np.float32)
    low, high = _ends(values, columns)
    top, bottom = np.fmax.reduce(high), np.fmin.reduce(low)
    reach = np.nan_to_num(top - bottom)
    axis = int(np.argmax(reach))
    ends = np.stack([low[:, axis], high[:, axis]], axis=1) - (top[axis] + bottom[axis]) / 2
    shown: NDArray[np.float32] = np.nan_to_num(ends / max(float(reach[axis]) / 2, 1e-9))
    return shown


def outline(path: Path, sample: Sample) -> Outline:
    """Return the signal of a sample: all readings, or the outline of very many."""
    with Project.open(path) as project:
        recording = project.recording(sample.recording_id)
        values = project.read(recording.id)[sample.start : sample.stop]
        if len(values) <= _WHOLE:
            shown: NDArray[Any] = np.array(values)
        else:
            low, high = _ends(values, _COLUMNS)
            shown = np.stack([low, high], axis=1).reshape(2 * _COLUMNS, -1)
    share = len(shown) / (sample.stop - sample.start)
    return Outline(
        shown,
        recording.axes,
        recording.sample_rate_hz * share,
        _gaps(recording, sample, share),
    )


def _gaps(recording: Recording, sample: Sample, share: float) -> tuple[tuple[int, float], ...]:
    return tuple(
        (round((gap.at - sample.start) * share), gap.missing / recording.sample_rate_hz)
        for gap in recording.gaps
        if sample.start < gap.at < sample.stop
    )
