"""From a trained run to a board that decides: build, flash, and what it will cost."""

import dataclasses
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio import __version__, emulator, firmware
from studio.compiler import compile_model
from studio.devices.connection import Connection
from studio.errors import ConfigError, DeviceError
from studio.events import Reporter, SubReporter
from studio.footprint import board_fits, footprint
from studio.jobs import run_tool
from studio.paths import cache_dir, write_atomic
from studio.project import Project
from studio.services import boards
from studio.services.dataset import block_config
from studio.services.runs import TrainedRun, load_run
from studio.types import Board, Pipeline, Sizes

APPS = ("infer", "collect")
ESTIMATED = (
    *("latency_ms", "latency_interval_ms", "dsp_ms", "nn_ms", "stride_ms", "keeps_up"),
    *("memory_source", "latency_source"),
)
"""What `estimate` adds to a build."""
SIZES = {"flash_bytes", "ram_bytes", "parts"}
SAME = ("board", "optimise", "model_ram_bytes")
"""What a build must have in common with the one before for its times to hold."""
MODEL_RAM = 0.5
"""Part of a board's RAM that a model's values may take before its layers run row by row."""
_PART_OF = {"model": "the model", "features": "signal processing", "runtime": "runtime"}


def build(
    project_path: Path,
    *,
    app: str = "infer",
    board: str | None = None,
    optimise: str = "speed",
    ram_bytes: int | None = None,
    report: Reporter,
) -> dict[str, Any]:
    """Build a project's firmware with PlatformIO and return what it takes on the board.

    Parameters
    ----------
    project_path : Path
        The project; `infer` takes its latest finished training run.
    app : str
        `infer` (decides) or `collect` (streams readings).
    board : str, optional
        Id of a board; the pipeline's own unless given.
    optimise : str
        `speed`, or `size` for fewer bytes of code.
    ram_bytes : int, optional
        What the model's values may take before its layers run row by row, which is slower; half
        of the board's RAM unless given.

    Returns
    -------
    dict
        `app`, `board`, `run`, `image`, `folder`, `flash_bytes`, `ram_bytes`, `parts`,
        `board_flash_bytes`, `board_ram_bytes`, `fits`, `seconds`, `optimise`, `model_ram_bytes`
        (as given), `previous` (sizes of the build before, or None), and the times that `estimate`
        found, if it did for the same pipeline.

    Raises
    ------
    ProjectError
        If there is no finished training run, or it is incomplete.
    ConfigError
        If the pipeline was changed since it was trained.
    ToolError
        With the first error, if the firmware does not compile or fit.
    """
    if app not in APPS:
        raise ConfigError(f"There is no firmware {app!r}.", f"Choose one of {', '.join(APPS)}.")
    known = latest_build(project_path, app=app, board=board)
    with Project.open(project_path) as project:
        kind = boards.board(board or project.pipeline.board)
        run = load_run(project) if app == "infer" else None
        options: dict[str, Any] = {"optimise": optimise, "ram_bytes": ram_bytes}
        code = pipeline_code(project.pipeline, run, kind, **options) if run else None
        made_of = _made_of(project.pipeline, run.id if run else "")
        place = project.path / "build" / f"{app}-{kind.id}"
    before = _read(place.with_suffix(".json"))
    report.progress(0.05, f"build: writing the firmware for {kind.title}")
    firmware.write_project(place, kind, app, code)
    built = firmware.build(place, kind, run_tool, SubReporter(report, 0.1, 1.0))
    result = {
        "app": app,
        "board": kind.id,
        "run": run.id if run else "",
        "image": str(built.elf),
        "folder": str(place),
        "made_of": made_of,
        **_sizes(built.sizes, kind),
        "fits": board_fits(built.sizes, kind),
        "seconds": round(built.seconds, 2),
        "optimise": optimise,
        "model_ram_bytes": ram_bytes,
        "previous": {key: before[key] for key in SIZES} if before.keys() >= SIZES else None,
    }
    if known is not None and all(known.get(key) == result[key] for key in SAME):
        result |= {key: known[key] for key in ESTIMATED if key in known}
    write_atomic(place.with_suffix(".json"), json.dumps(result).encode())
    return result


def _sizes(sizes: Sizes, board: Board) -> dict[str, Any]:
    return {
        "flash_bytes": sizes.flash_bytes,
        "ram_bytes": sizes.ram_bytes,
        "parts": {name: dict(part) for name, part in sizes.parts.items()},
        "board_flash_bytes": board.flash_bytes,
        "board_ram_bytes": board.ram_bytes,
    }


def pipeline_code(
    pipeline: Pipeline,
    run: TrainedRun,
    board: Board,
    *,
    optimise: str = "speed",
    ram_bytes: int | None = None,
) -> firmware.PipelineCode:
    """Return a training run as C; options as of `build`."""
    room = int(board.ram_bytes * MODEL_RAM) if ram_bytes is None else ram_bytes
    return firmware.pipeline_files(
        pipeline,
        block_config(pipeline),
        mean=run.scaler.mean,
        inv_std=run.scaler.inv_std,
        labels=run.labels,
        model=compile_model(run.tflite, target=board.core, optimise=optimise, ram_bytes=room),
        run_id=run.id,
    )


def latest_build(
    project_path: Path, *, app: str = "infer", board: str | None = None
) -> dict[str, Any] | None:
    """Return what `build` (and `estimate`) last found for a project and a board, or None.

    A build whose image is gone, or that was made of another training run, pipeline or version of
    the program, does not count.
    """
    with Project.open(project_path) as project:
        run = project.latest_run("train")
        pipeline = project.pipeline
        file = project.path / "build" / f"{app}-{board or pipeline.board}.json"
    made_of = _made_of(pipeline, run.id if run and app == "infer" else "")
    result = _read(file)
    if result.get("made_of") != made_of or not Path(str(result.get("image"))).is_file():
        return None
    return result


def _read(file: Path) -> dict[str, Any]:
    """Return what is known of a build; nothing if that cannot be read."""
    try:
        result = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return result if isinstance(result, dict) else {}


def _made_of(pipeline: Pipeline, run_id: str) -> str:
    """Return a digest of everything that decides what is built."""
    parts = (__version__, run_id, dataclasses.asdict(pipeline))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def build_collect(board: str = boards.VIRTUAL, *, report: Reporter) -> Path:
    """Build the firmware that streams a board's readings, once per version; return its image."""
    kind = boards.board(board)
    folder = cache_dir() / "firmware"
    with tempfile.TemporaryDirectory(prefix="tinyml-studio-") as temporary:
        draft = Path(temporary) / "collect"
        firmware.write_project(draft, kind, "collect")
        key = hashlib.sha256(__version__.encode())
        for path in sorted(draft.rglob("*")):
            if path.is_file():
                key.update(path.relative_to(draft).as_posix().encode() + path.read_bytes())
    place = folder / f"collect-{kind.id}-{key.hexdigest()[:12]}"
    image = place / "collect.elf"
    if not image.is_file():
        place.mkdir(parents=True, exist_ok=True)
        firmware.write_project(place / "source", kind, "collect")
        built = firmware.build(place / "source", kind, run_tool, report)
        write_atomic(image, built.elf.read_bytes())
    return image


def flash(path: Path, port: str, *, report: Reporter) -> dict[str, Any]:
    """Write firmware to a board and wait until it answers.

    Parameters
    ----------
    path : Path
        A project (its latest image is taken, built if necessary) or an image (`.elf`, `.bin`).
    port : str
        `virtual://NAME`.

    Returns
    -------
    dict
        `port`, `image`, `sha256`, `board`, `firmware`, and for a trained pipeline `run`.

    Raises
    ------
    DeviceError
        If the board is not there, refuses the image, or does not answer afterwards.
    """
    if path.is_dir():
        found = latest_build(path) or build(path, report=SubReporter(report, 0.0, 0.7))
        path, run = Path(found["image"]), str(found["run"])
    else:
        run = ""
    if not path.is_file():
        raise ConfigError(f"There is no image {path}.", "Build it: tinyml-studio build PROJECT")
    name = port.removeprefix("virtual://")
    if name == port:
        raise ConfigError(
            f"{port} is not a virtual board; others cannot be flashed by this version.",
            "See the running ones: tinyml-studio boards list",
        )
    report.progress(0.7, f"flash: writing {path.name} to {port}")
    written = emulator.Control(emulator.find(name)).flash(path)
    report.event("flashed", bytes=written["flash_bytes"])
    report.progress(0.9, f"flash: waiting for {port} to answer")
    result = {"port": port, "image": str(path), "sha256": written["sha256"], "run": ""}
    with Connection.open(port) as connection:
        info = connection.hello()
        result |= {"board": info.board, "firmware": info.firmware}
        if info.firmware.startswith("infer"):
            result["run"] = connection.model_info().run
    if run and result["run"] != run:
        raise DeviceError(
            f"The board runs {result['run'] or 'no pipeline'} after flashing run {run}.",
            "Flash it again.",
        )
    report.progress(1.0, f"flash: {info.board} runs {info.firmware}")
    return result


def estimate(
    project_path: Path,
    *,
    board: str | None = None,
    optimise: str = "speed",
    ram_bytes: int | None = None,
    report: Reporter,
) -> dict[str, Any]:
    """Say what a project's trained pipeline costs: memory by building it, time by running it.

    Nothing is guessed: the firmware is built as for flashing, and one window is run on an
    emulated board of its own.

    Returns
    -------
    dict
        As `build`, with `latency_ms`, `latency_interval_ms`, `dsp_ms`, `nn_ms`, `stride_ms`,
        `keeps_up` (whether a real board surely is done before the next window),
        `memory_source`, `latency_source`.

    Raises
    ------
    StudioError
        As `build`; DeviceError if the program faults.
    """
    options: dict[str, Any] = {"optimise": optimise, "ram_bytes": ram_bytes}
    result = build(project_path, board=board, **options, report=SubReporter(report, 0.0, 0.6))
    kind = boards.board(result["board"])
    with Project.open(project_path) as project:
        pipeline = project.pipeline
    report.progress(0.6, "estimate: running one window on an emulated board")
    with _own_board(kind) as (control, port):
        control.flash(Path(result["image"]))
        with Connection.open(port) as connection:
            connection.hello()
            answer = connection.replay(_any_window(pipeline))
    sizes = Sizes(result["flash_bytes"], result["ram_bytes"], result["parts"])
    cost = footprint(sizes, dsp_cycles=answer.dsp_cycles, nn_cycles=answer.nn_cycles, board=kind)
    result |= {
        "latency_ms": cost.latency_ms,
        "latency_interval_ms": list(cost.latency_interval_ms),
        "dsp_ms": answer.dsp_cycles / kind.clock_hz * 1000,
        "nn_ms": answer.nn_cycles / kind.clock_hz * 1000,
        "stride_ms": pipeline.stride_ms,
        "keeps_up": cost.latency_interval_ms[1] <= pipeline.stride_ms,
        "memory_source": "measured in the linked image",
        "latency_source": cost.source,
    }
    file = Path(result["folder"]).with_suffix(".json")
    write_atomic(file, json.dumps(result).encode())
    report.progress(1.0, f"estimate: {cost.latency_ms:.1f} ms per window")
    return result


def _any_window(pipeline: Pipeline) -> NDArray[Any]:
    """Return a window of noise: what a pipeline costs hardly depends on what it hears."""
    shape = (pipeline.window_readings, len(pipeline.axes))
    noise = np.random.default_rng(0).normal(size=shape)
    if pipeline.dtype == "int16":
        return (3000 * noise).astype(np.int16)
    return noise.astype(np.float32)


@contextmanager
def _own_board(kind: Board) -> Iterator[tuple[emulator.Control, str]]:
    """Yield a virtual board that nobody else sees; it ends with the block or this process."""
    if not kind.virtual:
        raise ConfigError(
            f"{kind.title} is a real board; its time per window is measured on the board.",
            f"Estimate for {boards.VIRTUAL}, or flash the board and see its decisions.",
        )
    with tempfile.TemporaryDirectory(prefix="tinyml-studio-") as folder:
        state = Path(folder)
        started = emulator.start(
            "estimate", board=boards.board_file(kind.id), state=state, attached=True
        )
        try:
            yield emulator.Control(started), f"socket://127.0.0.1:{started.serial_port}"
        finally:
            emulator.stop("estimate", state=state)


def sizes_text(result: Mapping[str, Any]) -> str:
    """Return a build's sizes as a small table for people."""
    rows = [("", "flash", "RAM")]
    for name, part in result["parts"].items():
        rows.append((_PART_OF.get(name, name), f"{part['flash_bytes']}", f"{part['ram_bytes']}"))
    rows.append(("together", f"{result['flash_bytes']}", f"{result['ram_bytes']}"))
    rows.append(
        ("the board has", f"{result['board_flash_bytes']}", f"{result['board_ram_bytes']}")
    )
    return "\n".join(f"  {name:<18}{flash:>9}{ram:>9}" for name, flash, ram in rows)
