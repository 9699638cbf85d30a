"""A full disk, or one for reading only: data can be looked at and taken away, nothing changed."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.events import Quiet
from studio.project import Project, ProjectUnwritableError, database
from studio.services import exports, health, history, imports, projects
from studio.types import Axis, Span


def add(project: Project, seed: int) -> None:
    values = np.random.default_rng(seed).integers(-9000, 9000, 8000).astype(np.int16)
    recording = project.add_recording(
        values, name=f"r{seed}", axes=[Axis("audio", "wav")], sample_rate_hz=16000.0
    )
    project.add_samples(recording.id, [Span(0, 4000, "yes")], split="train")


def block(folder: Path) -> None:
    """Keep the database from making its journal's index, as a full disk does."""
    for end in ("-wal", "-shm"):
        Path(f"{folder / database.FILE}{end}").unlink(missing_ok=True)
    Path(f"{folder / database.FILE}-shm").symlink_to(folder / "nowhere" / "index")


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    """Return a project that cannot be written."""
    folder = tmp_path / "p"
    with Project.create(folder) as project:
        add(project, 1)
    block(folder)
    return folder


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """Return a project on a disk on which not one byte is left."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1000k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        with Project.create(disk / "p") as project:
            add(project, 1)
        with (disk / "fill").open("wb", buffering=0) as file:
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free)
        yield disk / "p"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)  # mapped readings keep it


class Said(Quiet):
    """Keeps what is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, line: str) -> None:
        self.lines.append(line)


def whole(folder: Path, tmp_path: Path) -> None:
    """Look at a project, take its data away both ways, and fail to change it."""
    told = projects.info(folder, Quiet())
    assert (told["recordings"], told["samples"]) == (1, 1)
    assert "cannot be written" in told["warnings"][0]
    assert "can be looked at and exported" in told["warnings"][0]
    said = Said()
    assert health.check(folder, report=said)["checked"] == 1
    assert "shown only, not kept: " in said.lines[-1]
    assert "free space of the disk" in said.lines[-1]
    assert len(history.history(folder)["entries"]) == 2
    with Project.open(folder) as project:
        expected = np.asarray(project.read(1))
        with pytest.raises(ProjectUnwritableError, match="cannot be written"):
            project.relabel_sample(1, "no")
        with pytest.raises(ProjectUnwritableError):
            project.new_run("train")
        assert [one.label for one in project.samples()] == ["yes"]
    for name in ("out", "out.tinyml.zip"):
        exports.export_data(folder, tmp_path / name, report=Quiet())
        projects.new(tmp_path / f"again-{name}", report=Quiet())
        imports.import_data(tmp_path / f"again-{name}", [tmp_path / name], report=Quiet())
        with Project.open(tmp_path / f"again-{name}") as again:
            assert np.array_equal(again.read(1), expected)
            assert [(one.label, one.split) for one in again.samples()] == [("yes", "train")]


def test_a_project_that_cannot_be_written_can_be_taken_away(refused: Path, tmp_path: Path) -> None:
    whole(refused, tmp_path)


def test_a_full_disk_can_be_emptied(full: Path, tmp_path: Path) -> None:
    whole(full, tmp_path)
    (full.parent / "fill").unlink()
    with Project.open(full) as project:
        project.relabel_sample(1, "no")
        assert project.notices == ()


def test_what_a_killed_program_left_in_the_journal_is_seen_too(tmp_path: Path) -> None:
    """The journal of a program that was killed holds what it had saved last."""
    there, folder = tmp_path / "there", tmp_path / "p"
    with Project.create(there) as project:
        add(project, 1)
        shutil.copytree(there, folder)
    assert Path(f"{folder / database.FILE}-wal").stat().st_size
    journal = Path(f"{folder / database.FILE}-wal").read_bytes()
    block(folder)
    Path(f"{folder / database.FILE}-wal").write_bytes(journal)
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with Project.open(folder) as project:
        assert [one.name for one in project.recordings()] == ["r1"]
        assert "cannot be written" in project.notices[0]
        with pytest.raises(ProjectUnwritableError):
            project.relabel_sample(1, "no")
    assert before == {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_an_older_project_that_cannot_be_written_is_seen(
    refused: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    further = (*database.MIGRATIONS, "ALTER TABLE recording ADD COLUMN note TEXT")
    monkeypatch.setattr(database, "MIGRATIONS", further)
    monkeypatch.setattr(database, "SCHEMA", len(further))
    before = (refused / database.FILE).read_bytes()
    with Project.open(refused) as project:
        assert [one.name for one in project.recordings()] == ["r1"]
    assert (refused / database.FILE).read_bytes() == before
