"""Recordings whose programs were ended: looked at, told of, and known for when they began."""

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from studio.capture_log import CaptureHeader, CaptureWriter
from studio.errors import ProjectError
from studio.events import Quiet
from studio.project import ENDED, Project, ProjectBusyError, database
from studio.services import acquire, clips, health, projects
from studio.services.clips import ClipRequest
from studio.types import Axis

HEADER = CaptureHeader(
    (Axis("audio", "wav"),),
    16000.0,
    "int16",
    name="live",
    session="together",
    started_at=1_700_000_000.25,
)


def left_behind(folder: Path, name: str = "live") -> Path:
    """Leave a log whose program died: a loud tone that is clipped."""
    tone = np.clip(60000 * np.sin(np.arange(32000) / 9), -32768, 32767).astype(np.int16)
    with CaptureWriter(folder / "incoming" / f"{name}.capture", HEADER) as writer:
        writer.append(0, tone[:, None])
    return writer.path


def test_a_recovered_recording_is_looked_at_and_told_of(tmp_path: Path) -> None:
    Project.create(tmp_path / "p").close()
    left_behind(tmp_path / "p")
    Project.open(tmp_path / "p").close()  # by someone who tells nobody
    told = health.opened(tmp_path / "p")
    assert told == ["The recording live was cut off; what was saved is kept."]
    with Project.open(tmp_path / "p") as project:
        (recording,) = project.recordings()
        assert "clipping" in recording.flags
        assert project.health(recording.id)["findings"]
    assert health.opened(tmp_path / "p") == []


def test_whoever_recovers_it_tells_it_once(tmp_path: Path) -> None:
    Project.create(tmp_path / "p").close()
    left_behind(tmp_path / "p")
    warnings = projects.info(tmp_path / "p", Quiet())["warnings"]
    assert warnings[0] == "The recording live was cut off; 2.0 s of it were recovered."
    assert sum("live" in warning for warning in warnings) == 1
    assert not any("live" in one for one in projects.info(tmp_path / "p", Quiet())["warnings"])


def test_when_it_began_and_with_whom_is_kept_by_its_log(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        left_behind(tmp_path / "p")
    with Project.open(tmp_path / "p") as project:
        about = project.metadata.of(project.recordings()[0].id)
        assert about == {
            "session": "together",
            "started": "2023-11-14T22:13:20.250+00:00",
            ENDED: "cut off",
        }


def test_one_that_ended_as_asked_is_not_cut_off(tmp_path: Path) -> None:
    """Another program may put it in order before the one that recorded it does."""
    with Project.create(tmp_path / "p") as project:
        log = left_behind(tmp_path / "p")
        Project.open(tmp_path / "p").close()
        recording = project.seal(log)
        assert ENDED not in project.metadata.of(recording.id)
        assert project.metadata.of(recording.id)["session"] == "together"


class Acting(Quiet):
    """Does something when an event comes."""

    def __init__(self, act: Callable[[str, dict[str, object]], None]) -> None:
        self._act = act

    def event(self, kind: str, **data: object) -> None:
        self._act(kind, data)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "sound.wav"
    soundfile.write(path, np.arange(16000, dtype=np.int16), 16000)
    return path


def test_a_log_that_cannot_be_read_is_kept(tmp_path: Path, sound: Path) -> None:
    """The program at the port dies, and a bit of the log's beginning is turned."""
    Project.create(tmp_path / "p").close()
    pids: list[int] = []

    def turn(log: Path) -> None:
        data = bytearray(log.read_bytes())
        data[30] ^= 1
        log.write_bytes(data)

    def act(kind: str, data: dict[str, object]) -> None:
        if kind == "acquisition":
            pids.append(int(str(data["pid"])))
        if kind == "stats" and float(str(data["seconds"])) > 0.5 and pids:
            os.kill(pids.pop(), signal.SIGKILL)
            turn(next((tmp_path / "p" / "incoming").iterdir()))

    with pytest.raises(ProjectError, match=r"damaged header.*kept in"):
        acquire.record(tmp_path / "p", f"file://{sound}?loop=1", report=Acting(act))
    (log,) = (tmp_path / "p" / "incoming").iterdir()
    with Project.open(tmp_path / "p") as project:
        assert str(log) in project.notices[0]
    turn(log)
    with Project.open(tmp_path / "p") as project:
        assert project.recordings()[0].seconds > 0.3


def one_recording(path: Path, port: str, report: Acting) -> None:
    acquire.record(path, port, seconds=0.5, label="walk", report=report)


def one_clip(path: Path, port: str, report: Acting) -> None:
    clips.record_clips(path, port, ClipRequest(count=1, seconds=0.5), label="walk", report=report)


@pytest.mark.parametrize("record", [one_recording, one_clip])
def test_while_others_write_it_is_told_that_the_readings_are_safe(
    tmp_path: Path,
    sound: Path,
    record: Callable[[Path, str, Acting], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.2)
    path = tmp_path / "p"
    Project.create(path).close()
    with sqlite3.connect(path / "studio.db", isolation_level=None) as other:

        def act(kind: str, data: dict[str, object]) -> None:
            if kind == "acquisition":
                other.execute("BEGIN IMMEDIATE")

        with pytest.raises(ProjectBusyError, match=r"8000 readings .* are safe.*opened next"):
            record(path, f"file://{sound}?speed=0", Acting(act))
        other.execute("ROLLBACK")
    other.close()
    with Project.open(path) as project:
        assert [(one.label, one.stop) for one in project.samples()] == [("walk", 8000)]
