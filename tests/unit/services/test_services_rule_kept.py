"""The window rule lies in a text file and its history in the database: neither goes alone."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.errors import ProjectError
from studio.paths import ROOT
from studio.project import Project
from studio.services import history, label


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return an empty project."""
    Project.create(tmp_path / "p").close()
    return tmp_path / "p"


_DIES = """
import os, sys
from pathlib import Path
from studio.services import history, label
put = os.replace
def replace(source, target):
    put(source, target)
    if Path(target).name == "project.toml":
        os._exit(9)
os.replace = replace
path = Path(sys.argv[1])
"""
"""Dies when it has written the project's text file, before the database has the change."""


def dies(path: Path, work: str) -> None:
    done = subprocess.run([sys.executable, "-c", _DIES + work, path], cwd=ROOT, check=False)
    assert done.returncode == 9


def test_a_kill_between_the_rule_and_its_entry_does_not_tear_them_apart(path: Path) -> None:
    def state() -> tuple[str, list[str]]:
        with Project.open(path) as project:
            rule = project.pipeline.labelling.rule
        entries = history.history(path)["entries"]
        return rule, [one["sentence"] for one in entries if not one["undone"]]

    chose = "Chose which label a window gets"
    label.set_rule(path, {"rule": "majority"})
    # as if changed by hand: no entry says that it was, which to take back would do nothing
    dies(path, "label.set_rule(path, {'rule': 'end'})")
    assert state() == ("end", [chose])
    label.set_rule(path, {"rule": "share"})
    dies(path, "history.undo(path)")
    assert state() == ("end", [chose, chose])
    assert history.undo(path)["undone"] == [chose]
    assert state() == ("end", [chose])
    history.redo(path)
    assert state() == ("share", [chose, chose])


def test_a_rule_that_cannot_be_written_is_not_in_the_history(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label.change_track(path, "", new="two")
    label.set_rule(path, {"rule": "end", "track": "two"})
    entries = history.history(path)["entries"]
    put = os.replace

    def replace(source: str, target: Path) -> None:
        if Path(target).name == "project.toml":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        put(source, target)

    with monkeypatch.context() as full:
        full.setattr(os, "replace", replace)
        for work in (
            lambda: label.set_rule(path, {"rule": "share"}),
            lambda: history.undo(path),
            lambda: label.change_track(path, "two", new="what"),
        ):
            with pytest.raises(ProjectError, match="cannot be written"):
                work()
    assert history.history(path)["entries"] == entries
    with Project.open(path) as project:
        assert project.pipeline.labelling.rule == "end"
        assert project.pipeline.labelling.track in project.labels.tracks()


def test_a_kill_while_the_track_is_renamed_is_told(path: Path) -> None:
    label.change_track(path, "", new="two")
    label.set_rule(path, {"track": "two"})
    dies(path, "label.change_track(path, 'two', new='other')")
    with Project.open(path) as project:
        (notice,) = project.notices
    assert "the track 'other', which there is not" in notice
    label.set_rule(path, {"track": "two"})
    with Project.open(path) as project:
        assert project.notices == ()
