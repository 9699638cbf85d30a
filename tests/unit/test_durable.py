"""What the disk is told to keep, and when: the real calls, put down in order."""

import ctypes
import os
import stat
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from studio.capture_log import SYNC_S, CaptureHeader, CaptureWriter
from studio.events import Quiet
from studio.paths import write_atomic
from studio.project import New, Project
from studio.services import archive
from studio.types import Axis

AUDIO = CaptureHeader((Axis("audio"),), 16000.0, "int16", "live")
COMMIT = ("commit", 0, 0)
SYSTEM = ("system", 0, 0)


class Disk:
    """Notes `(what, file's number, its size)`."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int, int]] = []
        self.pauses: list[float] = []
        """Seconds from the end of one wait for the disk to the beginning of the next one."""
        self.ended = 0.0

    def note(self, what: str, status: os.stat_result) -> None:
        size = status.st_size if stat.S_ISREG(status.st_mode) else 0
        self.events.append((what, status.st_ino, size))

    def of(self, what: str, path: Path) -> list[int]:
        """Return the sizes that a file had when something was done to it."""
        number = path.stat().st_ino
        return [size for done, one, size in self.events if (done, one) == (what, number)]

    def watch(self, project: Project) -> None:
        """Note the commits of a project from now on."""
        connection = project.index._database._connection
        connection.set_trace_callback(
            lambda sql: self.events.append(COMMIT) if sql == "COMMIT" else None
        )
        self.events.clear()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    found = Disk()
    fsync, replace, unlink, library = os.fsync, os.replace, os.unlink, ctypes.CDLL

    def kept(handle: int) -> None:
        status, begun = os.fstat(handle), time.monotonic()
        fsync(handle)
        found.pauses.append(begun - found.ended)
        found.ended = time.monotonic()
        found.note("kept", status)

    def named(source: Path, target: Path) -> None:
        found.note("named", os.stat(source))
        replace(source, target)

    def removed(path: Path, *, dir_fd: int | None = None) -> None:
        if dir_fd is None and os.path.exists(path):
            found.note("removed", os.stat(path))
        unlink(path, dir_fd=dir_fd)

    class Library:
        def __init__(self, name: None) -> None:
            self._real = library(name)

        def syncfs(self, handle: int) -> int:
            answer = int(self._real.syncfs(handle))
            found.events.append(SYSTEM)
            return answer

    monkeypatch.setattr(os, "fsync", kept)
    monkeypatch.setattr(os, "replace", named)
    monkeypatch.setattr(os, "unlink", removed)
    monkeypatch.setattr(ctypes, "CDLL", Library)
    return found


def test_a_log_is_kept_while_it_is_written_and_at_its_end(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "a.capture"
    first, begun = 0, time.monotonic()
    with CaptureWriter(path, AUDIO) as writer:
        while len(disk.pauses) < 5 and time.monotonic() - begun < 10:
            writer.append(first, np.zeros((320, 1), np.int16))
            first += 320
            time.sleep(0.02)
        during, pauses = disk.of("kept", path), disk.pauses[1:]
        writer.append(first, np.ones((320, 1), np.int16))
    assert len(during) >= 5
    assert during[0] < during[-1]
    assert (
        statistics.median(pauses) < 2 * SYNC_S == 0.5
    )  # a busy computer may be late now and then
    assert disk.of("kept", path)[-1] == path.stat().st_size > during[-1]


def test_what_is_replaced_in_one_step_is_kept_before(tmp_path: Path, disk: Disk) -> None:
    target = tmp_path / "file"
    for content in (b"one", b"three"):
        disk.events.clear()
        write_atomic(target, content)
        number = target.stat().st_ino
        assert disk.events == [("kept", number, len(content)), ("named", number, len(content))]


def add(project: Project, number: int) -> None:
    project.add_recording(
        np.full((500 + number, 1), number, np.int16),
        name=f"r{number}",
        axes=[Axis("audio")],
        sample_rate_hz=16000,
    )


def add_batch(project: Project) -> None:
    with project.batch():
        for number in range(3):
            add(project, number)


def add_many(project: Project) -> None:
    with project.batch():
        for number in range(40):
            add(project, number)


def add_bulk(project: Project) -> None:
    values = [np.full((500, 1), number, np.int16) for number in range(3)]
    axes = (Axis("audio"),)
    project.bulk.add([New(one, f"r{one[0, 0]}", axes, 16000.0) for one in values], "Three")


def seal(project: Project) -> None:
    log = project.incoming / "a.capture"
    with CaptureWriter(log, AUDIO) as writer:
        writer.append(0, np.arange(20_000, dtype=np.int16)[:, None])
    project.seal(log)


def add_one(project: Project) -> None:
    add(project, 1)


@pytest.mark.parametrize("write", [add_one, add_batch, add_many, add_bulk, seal])
def test_recordings_are_kept_before_they_are_listed(
    tmp_path: Path, disk: Disk, write: Callable[[Project], None]
) -> None:
    with Project.create(tmp_path / "p") as project:
        disk.watch(project)
        write(project)
        assert disk.events.count(COMMIT) == 1
        at = disk.events.index(COMMIT)
        before, after = disk.events[:at], disk.events[at:]
        folder = project.path / "recordings"
        numbers = {path.stat().st_ino for path in folder.iterdir()}
        named = [event for event in before if event[0] == "named" and event[1] in numbers]
        assert len(named) == len(numbers) == len(project.recordings())
        kept = [("kept", number, size) for _, number, size in named]
        behind = before[before.index(named[-1]) :]
        if SYSTEM not in behind:
            assert set(kept) <= set(before)
            assert sys.platform == "win32" or ("kept", folder.stat().st_ino, 0) in behind
        if write in (add_one, seal):
            assert before.index(kept[0]) < before.index(named[0])
        if write is seal:  # the log goes when the recording is there for good
            assert "removed" in [what for what, _, _ in after]
            assert "removed" not in [what for what, _, _ in before]


def test_an_archive_is_kept_before_it_gets_its_name(tmp_path: Path, disk: Disk) -> None:
    target = tmp_path / "a.zip"
    with Project.create(tmp_path / "p") as project:
        add(project, 1)
        archive.write(project, target, Quiet())
    number, size = target.stat().st_ino, target.stat().st_size
    events = [event for event in disk.events if event[1] == number]
    assert events == [("kept", number, size), ("named", number, size)]


def test_a_commit_is_on_the_disk(tmp_path: Path) -> None:
    Project.create(tmp_path / "p").close()
    with Project.open(tmp_path / "p") as project:
        database = project.index._database
        assert database.rows("PRAGMA journal_mode") == [("wal",)]
        assert database.rows("PRAGMA synchronous") == [(2,)]  # FULL: each commit waits for it
