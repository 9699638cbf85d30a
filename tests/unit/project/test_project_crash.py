"""Killed at any moment, opened by two: a project holds what was reported as saved, and opens."""

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from studio.capture_log import CaptureHeader, CaptureWriter
from studio.errors import ProjectError
from studio.project import Project, database
from studio.types import Axis, Gap, Span

ROOT = Path(__file__).resolve().parents[3]
ADDER = """
import sys
import numpy as np
from studio.project import Project
from studio.types import Axis, Span

path, batch, first = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
project = Project.open(path)
print("open", flush=True)
number = first
while True:
    done = []
    def add():
        global number
        number += 1
        values = np.random.default_rng(number).normal(size=(30000, 3)).astype(np.float32)
        recording = project.add_recording(
            values, name=f"r{number}", axes=[Axis(a) for a in "xyz"], sample_rate_hz=50)
        project.add_samples(recording.id, [Span(0, 10, "a")]) if batch else None
        done.append(f"{recording.id} {number}")
    if batch:
        with project.batch():
            for _ in range(batch):
                add()
    else:
        add()
    print("\\n".join(done), flush=True)
"""
RECORDER = """
import sys, time
import numpy as np
from pathlib import Path
from studio.capture_log import CaptureHeader, CaptureWriter
from studio.types import Axis

header = CaptureHeader((Axis("audio", "wav"),), 16000.0, "int16", "live", "yes", "anna", "COM3")
writer = CaptureWriter(Path(sys.argv[1]), header)
first = 0
while True:
    writer.append(first, np.arange(first, first + 16000, dtype=np.int64).astype(np.int16)[:, None])
    writer.flush()
    first += 16000
    print(writer.saved, flush=True)
    time.sleep(0.02)
"""


def start(program: str, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_after(process: "subprocess.Popen[str]", seconds: float, *, lines: int = 1) -> list[str]:
    """Wait for some lines, let it run, kill it without warning, return its whole lines."""
    assert process.stdout is not None
    first = "".join(process.stdout.readline() for _ in range(lines))
    time.sleep(seconds)
    process.kill()
    rest = process.stdout.read()
    process.wait()
    process.stdout.close()
    return [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.parametrize("batch", [0, 7])
def test_killed_while_adding_leaves_whole_recordings(tmp_path: Path, batch: int) -> None:
    folder = tmp_path / "p"
    Project.create(folder).close()
    moments = np.random.default_rng(batch).uniform(0, 0.15, 6)
    reported: dict[int, int] = {}
    for turn, seconds in enumerate(moments):
        process = start(ADDER, folder, batch, turn * 100_000)
        for line in kill_after(process, seconds, lines=1 + turn % 2)[1:]:
            recording_id, seed = map(int, line.split())
            reported[recording_id] = seed
        with Project.open(folder) as project:
            listed = {recording.id: recording for recording in project.recordings()}
            assert reported.keys() <= listed.keys()
            assert not batch or len(listed) % batch == 0
            assert not batch or len(project.samples()) == len(listed)
            names = {path.name for path in (folder / "recordings").iterdir()}
            assert names == {f"{recording.sha256}.npy" for recording in listed.values()}
            for recording in listed.values():
                path = folder / "recordings" / f"{recording.sha256}.npy"
                assert hashlib.sha256(path.read_bytes()).hexdigest() == recording.sha256
    assert reported
    with Project.open(folder) as project:
        for recording_id, seed in reported.items():
            expected = np.random.default_rng(seed).normal(size=(30000, 3)).astype(np.float32)
            assert np.array_equal(project.read(recording_id), expected)


def test_killed_recorder_leaves_what_it_had_saved(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        log = project.incoming / "one.capture"
    lines = kill_after(start(RECORDER, log), 0.1)
    saved = int(lines[-1])
    with Project.open(tmp_path / "p") as project:
        (recording,) = project.recordings()
        assert recording.readings >= saved
        assert (recording.name, recording.group, recording.source) == ("live", "anna", "COM3")
        expected = np.arange(recording.readings).astype(np.int16)
        assert np.array_equal(project.read(recording.id)[:, 0], expected)
        (sample,) = project.samples()
        assert (sample.start, sample.stop, sample.label) == (0, recording.readings, "yes")
        assert "recovered" in project.notices[0]
        assert list(project.incoming.iterdir()) == []
    with Project.open(tmp_path / "p") as project:
        assert project.notices == ()
        assert len(project.recordings()) == len(project.samples()) == 1


def test_a_long_recording_is_recovered_to_its_last_whole_block(tmp_path: Path) -> None:
    blocks, n, step = 160, 32_768, 65_552  # more than five minutes, in blocks of 64 KiB and a head
    expected = (np.arange(blocks * n) % 65_521 - 32_768).astype(np.int16)[:, None]
    header = CaptureHeader((Axis("audio", "wav"),), 16000.0, "int16", "live", "yes")
    with Project.create(tmp_path / "p") as project:
        log = project.incoming / "one.capture"
    with CaptureWriter(log, header) as writer:
        begin = log.stat().st_size
        for number in range(blocks):
            writer.append(number * n, expected[number * n :][:n])
    data = bytearray(log.read_bytes())
    assert len(data) == begin + blocks * step
    data[begin + 100 * step + 9_000] ^= 4
    log.write_bytes(data[:-1_000])
    with Project.open(tmp_path / "p") as project:
        (recording,) = project.recordings()
        assert recording.gaps == (Gap(100 * n, n),)
        whole = np.delete(expected[: -1 * n], slice(100 * n, 101 * n), axis=0)
        assert np.array_equal(project.read(recording.id), whole)
        (sample,) = project.samples()
        assert (sample.start, sample.stop, sample.label) == (0, 158 * n, "yes")
        assert "damaged; 323.6 s of it were recovered" in project.notices[0]


def write_log(path: Path, *, n: int = 100, name: str = "log") -> CaptureWriter:
    header = CaptureHeader((Axis("x"), Axis("y")), 100.0, "float32", name, "", "", "")
    writer = CaptureWriter(path, header)
    if n:
        writer.append(0, np.ones((n, 2), np.float32))
        writer.append(n + 5, np.zeros((n, 2), np.float32))
        writer.flush()
    return writer


def test_a_log_in_use_is_left_alone(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p")
    log = project.incoming / "live.capture"
    writer = write_log(log)
    with Project.open(project.path) as other:
        assert other.recordings() == []
        with pytest.raises(ProjectError, match="still being recorded"):
            other.seal(log, name="x")
    writer.close()
    assert not project.sealed(log)
    recording = project.seal(log, name="walk", group="anna", source="COM3", label="walking")
    assert project.sealed(log)
    assert recording.gaps == (Gap(100, 5),)
    assert recording.readings == 200
    assert [sample.label for sample in project.samples()] == ["walking"]
    assert project.seal(log, name="walk") == recording
    assert not log.exists()
    project.close()


def test_a_log_that_was_sealed_but_not_removed_is_not_sealed_twice(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p")
    log = project.incoming / "one.capture"
    write_log(log).close()
    data = log.read_bytes()
    recording = project.seal(log, label="a")
    log.write_bytes(data)
    project.close()
    with Project.open(tmp_path / "p") as again:
        assert [one.id for one in again.recordings()] == [recording.id]
        assert len(again.samples()) == 1
        assert not log.exists()


def test_killed_while_sealing_only_the_recording_is_left(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p")
    log = project.incoming / "one.capture"
    write_log(log).close()
    project.close()
    other = Project.create(tmp_path / "other")
    copy = other.incoming / log.name
    copy.write_bytes(log.read_bytes())
    other.seal(copy)
    (written,) = (other.path / "recordings").iterdir()
    other.close()
    # its file is there, but not listed yet
    (project.path / "recordings" / written.name).write_bytes(written.read_bytes())
    with Project.open(tmp_path / "p") as again:
        (told,) = again.notices
        assert "recovered" in told
        assert len(again.recordings()) == 1
    assert not (project.path / "lost").exists()


def test_empty_and_damaged_logs_do_not_stop_a_project(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p")
    write_log(project.incoming / "empty.capture", n=0).close()
    (project.incoming / "noise.capture").write_bytes(b"\x00" * 500)
    (project.incoming / "nothing.capture").write_bytes(b"")
    project.close()
    with Project.open(tmp_path / "p") as again:
        assert again.recordings() == []
        assert len(again.notices) == 3
        kept = sorted(path.name for path in again.incoming.iterdir())
        assert kept == ["noise.capture", "nothing.capture"]


def test_a_whole_file_that_nobody_lists_is_kept_aside(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p")
    folder = project.path / "recordings"
    (folder / ("0" * 64 + ".npy")).write_bytes(b"someone's data")
    (folder / ".writing-123").write_bytes(b"half")
    with Project.open(project.path) as again:
        assert "lost" in again.notices[0]
    assert list(folder.iterdir()) == []
    assert (project.path / "lost" / ("0" * 64 + ".npy")).read_bytes() == b"someone's data"
    project.close()


def test_two_processes_add_at_once(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p")
    one, two = (start(ADDER, project.path, batch, seed) for batch, seed in ((3, 0), (0, 5000)))
    for process in (one, two):
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
    time.sleep(0.5)
    values = np.zeros((5, 1), np.int16)
    mine = project.add_recording(values, name="m", axes=[Axis("audio")], sample_rate_hz=8000)
    lines = [line for process in (one, two) for line in kill_after(process, 0)]
    ids = [int(line.split()[0]) for line in lines if " " in line]
    assert len(ids) == len(set(ids))
    project.close()
    with Project.open(tmp_path / "p") as again:
        listed = [recording.id for recording in again.recordings()]
        assert {*ids, mine.id} <= set(listed)
        assert any(number in ids for number in listed)


def test_a_project_being_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.2)
    first = Project.create(tmp_path / "p")
    with first.batch():
        recording = first.add_recording(
            np.zeros((5, 1), np.int16), name="a", axes=[Axis("audio")], sample_rate_hz=8000
        )
        second = Project.open(tmp_path / "p")
        assert second.recordings() == []
        assert second.notices == ()
        began = time.monotonic()
        with pytest.raises(ProjectError, match="being written by another program"):
            second.new_run("train")
        assert 0.1 < time.monotonic() - began < 5
        assert list((tmp_path / "p" / "recordings").iterdir()) != []
    assert [one.id for one in second.recordings()] == [recording.id]
    second.add_samples(recording.id, [Span(0, 5, "a")])
    assert len(first.samples()) == 1
    first.close()
    second.close()


EDITOR = """
import sys
from studio.project import Project
from studio.types import Span

project = Project.open(sys.argv[1])
number = int(sys.argv[2])
print("open", flush=True)
while True:
    number += 1
    samples = project.samples()
    some = [sample.id for sample in samples[number % 3 :: 3]]
    with project.history.change(f"change {number}"):
        project.add_samples(1 + number % 2, [Span(number % 40, 50, "new")] * 5)
        project.labels.relabel(some, f"label {number % 5}")
        project.labels.move(some, ("train", "test", "")[number % 3], whole_groups=False)
        project.remove_samples(some[::2])
    if number % 4 == 0:
        project.history.undo()
    print(number, flush=True)
"""


def test_killed_while_editing_leaves_whole_changes(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    with Project.create(folder) as project:
        for name in ("one", "two"):
            recording = project.add_recording(
                np.full((50, 1), len(name) + ord(name[0]), np.int16),
                name=name,
                axes=[Axis("audio")],
                sample_rate_hz=8000,
            )
            project.add_samples(recording.id, [Span(0, 50, "begin")])
        begin = project.samples()
        project.history.forget()
    for turn, seconds in enumerate(np.random.default_rng(5).uniform(0, 0.15, 5)):
        lines = kill_after(start(EDITOR, folder, 1000 * turn), seconds, lines=2)
        done = int(lines[-1])
        with Project.open(folder) as project:
            newest = [entry.sentence for entry in project.history.entries() if not entry.undone]
            # what was reported is there, but for every fourth, which the program took back
            assert done % 4 == 0 or f"change {done}" in newest[:2]
            entries = project.history.entries(limit=10_000)
            project.history.redo(len(entries)) if entries[0].undone else None
            end = project.samples()
            project.history.undo(len(entries))
            assert project.samples() == begin
            project.history.redo(len(entries))
            assert project.samples() == end
