"""A trained model names what nobody labelled, and a person decides."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.errors import ConfigError, ProjectError
from studio.events import Quiet
from studio.project import BLANK, Project
from studio.services import suggest, train
from studio.types import Axis, Gap, Span

pytestmark = pytest.mark.learning

RATE = 100.0
AXES = (Axis("x"), Axis("y"))
MOTION = replace(
    BLANK,
    window_ms=640.0,
    stride_ms=320.0,
    sample_rate_hz=RATE,
    axes=AXES,
    block="spectral_analysis",
    learning="dense",
    learning_params={"epochs": 30, "augment_copies": 1, "learning_rate": 0.01},
)


def shake(hz: float, seed: int, n: int = 400) -> np.ndarray:
    rng = np.random.default_rng(seed)
    wave = np.sin(2 * np.pi * hz * (np.arange(n) / RATE + rng.random()))
    return (np.outer(wave, [1.0, 0.5]) + rng.normal(0, 0.1, (n, 2))).astype(np.float32)


def test_suggestions_of_a_trained_model_are_reviewed(tmp_path: Path) -> None:
    path = tmp_path / "p"
    with Project.create(path, pipeline=MOTION) as project, project.batch():
        for label, hz in (("slow", 3.0), ("fast", 20.0)):
            for take in range(8):
                made = project.add_recording(
                    shake(hz, take), name=f"{label} {take}", axes=AXES, sample_rate_hz=RATE
                )
                project.add_samples(made.id, [Span(0, 400, label)])
    with pytest.raises(ProjectError, match="no finished training"):
        suggest.suggest(path, report=Quiet())
    run = train.train(path, report=Quiet())["run"]
    with pytest.raises(ProjectError, match="labelled already"):
        suggest.suggest(path, report=Quiet())
    both = np.concatenate([shake(3.0, 50, 600), shake(20.0, 51, 900)])
    with Project.open(path) as project:
        first = project.add_recording(
            both, name="new", axes=AXES, sample_rate_hz=RATE, gaps=[Gap(600, 500)]
        )
        short = project.add_recording(shake(20.0, 9, 40), name="s", axes=AXES, sample_rate_hz=RATE)
    told = suggest.suggest(path, report=Quiet())
    assert told["run"] == run
    assert told["recordings"] == 2
    by_place = sorted(suggest.listed(path), key=lambda one: (one.recording_id, one.start))
    assert told["suggestions"] == len(by_place)
    of_first = [one for one in by_place if one.recording_id == first.id]
    assert [of_first[0].label, of_first[-1].label] == ["slow", "fast"]
    assert (of_first[0].start, of_first[-1].stop) == (0, 1500)
    assert all(a.stop == b.start for a, b in itertools.pairwise(of_first))
    slow = max(one.stop for one in of_first if one.label == "slow")
    assert slow == 600
    assert all(0.5 <= one.confidence <= 1 for one in by_place)
    with Project.open(path) as project:
        assert len(project.samples()) == 16

    kept = suggest.review(path, "accept", ids=[of_first[0].id])
    assert (kept["suggestions"], kept["left"]) == (1, len(by_place) - 1)
    corrected = suggest.review(path, "accept", ids=[of_first[-1].id], label="shaken")
    rest = suggest.review(path, "reject", above=0.0)
    assert rest["left"] == 0
    with Project.open(path) as project:
        made = project.labels.of([*kept["samples"], *corrected["samples"]])
        assert [sample.label for sample in made] == ["slow", "shaken"]
        project.history.undo(3)
        assert len(project.samples()) == 16
    assert len(suggest.listed(path)) == len(by_place)
    again = suggest.suggest(path, recording_ids=[short.id], report=Quiet())
    assert again["recordings"] == 1
    assert len(suggest.listed(path)) == len(by_place)
    with pytest.raises(ConfigError, match="No suggestions were chosen"):
        suggest.review(path, "accept")
    with pytest.raises(ConfigError, match="'maybe'"):
        suggest.review(path, "maybe", above=0.5)
