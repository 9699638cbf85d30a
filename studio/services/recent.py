"""The projects a person opened lately, newest first, with what each of them holds."""

import json
import time
from pathlib import Path
from typing import Any

from studio.errors import StudioError
from studio.paths import state_dir, write_atomic

MOST = 20
COLUMNS = 96
"""Width of the little picture of the last recording."""


def note(path: Path) -> None:
    """Put a project first in the list."""
    here = str(path.resolve())
    rows = [row for row in _rows() if row["path"] != here]
    _write([{"path": here, "opened_s": time.time()}, *rows][:MOST])


def forget(path: Path) -> None:
    """Take a project off the list; it stays on the disk."""
    here = str(path.resolve())
    _write([row for row in _rows() if row["path"] != here])


def paths() -> list[Path]:
    """Return the folders of the list that are still there, newest first."""
    return [Path(row["path"]) for row in _rows() if Path(row["path"]).is_dir()]


def listed() -> list[dict[str, Any]]:
    """Return the projects of the list.

    Returns
    -------
    list of dict
        path, opened_s (seconds since 1970); name, axes, sample_rate_hz, data (such as "12 min, 4
        labels"), result (such as "96.1 % int8"; empty without), picture (`[[low, high], ...]` of
        the last recording's strongest axis, each -1 to 1); `problem`, a sentence, instead of these
        where a project is gone or cannot be opened.
    """
    return [{**row, **_described(Path(row["path"]))} for row in _rows()]


def _described(path: Path) -> dict[str, Any]:
    if not path.is_dir():
        gone = "Its folder was moved or deleted."
        return {"name": path.name, "problem": gone}
    from studio.project import Project  # the list itself is had without them, at once
    from studio.services import way
    from studio.services.thumbnails import strongest

    try:
        states = {row["name"]: row for row in way.way(path)["steps"]}
        with Project.open(path) as project:
            recordings = project.recordings()
            last = strongest(project.read(recordings[-1].id), COLUMNS) if recordings else None
            return {
                "name": project.name,
                "axes": len(project.pipeline.axes),
                "sample_rate_hz": project.pipeline.sample_rate_hz,
                "data": states["Data"]["text"],
                "result": states["Train"]["text"] if states["Train"]["state"] != way.NONE else "",
                "picture": last.round(3).tolist() if last is not None else [],
                "problem": "",
            }
    except StudioError as error:
        return {"name": path.name, "problem": error.message}


def _rows() -> list[dict[str, Any]]:
    try:
        rows = json.loads(_file().read_text(encoding="utf-8"))
        return [{"path": str(row["path"]), "opened_s": float(row["opened_s"])} for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # not there yet, or damaged: the list is no more than a convenience


def _write(rows: list[dict[str, Any]]) -> None:
    write_atomic(_file(), json.dumps(rows, indent=1).encode("utf-8"))


def _file() -> Path:
    return state_dir() / "recent.json"
