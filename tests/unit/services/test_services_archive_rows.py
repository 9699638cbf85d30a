"""Every row of an archive's database is looked at before a project is made of it."""

import json
import shutil
import sqlite3
import zipfile
import zlib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from studio.errors import ProjectError
from studio.events import Quiet
from studio.project import Project
from studio.services import archive, exports
from studio.types import Axis, Gap, Span


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a row in every table."""
    folder = tmp_path_factory.mktemp("packed")
    with Project.create(folder / "p") as project:
        recording = project.add_recording(
            np.arange(500, dtype=np.int16),
            name="r",
            axes=[Axis("a", "wav")],
            sample_rate_hz=100.0,
            gaps=[Gap(10, 3)],
            metadata={"device": "d"},
        )
        (sample,) = project.add_samples(recording.id, [Span(0, 50, "w")], split="train")
        project.labels.add_track("speaker")
        project.labels.crop(sample.id, 5, 40)
        project.labels.relabel([sample.id], "v")
        project.history.undo()
        project.set_health(recording.id, {"rms": 1.0}, ["clipping"])
        project.suggestions.put("run", recording, [(Span(60, 70, "w"), 0.5)])
        project.snapshots.save("before")
        project.finish_run(project.new_run("train").id, {"accuracy": 1.0})
    exports.export_data(folder / "p", folder / "p.tinyml.zip", report=Quiet())
    return folder / "p.tinyml.zip"


def edited(packed: Path, folder: Path, sql: str, values: tuple[object, ...] = ()) -> Path:
    """Return a copy of the archive whose database was changed by hand."""
    with zipfile.ZipFile(packed) as file:
        rows = {name: file.read(name) for name in file.namelist()}
    path = folder / "edited.db"
    path.write_bytes(rows["studio.db"])
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("UPDATE history_now SET entry = 0")
        for statement in sql.split(";"):
            database.execute(statement, values)
        if "history_now" not in sql:
            database.execute("UPDATE history_now SET entry = NULL")
    rows["studio.db"] = path.read_bytes()
    path.unlink()
    target = folder / "h.tinyml.zip"
    with zipfile.ZipFile(target, "w") as file:
        for name, data in rows.items():
            file.writestr(name, data)
    return target


def test_a_project_with_a_row_in_every_table_is_opened(packed: Path, tmp_path: Path) -> None:
    same = edited(packed, tmp_path, "SELECT 1")
    archive.open_archive(same, tmp_path / "made", Quiet())
    with Project.open(tmp_path / "made") as made:
        assert [one.label for one in made.samples()] == ["w"]
        made.history.redo()
        assert [one.label for one in made.samples()] == ["v"]
        made.snapshots.restore("before")


CASES = (
    ("UPDATE sample SET stop = 100000", "from 5 to 100000 of 500"),
    ("UPDATE sample SET start = -5", "start of a sample"),
    ("UPDATE sample SET start = 40", "from 40 to 40"),
    ("UPDATE sample SET stop = 39.5", "stop of a sample"),
    ("UPDATE sample SET label = x'ff'", "label of a sample"),
    ("UPDATE sample SET label = CAST(x'ff' AS TEXT)", "decode"),
    ("UPDATE sample SET label = ' '", "label of a sample"),
    ("UPDATE sample SET split = 'zz'", "split of a sample"),
    ("UPDATE sample SET preset = 'zz'", "preset of a sample"),
    ("UPDATE sample SET enabled = 7", "enabled of a sample"),
    ("UPDATE sample SET track = 'nowhere'", "track 'nowhere'"),
    ("DELETE FROM recording", "belongs to nothing"),
    ("UPDATE sample_index SET label = 'other'", "index"),
    ("UPDATE sample_index SET seconds = 9e999", "index"),
    ("DELETE FROM sample_index", "index"),
    ("UPDATE recording SET sample_rate_hz = 0", "not opened"),
    ("UPDATE recording SET sample_rate_hz = 'x'", "not opened"),
    ("UPDATE recording SET sample_rate_hz = 9e999", "not opened"),
    ("DELETE FROM sample; UPDATE recording SET sample_rate_hz = 9e999", "sample_rate_hz of a"),
    ("DELETE FROM sample; UPDATE recording SET sample_rate_hz = 'x'", "sample_rate_hz of a"),
    ("UPDATE recording SET axes = '[[1, 2]]'", "axes of a recording"),
    ("UPDATE recording SET axes = '[]'", "axes of a recording"),
    ("UPDATE recording SET axes = '{'", "axes of a recording"),
    ("UPDATE recording SET axes = '" + 100_000 * "[" + "'", "axes of a recording"),
    ("UPDATE recording SET name = x'00ff'", "name"),
    ("UPDATE recording SET group_name = x'00ff'", "group_name"),
    ("UPDATE recording SET readings = 10000000000000000000", "readings"),
    ("UPDATE recording SET flags = x'05'", "flags of a recording"),
    ("UPDATE recording SET health = '[1]'", "health of a recording"),
    ("UPDATE recording SET hidden = 2", "hidden of a recording"),
    ("UPDATE gap SET missing = -9", "missing of a gap"),
    ("UPDATE gap SET at = 501", "before reading 501 of 500"),
    ("UPDATE gap SET recording_id = 99", "belongs to"),
    ("DELETE FROM track", "track main is missing"),
    ("UPDATE track SET name = x'ff' WHERE id = 2", "name of a track"),
    ("UPDATE metadata SET value = x'ff'", "value of a metadata"),
    ("UPDATE metadata SET recording_id = 99", "belongs to"),
    ("UPDATE suggestion SET confidence = 9e999", "confidence"),
    ("UPDATE suggestion SET state = 'x'", "state of a suggestion"),
    ("UPDATE suggestion SET stop = 501", "from 60 to 501"),
    ("UPDATE run SET metrics = '[]'", "metrics of a run"),
    ("UPDATE run SET finished = x'ff'", "finished of a run"),
    ("UPDATE snapshot SET content = zeroblob(10)", "snapshot cannot be read"),
    ("UPDATE snapshot SET name = x'ff'", "name of a snapshot"),
    ("UPDATE history SET undone = 'x'", "undone of a history"),
    ("UPDATE history_now SET entry = 0", "history is not"),
    ("DELETE FROM history_now", "history is not"),
    ("UPDATE change SET place = 'run'", "place of a change"),
    ("UPDATE change SET before = '{'", "a change of a"),
    ('UPDATE change SET before = \'{"sha256": "x"}\'', "a change of a"),
    ("UPDATE change SET before = '{\"label\": 5}' WHERE place = 'sample'", "label of a sample"),
    ("UPDATE change SET before = '{\"start\": -1}' WHERE place = 'sample'", "start of a sample"),
    ("UPDATE change SET before = '{\"recording_id\": 9}' WHERE place = 'sample'", "no recording"),
    ("UPDATE change SET entry = 99", "belongs to nothing"),
    ("PRAGMA user_version = 99", "newer"),
)


@pytest.mark.parametrize(("sql", "words"), CASES, ids=[case[0][:50] for case in CASES])
def test_a_strange_row_is_refused(packed: Path, tmp_path: Path, sql: str, words: str) -> None:
    refused(edited(packed, tmp_path, sql), tmp_path, words)


def refused(path: Path, folder: Path, words: str) -> None:
    with pytest.raises(ProjectError, match=words) as caught:
        archive.open_archive(path, folder / "made", Quiet())
    assert len(str(caught.value)) < 500
    assert [item.name for item in folder.iterdir()] == [path.name]


@pytest.mark.parametrize("what", ["bomb", "label", "beyond", "cut"])
def test_a_strange_snapshot_is_refused(packed: Path, tmp_path: Path, what: str) -> None:
    sample = [1, 1, 0, 9, 5 if what == "label" else "w", "", "", "main", 1]
    sample[3] = 999 if what == "beyond" else 9
    tables = {"recording": [[1, "r", "r"]], "sample": [sample], "track": [[1, "main"]]}
    text = json.dumps({**tables, "metadata": []})
    content = zlib.compress(text.encode() + (b" " * (64 << 20) if what == "bomb" else b""))
    content = content[:-9] if what == "cut" else content
    path = edited(packed, tmp_path, "UPDATE snapshot SET content = ?", (content,))
    refused(path, tmp_path, "snapshot|of a sample|a sample is")


def test_an_archive_of_many_samples_is_looked_at_in_a_moment(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        recording = project.add_recording(
            np.zeros(40_000, np.int16), name="r", axes=[Axis("a")], sample_rate_hz=100.0
        )
        spans = [Span(n, n + 5, f"l{n % 9}") for n in range(20_000)]
        project.add_samples(recording.id, spans)
    exports.export_data(tmp_path / "p", tmp_path / "p.tinyml.zip", report=Quiet())
    archive.open_archive(tmp_path / "p.tinyml.zip", tmp_path / "again", Quiet())
    with Project.open(tmp_path / "again") as again:
        assert len(again.samples()) == 20_000
    shutil.rmtree(tmp_path / "again")
