"""Every known board against a project: whether it fits, by how much, and what would help."""

from pathlib import Path
from typing import Any

from studio.compiler import compile_model
from studio.errors import ConfigError, StudioError, ToolError
from studio.events import Quiet, Reporter, SubReporter
from studio.project import Project
from studio.services import boards, budget, deploy, projects
from studio.services.runs import load_run
from studio.types import Board

WORTH_BYTES = 64
"""Less is not worth a word."""


def every_board(path: Path) -> list[dict[str, Any]]:
    """Return what a project takes of every known board, those it fits first.

    Returns
    -------
    list of dict
        `id`, `title`, `chosen` (the project's), `ram_bytes`, `ram_limit_bytes`, `flash_bytes`,
        `flash_limit_bytes`, `ms` of `stride_ms`, `estimated` (else measured in a build), `fits`,
        and `why` not, in words.
    """
    with Project.open(path) as project:
        chosen = project.pipeline.board
    rows = [_row(path, kind, chosen) for kind in boards.list_kinds()]
    return sorted(rows, key=lambda row: (not row["fits"], row["title"]))


def _row(path: Path, kind: Board, chosen: str) -> dict[str, Any]:
    own = kind.id == chosen
    about = budget.budget(path, changes=None if own else {"board": kind.id})
    built = deploy.latest_build(path, board=kind.id)
    row: dict[str, Any] = {
        "id": kind.id,
        "title": kind.title,
        "chosen": own,
        "ram_bytes": about["ram"]["used_bytes"],
        "ram_limit_bytes": kind.ram_bytes,
        "flash_bytes": about["flash"]["used_bytes"],
        "flash_limit_bytes": kind.flash_bytes,
        "ms": about["latency"]["used_ms"],
        "stride_ms": about["latency"]["limit_ms"],
        "estimated": built is None,
    }
    if built is not None:
        row |= {key: built[key] for key in ("ram_bytes", "flash_bytes")}
        row["ms"] = built.get("latency_ms", row["ms"])
    row["why"] = _why(row)
    row["fits"] = not row["why"]
    return row


def _why(row: dict[str, Any]) -> str:
    """Return why a board will not do, or nothing."""
    for name, what in (("ram", "RAM"), ("flash", "flash")):
        over = row[f"{name}_bytes"] - row[f"{name}_limit_bytes"]
        if over > 0:
            return f"{over / 1024:.1f} KiB more {what} than it has."
    if row["ms"] > row["stride_ms"] > 0:
        return f"{row['ms']:.0f} ms per window; one comes every {row['stride_ms']:g} ms."
    return ""


def measure_boards(path: Path, *, report: Reporter) -> list[dict[str, Any]]:
    """Build for every virtual board and time a window on each; return `every_board` afterwards.

    A board for which the firmware cannot be linked stays an estimate; the log says why.
    """
    kinds = [kind for kind in boards.list_kinds() if kind.virtual]
    for place, kind in enumerate(kinds):
        report.check_cancelled()
        part = SubReporter(report, place / len(kinds), (place + 1) / len(kinds))
        try:
            deploy.estimate(path, board=kind.id, report=part)
        except ToolError as error:
            report.log(f"{kind.title}: {error.message}")
    return every_board(path)


def choose_board(path: Path, board: str) -> None:
    """Make a board the one that a project is built for."""
    change(path, {"board": board})


def change(path: Path, settings: dict[str, Any]) -> None:
    """Change a project's pipeline, as a remedy says."""
    projects.set_pipeline(path, settings, Quiet())


def remedies(path: Path) -> list[dict[str, Any]]:
    """Return what would make a project smaller or faster, with the gain.

    Returns
    -------
    list of dict
        `text` in words, `ram_bytes`, `flash_bytes` and `ms` that it saves, `about` (whether that
        is an estimate), `settings` of the pipeline that do it, or `model_ram_bytes`: with it the
        build does it.
    """
    with Project.open(path) as project:
        pipeline = project.pipeline
    half = pipeline.window_ms / 2
    changes = [(f"A window of {half:g} ms instead of {pipeline.window_ms:g}", {"window_ms": half})]
    now = budget.budget(path)
    found = []
    for text, settings in changes:
        try:
            then = budget.budget(path, changes=settings)
        except ConfigError:
            continue  # this block cannot do with a window as short as that
        gains = {
            "ram_bytes": now["ram"]["used_bytes"] - then["ram"]["used_bytes"],
            "flash_bytes": now["flash"]["used_bytes"] - then["flash"]["used_bytes"],
            "ms": now["latency"]["used_ms"] - then["latency"]["used_ms"],
        }
        if max(gains.values()) > 0:
            found.append(_remedy(text, about=True, settings=settings, **gains))
    return [*found, *_row_by_row(path)]


def _remedy(text: str, *, about: bool, **rest: Any) -> dict[str, Any]:
    nothing = {"ram_bytes": 0, "flash_bytes": 0, "ms": 0.0}
    return {
        **{"text": text, "about": about, "settings": {}, "model_ram_bytes": None},
        **nothing,
        **rest,
    }


def _row_by_row(path: Path) -> list[dict[str, Any]]:
    """Return what running the layers row by row saves of the model's values, exactly."""
    try:
        with Project.open(path) as project:
            run, kind = load_run(project), boards.board(project.pipeline.board)
        room = int(kind.ram_bytes * deploy.MODEL_RAM)
        usual = compile_model(run.tflite, target=kind.core, ram_bytes=room).arena_bytes
        least = compile_model(run.tflite, target=kind.core, ram_bytes=0).arena_bytes
    except StudioError:
        return []  # nothing is trained: there is no model to save anything of
    if usual - least < WORTH_BYTES:
        return []
    text = "The model's layers row by row, which is slower"
    return [_remedy(text, about=False, ram_bytes=usual - least, model_ram_bytes=0)]
