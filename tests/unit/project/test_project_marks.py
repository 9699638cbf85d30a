"""Labels given while recording are kept as the readings are: whoever dies, they come back."""

import os
import time

import numpy as np
import pytest

from studio import capture_log
from studio.capture_log import CaptureHeader, CaptureWriter, first_mark, marked_spans, note_mark
from studio.project import Project
from studio.types import Axis, Span

AXES = (Axis("x"),)


def begun(folder, readings=400, label=""):
    """Make a project whose recording was being written when everybody died; return its log."""
    with Project.create(folder / "p") as project:
        log = project.incoming / f"abc{capture_log.SUFFIX}"
    header = CaptureHeader(
        axes=AXES, sample_rate_hz=100.0, dtype="float32", name="walk", label=label
    )
    writer = CaptureWriter(log, header)
    writer.append(0, np.arange(readings, dtype=np.float32).reshape(-1, 1))
    writer.close()
    return log


def test_marks_come_back_with_the_readings(tmp_path):
    log = begun(tmp_path)
    note_mark(log, "left", 0)
    note_mark(log, "", 100)
    note_mark(log, "right", 250)
    note_mark(log, "lost with the last block", 900)
    with log.with_suffix(capture_log.MARKS).open("a") as file:
        file.write('[420, "half')
    with Project.open(tmp_path / "p") as project:
        assert "recovered" in project.notices[0]
        found = [(one.start, one.stop, one.label) for one in project.samples()]
        assert list(project.incoming.iterdir()) == []
    assert found == [(0, 100, "left"), (250, 400, "right")]
    with Project.open(tmp_path / "p") as project:
        assert project.notices == ()
        assert len(project.samples()) == 2


def test_killed_before_the_sealed_log_was_gone_no_label_comes_twice(tmp_path):
    log = begun(tmp_path)
    note_mark(log, "left", 100)
    kept = {path: path.read_bytes() for path in log.parent.iterdir()}
    with Project.open(tmp_path / "p") as project:
        assert len(project.samples()) == 1
    for path, data in kept.items():
        path.write_bytes(data)
    with Project.open(tmp_path / "p") as project:
        assert [(one.start, one.label) for one in project.samples()] == [(100, "left")]
        assert len(project.recordings()) == 1
        assert list(project.incoming.iterdir()) == []


def test_a_label_of_the_whole_wins(tmp_path):
    log = begun(tmp_path, label="walk")
    note_mark(log, "left", 100)
    with Project.open(tmp_path / "p") as project:
        assert [(one.start, one.stop, one.label) for one in project.samples()] == [
            (0, 400, "walk")
        ]


def test_nothing_recorded_leaves_nothing(tmp_path):
    log = begun(tmp_path, readings=0)
    note_mark(log, "left", 0)
    with Project.open(tmp_path / "p") as project:
        assert list(project.incoming.iterdir()) == []
        assert project.recordings() == []


def test_marks_of_a_recording_without_a_reading_go_once_it_is_dead(tmp_path):
    with Project.create(tmp_path / "p") as project:
        log = project.incoming / f"abc{capture_log.SUFFIX}"
    marks = log.with_suffix(capture_log.MARKS)

    def left_after_opening(age_s):
        os.utime(marks, (time.time() - age_s,) * 2)
        with Project.open(tmp_path / "p") as project:
            assert project.notices == ()
        return marks.exists()

    with first_mark(log, "walk"):
        assert left_after_opening(age_s=100)
    assert left_after_opening(age_s=0)
    with CaptureWriter(log, CaptureHeader(AXES, 100.0, "float32")):
        assert left_after_opening(age_s=100)
    log.unlink()
    assert marked_spans(log, 30) == [Span(0, 30, "walk")]
    assert not left_after_opening(age_s=100)


@pytest.mark.parametrize(
    "line", ["", "{}", "[1]", '[1, "a", 2]', "[null, 1]", '["x", "a"]', "\x00"]
)
def test_damaged_lines_are_passed_over(tmp_path, line):
    log = tmp_path / "a.capture"
    note_mark(log, "left", 10)
    with log.with_suffix(capture_log.MARKS).open("a") as file:
        file.write(line + "\n")
    note_mark(log, "right", 20)
    assert marked_spans(log, 30) == [Span(10, 20, "left"), Span(20, 30, "right")]
    assert marked_spans(tmp_path / "other.capture", 30) == []
