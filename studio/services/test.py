"""Test a trained model on the test split: before quantizing, as compiled C, and on a board.

What was found of every window is kept with the run, so that it can be looked at (see `judged`).
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.devices.connection import Connection
from studio.errors import DeviceError, ProjectError
from studio.events import Reporter, SubReporter
from studio.jobs import run_worker
from studio.learning import evaluate, load_arrays, save_arrays
from studio.project import Project
from studio.project.records import now
from studio.services import boards, dataset
from studio.services.dataset import Place
from studio.services.runs import (
    CompiledRun,
    TrainedRun,
    compare,
    decisions,
    feature_settings,
    load_run,
    read_report,
    write_json,
)
from studio.types import Board, ByteArray, FloatArray

REPORT = "test.json"
WINDOWS = "test-windows.npz"
"""Per window: recording_id, start, truth, float and int8 scores, and the board's label (or -1)."""


def test(path: Path, *, port: str = "", report: Reporter) -> dict[str, Any]:  # noqa: PT028 - no test of pytest
    """Score the test split with a project's latest training run.

    Parameters
    ----------
    path : Path
        The project.
    port : str
        If given, every test window is also sent to the board there, which runs the same training.

    Returns
    -------
    dict
        `run`, `split` (`test`), `classes`, `float`, `int8` (the compiled C on this computer),
        `board` (None without a port), `float_int8_disagreements`, `litert`, and with a board
        `parity` {windows, features_identical, scores_identical, decisions_identical: counts} and
        `latency` {latency_ms, latency_interval_ms, dsp_ms, nn_ms, source}, else None. `at` (time
        in UTC), `data` (see `dataset.digest`), and `kept`: the file of the run's folder
        that holds what was found of each window.

    Raises
    ------
    ProjectError
        If there is no training run or no test split.
    DeviceError
        If the board does not answer or runs something else.
    """
    with Project.open(path) as project:
        run = load_run(project)
        pipeline = project.pipeline
        places = _test_places(project, run)
        report.progress(0.0, f"Features: {len(places)} windows")
        known = dataset.features(project, pipeline, places)
        compiled = CompiledRun(run)
        inputs = compiled.inputs(known.x)
        scores = compiled.scores(inputs)
        others = _score(run, known.x, inputs, SubReporter(report, 0.1, 0.3 if port else 0.95))
        result: dict[str, Any] = {
            "run": run.id,
            "split": "test",
            "classes": list(run.labels),
            **compare(
                known.y,
                classes=run.labels,
                groups=known.groups,
                float_scores=others["float"],
                int8_scores=scores,
                litert_scores=others.get("litert"),
            ),
            "board": None,
            "parity": None,
            "latency": None,
            "pipeline": feature_settings(pipeline),
            "data": dataset.digest(project),
            "at": now(),
            "kept": WINDOWS,
        }
        on_board = np.full(len(places), -1)
        if port:
            on_pc = OnPc(known.x.reshape(len(places), -1), scores)
            replayed = _replayed(project, run, places, on_pc, port, SubReporter(report, 0.3, 0.95))
            on_board = replayed.labels
            result |= _on_board(replayed, known, run, boards.board(pipeline.board))
    _keep(run, places, truth=known.y, float=others["float"], int8=scores, board=on_board)
    write_json(run.path / REPORT, result)
    report.progress(1.0, f"Tested: int8 accuracy {100 * result['int8']['accuracy']:.1f} %")
    return result


def _keep(run: TrainedRun, places: Sequence[Place], **found: NDArray[Any]) -> None:
    """Write what was found of every window beside the run."""
    save_arrays(
        run.path / WINDOWS,
        recording_id=np.array([place.recording_id for place in places]),
        start=np.array([place.start for place in places]),
        **found,
    )


def _test_places(project: Project, run: TrainedRun) -> list[dataset.Place]:
    places = dataset.find_places(project, project.pipeline, split="test", labels=run.labels)
    if not places:
        raise ProjectError(
            f"Project {project.name} has no test samples.",
            "Add recordings of another group, then: tinyml-studio split PROJECT",
        )
    return places


def latest_report(path: Path) -> dict[str, Any] | None:
    """Return what `test` last found for the latest training run; None if it was not tested."""
    with Project.open(path) as project:
        run = project.latest_run("train")
    if run is None or not (run.path / REPORT).is_file():
        return None
    return read_report(run.path / REPORT)


def _score(
    run: TrainedRun, features: FloatArray, inputs: ByteArray, report: Reporter
) -> dict[str, NDArray[Any]]:
    """Return the float model's and LiteRT's scores, from the training worker."""
    with tempfile.TemporaryDirectory(prefix="tinyml-studio-") as folder:
        windows, scores = Path(folder) / "windows.npz", Path(folder) / "scores.npz"
        save_arrays(windows, features=features, inputs=inputs)
        request = {"do": "score", "folder": str(run.path)}
        run_worker("training", {**request, "windows": str(windows), "scores": str(scores)}, report)
        return load_arrays(scores)


@dataclass(frozen=True, slots=True)
class OnPc:
    """What this computer found for windows."""

    features: FloatArray
    """Shape `(k, n)`."""
    scores: ByteArray


@dataclass(slots=True)
class Replayed:
    """What a board found for the same windows."""

    labels: NDArray[np.int64]
    """Shape `(k,)`: the classes that the board itself decided on."""
    parity: dict[str, int]
    dsp_cycles: list[int] = field(default_factory=list)
    nn_cycles: list[int] = field(default_factory=list)


def _replayed(
    project: Project,
    run: TrainedRun,
    places: Sequence[Place],
    on_pc: OnPc,
    port: str,
    report: Reporter,
) -> Replayed:
    """Send every window to the board and count what it computed differently from this computer."""
    with Connection.open(port) as board:
        board.hello()
        model = board.model_info()
        if model.run != run.id:
            raise DeviceError(
                f"The board on {port} does not run the newest run of {project.name}.",
                "Build and flash it first: tinyml-studio build, then flash.",
            )
        found = Replayed(np.zeros(len(places), np.int64), {})
        decided = decisions(on_pc.scores)
        same = np.zeros((3, len(places)), np.bool_)
        for number, window in enumerate(_windows(project, places)):
            report.check_cancelled()
            report.progress(number / len(places), f"Board: window {number + 1} of {len(places)}")
            answer = board.replay(window)
            features, scores = on_pc.features[number], on_pc.scores[number]
            found.labels[number] = answer.label
            found.dsp_cycles.append(answer.dsp_cycles)
            found.nn_cycles.append(answer.nn_cycles)
            same[:, number] = (
                answer.features.tobytes() == features.tobytes(),
                answer.scores.tobytes() == scores.tobytes(),
                answer.label == decided[number],
            )
    kinds = ("features_identical", "scores_identical", "decisions_identical")
    counts = {kind: int(row.sum()) for kind, row in zip(kinds, same, strict=True)}
    found.parity = {"windows": len(places), **counts}
    return found


def _windows(project: Project, places: Sequence[Place]) -> Iterator[NDArray[np.generic]]:
    for part in dataset.cut(project, project.pipeline, places):
        yield from part


def _on_board(
    replayed: Replayed, known: dataset.Features, run: TrainedRun, board: Board
) -> dict[str, Any]:
    return {
        "board": evaluate(known.y, replayed.labels, labels=run.labels, groups=known.groups),
        "parity": replayed.parity,
        "latency": latency(replayed, board),
    }


def latency(replayed: Replayed, board: Board) -> dict[str, Any]:
    """Return the mean time per window on a board, and the shortest and longest."""
    cycles = np.array([replayed.dsp_cycles, replayed.nn_cycles], np.float64)
    each_ms = 1000 * cycles / board.clock_hz
    total_ms = each_ms.sum(axis=0)
    return {
        "latency_ms": round(float(total_ms.mean()), 3),
        "latency_interval_ms": [round(float(total_ms.min()), 3), round(float(total_ms.max()), 3)],
        "dsp_ms": round(float(each_ms[0].mean()), 3),
        "nn_ms": round(float(each_ms[1].mean()), 3),
        "source": "emulated" if board.virtual else "measured",
    }
