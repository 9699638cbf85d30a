"""The history of a project's data, its way back, and named snapshots of it."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from studio.errors import ProjectError
from studio.project import Difference, Entry, Project
from studio.types import WINDOW_RULES, Labelling


def history(path: Path, *, limit: int = 50) -> dict[str, Any]:
    """Return the newest changes, newest first.

    Returns
    -------
    dict
        entries [{id, at, sentence, undone, changes}]; those that are `undone` can be redone.
    """
    with Project.open(path) as project:
        return {"entries": [asdict(entry) for entry in project.history.entries(limit=limit)]}


def undo(path: Path, *, count: int = 1) -> dict[str, Any]:
    """Take changes back; return `undone`, the sentences of what they were.

    Raises
    ------
    ProjectError
        If there is nothing to undo.
    """
    with Project.open(path) as project:
        return {"undone": _stepped(project, project.history.undo, count)}


def redo(path: Path, *, count: int = 1) -> dict[str, Any]:
    """Do changes again that were undone; return `redone`, the sentences of what they were.

    Raises
    ------
    ProjectError
        If there is nothing to redo.
    """
    with Project.open(path) as project:
        return {"redone": _stepped(project, project.history.redo, count)}


class _Step(Protocol):
    """`History.undo` or `redo`."""

    def __call__(self, count: int, *, then: Callable[[], None]) -> list[Entry]: ...


def _stepped(project: Project, step: _Step, count: int) -> list[str]:
    """Undo or redo, and let the project's text file follow where it holds what was changed."""
    before = project.history.rule()

    def follow() -> None:
        rule = project.history.rule()
        if rule != before:
            project.set_pipeline(replace(project.pipeline, labelling=_labelling(rule)))

    return [entry.sentence for entry in step(count, then=follow)]


def _labelling(rule: str) -> Labelling:
    """Return the window rule that the history holds as text."""
    try:
        labelling = Labelling(**json.loads(rule))
        if labelling.rule not in WINDOW_RULES:
            raise ValueError(labelling.rule)
    except (ValueError, TypeError) as error:
        raise ProjectError(
            f"The window rule in the history is damaged: {error}.",
            "Choose the rule again in the label editor.",
        ) from error
    return labelling


def clean(path: Path) -> dict[str, Any]:
    """Remove deleted recordings from the disk for good, and forget the history.

    Returns
    -------
    dict
        bytes that were freed, entries of the history that were forgotten.
    """
    with Project.open(path) as project:
        entries = len(project.history.entries(limit=-1))
        return {"bytes": project.clean(), "entries": entries}


def snapshots(path: Path) -> dict[str, Any]:
    """Return `snapshots` [{name, at, sha256, recordings, samples}], oldest first."""
    with Project.open(path) as project:
        return {"snapshots": [asdict(one) for one in project.snapshots.every()]}


def save_snapshot(path: Path, name: str) -> dict[str, Any]:
    """Keep the present data set under a name, and return the snapshot."""
    with Project.open(path) as project:
        return asdict(project.snapshots.save(name))


def remove_snapshot(path: Path, name: str) -> dict[str, Any]:
    """Forget a snapshot and return those that are left; the data stay."""
    with Project.open(path) as project:
        project.snapshots.remove(name)
    return snapshots(path)


def compare(path: Path, old: str, new: str = "") -> dict[str, Any]:
    """Return what changed from a snapshot to another one, or to the present data (empty).

    Returns
    -------
    dict
        For `recording`, `sample`, `track` and `metadata`: added, removed and changed, each
        {count, ids}.
    """
    with Project.open(path) as project:
        return _plain(project.snapshots.compare(old, new))


def differences(path: Path, old: str, new: str = "") -> dict[str, Any]:
    """Return what changed, as `compare` looks at it, in words.

    Returns
    -------
    dict
        old, new (empty: the present data), sentences, and the samples that were added or changed
        as `ids`.
    """
    with Project.open(path) as project:
        found = project.snapshots.compare(old, new)["sample"]
        sentences = project.snapshots.told(old, new)
    return {
        "old": old,
        "new": new,
        "sentences": sentences,
        "ids": [*found.added, *found.changed],
    }


def restore(path: Path, name: str) -> dict[str, Any]:
    """Make the data what they were in a snapshot (undoable); return the changes as `compare`."""
    with Project.open(path) as project:
        return _plain(project.snapshots.restore(name))


def _plain(found: dict[str, Difference]) -> dict[str, Any]:
    return {
        table: {kind: {"count": len(ids), "ids": list(ids)} for kind, ids in asdict(rows).items()}
        for table, rows in found.items()
    }
