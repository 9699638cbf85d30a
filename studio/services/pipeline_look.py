"""A pipeline at a glance: what it is, what it costs, its windows, and what a change would do."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import ConfigError, StudioError
from studio.project import Project
from studio.services import budget, pipeline, preview, projects
from studio.types import Pipeline


@dataclass(frozen=True, slots=True)
class Loaded:
    """A project's pipeline as it is saved."""

    path: Path
    described: pipeline.Described
    budget: Mapping[str, Any] | None
    """See `budget.budget`; None while the settings cannot work."""
    windows: tuple[preview.Window, ...]
    places: Mapping[preview.Window, int]
    """Of each window, where it is among them."""
    problem: str
    """Why there is no budget, or no window although there is data."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a pending change would be."""

    wanted: Pipeline | None
    """The pipeline with it; None if a value is out of its range."""
    changed: bool
    """Whether it differs from what is saved at all."""
    parts: tuple[pipeline.Part, ...]
    problem: pipeline.Problem | None
    budget: Mapping[str, Any] | None
    shown: preview.Preview | None
    before: preview.Preview | None
    """The same window with the saved settings."""


def load(path: Path) -> Loaded:
    """Read a project's pipeline.

    Raises
    ------
    ProjectError
        If the project cannot be read.
    """
    described = pipeline.describe(path)
    cost: Mapping[str, Any] | None = None
    windows: tuple[preview.Window, ...] = ()
    problem = ""
    try:
        cost = budget.budget(path)
    except ConfigError as error:
        problem = f"{error.message} {error.hint}"
    try:
        windows = preview.windows(path)
    except StudioError as error:
        problem = f"{error.message} {error.hint}"
    places = {window: place for place, window in enumerate(windows)}
    return Loaded(path, described, cost, windows, places, problem)


def look(path: Path, changes: Mapping[str, Any], window: preview.Window | None) -> Look:
    """Work out what changes of the settings would do to the costs and to one window.

    Raises
    ------
    ProjectError
        If the project cannot be read.
    """
    with Project.open(path) as project:
        saved = wanted = project.pipeline
    problem = pipeline.problem(path, changes)
    try:
        wanted = projects.changed(saved, changes)
    except ConfigError:
        return Look(None, True, (), problem, None, None, None)
    parts = pipeline.parts(wanted)
    if problem is not None:
        return Look(wanted, wanted != saved, parts, problem, None, None, None)
    shown = before = None
    if window is not None:
        shown = preview.preview(path, window, changes=changes)
        before = preview.preview(path, window) if wanted != saved else None
    return Look(
        wanted,
        wanted != saved,
        parts,
        None,
        budget.budget(path, changes=changes),
        shown,
        before,
    )
