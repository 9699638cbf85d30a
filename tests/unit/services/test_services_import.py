"""Importing many files: labels beside them, duplicates, bad ones, stopping, memory."""

import json
import threading
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from studio.cli import frame
from studio.errors import Cancelled, ProjectError
from studio.events import Quiet
from studio.project import Marked, Naming, New, Project
from studio.services import imports, projects
from studio.types import Axis, Span


def sound(path: Path, seed: int, n: int = 400) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(-9000, 9000, n).astype(np.int16)
    soundfile.write(path, values, 8000)
    return path


def bring(tmp_path: Path, *sources: Path, **options: Any) -> dict[str, Any]:
    if not (tmp_path / "p").exists():
        projects.new(tmp_path / "p", report=Quiet())
    return imports.import_data(tmp_path / "p", sources, report=Quiet(), **options)


def samples(tmp_path: Path) -> set[tuple[str, int, int, str]]:
    with Project.open(tmp_path / "p") as project:
        names = {recording.id: recording.name for recording in project.recordings()}
        return {
            (names[s.recording_id].split("/")[-1], s.start, s.stop, s.label)
            for s in project.samples()
        }


def test_a_label_track_beside_the_sound(tmp_path: Path) -> None:
    sound(tmp_path / "d" / "walk" / "a.wav", 1)
    (tmp_path / "d" / "walk" / "a.txt").write_text("0.01\t0.02\tknock\n0.025\t9\ttail\n")
    sound(tmp_path / "d" / "walk" / "b.wav", 2)
    (tmp_path / "d" / "walk" / "b.txt").write_text("Recorded on Monday.\n")
    bring(tmp_path, tmp_path / "d")
    assert samples(tmp_path) == {
        ("a", 80, 160, "knock"),
        ("a", 200, 400, "tail"),
        ("b", 0, 400, "walk"),
    }


def test_folders_of_one_class_and_of_splits(tmp_path: Path) -> None:
    sound(tmp_path / "d" / "train" / "person.class" / "1.wav", 1)
    sound(tmp_path / "d" / "test" / "Nobody.CLASS" / "1.wav", 2)
    bring(tmp_path, tmp_path / "d")
    with Project.open(tmp_path / "p") as project:
        found = {(sample.label, sample.split) for sample in project.samples()}
    assert ("Nobody", "test") in found
    assert {label for label, _ in found} == {"person", "Nobody"}


def test_the_same_readings_under_another_name_are_told(tmp_path: Path) -> None:
    first = sound(tmp_path / "d" / "a" / "one.wav", 1)
    (tmp_path / "d" / "b").mkdir()
    (tmp_path / "d" / "b" / "two.wav").write_bytes(first.read_bytes())
    result = bring(tmp_path, tmp_path / "d")
    assert (result["recordings"], result["skipped"]) == (2, 0)
    (told,) = result["duplicates"]
    assert (Path(told["file"]).name, told["same_as"]) == ("two.wav", "a/one")
    third = tmp_path / "three.wav"
    third.write_bytes(first.read_bytes())
    again = bring(tmp_path, tmp_path / "d", third, skip_duplicates=True)
    assert (again["recordings"], again["skipped"]) == (0, 1)
    assert {row["same_as"] for row in again["duplicates"]} == {"a/one"}
    with Project.open(tmp_path / "p") as project:
        assert len(project.recordings()) == 2


def test_bad_files_are_listed_and_do_not_stop_the_others(tmp_path: Path) -> None:
    for number in range(500):
        path = sound(tmp_path / "d" / "x" / f"{number:03d}.wav", number, n=20)
        if number % 50 == 7:
            path.write_bytes(path.read_bytes()[:30])
    result = bring(tmp_path, tmp_path / "d")
    assert result["recordings"] == 490
    assert [Path(row["file"]).stem for row in result["failed"]] == [
        f"{number:03d}" for number in range(7, 500, 50)
    ]
    assert all("cannot be read as sound" in row["message"] for row in result["failed"])
    with Project.open(tmp_path / "p") as project:
        (entry,) = project.history.entries()
        assert entry.sentence == "Imported 490 recordings"
        project.history.undo()
        assert project.recordings() == []


def test_a_bad_archive_does_not_stop_the_others(tmp_path: Path) -> None:
    sound(tmp_path / "d" / "x" / "a.wav", 1)
    (tmp_path / "d" / "bad.zip").write_bytes(b"PK\x03\x04 and then nothing")
    with zipfile.ZipFile(tmp_path / "d" / "good.zip", "w") as file:
        file.write(sound(tmp_path / "b.wav", 2), "training/yes/b.wav")
    result = bring(tmp_path, tmp_path / "d")
    assert result["recordings"] == 2
    (failed,) = result["failed"]
    assert "bad.zip was not opened" in failed["message"]
    assert samples(tmp_path) == {("a", 0, 400, "x"), ("b", 0, 400, "yes")}
    assert list((tmp_path / "p" / "incoming").iterdir()) == []


def test_what_cannot_be_listed_leaves_no_files(tmp_path: Path) -> None:
    axes = (Axis("x"),)
    same = New(np.zeros((5, 1), np.float32), "there", axes, 10)
    good = New(np.ones((5, 1), np.float32), "good", axes, 10)
    bad = New(np.ones((6, 1), np.float32), "bad", axes, 10, samples=(Marked(Span(0, 7, "a")),))
    with Project.create(tmp_path / "p") as project:
        project.bulk.add([same], "First")
        (file,) = (tmp_path / "p" / "recordings").iterdir()
        with pytest.raises(ProjectError, match="Readings 0 to 7 of recording bad, which has 6"):
            project.bulk.add([same, good, bad], "Second")
        assert list((tmp_path / "p" / "recordings").iterdir()) == [file]
        assert [recording.name for recording in project.recordings()] == ["there"]
        added, _ = project.bulk.add([same, good, good], "Third")
        assert [one.new for one in added] == [False, True, False]
        assert len(project.recordings()) == 2


class Stopping(Quiet):
    """A person who asks to stop after so many files."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.fractions: list[float] = []

    def progress(self, fraction: float, text: str) -> None:
        self.fractions.append(fraction)

    def check_cancelled(self) -> None:
        if len(self.fractions) >= self.after:
            raise Cancelled


def test_stopping_keeps_what_was_committed(tmp_path: Path) -> None:
    for number in range(700):
        sound(tmp_path / "d" / f"c{number % 3}" / f"{number}.wav", number, n=20)
    projects.new(tmp_path / "p", report=Quiet())
    report = Stopping(after=500)
    before = threading.active_count()
    with pytest.raises(Cancelled):
        imports.import_data(tmp_path / "p", [tmp_path / "d"], report=report)
    assert report.fractions == sorted(report.fractions)
    assert threading.active_count() == before
    with Project.open(tmp_path / "p") as project:
        assert project.notices == ()
        kept = len(project.recordings())
        assert 0 < kept <= 500
        assert {sample.split for sample in project.samples()} == {"train", "validation", "test"}
    rest = bring(tmp_path, tmp_path / "d")
    assert (rest["recordings"], rest["skipped"]) == (700 - kept, kept)


def test_memory_stays_bounded(tmp_path: Path) -> None:
    for number in range(40):
        sound(tmp_path / "d" / "x" / f"{number}.wav", number, n=2_000_000)  # 160 MB in all
    projects.new(tmp_path / "p", report=Quiet())
    tracemalloc.start()
    try:
        imports.import_data(tmp_path / "p", [tmp_path / "d"], report=Quiet())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 130e6


def test_the_verb_with_a_mapping(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{n * 5000};{n},5;{'up' if n < 30 else 'down'}\n" for n in range(50))
    (tmp_path / "log.csv").write_text("tick;a;what\n" + rows)
    assert frame.run(["new", str(tmp_path / "p"), "--json"]) == 0
    capsys.readouterr()
    arguments = ["import", str(tmp_path / "p"), str(tmp_path / "log.csv"), "--json"]
    arguments += ["--time-column", "tick", "--time-unit", "us", "--label-column", "what"]
    assert frame.run(arguments) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["samples"], set(result["labels"])) == (2, {"up", "down"})
    assert samples(tmp_path) == {("log", 0, 30, "up"), ("log", 30, 50, "down")}
    with Project.open(tmp_path / "p") as project:
        assert project.recordings()[0].sample_rate_hz == 200
    assert frame.run([*arguments, "--delimiter", ";;"]) == 2
    assert "one sign" in capsys.readouterr().err


def test_relabelling_reaches_spans_of_lists(tmp_path: Path) -> None:
    sound(tmp_path / "d" / "a.wav", 1)
    ranges = [
        {"startIndex": 0, "endIndex": 99, "label": "Idel"},
        {"startIndex": 100, "endIndex": 399, "label": "junk"},
    ]
    document = {"version": 1, "structuredLabels": {"a.wav": ranges}}
    (tmp_path / "d" / "structured_labels.labels").write_text(json.dumps(document))
    naming = Naming(relabel={"Idel": "Idle"}, skip=("junk",))
    bring(tmp_path, tmp_path / "d", naming=naming)
    assert samples(tmp_path) == {("a", 0, 100, "Idle")}
