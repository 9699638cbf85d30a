"""Columns of times: what they say of the rate, and of readings that are missing."""

from pathlib import Path

import numpy as np
import pytest

from studio.errors import ProjectError
from studio.events import Quiet
from studio.project import Project
from studio.services import imports
from studio.types import Gap, ImportOptions


def taken(tmp_path: Path, times, **options):
    """Import a table of these times, value i in row i; return recording, values and notes."""
    rows = "".join(f"{time},{i}\n" for i, time in enumerate(times))
    (tmp_path / "a.csv").write_text("time_ms,x\n" + rows)
    project = Project.create(tmp_path / "p")
    with project:
        told = imports.import_data(project.path, [tmp_path / "a.csv"], report=Quiet(), **options)
        (recording,) = project.recordings()
        return recording, np.array(project.read(recording.id))[:, 0], told["notes"]


def holes(times, places):
    """Return times of which, before each place, as many ms are missing as it says."""
    return [time + sum(ms for at, ms in places.items() if i >= at) for i, time in enumerate(times)]


@pytest.mark.parametrize(
    ("times", "rate", "gaps"),
    [
        (range(0, 1000, 10), 100, {}),
        (range(0, 1000, 10), 100, {51: 5000}),
        (range(0, 1000, 10), 100, {51: 5003, 70: 10}),
        ([i // 2 * 20 for i in range(100)], 100, {}),  # a clock that ticks every 20 ms
        ([i // 2 * 20 for i in range(100)], 100, {50: 4000}),
        ([int(i / 1.6) for i in range(2000)], 1600, {}),  # one that is too coarse for the rate
        ([int(i / 0.104) for i in range(3000)], 104, {1000: 60_000}),
    ],
)
def test_even_readings_stay_as_they_are(tmp_path, times, rate, gaps):
    recording, values, notes = taken(tmp_path, holes(times, gaps))
    assert recording.sample_rate_hz == rate
    assert values.tolist() == list(range(len(times)))
    expected = [Gap(at, round(ms * rate / 1000)) for at, ms in gaps.items()]
    assert list(recording.gaps) == expected
    assert any("missing in" in note for note in notes) == bool(gaps)


def test_uneven_readings_are_not_made_up_where_some_are_missing(tmp_path):
    rng = np.random.default_rng(2)
    even = np.cumsum(rng.uniform(7, 13, 600))
    times = [f"{time:.3f}" for time in holes(even, {300: 5000})]
    recording, values, _ = taken(tmp_path, times)
    assert recording.sample_rate_hz == pytest.approx(100, rel=0.02)
    assert abs(len(values) - 600) < 10
    (gap,) = recording.gaps
    assert gap.missing == pytest.approx(500, abs=3)
    assert values[gap.at] == pytest.approx(300, abs=1)
    assert np.diff(values).max() < 3


def test_gaps_stay_where_the_rate_is_converted(tmp_path):
    times = holes(range(0, 2000, 10), {100: 1000})
    recording, _, _ = taken(tmp_path, times, resample_hz=50.0)
    assert recording.gaps == (Gap(50, 50),)


@pytest.mark.parametrize("step", [1, 10_000])
def test_a_unit_that_nobody_tells_is_asked_for(tmp_path, step):
    """Whole seconds are not taken for milliseconds."""
    (tmp_path / "a.csv").write_text("time,x\n" + "".join(f"{i * step},{i}\n" for i in range(50)))
    path = tmp_path / "p"
    Project.create(path).close()
    with pytest.raises(ProjectError, match="does not tell its unit"):
        imports.import_data(path, [tmp_path / "a.csv"], report=Quiet())
    unit = ImportOptions(time_unit="s" if step == 1 else "us")
    imports.import_data(path, [tmp_path / "a.csv"], options=unit, report=Quiet())
    with Project.open(path) as project:
        assert project.recordings()[0].sample_rate_hz == (1 if step == 1 else 100)
