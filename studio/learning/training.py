"""The training worker's work: fit a model on a run's features, quantize it, leave files behind.

Everything here may load TensorFlow, and loads it inside functions: `tf_keras` must be chosen
before TensorFlow is first imported.
"""

import math
import os
import tempfile
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError, ProjectError
from studio.events import Reporter
from studio.learning import quantizing
from studio.learning.scaling import Scaler, load_arrays, save_arrays
from studio.learning.settings import LearningSettings, TrainParams
from studio.paths import write_atomic
from studio.registry import find

THREADS = 2
"""Threads of one operation: more do not help models this small."""

SCORE_BATCH = 512

AVERAGING = 0.5
"""Share of the past in the running mean of the weights over epochs (Polyak averaging). The mean
is what is validated and kept: single epochs differ by chance, above all on new speakers."""

FloatArray = NDArray[np.float32]
Weights = list[NDArray[np.float32]]


@dataclass(slots=True)
class _Watch:
    """What is kept of the epochs: the curves, the mean of the weights, the best of its states."""

    points: list[dict[str, float]] = field(default_factory=list)
    mean: Weights | None = None
    best: Weights | None = None
    best_epoch: int = 0
    best_loss: float = float("inf")
    stopped: bool = False


def load_keras(seed: int) -> Any:
    """Import TensorFlow with tf_keras, make it repeatable, and return `tf_keras`."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    import tensorflow as tf
    import tf_keras

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    tf_keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    return tf_keras


def with_channel(features: FloatArray) -> FloatArray:
    """Return a model's input: tables `(k, frames, coefficients)` get a last axis of 1."""
    return features[..., np.newaxis] if features.ndim == 3 else features


def train(request: Mapping[str, Any], report: Reporter) -> dict[str, Any]:
    """Train on `features.npz` of a run's folder and write the model's files beside it.

    Parameters
    ----------
    request : mapping
        `folder` (of the run), `block`, `dtype`, `values` (flat settings), `n_classes`, and
        `stop_file`: when this file appears, training ends after the epoch with the best so far.
        `features.npz` holds `train_x`, `train_y` (of which the first `originals` are unvaried),
        `validation_x` and `validation_y`; without validation windows the last epoch is taken.

    Returns
    -------
    dict
        `epochs` (the curves), `best_epoch` (from 1), `stopped`, `parameters`, `seconds`. The
        folder then holds `scaler.npz`, `model.keras`, `model.tflite` and `scores.npz` (see
        `score`) of the validation windows, or of the unvaried training windows without any.
    """
    started = time.monotonic()
    folder = Path(request["folder"])
    settings = LearningSettings.read(request["block"], request["dtype"], request["values"])
    arrays = load_arrays(folder / "features.npz")
    report.progress(0.0, "Train: loading TensorFlow")
    keras = load_keras(settings.train.seed)
    scaler = Scaler.fit(arrays["train_x"])
    train_x = with_channel(scaler.apply(arrays["train_x"]))
    block = find("learning_block", settings.block).load()
    model = block.build(train_x.shape[1:], int(request["n_classes"]), settings.block_params)
    watch = _fit(
        keras,
        model,
        (train_x, arrays["train_y"]),
        (with_channel(scaler.apply(arrays["validation_x"])), arrays["validation_y"]),
        params=settings.train,
        stop_file=Path(request["stop_file"]),
        report=report,
    )
    report.progress(0.9, "Train: quantizing to int8")
    chosen = np.random.default_rng(settings.train.seed).permutation(len(train_x))
    content = quantizing.to_int8(model, train_x[chosen[: quantizing.CALIBRATION_WINDOWS]])
    scaler.save(folder / "scaler.npz")
    write_atomic(folder / "model.keras", _keras_bytes(model))
    write_atomic(folder / "model.tflite", content)
    _score_checked(folder, model, content, scaler, arrays)
    report.progress(1.0, "Train: done")
    return {
        "epochs": watch.points,
        "best_epoch": watch.best_epoch,
        "stopped": watch.stopped,
        "parameters": int(model.count_params()),
        "seconds": round(time.monotonic() - started, 2),
    }


def sketch(request: Mapping[str, Any], report: Reporter) -> dict[str, Any]:
    """Build a learning block's model and convert it untrained: what it will cost, not learn.

    Parameters
    ----------
    request : mapping
        `block`, `dtype`, `values` (of the block), `shape` (of one window's features, with a last
        axis of 1 for tables), `n_classes`, and `model`: the `.tflite` to write.

    Returns
    -------
    dict
        `parameters`: how many numbers there are to learn.
    """
    settings = LearningSettings.read(request["block"], request["dtype"], request["values"])
    report.progress(0.0, "Layers: loading TensorFlow")
    load_keras(0)
    shape = tuple(int(size) for size in request["shape"])
    block = find("learning_block", settings.block).load()
    model = block.build(shape, int(request["n_classes"]), settings.block_params)
    report.progress(0.5, "Layers: quantizing to int8")
    noise = np.random.default_rng(0).normal(size=(8, *shape)).astype(np.float32)
    write_atomic(Path(request["model"]), quantizing.to_int8(model, noise))
    return {"parameters": int(model.count_params())}


def _fit(
    keras: Any,
    model: Any,
    training: tuple[FloatArray, NDArray[np.int64]],
    validation: tuple[FloatArray, NDArray[np.int64]],
    *,
    params: TrainParams,
    stop_file: Path,
    report: Reporter,
) -> _Watch:
    """Fit with early stopping; afterwards the model has the best mean weights."""
    n_classes = model.output_shape[-1]
    weights = _class_weights(training[1], n_classes, balanced=params.class_weights)
    _compile(keras, model, params, n_windows=len(training[0]))
    classes = np.eye(n_classes, dtype=np.float32)[training[1]]
    rng = np.random.default_rng(params.seed)
    watch = _Watch()
    for epoch in range(1, params.epochs + 1):
        began = time.monotonic()
        history = model.fit(
            masked(training[0], params, rng),
            classes,
            sample_weight=weights[training[1]],
            batch_size=params.batch_size,
            verbose=0,
        )
        point = {key: float(values[0]) for key, values in history.history.items()}
        point |= _note(watch, model, validation, weights, epoch)
        point |= {"epoch": epoch, "seconds": round(time.monotonic() - began, 3)}
        _check_finite(point, params)
        watch.points.append(point)
        report.event("epoch", **point)
        report.progress(0.05 + 0.85 * epoch / params.epochs, _words(point, params.epochs))
        watch.stopped = stop_file.exists()
        if watch.stopped or epoch - watch.best_epoch >= params.patience:
            break
    if watch.best is not None:
        model.set_weights(watch.best)
    return watch


def _check_finite(point: Mapping[str, float], params: TrainParams) -> None:
    """Refuse to go on with a model whose loss is no longer a number: it cannot recover."""
    if not math.isfinite(point["loss"]):
        raise ConfigError(
            f"Training stopped at epoch {point['epoch']:.0f}: the loss is no longer a number.",
            f"Usual cause: the learning rate is too high ({params.learning_rate:g}). Try "
            f"{params.learning_rate / 10:g}.",
        )


def _compile(keras: Any, model: Any, params: TrainParams, *, n_windows: int) -> None:
    steps = -(-n_windows // params.batch_size) * params.epochs
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(params.learning_rate, steps)
        ),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=params.label_smoothing),
        metrics=["accuracy"],
    )


def masked(windows: FloatArray, params: TrainParams, rng: np.random.Generator) -> FloatArray:
    """Return table features with a random stretch of frames and of coefficients set to the mean.

    A new mask per window and epoch (SpecAugment, Park et al. 2019), so that no single frame or
    coefficient decides. Features that are a line `(k, n)` are returned as they are.
    """
    if windows.ndim != 4:
        return windows
    result = windows
    shares = (params.mask_frames_percent, params.mask_coefficients_percent)
    for axis, share in enumerate(shares, start=1):
        size = windows.shape[axis]
        width = rng.integers(0, int(size * share / 100) + 1, len(windows))
        first = rng.integers(0, size - width + 1)
        place = np.arange(size)
        hidden = (place >= first[:, np.newaxis]) & (place < (first + width)[:, np.newaxis])
        result = np.where(np.expand_dims(hidden, (3 - axis, 3)), np.float32(0), result)
    return result


def _class_weights(classes: NDArray[np.int64], n_classes: int, *, balanced: bool) -> FloatArray:
    """Return a weight per class: the mean over all windows is 1, each class weighs the same."""
    if not balanced:
        return np.ones(n_classes, np.float32)
    counts = np.maximum(np.bincount(classes, minlength=n_classes), 1)
    return (len(classes) / (n_classes * counts)).astype(np.float32)


def _note(
    watch: _Watch,
    model: Any,
    validation: tuple[FloatArray, NDArray[np.int64]],
    weights: FloatArray,
    epoch: int,
) -> dict[str, float]:
    """Average the weights, validate the mean and keep it if it is the best; return its figures.

    Without validation windows the last mean is kept.
    """
    current = model.get_weights()
    if watch.mean is None:
        watch.mean = current
    else:
        pairs = zip(watch.mean, current, strict=True)
        watch.mean = [AVERAGING * old + (1 - AVERAGING) * new for old, new in pairs]
    point: dict[str, float] = {}
    features, truth = validation
    if len(features):
        model.set_weights(watch.mean)
        classes = np.eye(len(weights), dtype=np.float32)[truth]
        found = model.evaluate(
            features,
            classes,
            sample_weight=weights[truth],
            batch_size=SCORE_BATCH,
            verbose=0,
            return_dict=True,
        )
        model.set_weights(current)
        point = {f"val_{key}": float(value) for key, value in found.items()}
    loss = point.get("val_loss", -float(epoch))
    if loss < watch.best_loss or watch.best is None:
        watch.best_loss, watch.best_epoch, watch.best = loss, epoch, watch.mean
    return point


def _words(point: Mapping[str, float], epochs: int) -> str:
    name = "val_accuracy" if "val_accuracy" in point else "accuracy"
    where = "validation" if name == "val_accuracy" else "training"
    said = f"Train: epoch {point['epoch']:.0f}/{epochs}"
    return f"{said}, {where} accuracy {100 * point[name]:.1f} %"


def _keras_bytes(model: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def _score_checked(
    folder: Path, model: Any, content: bytes, scaler: Scaler, arrays: Mapping[str, NDArray[Any]]
) -> None:
    features = arrays["validation_x"]
    if len(features) == 0:
        features = arrays["train_x"][: int(arrays["originals"])]
    scale, zero_point = quantizing.input_scale(content)
    inputs = quantizing.quantize(features, scaler, scale=scale, zero_point=zero_point)
    save_arrays(folder / "scores.npz", **_scores(model, content, scaler, features, inputs))


def _scores(
    model: Any, content: bytes, scaler: Scaler, features: FloatArray, inputs: NDArray[np.int8]
) -> dict[str, NDArray[Any]]:
    windows = with_channel(scaler.apply(features))
    scores = {"float": model.predict(windows, batch_size=SCORE_BATCH, verbose=0)}
    witness = quantizing.litert_scores(content, inputs)
    return scores if witness is None else {**scores, "litert": witness}


def score(request: Mapping[str, Any], report: Reporter) -> dict[str, Any]:
    """Score windows with a run's Keras model, and with LiteRT as a witness.

    Parameters
    ----------
    request : mapping
        `folder` (of the run) and `windows`: a `.npz` with `features` (float32, unscaled) and
        `inputs` (int8, as the C code quantized them); `scores`: the `.npz` to write, with
        `float` (k, n_classes) and, where LiteRT is installed, `litert` (int8).
    """
    folder = Path(request["folder"])
    arrays = load_arrays(Path(request["windows"]))
    report.progress(0.0, "Score: loading TensorFlow")
    keras = load_keras(0)
    model = _load_model(keras, folder)
    report.progress(0.5, "Score: the model before quantizing")
    scaler = Scaler.load(folder / "scaler.npz")
    content = (folder / "model.tflite").read_bytes()
    scores = _scores(model, content, scaler, arrays["features"], arrays["inputs"])
    save_arrays(Path(request["scores"]), **scores)
    report.progress(1.0, "Score: done")
    return {"windows": len(arrays["features"])}


def _load_model(keras: Any, folder: Path) -> Any:
    """Read a run's `model.keras`; Keras raises one of these for whatever is wrong with it."""
    try:
        return keras.models.load_model(folder / "model.keras", compile=False)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise ProjectError(
            f"Training run {folder.name} is incomplete or damaged: model.keras cannot be read.",
            "Train again: tinyml-studio train PROJECT",
        ) from error
