"""Nothing that is cut from a recording lies over readings that are missing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.events import Quiet, Reporter
from studio.project import BLANK, Project
from studio.services import dataset, parts
from studio.types import Axis, Gap, Labelling, Span

GAP = 200
PIPELINE = replace(
    BLANK,
    window_ms=640.0,
    stride_ms=320.0,
    sample_rate_hz=100.0,
    axes=(Axis("x"),),
    block="spectral_analysis",
    learning="dense",
)


class Log(Quiet):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a project with readings that jump at a gap, and a take broken into crumbs."""
    values = np.arange(400, dtype=np.float32)[:, np.newaxis]
    values[GAP:] += 100_000
    crumbs = [Gap(at, 5) for at in range(40, 400, 40)]
    with Project.create(tmp_path / "p", pipeline=PIPELINE) as project:
        for name, gaps, label in (
            ("a", [Gap(GAP, 1000)], "a"),
            ("b", [], "b"),
            ("crumbs", crumbs, "b"),
        ):
            made = project.add_recording(
                values % 100_000 + 1 if name == "b" else values,
                name=name,
                axes=PIPELINE.axes,
                sample_rate_hz=100.0,
                gaps=gaps,
            )
            project.add_samples(made.id, [Span(0, 400, label)], split="train")
    return tmp_path / "p"


@pytest.mark.parametrize("rule", ["sample", "anywhere", "majority"])
def test_windows_that_are_trained_on(path: Path, rule: str) -> None:
    pipeline = replace(PIPELINE, labelling=Labelling(rule=rule))
    with Project.open(path) as project:
        places = dataset.find_places(project, pipeline, split="train", labels=["a", "b"])
        windows = np.concatenate(list(dataset.cut(project, pipeline, places)))
    assert [place.start for place in places if place.recording_id == 1] == [
        *(0, 32, 64, 96, 128),
        *(200, 232, 264, 296, 328),
    ]
    assert np.ptp(windows[:10], axis=1).max() == 63
    assert not [place for place in places if place.recording_id == 3]


def _work(path: Path, folder: Path, report: Reporter) -> dict[str, object]:
    folder.mkdir()
    request = {"project": str(path), "folder": str(folder), "labels": ["a", "b"]}
    return dataset.work({**request, "values": {"shift_percent": 50.0}}, report)


def test_samples_without_any_window_are_told(path: Path, tmp_path: Path) -> None:
    log = Log()
    made = _work(path, tmp_path / "run", log)
    assert made["windows"]["train"] == 21
    assert any(line.startswith("1 samples give no window") for line in log.lines)


def test_varied_copies_take_nothing_from_behind_a_gap(path: Path, tmp_path: Path) -> None:
    _work(path, tmp_path / "run", Quiet())
    with np.load(tmp_path / "run" / "features.npz") as made:
        features = made["train_x"]
    assert len(features) == 21 * 4
    assert np.abs(features).max() < 1000  # the readings jump by 100,000 at the gap


@pytest.mark.parametrize("keep_rest", [False, True])
def test_parts_end_at_a_gap(path: Path, keep_rest: bool) -> None:
    how = parts.Windows(length_ms=1500.0, stride_ms=0.0, keep_rest=keep_rest)
    (found,) = parts.preview(path, how, sample_ids=[1], report=Quiet())
    rest = [(150, 200), (350, 400)] if keep_rest else []
    expected = sorted([(0, 150), (200, 350), *rest])
    assert [(span.start, span.stop) for span in found.spans] == expected
