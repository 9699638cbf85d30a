"""A project with runs as training and testing leave them, made without doing either."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from studio.learning import save_arrays
from studio.project import BLANK, Project
from studio.project.records import now
from studio.services import dataset, train
from studio.services import test as tests
from studio.services.runs import compare, feature_settings, write_json
from studio.services.train import brief
from studio.types import Axis, Span

AXES = tuple(Axis(name, "g") for name in "xyz")
LABELS = ("circle", "tap", "wave")
RATE, SECONDS = 100.0, 2
PIPELINE = replace(
    BLANK,
    window_ms=1000.0,
    stride_ms=500.0,
    sample_rate_hz=RATE,
    axes=AXES,
    block="spectral_analysis",
    learning="dense",
)


def make_data(folder: Path) -> Path:
    """Make a project: of each label six recordings of 2 s, two of them for the test."""
    rng = np.random.default_rng(0)
    with Project.create(folder / "made", pipeline=PIPELINE) as project, project.batch():
        for label in LABELS:
            for take in range(6):
                recording = project.add_recording(
                    rng.normal(size=(int(RATE * SECONDS), 3)),
                    name=f"{label} {take}",
                    axes=AXES,
                    sample_rate_hz=RATE,
                    group=f"person {take}",
                )
                split = "test" if take < 2 else "validation" if take < 3 else "train"
                span = Span(0, recording.readings, label)
                project.add_samples(recording.id, [span], split=split)
    return folder / "made"


def add_run(path: Path, *, tested: bool = True, seed: int = 1, **settings: Any) -> str:
    """Add a run as `train` leaves it, and if wanted its test; return its id.

    Of the test's 18 windows the first `tap` is taken for `wave` by int8, and by float is not.
    """
    with Project.open(path) as project:
        run = project.new_run("train")
        report = {"run": run.id, **_trained(project, seed, settings)}
        write_json(run.path / "report.json", report)
        _keep(project, run, *_scores(seed))
        if tested:
            _test(project, run)
        project.finish_run(run.id, brief(report))
    return run.id


def _scores(seed: int) -> tuple[np.ndarray, np.ndarray]:
    truth = np.repeat(np.arange(3), 9)
    scores = np.eye(3, dtype=np.float32)[truth] * 0.8 + 0.1
    wrong = np.random.default_rng(seed).choice(27, seed, replace=False)
    scores[wrong] = np.roll(scores[wrong], 1, axis=1)
    return truth, scores


def _keep(project: Project, run: Any, truth: np.ndarray, scores: np.ndarray) -> None:
    """Write the windows that validate, each of the nine three times."""
    split = dataset.find_places(project, project.pipeline, split="validation", labels=LABELS)
    places = [place for place in split for _ in range(3)]
    save_arrays(
        run.path / train.VALIDATED,
        recording_id=np.array([place.recording_id for place in places]),
        start=np.array([place.start for place in places]),
        truth=truth,
        float=scores,
        int8=_quantized(scores),
        board=np.full(len(places), -1),
    )


def _trained(project: Project, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    truth, scores = _scores(seed)
    figures = compare(
        truth,
        classes=LABELS,
        groups=["person 2"] * 27,
        float_scores=scores,
        int8_scores=_quantized(scores),
        litert_scores=None,
    )
    pipeline = project.pipeline
    layer = {"op": "FULLY_CONNECTED", "output_shape": [3], "parameters": 99, "macs": 96}
    model = {"board": "virtual-cortex-m4", "arena_bytes": 1000 * seed, "constants_bytes": 3000}
    return {
        "split": "validation",
        "kept": train.VALIDATED,
        "classes": list(LABELS),
        **figures,
        "board": None,
        "epochs": [
            {"epoch": n, "loss": 1 / n, "accuracy": 0.5, "val_loss": 1 / n, "val_accuracy": 0.6}
            for n in range(1, 6)
        ],
        "best_epoch": 5,
        "stopped": False,
        "parameters": 99,
        "model": {**model, "macs": 96, "layers": [{**layer, "ram_bytes": 3}]},
        "warnings": [],
        "settings": {"epochs": 5, "neurons_1": 32, **settings},
        "pipeline": feature_settings(pipeline) | {"learning": pipeline.learning},
        "data": dataset.digest(project),
        "learned": dataset.digest(project, learned=True),
        "seconds": 3.0,
    }


def _quantized(scores: np.ndarray) -> np.ndarray:
    return np.clip(np.round(scores * 256) - 128, -128, 127).astype(np.int8)


def _test(project: Project, run: Any) -> None:
    places = dataset.find_places(project, project.pipeline, split="test", labels=LABELS)
    truth = np.array([place.label for place in places])
    scores = np.eye(3, dtype=np.float32)[truth] * 0.8 + 0.1
    int8 = scores.copy()
    tap = int(np.flatnonzero(truth == 1)[0])
    int8[tap] = (0.1, 0.4, 0.5)
    report = {
        "run": run.id,
        "split": "test",
        "classes": list(LABELS),
        **compare(
            truth,
            classes=LABELS,
            groups=[place.group for place in places],
            float_scores=scores,
            int8_scores=_quantized(int8),
            litert_scores=None,
        ),
        **{"board": None, "parity": None, "latency": None},
        "pipeline": feature_settings(project.pipeline),
        "data": dataset.digest(project),
        "at": now(),
        "kept": tests.WINDOWS,
    }
    save_arrays(
        run.path / tests.WINDOWS,
        recording_id=np.array([place.recording_id for place in places]),
        start=np.array([place.start for place in places]),
        truth=truth,
        float=scores,
        int8=_quantized(int8),
        board=np.full(len(places), -1),
    )
    write_json(run.path / tests.REPORT, report)
