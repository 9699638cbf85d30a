"""Services called in the data worker: as if they were called here, and stopped as kindly."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.errors import Cancelled, ProjectError, ToolError
from studio.events import Quiet
from studio.project import Naming, Project
from studio.project.files import wav_header
from studio.services import begin, imports, projects
from studio.services.apart import apart

FILES = 1500
"""More than one batch, and more steps than fit into a pipe."""


class Listening(Quiet):
    """Keeps what is said; a person who acts once a part of the work is done."""

    def __init__(self, act_at: float = 2.0) -> None:
        self.said: list[tuple[float, str]] = []
        self.lines: list[str] = []
        self.pid = 0
        self.cancelled = False
        self._act_at = act_at

    def progress(self, fraction: float, text: str) -> None:
        self.said.append((fraction, text))
        if fraction >= self._act_at and not self.cancelled:
            self.act()

    def act(self) -> None:
        self.cancelled = True
        time.sleep(0.5)  # the worker, which nobody reads meanwhile, cannot get to its end

    def log(self, line: str) -> None:
        self.lines.append(line)

    def event(self, kind: str, **data: object) -> None:
        if kind == "worker":
            self.pid = int(str(data["pid"]))

    def check_cancelled(self) -> None:
        if self.cancelled:
            raise Cancelled


class Killing(Listening):
    def act(self) -> None:
        os.kill(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def sounds(folder: Path, count: int) -> Path:
    for number in range(count):
        path = folder / f"c{number % 3}" / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        values = np.random.default_rng(number).integers(-9000, 9000, 20).astype("<i2")
        path.write_bytes(wav_header(20, 1, 8000) + values.tobytes())
    return folder


def whole(path: Path) -> int:
    """Check that everything listed in a project can be read; return how many recordings."""
    with Project.open(path) as project:
        for recording in project.recordings():
            project.read(recording.id)
        listed = {f"{one.sha256}.wav" for one in project.recordings()}
        count = len(project.recordings())
    assert {file.name for file in (path / "recordings").iterdir()} == listed
    return count


def test_a_call_apart_is_the_same_call(tmp_path: Path) -> None:
    folder = sounds(tmp_path / "d", 30)
    (folder / "c0" / "bad.wav").write_bytes(b"RIFF")
    results: list[dict[str, Any]] = []
    heard = []
    for name in ("here", "apart"):
        report = Listening()
        path = projects.new(tmp_path / name, report=Quiet()) and tmp_path / name
        given = {"naming": Naming(group_by="folder", split="train"), "report": report}
        if name == "here":
            results.append(imports.import_data(path, [folder], **given))
        else:
            results.append(apart(imports.import_data, path, [folder], **given))
        heard.append((report.said, report.lines))
    assert results[0] == results[1]
    assert heard[0] == heard[1]
    assert len(results[0]["failed"]) == 1
    assert report.pid not in (0, os.getpid())


def test_errors_come_over_with_their_hints(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    with pytest.raises(ProjectError, match="There is nothing to import") as caught:
        apart(begin.from_data, [tmp_path / "d"], tmp_path / "p", report=Quiet())
    assert caught.value.hint.startswith("Known kinds")
    assert not (tmp_path / "p").exists()


def test_stopping_keeps_what_came_in_with_splits(tmp_path: Path) -> None:
    folder = sounds(tmp_path / "d", FILES)
    projects.new(tmp_path / "p", report=Quiet())
    report = Listening(act_at=0.3)
    with pytest.raises(Cancelled):
        apart(imports.import_data, tmp_path / "p", [folder], report=report)
    kept = whole(tmp_path / "p")
    assert 0 < kept < FILES
    assert report.lines == [f"Stopped. {kept} recordings had come in and stay."]
    with Project.open(tmp_path / "p") as project:
        assert {sample.split for sample in project.samples()} == {"train", "validation", "test"}


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_killed_import_leaves_the_project_whole(tmp_path: Path) -> None:
    folder = sounds(tmp_path / "d", FILES)
    projects.new(tmp_path / "p", report=Quiet())
    with pytest.raises(ToolError, match="the system ended it, signal 9"):
        apart(imports.import_data, tmp_path / "p", [folder], report=Killing(act_at=0.7))
    kept = whole(tmp_path / "p")
    assert 0 < kept < FILES
    rest = imports.import_data(tmp_path / "p", [folder], report=Quiet())
    assert (rest["recordings"], rest["skipped"]) == (FILES - kept, kept)
    assert whole(tmp_path / "p") == FILES
