"""The services of the library: facets, groups, pictures, trims, and a look before an import."""

from pathlib import Path

import numpy as np
import pytest

from studio.__main__ import main
from studio.errors import ProjectError
from studio.events import Quiet
from studio.project import Project
from studio.services import history, import_look, library, thumbnails
from studio.services.label import Selection
from studio.types import Axis, ImportOptions, Span


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A project of four recordings in two groups."""
    with Project.create(tmp_path / "made") as project:
        for number in range(4):
            recording = project.add_recording(
                np.full((100, 1), number, np.float32),
                name=f"take {number}",
                axes=[Axis("x")],
                sample_rate_hz=10.0,
                group=f"group {number % 2}",
            )
            spans = [Span(0, 50, "a"), Span(50, 100, "b")]
            project.add_samples(recording.id, spans)
        project.set_health(1, {}, ["clipping", "hum"])
        return project.path


def test_facets_leave_out_their_own_filter_only(made: Path) -> None:
    found = library.facets(made, library.Query(labels=("a",), groups=("group 0",)))
    assert dict(found.counts["label"]) == {"a": 2, "b": 2}
    assert dict(found.counts["group_name"]) == {"group 0": 2, "group 1": 2}
    assert dict(found.counts["flags"]) == {"clipping": 1, "hum": 1}
    assert found.seconds == {"a": {"": 10.0}}
    assert found.groups == 1
    worded = library.facets(made, library.Query(words="take 3"))
    assert dict(worded.counts["label"]) == {"a": 1, "b": 1}
    assert worded.labels == ["a", "b"]


def test_a_recording_that_joins_a_group_joins_its_split(made: Path) -> None:
    with Project.open(made) as project:
        ids = [one.id for one in project.samples() if one.group == "group 1"]
        project.labels.move(ids, "test")
    done = library.put_in_group(made, Selection(ids=(1,)), " group 1 ")
    assert done["changed"] == 1
    assert done["did"] == "Put 1 recording into group group 1"
    with Project.open(made) as project:
        splits = {one.split for one in project.samples() if one.recording_id == 1}
    assert splits == {"test"}
    history.undo(made)
    with Project.open(made) as project:
        first = project.samples()[0]
    assert (first.group, first.split) == ("group 0", "")
    library.rename_group(made, "group 1", "anna")
    with Project.open(made) as project:
        assert {one.group for one in project.samples()} == {"group 0", "anna"}
    with pytest.raises(ProjectError, match="no group"):
        library.rename_group(made, "nobody", "anna")
    with pytest.raises(ProjectError, match="no name"):
        library.put_in_group(made, Selection(ids=(1,)), "  ")


def test_trimming_crops_what_settles_in_one_step(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rate = 8000
    times = np.arange(4 * rate) / rate
    values = 6000 * np.exp(-times / 0.15) + 40 * rng.normal(size=times.size)
    with Project.create(tmp_path / "made") as project:
        recording = project.add_recording(
            values.astype(np.int16)[:, None], name="a", axes=[Axis("audio")], sample_rate_hz=rate
        )
        spans = [Span(0, 400, "gone"), Span(0, 2 * rate, "cut"), Span(3 * rate, 4 * rate, "whole")]
        project.add_samples(recording.id, spans)
        path = project.path
    done = library.trim(path, report=Quiet())
    assert (done["cropped"], done["disabled"]) == (1, 1)
    with Project.open(path) as project:
        gone, cut, whole = project.samples()
    assert not gone.enabled
    assert 2000 < cut.start < rate
    assert cut.stop == 2 * rate
    assert (whole.start, whole.enabled) == (3 * rate, True)
    assert library.describe(path, whole.id)["trim_s"] == 0
    history.undo(path)
    assert library.describe(path, cut.id)["trim_s"] == pytest.approx(cut.start / rate)


def test_pictures_show_every_peak_of_a_short_sample_and_take_little_of_a_long_one(
    tmp_path: Path,
) -> None:
    values = np.zeros((600_000, 2), np.float32)
    values[5000, 0], values[250, 1] = 4.0, -4.0
    with Project.create(tmp_path / "made") as project:
        recording = project.add_recording(
            values, name="a", axes=[Axis("x"), Axis("y")], sample_rate_hz=100.0
        )
        short, long = project.add_samples(
            recording.id, [Span(0, 10_000, "a"), Span(0, 600_000, "a")]
        )
        path = project.path
    (picture, _) = thumbnails.thumbnails(path, [short, long], columns=40)
    assert picture is not None
    assert picture.high[20, 0] == pytest.approx(1)
    assert picture.low[1, 1] == pytest.approx(-1)
    assert (picture.high[:20, 0] < 0.01).all()
    exact = thumbnails.outline(path, short)
    assert np.array_equal(exact.values, values[:10_000])
    assert exact.rate_hz == 100
    drawn = thumbnails.outline(path, long)
    assert len(drawn.values) == 8000
    assert len(drawn.values) / drawn.rate_hz == pytest.approx(6000)


def test_a_look_says_what_a_table_is_and_what_is_wrong_with_it(made: Path, tmp_path: Path) -> None:
    table = tmp_path / "log.tsv"
    table.write_text("time_ms\tgx\tgy\n0\t1\t2\n20\t1\t2\n40\t1\tx\n")
    found = import_look.look(made, [table], ImportOptions())
    assert found.kinds == (("Tables (CSV, TSV)", 1),)
    assert found.columns == ("time_ms", "gx", "gy")
    assert found.rows[0] == ("0", "1", "2")
    assert "line 4" in found.problem
    found = import_look.look(made, [table], ImportOptions(axes=("gx",)))
    assert (found.said, found.problem) == ("gx; 50 Hz; 0.06 s", "")
    found = import_look.look(made, [table], ImportOptions(header="no"))
    assert found.columns == ("1", "2", "3")


def test_snapshots_differ_in_words(made: Path) -> None:
    history.save_snapshot(made, "first")
    assert history.differences(made, "first")["sentences"] == []
    with Project.open(made) as project:
        project.labels.relabel([1, 2], "c")
        project.labels.move([1], "test")
        project.labels.enable([3], enabled=False)
        project.labels.remove([4])
        project.delete_recordings([4])
        project.metadata.set(1, {"place": "garden"})
    found = history.differences(made, "first")
    assert found["sentences"] == [
        "1 recording removed.",
        "3 samples removed: 2 b, 1 a.",
        "2 samples relabelled: 1 a to c, 1 b to c.",
        "4 samples moved: 4 no split to test.",
        "1 sample put out of use.",
        "1 entry of metadata changed.",
    ]
    assert set(found["ids"]) >= {1, 2, 3}


def test_the_command_line_groups_filters_trims_and_compares(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*arguments: str) -> str:
        assert main([*arguments]) == 0
        return capsys.readouterr().out

    said("snapshot", "save", str(made), "--name", "first")
    assert "into group anna" in said("label", "group", str(made), "--ids", "1", "--name", "anna")
    assert "2 of 2 samples" in said("label", "list", str(made), "--words", "anna take")
    assert "0 samples were cropped" in said("health", str(made), "--trim")
    compared = said("snapshot", "compare", str(made), "--name", "first")
    assert compared == "1 recording with another name or group.\n"
