"""The whole way onto a board: build, flash, and the same windows compared with this computer."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from studio import firmware
from studio.compiler import compile_model, explain_model
from studio.devices.connection import Connection
from studio.errors import ConfigError, DeviceError, ProjectError, ToolError
from studio.events import Reporter, SubReporter
from studio.paths import cache_dir, write_atomic
from studio.project import Project
from studio.services import boards, dataset, deploy, way
from studio.services import test as tests
from studio.services.dataset import Place
from studio.services.runs import CompiledRun, decisions, load_run, read_report, run_number
from studio.types import SPLITS

MOST_WINDOWS = 64
"""That are compared after flashing: each goes to the board and its answer back."""
EXPORTS = ("platformio", "c")
OK, WARN, FAIL = "ok", "warn", "fail"


def deploy_run(
    path: Path,
    *,
    port: str = "",
    optimise: str = "speed",
    ram_bytes: int | None = None,
    report: Reporter,
) -> dict[str, Any]:
    """Build a project's firmware and measure it; with a port also flash it and compare windows.

    Returns
    -------
    dict
        `built` as of `deploy.estimate`; `flashed` as of `deploy.flash` and `compared` as of
        `compare`, both None without a port.
    """
    options: dict[str, Any] = {"optimise": optimise, "ram_bytes": ram_bytes}
    built = deploy.estimate(path, **options, report=SubReporter(report, 0.0, 0.7 if port else 1.0))
    if not port:
        return {"built": built, "flashed": None, "compared": None}
    flashed = deploy.flash(path, port, report=SubReporter(report, 0.7, 0.8))
    compared = compare(path, port, report=SubReporter(report, 0.8, 1.0))
    return {"built": built, "flashed": flashed, "compared": compared}


def compare(path: Path, port: str, *, report: Reporter) -> dict[str, Any]:
    """Send windows of a project's data to a board and count what it computes as this computer.

    Returns
    -------
    dict
        `run`, `split` the windows are of, `windows`, and how many of them are `identical` in
        features, scores and decision, byte for byte.

    Raises
    ------
    DeviceError
        If the board does not answer or runs something else.
    """
    with Project.open(path) as project:
        run, pipeline = load_run(project), project.pipeline
        split, places = _places(project, run.labels)
        known = dataset.features(project, pipeline, places)
        compiled = CompiledRun(run)
        scores = compiled.scores(compiled.inputs(known.x))
        decided = decisions(scores)
        features = known.x.reshape(len(places), -1)
        same = 0
        with Connection.open(port) as board:
            model = board.model_info()
            if model.run != run.id:
                raise DeviceError(
                    f"The board on {port} does not run the newest run of {path.name}.",
                    "Flash it again.",
                )
            number = 0
            for part in dataset.cut(project, pipeline, places):
                for window in part:
                    report.check_cancelled()
                    report.progress(number / len(places), f"compare: window {number + 1}")
                    answer = board.replay(window)
                    same += bool(
                        answer.features.tobytes() == features[number].tobytes()
                        and answer.scores.tobytes() == scores[number].tobytes()
                        and answer.label == decided[number]
                    )
                    number += 1
                    report.event("compared", done=number, total=len(places), identical=same)
    result = {"run": run.id, "split": split, "windows": len(places), "identical": same}
    _note(path, {"compared": result})
    report.progress(1.0, f"compare: {same} of {len(places)} windows equal this computer")
    return result


def _places(project: Project, labels: Sequence[str]) -> tuple[str, list[Place]]:
    """Return windows spread evenly over the test split, or over another one without it."""
    for split in ("test", *(one for one in SPLITS if one != "test")):
        found = dataset.find_places(project, project.pipeline, split=split, labels=labels)
        if found:
            chosen = np.linspace(0, len(found) - 1, min(MOST_WINDOWS, len(found))).astype(int)
            return split, [found[place] for place in chosen]
    raise ProjectError(
        f"Project {project.name} has no window to compare.", "Record and label something first."
    )


def _note(path: Path, found: dict[str, Any]) -> None:
    """Keep beside a build what was found about it."""
    built = deploy.latest_build(path)
    if built is not None:
        file = Path(built["folder"]).with_suffix(".json")
        write_atomic(file, json.dumps({**built, **found}).encode())


def checks(path: Path, *, port: str = "") -> list[dict[str, str]]:
    """Say what a build needs, and whether it is there.

    Returns
    -------
    list of dict
        `name` (tools, board, run, data, test), `state` (ok, warn: can be built anyway, fail),
        `text` a sentence, `remedy` (the step that helps: Boards, Train, Test; `again`: to look
        once more; empty if none does).
    """
    rows = [_tools()]
    with Project.open(path) as project:
        rows.append(_board(project.pipeline.board, port))
        run = project.latest_run("train")
        if run is None:
            return [*rows, _row("run", FAIL, "No model is trained yet.", "Train")]
        try:
            report = read_report(run.path / "report.json")
        except ProjectError as error:
            return [*rows, _row("run", FAIL, error.message, "Train")]
        number = run_number(project, run.id)
        why, old = way.changed_since(project, report), ""
        try:
            load_run(project)
        except (ConfigError, ProjectError) as error:
            old = error.message
    rows.append(_good(number, report["int8"]))
    if old or why:
        rows.append(_row("data", FAIL if old else WARN, old or why, "Train"))
    else:
        rows.append(_row("data", OK, "Nothing was changed since the training."))
    return [*rows, _tested(path)]


def _good(number: int, part: dict[str, Any]) -> dict[str, str]:
    """Return how well a run does; one that guessing beats is not worth a board."""
    said = f"Run {number}: {100 * part['accuracy']:.1f} % right as int8"
    commonest = float(part.get("majority", 0.0))  # older runs do not tell it
    if part["accuracy"] > commonest or not commonest:
        return _row("run", OK, f"{said}.")
    guess = f"always saying the commonest label gives {100 * commonest:.1f} %"
    return _row("run", WARN, f"{said}; {guess}.", "Train")


def _tested(path: Path) -> dict[str, str]:
    try:
        tested = tests.latest_report(path)
    except ProjectError as error:
        return _row("test", WARN, error.message, "Test")
    if tested is None:
        return _row("test", WARN, "This run was not tested on data that it never saw.", "Test")
    said = f"Tested: {100 * tested['int8']['accuracy']:.1f} % of the held-out windows are right"
    with Project.open(path) as project:
        why = way.changed_since(project, tested).replace("after the training", "since")
    if why:
        return _row("test", WARN, f"{said}, but out of date. {why}", "Test")
    return _row("test", OK, f"{said}.")


def _row(name: str, state: str, text: str, remedy: str = "") -> dict[str, str]:
    return {"name": name, "state": state, "text": text, "remedy": remedy}


def _tools() -> dict[str, str]:
    try:
        firmware.provision(cache_dir() / "platformio")
    except ToolError as error:
        return _row("tools", FAIL, f"{error.message} {error.hint}", "again")
    return _row("tools", OK, "The tools that build firmware are ready.")


def _board(kind: str, port: str) -> dict[str, str]:
    title = boards.board(kind).title if kind else ""
    if not kind:
        return _row("board", FAIL, "No board is chosen to build for.", "Boards")
    if not port:
        return _row("board", WARN, f"No board is linked: {title} is built for only.", "Boards")
    there = port.removeprefix("virtual://")
    running = {one.name: one.board for one in boards.running()}
    if there == port:
        text = "Boards other than virtual ones cannot be flashed yet: it is built only."
        return _row("board", WARN, text, "Boards")
    if there not in running:
        return _row("board", WARN, f"The virtual board {there} does not run.", "Boards")
    return _row("board", OK, f"{title}, linked and ready to flash.")


def operators(path: Path) -> dict[str, Any]:
    """Return what a project's model is made of, as it is compiled for its board.

    Returns
    -------
    dict
        `layers` [{op, shape, macs, bytes}], `passes` [{name, macs, constants_bytes, arena_bytes}]
        with what each step of the compiler left, `arena_bytes`, `weights_bytes`.
    """
    with Project.open(path) as project:
        run = load_run(project)
        kind = boards.board(project.pipeline.board)
    room = int(kind.ram_bytes * deploy.MODEL_RAM)
    compiled = compile_model(run.tflite, target=kind.core, ram_bytes=room)
    gains = explain_model(run.tflite, target=kind.core, ram_bytes=room)
    return {
        "layers": [
            {
                "op": layer.op,
                "shape": list(layer.output_shape),
                "macs": layer.macs,
                "bytes": layer.output_bytes,
            }
            for layer in compiled.layers
        ],
        "passes": [
            {
                "name": gain.name,
                "macs": gain.macs_after,
                "constants_bytes": gain.constants_after_bytes,
                "arena_bytes": gain.arena_after_bytes,
            }
            for gain in gains
        ],
        "arena_bytes": compiled.arena_bytes,
        "weights_bytes": compiled.weights_bytes,
    }


def export_source(
    path: Path, folder: Path, *, what: str = "platformio", optimise: str = "speed"
) -> dict[str, Any]:
    """Write a project's trained pipeline as source that can be built elsewhere.

    Parameters
    ----------
    folder : Path
        Empty or missing, or written by this before.
    what : str
        `platformio`: the whole firmware as a PlatformIO project; `c`: the model alone, plain C99
        files without anything else.

    Returns
    -------
    dict
        `folder`, `files` (how many).
    """
    if what not in EXPORTS:
        raise ConfigError(f"There is no export {what!r}.", f"Choose one of {', '.join(EXPORTS)}.")
    with Project.open(path) as project:
        run, pipeline = load_run(project), project.pipeline
    kind = boards.board(pipeline.board)
    if what == "platformio":
        firmware.write_project(
            folder, kind, "infer", deploy.pipeline_code(pipeline, run, kind, optimise=optimise)
        )
    else:
        _write_model(folder, compile_model(run.tflite, target=kind.core, optimise=optimise).files)
    count = sum(1 for one in folder.rglob("*") if one.is_file())
    return {"folder": str(folder), "files": count}


def _write_model(folder: Path, files: Mapping[str, str]) -> None:
    foreign = [one.name for one in folder.glob("*") if one.name not in files]
    if foreign:
        raise ProjectError(
            f"{folder} already holds something else ({foreign[0]}).", "Choose an empty folder."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_atomic(folder / name, text.encode())
    except OSError as error:
        raise ProjectError(
            f"The C files could not be written to {folder}: {error.strerror or error}.",
            "Free some disk space, or choose another folder.",
        ) from error
