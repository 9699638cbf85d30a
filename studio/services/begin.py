"""Begin with what a person has: files, a folder, an archive or an export become a project."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.errors import ConfigError, StudioError
from studio.events import Reporter, SubReporter
from studio.paths import projects_dir
from studio.project import Project
from studio.services import archive, examples, imports, projects


def free_folder(name: str) -> Path:
    """Return a folder among the studio's projects that is not there yet, named after `name`."""
    base = re.sub(r"[^\w.-]+", "-", name).strip("-.").lower() or "project"
    folder = projects_dir()
    numbers = [base, *(f"{base}-{number}" for number in range(2, 10_000))]
    return next(folder / one for one in numbers if not (folder / one).exists())


def is_project(path: Path) -> bool:
    """Whether this folder is a project."""
    return (path / "project.toml").is_file()


def from_example(name: str, report: Reporter) -> Path:
    """Return the path of a new project with everything that a bundled example holds."""
    return examples.copy(name, free_folder(name), report)


def from_data(
    sources: Sequence[Path], path: Path, *, template: str = "", report: Reporter
) -> dict[str, Any]:
    """Make a project of data and return what was imported.

    Parameters
    ----------
    sources : sequence of Path
        Files, folders, zip files, or a project archive, which becomes the project.
    path : Path
        A folder that is missing or empty.
    template : str
        One of `projects.TEMPLATES`; chosen by the data if empty: sound gets the blocks of a
        keyword spotter, everything else those for motion.

    Returns
    -------
    dict
        As `imports.import_data`, and `project`, the path.

    Raises
    ------
    StudioError
        If nothing can be imported; no project is left behind then.
    """
    missing = [source for source in sources if not source.exists()]
    if missing:
        raise ConfigError(f"{missing[0]} is not there.", "Choose a file or folder that exists.")
    whole = len(sources) == 1 and sources[0].is_file() and archive.is_archive(sources[0])
    if not whole:
        projects.new(path, template=template or "blank", report=SubReporter(report, 0.0, 0.01))
    try:
        result = imports.import_data(path, sources, report=SubReporter(report, 0.01, 1.0))
    except StudioError:
        if not whole:
            _remove_empty(path)
        raise
    if not whole and not template:
        _suit(path)
    return {**result, "project": str(path)}


def _suit(path: Path) -> None:
    """Give a blank project the blocks that suit its data."""
    with Project.open(path) as project:
        sound = project.pipeline.dtype == "int16"
        kind = projects.TEMPLATES["keywords" if sound else "motion"]
        settings = {"window_ms": kind.window_ms, "stride_ms": kind.stride_ms}
        chosen = {"block": kind.block, "learning": kind.learning}
        project.set_pipeline(projects.changed(project.pipeline, {**settings, **chosen}))


def _remove_empty(path: Path) -> None:
    """Take away a project into which nothing came."""
    with Project.open(path) as project:
        if project.recordings():
            return
    for file in sorted(path.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    path.rmdir()
