"""What a pipeline takes of its board, at once: measured where it was built, else estimated.

An estimate comes from what is known without building: the size of the window, what the signal
block says about its work, what the learning block says about its model, and figures of how many
cycles an operation takes. `deploy.estimate` measures the same things by building and running.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.params import make
from studio.project import Project
from studio.project.query import SampleQuery
from studio.registry import find
from studio.services import boards, deploy, projects
from studio.services.dataset import block_config
from studio.types import BlockConfig, Board, ModelSize, Pipeline

PARTS = ("window", "signal", "model", "decision", "program", "stack")
"""What the cost is divided into, in the order of the way of a reading."""


@dataclass(frozen=True, slots=True)
class Core:
    """What work takes on a processor core, as the emulator counted it and the linker linked it."""

    cycles_per_operation: float
    """Of floating-point signal processing."""
    cycles_per_mac: float
    """Of int8 layers that are large enough."""
    cycles_per_layer: float
    program_flash: int = 10_590
    model_code: int = 400


CORES: Mapping[str, Core] = {
    "cortex-m0plus": Core(150.0, 6.9, 41_000.0, program_flash=12_900, model_code=2400),
    "cortex-m4": Core(3.9, 2.05, 2200.0),
    "cortex-m33": Core(3.9, 2.05, 2200.0),
    "cortex-m7": Core(2.3, 1.22, 1500.0),
}
STACK_BYTES = 16384
PROGRAM_RAM = 1270
SIGNAL_CODE = 7400
LAYER_CODE = 800
"""Bytes of memory and of machine code, as linked for the virtual boards."""


@dataclass(slots=True)
class Cost:
    """What one part takes."""

    ram_bytes: int = 0
    flash_bytes: int = 0
    ms: float = 0.0


Costs = dict[str, Cost]


def budget(path: Path, *, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what a project's pipeline takes of its board.

    Parameters
    ----------
    path : Path
        The project.
    changes : mapping, optional
        Settings as for `projects.changed`: the answer is for the pipeline with these, which is
        not saved.

    Returns
    -------
    dict
        `ram` and `flash` {used_bytes, limit_bytes, estimated}, `latency` {used_ms, limit_ms,
        estimated} of one window, `board` (its title; empty if none is chosen), `parts`: of `ram`
        and `flash` [{name, bytes}], of `latency` [{name, ms}], with the names of `PARTS`;
        `features` (values of one window) and `source`, where the figures come from, in words.

    Raises
    ------
    ConfigError
        If the settings cannot work.
    ProjectError
        If the project cannot be read.
    """
    with Project.open(path) as project:
        saved = project.pipeline
        query = SampleQuery(tracks=(saved.labelling.track,), enabled=True)
        labels = project.index.tally(query, "label")
    pipeline = projects.changed(saved, changes) if changes else saved
    config = _config(pipeline)
    n_classes = max(2, len(labels))
    built = deploy.latest_build(path) if pipeline == saved and pipeline.board else None
    kind = boards.board(pipeline.board) if pipeline.board else None
    costs = estimated(pipeline, config, n_classes, kind)
    if built is not None:
        _measured(costs, built, pipeline, config)
    return {
        **_sums(costs, kind, pipeline, built),
        "board": kind.title if kind else "",
        "parts": _parts(costs),
        "features": config.n_features if config else 0,
        "source": _source(kind, config, built),
    }


def _config(pipeline: Pipeline) -> BlockConfig | None:
    """Return the signal block made ready; None while it is not chosen or there is no data."""
    if not pipeline.block or not pipeline.axes or pipeline.sample_rate_hz <= 0:
        return None
    return block_config(pipeline)


def model_size(pipeline: Pipeline, config: BlockConfig, n_classes: int) -> ModelSize | None:
    """Return what the pipeline's model will take, or None where its block does not say.

    Raises
    ------
    ConfigError
        If such a model cannot be made.
    """
    if not pipeline.learning:
        return None
    provider = find("learning_block", pipeline.learning).load()
    if not hasattr(provider, "size"):
        return None
    names = {field.name for field in dataclasses.fields(provider.Params)}
    own = {key: value for key, value in pipeline.learning_params.items() if key in names}
    shape = config.output_shape
    size: ModelSize = provider.size(
        (*shape, 1) if len(shape) > 1 else shape, n_classes, make(provider.Params, own)
    )
    return size


def estimated(
    pipeline: Pipeline, config: BlockConfig | None, n_classes: int, kind: Board | None
) -> Costs:
    """Return what each part of a pipeline will take, about, from its settings alone."""
    core = CORES.get(kind.core if kind else "", CORES["cortex-m4"])
    clock = kind.clock_hz if kind else 0
    costs = {name: Cost() for name in PARTS}
    costs["window"].ram_bytes = _window_bytes(pipeline)
    costs["decision"].ram_bytes = (pipeline.decision.smoothing + 5) * n_classes
    costs["program"] = Cost(PROGRAM_RAM, core.program_flash)
    costs["stack"].ram_bytes = STACK_BYTES
    if config is None:
        return costs
    tables = sum(table.nbytes for table in config.tables.values())
    scaler = 8 * config.output_shape[-1]
    costs["signal"] = Cost(
        config.scratch_bytes + 4 * config.n_features,
        SIGNAL_CODE + tables + scaler,
        _ms(core.cycles_per_operation * config.operations, clock),
    )
    size = model_size(pipeline, config, n_classes)
    if size is not None:
        cycles = core.cycles_per_mac * size.macs + core.cycles_per_layer * size.layers
        costs["model"] = Cost(
            size.arena_bytes,
            size.weights_bytes + core.model_code + LAYER_CODE * size.layers,
            _ms(cycles, clock),
        )
    return costs


def _window_bytes(pipeline: Pipeline) -> int:
    width = np.dtype(pipeline.dtype).itemsize
    return pipeline.window_readings * len(pipeline.axes) * width


def _ms(cycles: float, clock_hz: int) -> float:
    return cycles / clock_hz * 1000 if clock_hz else 0.0


def _measured(
    costs: Costs, built: Mapping[str, Any], pipeline: Pipeline, config: BlockConfig | None
) -> None:
    """Put the figures of a build in the place of estimates.

    The image knows the window, the features and the decision as part of the application.
    """
    parts = built["parts"]

    def take(*names: str) -> Cost:
        rows = [parts[name] for name in names if name in parts]
        return Cost(sum(row["ram_bytes"] for row in rows), sum(row["flash_bytes"] for row in rows))

    vector = 4 * config.n_features if config else 0
    rest = take(*(name for name in parts if name not in ("model", "features", "stack")))
    rest.ram_bytes -= _window_bytes(pipeline) + vector + costs["decision"].ram_bytes
    times = {name: costs[name].ms for name in costs}
    if "latency_ms" in built:
        times |= {"signal": built["dsp_ms"], "model": built["nn_ms"]}
    signal = take("features")
    signal.ram_bytes += vector
    costs |= {"signal": signal, "model": take("model"), "program": rest, "stack": take("stack")}
    for name, ms in times.items():
        costs[name].ms = ms


def _sums(
    costs: Costs, kind: Board | None, pipeline: Pipeline, built: Mapping[str, Any] | None
) -> dict[str, Any]:
    counted = built is not None and "latency_ms" in built and kind is not None and kind.virtual
    return {
        "ram": {
            "used_bytes": sum(cost.ram_bytes for cost in costs.values()),
            "limit_bytes": kind.ram_bytes if kind else 0,
            "estimated": built is None,
        },
        "flash": {
            "used_bytes": sum(cost.flash_bytes for cost in costs.values()),
            "limit_bytes": kind.flash_bytes if kind else 0,
            "estimated": built is None,
        },
        "latency": {
            "used_ms": sum(cost.ms for cost in costs.values()),
            "limit_ms": pipeline.stride_ms,
            "estimated": not counted,
        },
    }


def _parts(costs: Costs) -> dict[str, list[dict[str, Any]]]:
    return {
        "ram": [{"name": name, "bytes": cost.ram_bytes} for name, cost in costs.items()],
        "flash": [{"name": name, "bytes": cost.flash_bytes} for name, cost in costs.items()],
        "latency": [{"name": name, "ms": cost.ms} for name, cost in costs.items()],
    }


def _source(
    kind: Board | None, config: BlockConfig | None, built: Mapping[str, Any] | None
) -> str:
    if kind is None:
        return "No board is chosen yet."
    if config is None:
        return "Estimated without the signal block: choose one, and record or import data."
    if built is None:
        return "Estimated from the settings; building for the board measures it."
    if "latency_ms" not in built:
        return "Memory measured in the linked image; time estimated from the settings."
    return "Memory measured in the linked image; time counted on an emulated board."
