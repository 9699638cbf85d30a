"""The training worker on synthetic features: files, int8, repeatability, stopping."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.compiler import compile_model
from studio.errors import ConfigError
from studio.events import Quiet
from studio.jobs import run_worker
from studio.learning import Scaler, load_arrays, save_arrays
from studio.learning.quantizing import quantize
from studio.paths import ROOT
from studio.runtime import HostModel

pytestmark = pytest.mark.learning

SUPPORTED = {
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
    "MEAN",
    "ADD",
    "PAD",
    "RESHAPE",
    "SOFTMAX",
}
SCORE = """
import json, sys
from studio.errors import StudioError
from studio.events import Quiet
from studio.learning.training import score
for asked in json.load(sys.stdin):
    try:
        score(asked, Quiet())
    except StudioError as error:
        print(json.dumps([type(error).__name__, error.message, error.hint]))
"""
LINE, TABLE = (24,), (20, 8)


class Epochs(Quiet):
    """Keeps the points of the curves."""

    def __init__(self) -> None:
        self.points: list[dict[str, Any]] = []

    def event(self, kind: str, **data: Any) -> None:
        if kind == "epoch":
            self.points.append(data)


def windows(count: int, shape: tuple[int, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return noisy patterns of three classes, of uneven size and offset as features are."""
    patterns = np.random.default_rng(0).normal(0, 1, (3, *shape))
    rng = np.random.default_rng(seed)
    classes = rng.choice(3, count, p=[0.2, 0.2, 0.6])
    values = patterns[classes] + rng.normal(0, 1.0, (count, *shape))
    return (values * np.linspace(1, 50, shape[-1]) + 100).astype(np.float32), classes


def request(folder: Path, shape: tuple[int, ...], **values: object) -> dict[str, Any]:
    train_x, train_y = windows(300, shape, 1)
    validation_x, validation_y = windows(90, shape, 2)
    folder.mkdir(exist_ok=True)
    save_arrays(
        folder / "features.npz",
        train_x=train_x,
        train_y=train_y,
        originals=np.array(300),
        validation_x=validation_x,
        validation_y=validation_y,
    )
    table = len(shape) == 2
    return {
        "do": "train",
        "folder": str(folder),
        "block": "dscnn" if table else "dense",
        "dtype": "int16" if table else "float32",
        "values": {"epochs": 12, "batch_size": 16, **values},
        "n_classes": 3,
        "stop_file": str(folder / "stop"),
    }


@pytest.mark.parametrize("shape", [LINE, TABLE], ids=["dense", "dscnn"])
def test_a_model_is_trained_quantized_and_compiles(tmp_path: Path, shape: tuple[int, ...]) -> None:
    epochs = Epochs()
    asked = request(tmp_path / "run", shape)
    result = run_worker("training", asked, epochs)
    assert [point["epoch"] for point in epochs.points] == list(range(1, len(epochs.points) + 1))
    assert epochs.points == result["epochs"]
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "seconds"} <= set(epochs.points[0])
    best = min(result["epochs"], key=lambda point: point["val_loss"])
    assert result["best_epoch"] == best["epoch"]

    arrays = load_arrays(tmp_path / "run" / "features.npz")
    scores = load_arrays(tmp_path / "run" / "scores.npz")
    right = scores["float"].argmax(axis=1) == arrays["validation_y"]
    # the best epoch's weights are back: the file's figures are that epoch's
    assert right.mean() == pytest.approx(best["val_accuracy"], abs=1e-6)
    assert right.mean() > 0.85

    compiled = compile_model((tmp_path / "run" / "model.tflite").read_bytes())
    assert (compiled.input.dtype, compiled.output.dtype) == ("int8", "int8")
    assert compiled.input.elements == np.prod(shape)
    assert (compiled.output.scale, compiled.output.zero_point) == (1 / 256, -128)
    assert {layer.op for layer in compiled.layers} <= SUPPORTED
    inputs = quantize(
        arrays["validation_x"],
        Scaler.load(tmp_path / "run" / "scaler.npz"),
        scale=compiled.input.scale,
        zero_point=compiled.input.zero_point,
    )
    ours = HostModel(compiled).invoke(inputs)
    assert (ours.argmax(axis=1) != scores["float"].argmax(axis=1)).mean() <= 0.02
    if "litert" in scores:
        # its rounding in FULLY_CONNECTED is not TensorFlow Lite for Microcontrollers'
        assert np.abs(ours.astype(int) - scores["litert"]).max() <= 4
        assert np.array_equal(ours.argmax(axis=1), scores["litert"].argmax(axis=1))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_model_file(tmp_path: Path) -> None:
    contents = []
    for name in ("a", "b"):
        run_worker("training", request(tmp_path / name, TABLE, epochs=2), Quiet())
        contents.append((tmp_path / name / "model.tflite").read_bytes())
    assert contents[0] == contents[1]


def test_a_worker_knows_what_it_cannot_do() -> None:
    with pytest.raises(ConfigError, match="'sing'"):
        run_worker("data", {"do": "sing"}, Quiet())


def test_a_damaged_keras_model_is_told_in_words(tmp_path: Path) -> None:
    contents = (None, b"", b"PK\x03\x04 not a zip", b"\x89HDF\r\n\x1a\n")
    save_arrays(tmp_path / "windows.npz", features=np.zeros((1, 3), np.float32))
    asked = []
    for number, content in enumerate(contents):
        folder = tmp_path / f"run{number}"
        folder.mkdir()
        if content is not None:
            (folder / "model.keras").write_bytes(content)
        names = {"windows": tmp_path / "windows.npz", "scores": tmp_path / "scores.npz"}
        asked.append({"folder": str(folder), **{key: str(path) for key, path in names.items()}})
    # as the worker does it, but TensorFlow is loaded once for all
    done = subprocess.run(
        [sys.executable, "-c", SCORE],
        input=json.dumps(asked),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == len(contents), done.stderr
    for number, (kind, message, hint) in enumerate(told):
        assert kind == "ProjectError"
        assert re.match(rf"Training run run{number} is .*model\.keras cannot", message)
        assert "Train again" in hint
