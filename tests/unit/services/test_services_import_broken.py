"""Files that cannot be imported: broken ones, told by what is in them, and misfits."""

import errno
import os
import sqlite3
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from studio.errors import ProjectError
from studio.events import Quiet
from studio.project import Project, ProjectBusyError, ProjectUnwritableError, database
from studio.registry import find
from studio.services import import_look, imports, projects
from studio.types import ImportOptions


def wav(form: int = 1, channels: int = 1, rate: int = 16000, bits: int = 16) -> bytes:
    """Return a WAV file whose header says this."""
    width = channels * bits // 8
    format_ = struct.pack("<4sIHHIIHH", b"fmt ", 16, form, channels, rate, rate, width, bits)
    samples = struct.pack("<4sI", b"data", 2000) + bytes(2000)
    size = 4 + len(format_) + len(samples)
    return b"RIFF" + struct.pack("<I", size) + b"WAVE" + format_ + samples


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.wav", b"", "it is empty"),
        ("a.mp3", bytes(500), "nothing but zeros"),
        ("a.wav", b"RIFF\0", "ends at byte 5, before its samples"),
        ("a.wav", wav()[:36], "ends at byte 36, before its samples"),
        ("a.wav", wav(form=99), "format 99 of 16 bits .16000 Hz, channels: 1.*Convert"),
        ("a.wav", wav(form=2, bits=4), "Microsoft ADPCM of 4 bits"),
        ("a.wav", wav(channels=0), "16000 Hz, channels: 0.*Copy it again"),
        ("a.wav", wav(rate=0), "says 0 Hz"),
        ("a.wav", b"RIFF\x10\0\0\0AVI LIST" + bytes(99), "of the kind 'AVI ', not WAVE"),
        ("a.wav", b"<!DOCTYPE html>\n<p>404", "holds text, .*'<!DOCTYPE html> <p>404'"),
        ("a.wav", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS.*git lfs pull"),
        ("a.flac", b"fLaC" + bytes(300), "begins like FLAC, and what follows is damaged"),
        ("a.ogg", b"\x91\x02" + bytes(300), "bytes 91 02 00 00 00 00 00 00, as no known kind"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ProjectError, match=rf"^{name} cannot be read as sound: .*{words}"):
        find("importer", "wav").load().read(path, ImportOptions())


def sounds(folder: Path, count: int, rate: int) -> Path:
    """Make a folder of short sounds, each its own."""
    folder.mkdir(parents=True)
    for number in range(count):
        soundfile.write(folder / f"{number:03d}.wav", np.full(50, number, np.int16), rate)
    return folder


def test_many_files_that_do_not_fit_are_refused_before_they_are_read(tmp_path: Path) -> None:
    project = tmp_path / "p"
    projects.new(project, template="keywords", report=Quiet())  # wants sound of 16 kHz
    other = sounds(tmp_path / "other", 60, 8000)
    asked = Asked()
    with pytest.raises(ProjectError, match=r"None of 5 files, spread over the 60.*--resample"):
        imports.import_data(project, [other], report=asked)
    assert not asked.told  # nothing was begun
    with Project.open(project) as opened:
        assert not opened.history.entries()
    assert imports.import_data(project, [other], resample_hz=16000, report=asked)["failed"] == []
    sounds(other / "right", 20, 16000)
    mixed = imports.import_data(project, [other], report=asked)
    assert (mixed["recordings"], len(mixed["failed"])) == (20, 60)


def test_damaged_files_say_nothing_of_the_others(tmp_path: Path) -> None:
    project = tmp_path / "p"
    projects.new(project, template="keywords", report=Quiet())
    folder = sounds(tmp_path / "d", 60, 16000)
    for at in range(5):  # those that are looked at first
        (folder / f"{at * 59 // 4:03d}.wav").write_bytes(b"RIFF")
    found = imports.import_data(project, [folder], report=Quiet())
    assert (found["recordings"], len(found["failed"])) == (55, 5)


def test_the_same_sound_comes_in_once_of_one_folder(tmp_path: Path) -> None:
    project = tmp_path / "p"
    projects.new(project, template="keywords", report=Quiet())
    folder = sounds(tmp_path / "d", 3, 16000)
    for number in range(3):
        (folder / f"copy{number}.wav").write_bytes((folder / f"{number:03d}.wav").read_bytes())
    found = imports.import_data(project, [folder], skip_duplicates=True, report=Quiet())
    assert (found["recordings"], len(found["duplicates"])) == (3, 3)


class Asked(Quiet):
    """Notes whether something was begun."""

    told = ""

    def progress(self, fraction: float, text: str) -> None:
        self.told = text


def test_a_look_says_that_a_file_does_not_fit_the_project(tmp_path: Path) -> None:
    project, table = tmp_path / "p", tmp_path / "a.csv"
    projects.new(project, template="keywords", report=Quiet())
    table.write_text("timestamp,accX,accY\n0,1,2\n10,3,4\n", encoding="utf-8")
    found = import_look.look(project, [table], ImportOptions())
    assert found.problem.startswith("It holds sensor values (accX, accY) and the project sound")
    assert (found.hint, found.said) == ("Make another project for it.", "")


def fill_up(monkeypatch: pytest.MonkeyPatch, number: int, room: int) -> None:
    """Let so many recordings be put in their place, and none after them."""
    put, left = os.replace, [room]

    def replace(source: str, target: Path) -> None:
        if Path(target).parent.name == "recordings":
            left[0] -= 1
            if left[0] < 0:
                raise OSError(number, os.strerror(number))
        put(source, target)

    monkeypatch.setattr(os, "replace", replace)


@pytest.mark.parametrize("why", ["ENOSPC", "EDQUOT", "EROFS"])
def test_an_import_ends_when_the_disk_is_full_and_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.setattr(imports, "_BATCH_FILES", 10)
    folder, path = sounds(tmp_path / "in", 35, 16000), tmp_path / "p"
    projects.new(path, report=Quiet())
    with monkeypatch.context() as full:
        fill_up(full, getattr(errno, why), 25)
        with pytest.raises(ProjectUnwritableError) as caught:
            imports.import_data(path, [folder], report=Quiet())
    assert "could not be written" in caught.value.message
    assert caught.value.message.endswith("20 of 35 files are in and stay.")
    assert "free space" in caught.value.hint
    assert caught.value.hint.endswith("import again: what is in is skipped.")
    with Project.open(path) as project:
        assert (len(project.recordings()), project.notices) == (20, ())
    done = imports.import_data(path, [folder], report=Quiet())
    assert (done["recordings"], done["skipped"], done["failed"]) == (15, 20, [])
    with Project.open(path) as project:
        assert len(project.recordings()) == 35
        assert all(sample.split for sample in project.samples())


def test_an_import_that_others_keep_waiting_says_how_far_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "_BATCH_FILES", 10)
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.3)
    folder, path = sounds(tmp_path / "in", 60, 16000), tmp_path / "p"
    projects.new(path, report=Quiet())
    other = sqlite3.connect(path / "studio.db", isolation_level=None, check_same_thread=False)
    add, batches = imports._Import._add, list[int]()

    def keep_waiting(self: imports._Import, some: list[Any]) -> None:
        """Let another program write when the third batch comes."""
        batches.append(len(some))
        if len(batches) == 3:
            other.execute("BEGIN IMMEDIATE")
        add(self, some)

    with monkeypatch.context() as held:
        held.setattr(imports._Import, "_add", keep_waiting)
        with pytest.raises(ProjectBusyError, match="20 of 60 files are in and stay"):
            imports.import_data(path, [folder], report=Quiet())
    other.close()
    assert imports.import_data(path, [folder], report=Quiet())["failed"] == []
    with Project.open(path) as project:
        assert len(project.recordings()) == 60
        assert all(sample.split for sample in project.samples())


def test_a_file_that_is_too_large_for_the_disk_does_not_keep_the_others_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, path = sounds(tmp_path / "in", 3, 16000), tmp_path / "p"
    projects.new(path, report=Quiet())
    put, seen = os.replace, list[str]()

    def replace(source: str, target: Path) -> None:
        """Refuse the content that came first."""
        if Path(target).parent.name == "recordings":
            seen.append(Path(target).name)
            if seen[-1] == seen[0]:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        put(source, target)

    monkeypatch.setattr(os, "replace", replace)
    done = imports.import_data(path, [folder], report=Quiet())
    assert (done["recordings"], len(done["failed"])) == (2, 1)
    assert "could not be written" in done["failed"][0]["message"]
