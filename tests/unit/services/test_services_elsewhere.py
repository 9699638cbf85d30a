"""Exports read without our own list: what files and other programs' lists alone carry."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.events import Quiet
from studio.project import Project
from studio.services import exports, imports, projects
from studio.types import Axis, ImportOptions, Span

READINGS = 300
PARTS = (Span(50, 110, "left"), Span(110, 111, "right"), Span(200, READINGS, "left"))
"""Two beside each other, of which one is a single reading, and one up to the last reading."""
CASES = (
    ("info", 16000.0, 1),
    ("structured", 100.0, 3),
    ("structured", 62.5, 1),
    ("sensiml", 1000 / 3, 3),
    ("audacity", 103.3, 3),
    ("audacity", 0.5, 1),
    ("info", 1000 / 3, 1),
)
"""Kind of labels, rate and axes: every kind of labels with every format."""


@dataclass(frozen=True)
class Carried:
    """What a format says by itself."""

    dtypes: tuple[str, ...] = ("int16", "float32")
    """Of the values that come back as they were."""
    rate: bool = True
    axes: bool = True
    """Whether it names them; else a person does."""
    units: bool = True
    spans: bool = False
    """Whether labels of parts are in the file itself, so that no list is needed."""
    whole_hertz: bool = False
    """Whether it holds no other rates."""


CARRIED = {
    "wav": Carried(("int16",), axes=False, whole_hertz=True),
    "csv": Carried(("float32",), units=False),
    "npy": Carried(rate=False, axes=False, units=False),
    "parquet": Carried(),
    "json": Carried(spans=True),
    "cbor": Carried(spans=True),
}
FOLDERS = ("train", "test", "validation")


def made(path: Path, rate: float, dtype: str, axes: Sequence[Axis]) -> NDArray[Any]:
    """Make a project of one recording in parts, one that is one label and one without any."""
    noise = np.random.default_rng(7)
    shape = (3, READINGS, len(axes))
    values: NDArray[Any] = noise.integers(-32768, 32768, shape).astype(np.int16)
    if dtype == "float32":
        values = noise.normal(0, 1e3, shape).astype(np.float32)
    with Project.create(path) as project:
        for number, spans in enumerate((PARTS, (Span(0, READINGS, "right"),), ())):
            one = project.add_recording(
                values[number], name=f"take {number}", axes=axes, sample_rate_hz=rate
            )
            project.add_samples(one.id, spans, split=FOLDERS[number])
    return values


def options(carried: Carried, labels: str, rate: float, axes: Sequence[Axis]) -> ImportOptions:
    """Return what a person has to say because neither the format nor a list says it."""
    listed = labels == "sensiml"  # such a list holds rate and axes too
    return ImportOptions(
        sample_rate_hz=0.0 if carried.rate or listed else rate,
        axes=() if carried.axes or listed else tuple(axis.name for axis in axes),
        channels="all",
    )


@pytest.mark.parametrize("form", [form for form in exports.formats() if form in CARRIED])
def test_values_rates_and_labels_come_back_without_our_own_list(tmp_path: Path, form: str) -> None:
    carried = CARRIED[form]
    for number, (labels, rate, n_axes) in enumerate(CASES):
        if carried.whole_hertz and rate != round(rate):
            continue
        for dtype in carried.dtypes:
            folder = tmp_path / f"{number}{dtype}"
            units = "wav" if dtype == "int16" else "m/s2"
            axes = tuple(Axis(f"acc{letter}", units) for letter in "XYZ"[:n_axes])
            values = made(folder / "p", rate, dtype, axes)
            exports.export_data(
                folder / "p", folder / "x", form=form, labels=labels, report=Quiet()
            )
            (folder / "x" / "info.labels").unlink()
            projects.new(folder / "q", report=Quiet())
            said = options(carried, labels, rate, axes)
            imports.import_data(folder / "q", [folder / "x"], options=said, report=Quiet())
            if not carried.units and labels != "sensiml":
                axes = tuple(Axis(axis.name) for axis in axes)
            compare(folder / "q", values, rate, axes)
            assert held(folder / "q") == expected(carried, labels)


def compare(path: Path, values: NDArray[Any], rate: float, axes: tuple[Axis, ...]) -> None:
    """Check the readings of a project after an import."""
    with Project.open(path) as project:
        recordings = project.recordings()
        assert len(recordings) == len(values)
        for one in recordings:
            found = np.array(project.read(one.id))
            assert found.dtype == values.dtype
            np.testing.assert_array_equal(found, values[int(one.name[-1])])
            assert (one.sample_rate_hz, one.axes) == (rate, axes)


def held(path: Path) -> dict[int, list[Span]]:
    """Return the labels of each recording after an import."""
    with Project.open(path) as project:
        labels: dict[int, list[Span]] = {int(one.name[-1]): [] for one in project.recordings()}
        for sample in project.samples():
            name = project.recording(sample.recording_id).name
            labels[int(name[-1])].append(Span(sample.start, sample.stop, sample.label))
    return labels


def expected(carried: Carried, labels: str) -> dict[int, list[Span]]:
    """Return which labels come back."""
    whole = [Span(0, READINGS, "right")]
    # what nothing says anything of is called as its file, as with files from anywhere
    named = [[Span(0, READINGS, f"take {number}")] for number in range(3)]
    parts = named[0] if labels == "info" and not carried.spans else list(PARTS)
    return {0: parts, 1: whole, 2: named[2] if labels in ("info", "audacity") else []}


def test_every_format_is_looked_at() -> None:
    assert set(exports.formats()) - {"auto", "archive"} == set(CARRIED)
