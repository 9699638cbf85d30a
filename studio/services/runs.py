"""A finished training: its files, and what its model says about windows, in float and int8."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.compiler import compile_model
from studio.errors import ConfigError, ModelError, ProjectError
from studio.learning import Scaler, evaluate
from studio.paths import write_atomic
from studio.project import Project
from studio.runtime import HostModel, quantize
from studio.types import ByteArray, FloatArray, Pipeline

FEATURE_SETTINGS = {
    "window_ms": "window length was",
    "sample_rate_hz": "sample rate was",
    "axes": "axes were",
    "dtype": "kind of readings was",
    "block": "signal block was",
    "block_version": "version of the signal block was",
    "block_params": "settings of the signal block were",
}
"""Entries of a pipeline that decide what the model's input is, in words."""


@dataclass(frozen=True, slots=True)
class TrainedRun:
    """What a training left behind."""

    id: str
    path: Path
    labels: tuple[str, ...]
    scaler: Scaler
    tflite: bytes
    """Content of `model.tflite`."""


def feature_settings(pipeline: Pipeline) -> dict[str, Any]:
    """Return the entries of a pipeline that decide what the model's input is, as plain values."""
    values = json.loads(json.dumps(asdict(pipeline)))
    return {key: values[key] for key in FEATURE_SETTINGS}


def run_number(project: Project, run_id: str) -> int:
    """Return a training run's number as people read it, from 1; 0 if there is none of this id."""
    return run_numbers(project).get(run_id, 0)


def run_numbers(project: Project) -> dict[str, int]:
    """Return the numbers of all finished training runs by their ids."""
    done = [run.id for run in project.runs() if run.kind == "train" and run.finished]
    return {run_id: number for number, run_id in enumerate(done, 1)}


def load_run(project: Project, run_id: str = "") -> TrainedRun:
    """Return a training run of a project, by default the latest finished one.

    Raises
    ------
    ProjectError
        If there is none, or its files are incomplete or damaged.
    ConfigError
        If the pipeline was changed since, so that the model no longer fits.
    """
    run = project.run(run_id) if run_id else project.latest_run("train")
    if run is None:
        raise ProjectError(
            f"Project {project.name} has no finished training run.",
            "Train it first: tinyml-studio train PROJECT",
        )
    report = read_report(run.path / "report.json")
    changed = [
        key
        for key, value in feature_settings(project.pipeline).items()
        if report["pipeline"].get(key) != value
    ]
    if changed:
        raise ConfigError(
            f"The {FEATURE_SETTINGS[changed[0]]} changed after run "
            f"{run_number(project, run.id)} was trained.",
            "Train again, or set it back.",
        )
    try:
        tflite = (run.path / "model.tflite").read_bytes()
    except OSError as error:
        raise _incomplete(run.path, "model.tflite cannot be read") from error
    try:
        compile_model(tflite)  # as it was compiled at the end of training
    except ModelError as error:
        raise ProjectError(
            f"The model of run {run_number(project, run.id)} cannot be used. {error.message}",
            "Train again: tinyml-studio train PROJECT",
        ) from error
    try:
        scaler = Scaler.load(run.path / "scaler.npz")
    except ProjectError as error:
        raise _incomplete(run.path, "scaler.npz cannot be read") from error
    return TrainedRun(run.id, run.path, tuple(report["classes"]), scaler, tflite)


def read_report(path: Path) -> dict[str, Any]:
    """Read a run's `report.json` or `test.json`."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(report["pipeline"], dict) or not isinstance(report["classes"], list):
            raise TypeError("it is not a report")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _incomplete(path.parent, str(error)) from error
    return dict(report)


def write_json(path: Path, value: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write plain values as a JSON file, in one step."""
    write_atomic(path, (json.dumps(value, indent=1) + "\n").encode("utf-8"))


def _incomplete(folder: Path, reason: str) -> ProjectError:
    return ProjectError(
        f"The training run in the folder {folder.parent.name}/{folder.name} is incomplete or "
        f"damaged: {reason.rstrip('.')}.",
        "Train again: tinyml-studio train PROJECT",
    )


class CompiledRun:
    """A run's model as the C code that the board runs, called on this computer.

    Raises
    ------
    ModelError
        If the model cannot be compiled.
    """

    def __init__(self, run: TrainedRun) -> None:
        self._scaler = run.scaler
        self._model = HostModel(compile_model(run.tflite))

    def inputs(self, features: FloatArray) -> ByteArray:
        """Return the model's int8 inputs `(k, elements)` for features of any shape `(k, ...)`."""
        source = self._model.compiled.input
        return quantize(
            features.reshape(len(features), -1),
            mean=self._scaler.mean,
            inv_std=self._scaler.inv_std,
            scale=source.scale,
            zero_point=source.zero_point,
        )

    def begin(self) -> None:
        """Forget what the model remembers of earlier windows."""
        self._model.reset()

    def follow(self, features: FloatArray) -> ByteArray:
        """Return the int8 scores of windows that follow those given since `begin`."""
        return self._model.invoke(self.inputs(features)).astype(np.int8, copy=False)

    def scores(self, inputs: ByteArray, *, in_sequence: bool = False) -> ByteArray:
        """Return the int8 scores `(k, n_classes)` of windows that have nothing to do with others.

        Parameters
        ----------
        inputs : ndarray
            What `inputs` returned.
        in_sequence : bool
            The windows follow each other: what a model with state remembers of one counts for
            the next, as on a board that listens.
        """
        every = max(1, len(inputs)) if in_sequence else 1
        return self._model.invoke(inputs, reset_every=every).astype(np.int8, copy=False)


def decisions(scores: NDArray[Any]) -> NDArray[np.int64]:
    """Return the class with the highest score of each window; the first of equals."""
    chosen: NDArray[np.int64] = np.argmax(scores, axis=1).astype(np.int64)
    return chosen


def compare(
    truth: NDArray[np.int64],
    *,
    classes: Sequence[str],
    groups: Sequence[str],
    float_scores: FloatArray,
    int8_scores: ByteArray,
    litert_scores: ByteArray | None,
) -> dict[str, Any]:
    """Return the figures of the float and the int8 model on the same windows.

    Returns
    -------
    dict
        `float` and `int8` (see `studio.learning.evaluate`), `float_int8_disagreements` (windows
        that they decide differently), and `litert`: `windows` compared and `disagreements` of
        our C's scores and LiteRT's reference kernels (any byte), or None where it is missing.
    """
    by_float, by_int8 = decisions(float_scores), decisions(int8_scores)
    litert = None
    if litert_scores is not None:
        differing = (litert_scores != int8_scores).any(axis=1)
        steps = np.abs(litert_scores.astype(np.int64) - int8_scores)
        litert = {
            "windows": len(truth),
            "disagreements": int(differing.sum()),
            "decisions": int((decisions(litert_scores) != by_int8).sum()),
            "largest_steps": int(steps.max(initial=0)),
        }
    return {
        "float": evaluate(truth, by_float, labels=classes, groups=groups),
        "int8": evaluate(truth, by_int8, labels=classes, groups=groups),
        "float_int8_disagreements": int((by_float != by_int8).sum()),
        "litert": litert,
    }
