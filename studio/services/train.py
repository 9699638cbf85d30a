"""Train a project's model: features in the data worker, fitting in the training worker."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from studio.errors import Cancelled, ConfigError, ProjectError, StudioError
from studio.events import Reporter, SubReporter
from studio.jobs import run_worker
from studio.learning import LearningSettings, Scaler, load_arrays, save_arrays
from studio.project import Project, SampleQuery
from studio.registry import title_of
from studio.services import dataset, layers, splits
from studio.services.runs import (
    CompiledRun,
    TrainedRun,
    compare,
    feature_settings,
    read_report,
    write_json,
)
from studio.types import Pipeline

VALIDATED = "validated-windows.npz"
"""Of each window by which a run was judged, as `test.WINDOWS` of a test."""
PATIENCE_S = 60.0
"""How long a training may take to end by itself after it was asked to."""


def train(
    path: Path, *, params: Mapping[str, Any] | None = None, report: Reporter
) -> dict[str, Any]:
    """Train, quantize and check the model of a project; return its figures.

    Asked to stop, it ends after the present epoch and keeps the best model so far.

    Parameters
    ----------
    path : Path
        The project. Samples that are in no split yet are assigned to one.
    params : mapping, optional
        Learning settings that differ from the project's, such as `{"epochs": 10}`.

    Returns
    -------
    dict
        `run`, `split` (which windows the figures are of: `validation`, or `train` when there are
        no validation windows; the test split is left for `test`), `classes`, `float`, `int8`,
        `board` (None: see `test`), `float_int8_disagreements`, `litert`, `windows`, `epochs`
        (the curves), `best_epoch`, `stopped`, `parameters`, `settings`, `pipeline`, `data` and
        `learned` (see `dataset.digest`), `model` (what it costs, see `layers.of_model`),
        `warnings` (what is in two splits at once), `seconds`.

    Raises
    ------
    StudioError
        If the project cannot be trained on, or a step fails.
    Cancelled
        If stopped before the first epoch was done.
    """
    began = time.monotonic()
    with Project.open(path) as project:
        pipeline = project.pipeline
        _check_blocks(pipeline)
        values = {**pipeline.learning_params, **(params or {})}
        settings = LearningSettings.read(pipeline.learning, pipeline.dtype, values)
        labels = dataset.class_names(project, report)
        warnings = splits.warnings(project)
        for line in warnings:
            report.log(line)
        digests = _digests(project)
        run = project.new_run("train")
    request = {"folder": str(run.path), "values": values}
    made = _dataset(
        {"project": str(project.path), "labels": labels, **request},
        SubReporter(report, 0.0, 0.25),
    )
    report.event("fitting", epochs=settings.train.epochs, guess=made["majority"])
    fitting = {"do": "train", "block": pipeline.learning, "dtype": pipeline.dtype, **request}
    trained = _fit(fitting, len(labels), SubReporter(report, 0.25, 0.92))
    report.progress(0.92, "Train: checking the compiled model")
    result = {
        "run": run.id,
        **_figures(run.id, run.path, labels),
        "windows": made["windows"],
        **trained,
        "model": layers.of_model((run.path / "model.tflite").read_bytes(), pipeline),
        "warnings": warnings,
        "settings": settings.to_dict(),
        "pipeline": feature_settings(pipeline) | {"learning": pipeline.learning},
        **digests,
        "seconds": round(time.monotonic() - began, 2),
    }
    write_json(run.path / "labels.json", labels)
    write_json(run.path / "report.json", result)
    with Project.open(path) as project:
        project.finish_run(run.id, brief(result))
    accuracy = 100 * result["int8"]["accuracy"]
    report.progress(1.0, f"Trained: {result['split']} accuracy {accuracy:.1f} %")
    return result


def _digests(project: Project) -> dict[str, str]:
    """Return what tells later whether the data, or what was learned from, was changed."""
    return {
        "data": dataset.digest(project),
        "learned": dataset.digest(project, learned=True),
    }


def _dataset(request: Mapping[str, Any], report: Reporter) -> dict[str, Any]:
    """Make the features of all windows in the data worker."""
    made = run_worker("data", {"do": "dataset", **request}, report)
    if not made["windows"]["validation"]:
        report.log(
            "There are no validation windows: all epochs are trained, and the last is kept."
        )
    return made


def _check_blocks(pipeline: Pipeline) -> None:
    dataset.block_config(pipeline)
    if not pipeline.learning:
        raise ConfigError(
            "The pipeline has no learning block.", "Choose one, such as dscnn or dense."
        )


def why_not(path: Path) -> StudioError | None:
    """Return why a project cannot be trained on as it is, or None; a quick look."""
    with Project.open(path) as project:
        pipeline = project.pipeline
        try:
            _check_blocks(pipeline)
            LearningSettings.read(pipeline.learning, pipeline.dtype, pipeline.learning_params)
        except ConfigError as error:
            return error
        query = SampleQuery(tracks=(pipeline.labelling.track,), enabled=True)
        labels = {row.label for row in project.index.sums(query)}
    if len(labels) < 2:
        found = f"Only the label {min(labels)!r} has samples" if labels else "Nothing is labelled"
        return ProjectError(f"{found}.", "Label or import data of at least two kinds.")
    return None


def settings(path: Path) -> dict[str, Any]:
    """Return a project's learning settings as a person sets them.

    Returns
    -------
    dict
        `block` (id of the learning block; empty without one), its `title`, and `parts`: of the
        block, the training and the varied copies the Params object as it is, and one with the
        defaults.

    Raises
    ------
    ConfigError
        If a setting in the project file cannot work.
    """
    with Project.open(path) as project:
        pipeline = project.pipeline
    if not pipeline.learning:
        return {"block": "", "title": "", "parts": []}
    now = LearningSettings.read(pipeline.learning, pipeline.dtype, pipeline.learning_params)
    usual = LearningSettings.read(pipeline.learning, pipeline.dtype, {})
    parts = [
        (getattr(now, name), getattr(usual, name)) for name in ("block_params", "train", "augment")
    ]
    title = title_of("learning_block", pipeline.learning)
    return {"block": pipeline.learning, "title": title, "parts": parts}


def latest_report(path: Path) -> dict[str, Any] | None:
    """Return what `train` found in a project's latest finished training run, or None."""
    with Project.open(path) as project:
        run = project.latest_run("train")
    return read_report(run.path / "report.json") if run else None


def brief(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the few figures by which runs are compared in a list."""
    figures = {
        f"{kind}_{key}": result[kind][key]
        for kind in ("float", "int8", "board")
        if result[kind]
        for key in ("accuracy", "macro_f1")
    }
    return {"split": result["split"], **figures}


def _fit(request: Mapping[str, Any], n_classes: int, report: Reporter) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="tinyml-studio-") as folder:
        stop_file = Path(folder) / "stop"
        asking = _AskFirst(report, stop_file)
        return run_worker(
            "training", {**request, "n_classes": n_classes, "stop_file": str(stop_file)}, asking
        )


class _AskFirst:
    """Turns the wish to stop into a file that the worker sees after each epoch.

    Only before the first epoch, or when the worker takes too long, it is ended at once.
    """

    def __init__(self, parent: Reporter, stop_file: Path) -> None:
        self._parent = parent
        self._stop_file = stop_file
        self._epochs = 0
        self._asked_at: float | None = None

    def progress(self, fraction: float, text: str) -> None:
        self._parent.progress(fraction, text)

    def log(self, line: str) -> None:
        self._parent.log(line)

    def event(self, kind: str, **data: object) -> None:
        self._epochs += kind == "epoch"
        self._parent.event(kind, **data)

    def check_cancelled(self) -> None:
        try:
            self._parent.check_cancelled()
        except Cancelled:
            if self._epochs == 0:
                raise
            now = time.monotonic()
            if self._asked_at is None:
                self._asked_at = now
                self._stop_file.touch()
            elif now - self._asked_at > PATIENCE_S:
                raise


def _figures(run_id: str, folder: Path, labels: list[str]) -> dict[str, Any]:
    """Compare float and int8 on the validation windows, or on the training windows without any."""
    arrays = load_arrays(folder / "features.npz")
    split = "validation" if len(arrays["validation_x"]) else "train"
    count = len(arrays["validation_x"]) or int(arrays["originals"])
    features, truth = arrays[f"{split}_x"][:count], arrays[f"{split}_y"][:count]
    scores = load_arrays(folder / "scores.npz")
    run = TrainedRun(
        run_id,
        folder,
        tuple(labels),
        Scaler.load(folder / "scaler.npz"),
        (folder / "model.tflite").read_bytes(),
    )
    compiled = CompiledRun(run)
    int8 = compiled.scores(compiled.inputs(features))
    save_arrays(
        folder / VALIDATED,
        recording_id=arrays["judged_at"][:, 0],
        start=arrays["judged_at"][:, 1],
        truth=truth,
        float=scores["float"],
        int8=int8,
        board=np.full(count, -1),
    )
    figures = compare(
        truth,
        classes=labels,
        groups=[str(name) for name in arrays[f"{split}_groups"]],
        float_scores=scores["float"],
        int8_scores=int8,
        litert_scores=scores.get("litert"),
    )
    return {"split": split, "classes": labels, **figures, "board": None, "kept": VALIDATED}
