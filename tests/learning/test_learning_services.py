"""A project is trained and tested: the figures, what is refused, what a kill leaves."""

import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.errors import Cancelled, ConfigError, ProjectError, StudioError
from studio.events import Quiet
from studio.paths import cache_dir
from studio.project import BLANK, Project
from studio.services import dataset, history, judged, layers, test, train, verdicts, way
from studio.types import Axis, Span

pytestmark = pytest.mark.learning

RATE = 100.0
AXES = (Axis("accX", "g"), Axis("accY", "g"))
MOTION = replace(
    BLANK,
    window_ms=640.0,
    stride_ms=320.0,
    sample_rate_hz=RATE,
    axes=AXES,
    block="spectral_analysis",
    learning="dense",
    learning_params={"epochs": 8, "augment_copies": 1, "learning_rate": 0.01},
)
HERTZ = {"slow": 5.0, "fast": 20.0, "still": 0.0}


def shake(hz: float, seed: int) -> np.ndarray:
    """Return 4 s of a shaken sensor."""
    rng = np.random.default_rng(seed)
    time = np.arange(400) / RATE + rng.random()
    wave = np.sin(2 * np.pi * hz * rng.uniform(0.9, 1.1) * time)
    return (np.outer(wave, [1.0, 0.5]) + rng.normal(0, 0.1, (400, 2))).astype(np.float32)


def make(folder: Path, *, labels: tuple[str, ...] = tuple(HERTZ), takes: int = 10) -> Path:
    with Project.create(folder / "project", pipeline=MOTION) as project, project.batch():
        for label in labels:
            for take in range(takes):
                recording = project.add_recording(
                    shake(HERTZ[label], 100 * len(label) + take),
                    name=f"{label} {take}",
                    axes=AXES,
                    sample_rate_hz=RATE,
                )
                project.add_samples(recording.id, [Span(0, recording.readings, label)])
    return folder / "project"


class Interrupting(Quiet):
    """Does something at an event, once."""

    def __init__(self, kind: str, action: Any) -> None:
        self._kind, self._action = kind, action
        self.cancelled = False

    def event(self, kind: str, **data: Any) -> None:
        if kind == self._kind and self._action is not None:
            action, self._action = self._action, None
            action(self, data)

    def check_cancelled(self) -> None:
        if self.cancelled:
            raise Cancelled


def test_train_and_test_agree_with_what_they_left(tmp_path: Path) -> None:
    path = make(tmp_path)
    trained = train.train(path, params={"seed": 1}, report=Quiet())
    assert trained["split"] == "validation"
    assert trained["classes"] == ["fast", "slow", "still"]
    assert trained["settings"]["seed"] == 1
    assert trained["board"] is None
    with Project.open(path) as project:
        run = project.latest_run("train")
        held_out = {sample.group for sample in project.samples(split="test")}
    assert run is not None
    assert run.id == trained["run"]
    windows = judged.of_training(path, run.id).windows
    assert windows is not None
    made = verdicts.verdicts(windows, trained["classes"])
    assert [row[:-1] for row in made.counts] == trained["int8"]["confusion"]
    assert json.loads((run.path / "report.json").read_text()) == trained
    assert json.loads((run.path / "labels.json").read_text()) == trained["classes"]
    assert test.latest_report(path) is None
    assert _way(path) == {"Train": "done", "Test": "none", "Deploy": "none"}

    tested = test.test(path, report=Quiet())
    assert tested["split"] == "test"
    assert tested["run"] == run.id
    assert set(tested["int8"]["groups"]) == held_out
    # 4 s recordings give 1 + (400 - 64) // 32 windows each
    assert tested["int8"]["windows"] == 11 * len(held_out)
    assert tested["float"]["accuracy"] > 0.9
    assert np.sum(tested["int8"]["confusion"]) == tested["int8"]["windows"]
    assert tested["float_int8_disagreements"] <= 0.02 * tested["int8"]["windows"]
    if tested["litert"] is not None:
        assert tested["litert"]["decisions"] == 0
    assert test.latest_report(path) == tested

    looked = judged.overview(path).judged
    assert looked is not None
    assert looked.windows is not None
    made = verdicts.verdicts(looked.windows, tested["classes"])
    assert [row[:3] for row in made.counts] == tested["int8"]["confusion"]
    by_float = verdicts.verdicts(looked.windows, tested["classes"], kind="float")
    assert [row[:3] for row in by_float.counts] == tested["float"]["confusion"]
    assert len(verdicts.disagreements(looked.windows)) == tested["float_int8_disagreements"]
    # what a model takes does not depend on what it learned
    shutil.rmtree(cache_dir() / "layers", ignore_errors=True)
    assert layers.known(path) is None
    assert layers.before_training(path, report=Quiet()) == trained["model"]
    assert layers.known(path) == trained["model"]
    assert (
        sum(layer["parameters"] for layer in trained["model"]["layers"]) == (trained["parameters"])
    )

    assert _way(path) == {"Train": "done", "Test": "done", "Deploy": "none"}
    with Project.open(path) as project:
        project.relabel_sample(project.samples()[0].id, "still")
    assert _way(path) == {"Train": "stale", "Test": "stale", "Deploy": "none"}
    history.undo(path)
    assert _way(path)["Test"] == "done"
    with Project.open(path) as project:
        project.set_pipeline(replace(project.pipeline, window_ms=1280.0))
    with pytest.raises(ConfigError, match="window length"):
        test.test(path, report=Quiet())
    assert _way(path)["Train"] == "stale"


def _way(path: Path) -> dict[str, str]:
    steps = way.way(path)["steps"]
    return {
        row["name"]: row["state"] for row in steps if row["name"] in ("Train", "Test", "Deploy")
    }


def test_a_killed_worker_leaves_no_run_to_use(tmp_path: Path) -> None:
    path = make(tmp_path)
    pids = []

    def note(reporter: Interrupting, data: dict[str, Any]) -> None:
        pids.append(data["pid"])

    def kill(reporter: Interrupting, data: dict[str, Any]) -> None:
        os.kill(pids[-1], getattr(signal, "SIGKILL", signal.SIGTERM))

    class Killer(Interrupting):
        def event(self, kind: str, **data: Any) -> None:
            if kind == "worker":
                note(self, data)
            super().event(kind, **data)

    with pytest.raises(StudioError, match="ended unexpectedly"):
        train.train(path, params={"epochs": 2000, "patience": 2000}, report=Killer("epoch", kill))
    with Project.open(path) as project:
        assert project.latest_run("train") is None
        assert len(project.runs()) == 1
        assert not (project.runs()[0].path / "report.json").exists()
    with pytest.raises(ProjectError, match="no finished training run"):
        test.test(path, report=Quiet())


def test_asked_to_stop_it_ends_with_the_best_so_far(tmp_path: Path) -> None:
    path = make(tmp_path)

    def cancel(reporter: Interrupting, data: dict[str, Any]) -> None:
        reporter.cancelled = True

    result = train.train(
        path, params={"epochs": 2000, "patience": 2000}, report=Interrupting("epoch", cancel)
    )
    assert result["stopped"]
    with Project.open(path) as project:
        assert project.latest_run("train") is not None


def test_asked_to_stop_before_the_first_epoch_nothing_is_kept(tmp_path: Path) -> None:
    path = make(tmp_path)
    report = Interrupting("worker", lambda reporter, data: setattr(reporter, "cancelled", True))
    with pytest.raises(Cancelled):
        train.train(path, report=report)
    with Project.open(path) as project:
        assert project.latest_run("train") is None


def test_one_label_is_not_enough(tmp_path: Path) -> None:
    path = make(tmp_path, labels=("slow",))
    with pytest.raises(ProjectError, match="'slow'"):
        train.train(path, report=Quiet())


def test_an_empty_project_says_so(tmp_path: Path) -> None:
    Project.create(tmp_path / "project", pipeline=MOTION).close()
    with pytest.raises(ProjectError, match="No reading is labelled"):
        train.train(tmp_path / "project", report=Quiet())


def test_a_label_without_training_samples_is_named(tmp_path: Path) -> None:
    path = make(tmp_path, labels=("slow", "fast"))
    with Project.open(path) as project:
        recording = project.add_recording(shake(0, 1), name="odd", axes=AXES, sample_rate_hz=RATE)
        project.add_samples(recording.id, [Span(0, 400, "odd")], split="test")
    with pytest.raises(ProjectError, match="'odd' has no training samples"):
        train.train(path, report=Quiet())


def test_a_recording_of_another_rate_is_named(tmp_path: Path) -> None:
    path = make(tmp_path)
    with Project.open(path) as project:
        recording = project.add_recording(
            shake(5, 1), name="too quick", axes=AXES, sample_rate_hz=200.0
        )
        project.add_samples(recording.id, [Span(0, 400, "slow")], split="train")
    with pytest.raises(ProjectError, match="too quick has 200 Hz"):
        train.train(path, report=Quiet())
    with Project.open(path) as project:
        assert project.latest_run("train") is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"learning": ""}, "no learning block"),
        ({"block": ""}, "no signal block"),
        ({"block_version": 1}, "version 1"),
        ({"learning_params": {"epochs": 0}}, "epochs is 0"),
    ],
)
def test_a_pipeline_that_cannot_work_is_refused(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    path = make(tmp_path, takes=1)
    with Project.open(path) as project:
        project.set_pipeline(replace(project.pipeline, **change))
    with pytest.raises(ConfigError, match=words):
        train.train(path, report=Quiet())
    with Project.open(path) as project:
        assert project.runs() == []


def test_copies_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    path = make(tmp_path, takes=3)
    with Project.open(path) as project:
        labels = dataset.class_names(project, Quiet())
    files = []
    for seed in (1, 1, 2):
        request = {
            "project": str(path),
            "folder": str(tmp_path),
            "labels": labels,
            "values": {"seed": seed, "augment_copies": 2},
        }
        counts = dataset.work(request, Quiet())["windows"]
        with np.load(tmp_path / "features.npz") as arrays:
            files.append({name: arrays[name].tobytes() for name in arrays.files})
            n = counts["train"]
            assert arrays["train_x"].shape[0] == 3 * n
            assert not np.array_equal(arrays["train_x"][:n], arrays["train_x"][n : 2 * n])
    assert files[0] == files[1]
    assert files[0]["train_x"] != files[2]["train_x"]
    assert files[0]["validation_x"] == files[2]["validation_x"]
