"""Recordings whose programs were ended: looked at, told of, and known for when they began."""

from pathlib import Path

import numpy as np

from studio.capture_log import CaptureHeader, CaptureWriter
from studio.events import Quiet
from studio.project import ENDED, Project
from studio.services import health, projects
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
