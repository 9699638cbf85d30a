"""The training runs of a project: all of them in a list, two of them side by side, notes, pins."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.errors import ConfigError, ModelError, ProjectError
from studio.project import Project, Run, clean_text
from studio.registry import title_of
from studio.services import layers, way
from studio.services import test as tests
from studio.services.runs import FEATURE_SETTINGS, read_report, write_json

NOTES = "about.json"
"""File of a run's folder with what a person says about it."""
NOTE_LIMIT = 200
FIGURES: Mapping[str, bool] = {
    "int8_accuracy": True,
    "float_accuracy": True,
    "worst_recall": True,
    "tested": True,
    "ram_bytes": False,
    "flash_bytes": False,
    "macs": False,
    "time_ms": False,
    "parameters": False,
}
"""What two runs are compared by, and whether more of it is better."""


def listed(path: Path) -> dict[str, Any]:
    """Return all finished training runs, newest first, pinned ones before the others.

    Returns
    -------
    dict
        `runs` [{run, number (from 1), at, features (number of the signal settings, from 1: equal
        ones have the same), block, learning, settings, pipeline, split, windows, float_accuracy,
        int8_accuracy, worst_label, worst_recall, ram_bytes, flash_bytes, macs, parameters,
        time_ms, time_source, tested (int8 on the test split, or None), epochs, best_epoch,
        stopped, seconds, note, pinned}], `damaged` [{run, number, message}], and `stale`: what
        was changed since the newest run, in a sentence, or empty.
    """
    with Project.open(path) as project:
        done = [run for run in project.runs() if run.kind == "train" and run.finished]
        pipeline = project.pipeline
        stale = _stale(project, done)
    rows: list[dict[str, Any]] = []
    damaged: list[dict[str, Any]] = []
    features: list[str] = []
    for number, run in enumerate(done, 1):
        try:
            report = read_report(run.path / "report.json")
            if "model" not in report:  # trained by a version that did not write it down
                content = (run.path / "model.tflite").read_bytes()
                report["model"] = layers.of_model(content, pipeline)
            rows.append(_row(run, number, report, features))
        except (ProjectError, ModelError) as error:
            damaged.append({"run": run.id, "number": number, "message": error.message})
        except (KeyError, OSError, TypeError, ValueError):
            message = f"Training run {run.id} is incomplete or damaged."
            damaged.append({"run": run.id, "number": number, "message": message})
    rows.sort(key=lambda row: (row["pinned"], row["number"]), reverse=True)
    return {"runs": rows, "damaged": damaged, "stale": stale}


def _stale(project: Project, done: Sequence[Run]) -> str:
    if not done:
        return ""
    try:
        return way.changed_since(project, read_report(done[-1].path / "report.json"))
    except ProjectError:
        return ""  # it is listed as damaged


def _row(run: Run, number: int, report: dict[str, Any], features: list[str]) -> dict[str, Any]:
    inputs = {key: report["pipeline"].get(key) for key in FEATURE_SETTINGS}
    key = json.dumps(inputs, sort_keys=True)
    if key not in features:
        features.append(key)
    judged = zip(report["int8"]["recall"], report["classes"], strict=True)
    worst = min(((share, name) for share, name in judged if share is not None), default=None)
    tested = _tested(run)
    latency = (tested or {}).get("latency") or {}
    about = _about(run)
    return {
        "run": run.id,
        "number": number,
        "at": run.finished,
        "features": features.index(key) + 1,
        "block": str(report["pipeline"].get("block", "")),
        "learning": str(report["pipeline"].get("learning", "")),
        "block_title": title_of("signal_block", str(report["pipeline"].get("block", ""))),
        "learning_title": title_of("learning_block", str(report["pipeline"].get("learning", ""))),
        "settings": report["settings"],
        "pipeline": inputs,
        "split": report["split"],
        "windows": report["int8"]["windows"],
        "float_accuracy": report["float"]["accuracy"],
        "int8_accuracy": report["int8"]["accuracy"],
        "worst_label": worst[1] if worst else "",
        "worst_recall": worst[0] if worst else None,
        "ram_bytes": report["model"]["arena_bytes"],
        "flash_bytes": report["model"]["constants_bytes"],
        "macs": report["model"]["macs"],
        "parameters": report["parameters"],
        "time_ms": latency.get("latency_ms"),
        "time_source": str(latency.get("source", "")),
        "tested": tested["int8"]["accuracy"] if tested else None,
        "epochs": len(report["epochs"]),
        "best_epoch": report["best_epoch"],
        "stopped": report["stopped"],
        "seconds": report["seconds"],
        "note": about["note"],
        "pinned": about["pinned"],
    }


def _tested(run: Run) -> dict[str, Any] | None:
    file = run.path / tests.REPORT
    try:
        return read_report(file) if file.is_file() else None
    except ProjectError:
        return None  # the Test page says so


def _about(run: Run) -> dict[str, Any]:
    try:
        found = json.loads((run.path / NOTES).read_text(encoding="utf-8"))
        return {"note": str(found["note"]), "pinned": bool(found["pinned"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"note": "", "pinned": False}


def report_of(path: Path, run_id: str) -> dict[str, Any]:
    """Return a run's report as `train` gave it.

    Raises
    ------
    ProjectError
        If there is no such run, or it is damaged.
    """
    with Project.open(path) as project:
        run = project.run(run_id)
        pipeline = project.pipeline
    report = read_report(run.path / "report.json")
    if "model" not in report:
        try:
            report["model"] = layers.of_model((run.path / "model.tflite").read_bytes(), pipeline)
        except OSError as error:
            raise ProjectError(
                f"Training run {run_id} is incomplete: {error.strerror}.", "Train again."
            ) from error
    return report


def describe(
    path: Path, run_id: str, *, note: str | None = None, pinned: bool | None = None
) -> dict[str, Any]:
    """Write down a person's note on a run, or pin it; return both as they are then.

    Raises
    ------
    ProjectError
        If there is no such run.
    """
    with Project.open(path) as project:
        run = project.run(run_id)
    about = _about(run)
    if note is not None:
        about["note"] = clean_text(note, limit=NOTE_LIMIT)
    if pinned is not None:
        about["pinned"] = pinned
    write_json(run.path / NOTES, about)
    return about


def delete(path: Path, run_id: str) -> dict[str, Any]:
    """Remove a run with its model for good, and return how many runs are left.

    Raises
    ------
    ProjectError
        If there is no such run, or it cannot be removed.
    """
    with Project.open(path) as project:
        project.remove_run(run_id)
        left = [run for run in project.runs() if run.kind == "train" and run.finished]
    return {"deleted": run_id, "runs": len(left)}


def differences(path: Path, run_ids: Sequence[str]) -> dict[str, Any]:
    """Return in what two runs differ, and only that.

    Returns
    -------
    dict
        `runs` (the two rows of `listed`), `figures` [{name, values, better}]: which of the two
        has the better figure, 0 or 1; and `settings` [{name, values}]: what was set otherwise.

    Raises
    ------
    ConfigError
        Unless two different runs of the list were named.
    """
    rows = {row["run"]: row for row in listed(path)["runs"]}
    chosen = [rows[name] for name in dict.fromkeys(run_ids) if name in rows]
    if len(chosen) != 2:
        raise ConfigError(
            f"{len(chosen)} runs were found for {', '.join(run_ids) or 'nothing'}.",
            "Name two runs; they are listed with `tinyml-studio runs PROJECT`.",
        )
    figures = []
    for name, more_is_better in FIGURES.items():
        pair = [row[name] for row in chosen]
        if pair[0] == pair[1]:
            continue
        better = None
        if None not in pair:
            better = int((pair[1] > pair[0]) == more_is_better)
        figures.append({"name": name, "values": pair, "better": better})
    return {"runs": chosen, "figures": figures, "settings": _set_otherwise(chosen)}


def _set_otherwise(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    flat = []
    for row in rows:
        values = {"learning": row["learning"], **row["settings"], **row["pipeline"]}
        values |= values.pop("block_params", None) or {}
        flat.append(values)
    names = list(dict.fromkeys([*flat[0], *flat[1]]))
    pairs = ((name, [values.get(name) for values in flat]) for name in names)
    return [{"name": name, "values": pair} for name, pair in pairs if pair[0] != pair[1]]
