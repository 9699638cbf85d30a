"""How far a project is, read from what is on disk; trained projects are in tests/learning."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.project import BLANK, Project
from studio.services.way import ORDER, way
from studio.types import Axis, Span

AXES = (Axis("accX", "g"),)
MOTION = replace(
    BLANK,
    window_ms=640.0,
    stride_ms=320.0,
    sample_rate_hz=100.0,
    axes=AXES,
    block="spectral_analysis",
    learning="dense",
)


def make(folder: Path, labels: tuple[str, ...], pipeline=MOTION) -> Path:
    with Project.create(folder / "p", pipeline=pipeline) as project:
        for number, label in enumerate(labels):
            values = np.random.default_rng(number).normal(size=(6000, 1)).astype(np.float32)
            recording = project.add_recording(
                values, name=f"take {number}", axes=AXES, sample_rate_hz=100.0
            )
            if label:
                project.add_samples(recording.id, [Span(0, 6000, label)])
    return folder / "p"


def states(path: Path, **given: bool) -> dict[str, tuple[str, str]]:
    found = way(path, **given)
    assert tuple(row["name"] for row in found["steps"]) == ORDER
    return {row["name"]: (row["state"], row["reason"]) for row in found["steps"]}


def test_an_empty_project_wants_data(tmp_path):
    path = make(tmp_path, ())
    found = states(path)
    assert found["Data"][0] == "none"
    assert found["Train"][0] == found["Test"][0] == found["Deploy"][0] == "none"
    assert way(path)["next"] == {"name": "Data", "reason": found["Data"][1]}


@pytest.mark.parametrize(
    ("labels", "state", "word"),
    [(("",), "work", "Nothing"), (("up",), "work", "Only up"), (("up", "down"), "done", "")],
)
def test_data_wants_two_labels(tmp_path, labels, state, word):
    path = make(tmp_path, labels)
    assert states(path)["Data"][0] == state
    assert word in states(path)["Data"][1]
    rows = {row["name"]: row["text"] for row in way(path)["steps"]}
    named = len({label for label in labels if label})
    assert rows["Data"].startswith(f"{named} min" if named else "0 s")


def test_a_label_of_which_all_is_for_the_test(tmp_path):
    path = make(tmp_path, ("up", "down"))
    with Project.open(path) as project:
        project.assign_splits(test_groups=[project.samples(label="down")[0].group])
    state, reason = states(path)["Data"]
    assert state == "work"
    assert "down" in reason


def test_a_pipeline_that_cannot_work_says_why(tmp_path):
    path = make(tmp_path, ("up", "down"), replace(MOTION, window_ms=20.0))
    state, reason = states(path)["Pipeline"]
    assert state == "failed"
    assert reason.endswith(".")
    path = make(tmp_path / "other", ("up", "down"), replace(MOTION, learning=""))
    assert states(path)["Pipeline"][0] == "none"
    assert way(path)["next"]["name"] == "Pipeline"


def test_a_board_that_is_linked_and_decides(tmp_path):
    path = make(tmp_path, ())
    assert states(path)["Boards"][0] == "none"
    found = states(path, linked=True, decides=True)
    assert found["Boards"][0] == found["Live"][0] == "done"


def test_a_training_that_never_ended_has_failed(tmp_path):
    path = make(tmp_path, ("up", "down"))
    with Project.open(path) as project:
        project.new_run("train")
    assert states(path)["Train"][0] == "failed"
