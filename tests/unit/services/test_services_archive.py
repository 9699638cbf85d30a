"""Project archives: everything comes back, the same bytes each time, hostile ones are refused."""

import hashlib
import io
import os
import shutil
import sqlite3
import stat
import struct
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.errors import ConfigError, ProjectError
from studio.events import Quiet
from studio.project import Project
from studio.services import archive, exports, imports, projects, unpack
from studio.types import Axis, Gap, Span

Rows = list[tuple[str, bytes]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path / "whole"
    with Project.create(path, name="Änne's") as made:
        for number in range(3):
            recording = made.add_recording(
                rng.normal(size=(50, 2)).astype(np.float32),
                name=f"r{number}",
                axes=(Axis("x", "g"), Axis("y", "g")),
                sample_rate_hz=62.3 + number,
                gaps=[Gap(7, number + 1)],
                metadata={"device": "d1"},
            )
            made.add_samples(recording.id, [Span(0, 20, "a"), Span(10, 50, "b")], split="test")
        run = made.new_run("train")
        (path / "runs" / run.id / "model.tflite").write_bytes(b"\x00" * 100_000)
        made.finish_run(run.id, {"accuracy": 0.5})
    return path


@pytest.fixture
def packed(project: Path, tmp_path: Path) -> Path:
    target = tmp_path / "p.tinyml.zip"
    exports.export_data(project, target, report=Quiet())
    return target


def content(path: Path) -> dict[str, bytes]:
    """Return what a project is: its tables' rows and its files."""
    found = {}
    with closing(sqlite3.connect(path / "studio.db")) as database:
        found["studio.db"] = "\n".join(sorted(database.iterdump())).encode()
    for file in path.rglob("*"):
        if file.is_file() and not file.name.startswith("studio.db"):
            found[file.relative_to(path).as_posix()] = file.read_bytes()
    return found


def left_behind(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_everything_comes_back(project: Path, packed: Path, tmp_path: Path) -> None:
    result = imports.import_data(tmp_path / "again", [packed], report=Quiet())
    assert (result["recordings"], result["samples"]) == (3, 6)
    before, after = content(project), content(tmp_path / "again")
    assert len(before) == 1 + 1 + 3 + 1
    assert after == before
    assert left_behind(tmp_path) == []
    assert projects.info(tmp_path / "again", Quiet())["name"] == "Änne's"


def test_the_same_project_gives_the_same_bytes(
    project: Path, packed: Path, tmp_path: Path
) -> None:
    exports.export_data(project, tmp_path / "q.tinyml.zip", report=Quiet())
    assert (tmp_path / "q.tinyml.zip").read_bytes() == packed.read_bytes()
    copy = tmp_path / "opened"
    archive.open_archive(packed, copy, Quiet())
    exports.export_data(copy, tmp_path / "r.tinyml.zip", report=Quiet())
    assert (tmp_path / "r.tinyml.zip").read_bytes() == packed.read_bytes()


def test_an_archive_is_added_to_a_project(packed: Path, tmp_path: Path) -> None:
    projects.new(tmp_path / "other", report=Quiet(), settings={"sample_rate_hz": 62.3})
    result = imports.import_data(tmp_path / "other", [packed], report=Quiet())
    # whatever their rate: what another project held stays as it was
    assert (result["recordings"], result["samples"], result["failed"]) == (3, 6, [])
    with Project.open(tmp_path / "other") as made:
        (recording,) = (one for one in made.recordings() if one.sample_rate_hz == 62.3)
        assert (recording.gaps, recording.sample_rate_hz) == ((Gap(7, 1),), 62.3)
        assert made.metadata.of(recording.id) == {"device": "d1"}
        of_it = [one for one in made.samples() if one.recording_id == recording.id]
        found = [(s.start, s.stop, s.label, s.split) for s in of_it]
        assert found == [(0, 20, "a", "test"), (10, 50, "b", "test")]
    assert list((tmp_path / "other" / "incoming").iterdir()) == []


def test_an_archive_is_known_under_another_name(
    project: Path, packed: Path, tmp_path: Path
) -> None:
    packed.rename(tmp_path / "renamed.zip")
    imports.import_data(tmp_path / "again", [tmp_path / "renamed.zip"], report=Quiet())
    assert content(tmp_path / "again") == content(project)
    with pytest.raises(ConfigError, match="no name of an archive"):
        exports.export_data(project, tmp_path / "folder", form="archive", report=Quiet())


def test_nothing_is_overwritten(project: Path, packed: Path, tmp_path: Path) -> None:
    before = packed.read_bytes()
    with pytest.raises(ProjectError, match="there already"):
        exports.export_data(project, packed, report=Quiet())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    for target in (tmp_path / "mine", tmp_path / "mine" / "notes.txt"):
        with pytest.raises(ProjectError, match="not empty"):
            exports.export_data(project, target, form="npy", report=Quiet())
        with pytest.raises(ProjectError, match="not empty"):
            archive.open_archive(packed, target, Quiet())
    assert packed.read_bytes() == before
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    assert left_behind(tmp_path) == []


# Hostile archives


def zipped(path: Path, rows: Rows, **kinds: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in rows:
            info = zipfile.ZipInfo("placeholder")
            info.filename = name
            info.create_system = 3
            info.external_attr = kinds.get("mode", 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, data)
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "names",
    [
        ["../out"],
        ["a/../../out"],
        ["/abs"],
        ["C:/x"],
        ["c:x"],
        ["a\\..\\b"],
        ["a\x01b"],
        ["a/./b"],
        ["a//b"],
        ["nul"],
        ["a?b"],
        ["a*b"],
        ["a/b|c/d"],
        ["<a>"],
        ['a"b'],
        ["CON .csv"],
        ["a/COM\u00b9"],
        ["lpt\u00b3.txt"],
        ["conout$"],
        ["CONIN$.npy"],
        ["a/COM1.txt"],
        ["a."],
        ["b "],
        ["a. /b"],
        ["x" * 300],
        ["same", "same"],
        ["Same", "same"],
        ["é", "e\u0301"],
        ["straße", "STRASSE"],
        ["a", "a/b"],
        ["a/b", "A"],
    ],
)
def test_hostile_names_are_refused(tmp_path: Path, names: list[str]) -> None:
    path = zipped(tmp_path / "bad.zip", [(name, b"x") for name in names])
    stage = tmp_path / "stage"
    stage.mkdir()
    with (
        pytest.raises(ProjectError, match=r"bad\.zip was not opened"),
        unpack.unpacked(path, stage, report=Quiet()),
    ):
        pass
    assert list(stage.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.zip", "stage"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path: Path, kind: int) -> None:
    path = zipped(tmp_path / "bad.zip", [("a", b"/etc/passwd")], mode=kind | 0o777)
    with (
        pytest.raises(ProjectError, match="link or a device"),
        unpack.unpacked(path, tmp_path, report=Quiet()),
    ):
        pass
    assert left_behind(tmp_path) == []


def refused(path: Path, parent: Path, words: str, limits: unpack.Limits | None = None) -> None:
    with (
        pytest.raises(ProjectError, match=words),
        unpack.unpacked(path, parent, limits=limits, report=Quiet()),
    ):
        pass
    assert left_behind(parent) == []


def test_bombs_are_stopped_while_they_grow(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "bomb.zip", [("zeros", b"\x00" * (40 << 20))])
    assert bomb.stat().st_size < 100_000
    refused(bomb, tmp_path, "more than 200 times its size")
    many = zipped(tmp_path / "many.zip", [(f"{n}", b"\x00" * (4 << 20)) for n in range(10)])
    refused(many, tmp_path, "grows to more than")
    small = zipped(tmp_path / "small.zip", [("a", os.urandom(50_000)), ("b", os.urandom(50_000))])
    refused(small, tmp_path, "grows to more than", unpack.Limits(total_bytes=80_000))
    refused(small, tmp_path, "does not fit on the disk", unpack.Limits(spare_bytes=1 << 60))


def test_declared_sizes_are_not_believed(tmp_path: Path) -> None:
    path = zipped(tmp_path / "bomb.zip", [("zeros", b"\x00" * (40 << 20))])
    data = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.index(signature) + at, 100)
    path.write_bytes(data)
    refused(path, tmp_path, "damaged")


def test_too_many_entries_are_refused_before_they_are_listed(tmp_path: Path) -> None:
    path = zipped(tmp_path / "many.zip", [(str(n), b"") for n in range(1000)])
    refused(path, tmp_path, "1000 entries", unpack.Limits(entries=999))
    refused(path, tmp_path, "list of entries has", unpack.Limits(list_bytes=1000))
    data = bytearray(path.read_bytes())
    struct.pack_into("<2H", data, data.rindex(b"PK\x05\x06") + 8, 3, 3)  # it says: three entries
    path.write_bytes(data)
    refused(path, tmp_path, "1000 entries", unpack.Limits(entries=999))


def test_encrypted_and_broken_archives_are_refused(packed: Path, tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "secret.zip", [("a", b"x")]).read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + at] |= 1
    (tmp_path / "secret.zip").write_bytes(data)
    refused(tmp_path / "secret.zip", tmp_path, "encrypted")
    (tmp_path / "empty.zip").write_bytes(b"")
    refused(tmp_path / "empty.zip", tmp_path, "no zip file")
    refused(tmp_path / "nowhere.zip", tmp_path, "damaged or no zip")
    whole = packed.read_bytes()
    for size in range(0, len(whole), 977):
        (tmp_path / "cut.tinyml.zip").write_bytes(whole[:size])
        refused(tmp_path / "cut.tinyml.zip", tmp_path, r"cut\.tinyml\.zip was not opened")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_flipped_bytes_open_whole_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("flip")
    whole = bytearray(_WHOLE.setdefault("data", b"") or _archive(tmp_path_factory))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] ^= data.draw(st.integers(1, 255))
    path = folder / "p.tinyml.zip"
    path.write_bytes(whole)
    try:
        archive.open_archive(path, folder / "made", Quiet())
    except ProjectError:
        assert [item.name for item in folder.iterdir()] == ["p.tinyml.zip"]
    else:
        with Project.open(folder / "made") as made:
            assert len(made.recordings()) == 1
    shutil.rmtree(folder)


_WHOLE: dict[str, bytes] = {}


def _archive(factory: pytest.TempPathFactory) -> bytes:
    folder = factory.mktemp("whole")
    with Project.create(folder / "p") as made:
        values = np.arange(2000, dtype=np.int16)
        made.add_recording(values, name="r", axes=(Axis("audio", "wav"),), sample_rate_hz=8000)
    exports.export_data(folder / "p", folder / "p.tinyml.zip", report=Quiet())
    _WHOLE["data"] = (folder / "p.tinyml.zip").read_bytes()
    return _WHOLE["data"]


def changed(packed: Path, change: Callable[[Rows], Rows]) -> Path:
    """Return an archive that differs from a good one."""
    with zipfile.ZipFile(packed) as file:
        rows = [(row.filename, file.read(row)) for row in file.infolist()]
    return zipped(packed.with_name("changed.tinyml.zip"), change(rows))


def by_sql(data: bytes, sql: str, folder: Path) -> bytes:
    path = folder / "edited.db"
    path.write_bytes(data)
    with closing(sqlite3.connect(path)) as database:
        edited = sql.replace("UNNOTED", "UPDATE history_now SET entry = 0;")
        database.executescript(edited)
        if edited != sql:
            database.execute("UPDATE history_now SET entry = NULL")
        database.commit()
    data = path.read_bytes()
    path.unlink()
    return data


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER evil AFTER UPDATE ON run BEGIN DELETE FROM recording; END",
        "CREATE VIEW evil AS SELECT 1",
        "CREATE VIRTUAL TABLE evil USING fts5(a)",
        "UNNOTED UPDATE recording SET sha256 = '../../../../etc/passwd'",
        "UNNOTED UPDATE recording SET dtype = 'object'",
        "UPDATE run SET id = '../../out'",
        "PRAGMA writable_schema = 1; DELETE FROM sqlite_master",
        "DROP TABLE recording",
        "DROP TRIGGER sample_label_noted",
        "PRAGMA user_version = 9999",
    ],
)
def test_a_hostile_database_is_refused(packed: Path, tmp_path: Path, sql: str) -> None:
    def change(rows: Rows) -> Rows:
        return [
            (name, by_sql(data, sql, tmp_path) if name == "studio.db" else data)
            for name, data in rows
        ]

    path = changed(packed, change)
    with pytest.raises(ProjectError):
        archive.open_archive(path, tmp_path / "made", Quiet())
    assert not (tmp_path / "made").exists()
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("header", "no project archive"),
        ("newer", "newer TinyML Studio"),
        ('{"version": 1e400}', "names no version"),
        ('{"version": true}', "names no version"),
        ('{"version": "1"}', "names no version"),
        ('{"version": 0}', "names no version"),
        ('{"version": [1]}', "names no version"),
        ('{"version": 1' + 4000 * "0" + "}", "names no version"),
        ('{"version": 1' + 9000 * "0" + "}", "no project archive"),
        ("[1]", "no project archive"),
        ("manifest", "no whole project"),
        ("recording", "is damaged"),
        ("missing", "cannot be read"),
        ("foreign", "does not belong"),
        ("toml", "cannot be read"),
        ("huge", "cannot be read"),
        ("endless", "cannot be read"),
    ],
)
def test_an_incomplete_project_is_refused(
    packed: Path, tmp_path: Path, what: str, words: str
) -> None:
    def change(rows: Rows) -> Rows:
        table = dict(rows)
        recordings = [name for name in table if name.startswith("recordings/")]
        if what == "header":
            del table["tinyml-archive.json"]
        elif what == "newer":
            table["tinyml-archive.json"] = b'{"version": 99}'
        elif what[0] in "{[":
            table["tinyml-archive.json"] = what.encode()
        elif what == "manifest":
            del table["project.toml"]
        elif what == "huge":
            table["project.toml"] = table["project.toml"].replace(
                b"window_ms = 1000.0", b"window_ms = 1" + 400 * b"0"
            )
        elif what == "endless":
            table["project.toml"] = table["project.toml"].replace(
                b"block_version = 0", b"block_version = inf"
            )
        elif what == "recording":
            table[recordings[0]] = table[recordings[0]][:-1] + b"\x7f"
        elif what == "missing":
            del table[recordings[0]]
        elif what == "foreign":
            table["recordings/evil.sh"] = b"rm"
        else:
            table["project.toml"] = b"]["
        return list(table.items())

    path = changed(packed, change)
    with pytest.raises(ProjectError, match=words):
        archive.open_archive(path, tmp_path / "made", Quiet())
    assert not (tmp_path / "made").exists()
    assert left_behind(tmp_path) == []


def test_readings_that_are_no_numbers_are_refused(packed: Path, tmp_path: Path) -> None:
    """Their checksum is right: somebody made the file so."""

    def change(rows: Rows) -> Rows:
        table = dict(rows)
        name = next(name for name in table if name.endswith(".npy"))
        values = table.pop(name)[:-4] + np.float32(np.nan).tobytes()
        old, new = name[11:-4], hashlib.sha256(values).hexdigest()
        table[f"recordings/{new}.npy"] = values
        sql = f"UNNOTED UPDATE recording SET sha256 = '{new}' WHERE sha256 = '{old}';"
        table["studio.db"] = by_sql(table["studio.db"], sql, tmp_path)
        return list(table.items())

    path = changed(packed, change)
    with pytest.raises(ProjectError, match="holds values that are no numbers"):
        archive.open_archive(path, tmp_path / "made", Quiet())
    assert left_behind(tmp_path) == []


def test_a_hostile_zip_of_data_leaves_the_project_as_it_is(tmp_path: Path) -> None:
    projects.new(tmp_path / "p", report=Quiet())
    data = io.BytesIO()
    np.save(data, np.zeros((10, 1), np.float32))
    bad = zipped(tmp_path / "d.zip", [("a.npy", data.getvalue()), ("../b.npy", b"x")])
    with pytest.raises(ProjectError, match="points out of the archive"):
        imports.import_data(tmp_path / "p", [bad], report=Quiet())
    assert list((tmp_path / "p" / "incoming").iterdir()) == []
    assert list((tmp_path / "p" / "recordings").iterdir()) == []
