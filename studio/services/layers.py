"""The layers of a model as a board runs them: exact after training, and before it as well.

What a layer takes does not depend on what it learned, so the model of the present settings is
built and converted untrained, in the training worker. That takes some seconds and is kept.
"""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from studio import __version__
from studio.compiler import compile_model
from studio.errors import ConfigError
from studio.events import Reporter
from studio.jobs import run_worker
from studio.learning import LearningSettings
from studio.params import to_dict
from studio.paths import cache_dir, make_folder, write_atomic
from studio.project import Project
from studio.services import boards
from studio.services.dataset import block_config
from studio.types import Pipeline


def of_model(tflite: bytes, pipeline: Pipeline) -> dict[str, Any]:
    """Return what a model costs on the pipeline's board, layer by layer.

    Returns
    -------
    dict
        `board` (empty if none is chosen), `arena_bytes` (RAM of all values), `constants_bytes`
        (flash of the weights), `macs`, and `layers` [{op, output_shape, parameters, macs,
        ram_bytes}]: `parameters` are the learned numbers, `ram_bytes` those of the layer's output.

    Raises
    ------
    ModelError
        If the model cannot be compiled.
    """
    plain = compile_model(tflite)  # a board's kernels may fill up their weights
    on_board = plain
    if pipeline.board:
        on_board = compile_model(tflite, target=boards.board(pipeline.board).core)
    return {
        "board": pipeline.board,
        "arena_bytes": on_board.arena_bytes,
        "constants_bytes": on_board.weights_bytes,
        "macs": plain.macs,
        "layers": [
            {
                "op": layer.op,
                "output_shape": list(layer.output_shape[1:]),
                "parameters": layer.parameters,
                "macs": layer.macs,
                "ram_bytes": layer.output_bytes,
            }
            for layer in plain.layers
        ],
    }


def known(path: Path) -> dict[str, Any] | None:
    """Return what `before_training` found for a project's present settings; None if not yet."""
    with Project.open(path) as project:
        request = _request(project)
    return _read(_kept(request))


def before_training(path: Path, *, report: Reporter) -> dict[str, Any]:
    """Return what the model of a project's present settings will cost; as `of_model`.

    Raises
    ------
    ConfigError
        If the pipeline is not complete, or there are fewer than two labels.
    ModelError
        If the model cannot run on a board.
    """
    with Project.open(path) as project:
        request = _request(project)
        pipeline = project.pipeline
    kept = _kept(request)
    if (found := _read(kept)) is not None:
        return found
    report.progress(0.1, "Layers: building the network untrained")
    with tempfile.TemporaryDirectory(prefix="tinyml-studio-") as folder:
        model = Path(folder) / "model.tflite"
        run_worker("training", {"do": "sketch", "model": str(model), **request["model"]}, report)
        content = model.read_bytes()
    result = of_model(content, pipeline)
    make_folder(kept.parent)
    write_atomic(kept, json.dumps(result).encode())
    report.progress(1.0, "Layers: done")
    return result


def _request(project: Project) -> dict[str, Any]:
    """Return everything that decides what the layers are."""
    pipeline = project.pipeline
    config = block_config(pipeline)
    if not pipeline.learning:
        raise ConfigError(
            "The pipeline has no learning block.", "Choose one, such as dscnn or dense."
        )
    track = pipeline.labelling.track
    labels = {sample.label for sample in project.samples(track=track, enabled=True)}
    if len(labels) < 2:
        raise ConfigError(
            f"The data have {len(labels)} labels; a model needs two.",
            "Label or import data of at least two kinds.",
        )
    settings = LearningSettings.read(pipeline.learning, pipeline.dtype, pipeline.learning_params)
    table = len(config.output_shape) == 2
    return {
        "model": {
            "block": pipeline.learning,
            "dtype": pipeline.dtype,
            "values": to_dict(settings.block_params),
            "shape": [*config.output_shape, *([1] if table else [])],
            "n_classes": len(labels),
        },
        "board": pipeline.board,
    }


def _kept(request: dict[str, Any]) -> Path:
    """Return the file that holds what was found for a request."""
    text = json.dumps([__version__, request], sort_keys=True)
    return cache_dir() / "layers" / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"


def _read(file: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found if isinstance(found["layers"], list) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not looked at yet, or damaged: it can be found again
