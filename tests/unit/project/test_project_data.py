"""What is kept about the data: old projects, snapshots, tracks, metadata, health, suggestions."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from studio.errors import ProjectError
from studio.project import SCHEMA, Project, SampleQuery
from studio.project.files import wav_header
from studio.types import Axis, Labelling, Recording, Span

FIRST = """
    CREATE TABLE recording (id INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL,
        axes TEXT NOT NULL, sample_rate_hz REAL NOT NULL, dtype TEXT NOT NULL,
        readings INTEGER NOT NULL, group_name TEXT NOT NULL, source TEXT NOT NULL,
        log TEXT NOT NULL, created TEXT NOT NULL, UNIQUE (sha256, name, sample_rate_hz, axes));
    CREATE INDEX recording_log ON recording (log);
    CREATE INDEX recording_group ON recording (group_name);
    CREATE TABLE gap (recording_id INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
        at INTEGER NOT NULL, missing INTEGER NOT NULL);
    CREATE INDEX gap_recording ON gap (recording_id);
    CREATE TABLE sample (id INTEGER PRIMARY KEY,
        recording_id INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
        start INTEGER NOT NULL, stop INTEGER NOT NULL, label TEXT NOT NULL, preset TEXT NOT NULL,
        split TEXT NOT NULL);
    CREATE INDEX sample_recording ON sample (recording_id);
    CREATE INDEX sample_label ON sample (label, split);
    CREATE TABLE run (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
        started TEXT NOT NULL, finished TEXT NOT NULL, metrics TEXT NOT NULL);
    CREATE INDEX run_kind ON run (kind);
    INSERT INTO recording VALUES (3, 'yes/1', '{sha}', '[["audio", "wav"]]', 16000.0, 'int16', 50,
        'anna', 'yes/1.wav', '', '2026-01-01T00:00:00.000+00:00');
    INSERT INTO gap VALUES (3, 10, 4);
    INSERT INTO sample VALUES (1, 3, 0, 20, 'yes', '', '');
    INSERT INTO sample VALUES (2, 3, 20, 50, 'no', 'test', '');
    INSERT INTO sample VALUES (5, 3, 5, 6, 'yes', 'train', 'validation');
    INSERT INTO run VALUES (1, 'aabbccdd', 'train', 'then', '', '{{}}');
    PRAGMA user_version = 1;
"""
MANIFEST = """schema = 1
name = "old"
[pipeline]
window_ms = 1000.0
stride_ms = 500.0
sample_rate_hz = 16000.0
axes = [{name = "audio", units = "wav"}]
dtype = "int16"
block = ""
block_version = 0
learning = ""
board = ""
block_params = {}
learning_params = {}
[pipeline.decision]
smoothing = 3
threshold = 0.6
"""


def old_project(folder: Path) -> Path:
    """Write a project as the first version did, without any code of the studio's database."""
    import hashlib

    for part in ("recordings", "incoming", "runs/aabbccdd"):
        (folder / part).mkdir(parents=True)
    content = wav_header(50, 1, 16000) + np.arange(50, dtype="<i2").tobytes()
    sha = hashlib.sha256(content).hexdigest()
    (folder / "recordings" / f"{sha}.wav").write_bytes(content)
    (folder / "project.toml").write_text(MANIFEST)
    connection = sqlite3.connect(folder / "studio.db")
    connection.executescript(FIRST.format(sha=sha))
    connection.close()
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    with Project.create(tmp_path / "p") as made:
        yield made


def add(project: Project, name: str, *, n: int = 100) -> Recording:
    values = np.random.default_rng(n).normal(size=(n, 1)).astype(np.float32)
    return project.add_recording(values, name=name, axes=[Axis("x")], sample_rate_hz=50)


def test_a_project_of_the_first_version_opens_with_all_it_held(tmp_path: Path) -> None:
    folder = old_project(tmp_path / "old")
    for _ in range(2):
        with Project.open(folder) as project:
            assert project.notices == ()
            (recording,) = project.recordings()
            assert (recording.id, recording.group, recording.flags) == (3, "anna", ())
            assert project.read(3)[:, 0].tolist() == list(range(50))
            found = [(s.id, s.start, s.stop, s.label, s.split) for s in project.samples()]
            assert found == [
                (1, 0, 20, "yes", ""),
                (2, 20, 50, "no", "test"),
                (5, 5, 6, "yes", "validation"),
            ]
            assert {(s.track, s.enabled, s.group) for s in project.samples()} == {
                ("main", True, "anna")
            }
            assert project.pipeline.labelling == Labelling()
            assert [run.id for run in project.runs()] == ["aabbccdd"]
            assert project.history.entries() == []
    with Project.open(folder) as project:
        project.relabel_sample(1, "maybe")
        project.delete_recordings([3])
        project.history.undo(2)
        assert [sample.label for sample in project.samples()] == ["yes", "no", "yes"]
    connection = sqlite3.connect(folder / "studio.db")
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
    connection.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    folder = old_project(tmp_path / "old")
    connection = sqlite3.connect(folder / "studio.db")
    connection.execute("CREATE TABLE snapshot (in_the_way TEXT)")
    connection.commit()
    connection.close()
    with pytest.raises(ProjectError):
        Project.open(folder)
    connection = sqlite3.connect(folder / "studio.db")
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert connection.execute("SELECT count(*) FROM sample").fetchone() == (3,)
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert not {"track", "history", "sample_index"} & tables


def test_snapshots_are_compared_and_restored(project: Project) -> None:
    one, two = add(project, "one"), add(project, "two", n=60)
    first, second = project.add_samples(one.id, [Span(0, 50, "a"), Span(50, 100, "b")])
    (third,) = project.add_samples(two.id, [Span(0, 60, "a")])
    saved = project.snapshots.save("before")
    assert (saved.recordings, saved.samples) == (2, 3)
    assert project.snapshots.save("twin").sha256 == saved.sha256
    project.relabel_sample(first.id, "c")
    project.labels.remove([second.id])
    (fourth,) = project.add_samples(one.id, [Span(1, 2, "d")])
    project.delete_recordings([two.id])
    now = project.samples()
    found = project.snapshots.compare("before")
    assert found["sample"].changed == (first.id,)
    assert set(found["sample"].removed) == {second.id, third.id}
    assert found["sample"].added == (fourth.id,)
    assert found["recording"].removed == (two.id,)
    project.snapshots.save("after")
    backward = project.snapshots.compare("after", "before")
    assert backward["recording"].added == (two.id,)
    assert project.snapshots.compare("before", "twin") == project.snapshots.compare("after")
    project.snapshots.restore("before")
    assert project.samples() == [first, second, third]
    assert project.snapshots.save("again").sha256 == saved.sha256
    project.history.undo()
    assert project.samples() == now
    assert [row.name for row in project.snapshots.every()] == ["before", "twin", "after", "again"]


def test_snapshots_in_words(project: Project) -> None:
    add(project, "one")
    project.snapshots.save("a")
    for name in ("a", " \n"):
        with pytest.raises(ProjectError):
            project.snapshots.save(name)
    with pytest.raises(ProjectError, match="no snapshot 'b'"):
        project.snapshots.compare("b")
    connection = sqlite3.connect(project.path / "studio.db")
    connection.execute("UPDATE snapshot SET content = substr(content, 1, 20)")
    connection.commit()
    connection.close()
    with pytest.raises(ProjectError, match="damaged"):
        project.snapshots.restore("a")


def test_a_damaged_database_is_called_damaged(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        for number in range(60):
            add(project, f"r{number}")
    file = tmp_path / "p" / "studio.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(file.read_bytes())
    for page in range(4096, len(data), 4096):
        data[page : page + 200] = b"\xff" * 200
    file.write_bytes(data)
    with (
        pytest.raises(ProjectError, match=r"is damaged: database disk image is malformed"),
        Project.open(tmp_path / "p") as project,
    ):
        project.recordings()


def test_tracks_hold_labels_of_their_own(project: Project) -> None:
    recording = add(project, "one")
    assert project.labels.tracks() == ["main"]
    assert project.labels.add_track(" speaker\n") == "speaker"
    project.add_samples(recording.id, [Span(0, 100, "yes")])
    (who,) = project.add_samples(recording.id, [Span(0, 100, "anna")], track="speaker")
    assert project.samples(track="speaker") == [who]
    assert project.labels.rename_track("speaker", "who") == "who"
    assert [sample.track for sample in project.samples(label="anna")] == ["who"]
    with pytest.raises(ProjectError, match="no track 'speaker'"):
        project.add_samples(recording.id, [Span(0, 1, "x")], track="speaker")
    with pytest.raises(ProjectError, match="already"):
        project.labels.add_track("who")
    with pytest.raises(ProjectError, match="every project"):
        project.labels.remove_track("main")
    project.labels.remove_track("who")
    assert [sample.label for sample in project.samples()] == ["yes"]
    with pytest.raises(ProjectError, match="label 'anna'"):
        project.labels.merge_labels(["yes", "anna"], "all")
    assert [sample.label for sample in project.samples()] == ["yes"]
    assert project.labels.merge_labels(["yes"], "no") == 1


def test_moving_takes_the_group_along(project: Project) -> None:
    one = project.add_recording(
        np.ones((9, 1), np.float32), name="1", axes=[Axis("x")], sample_rate_hz=5, group="g"
    )
    two = project.add_recording(
        np.ones((8, 1), np.float32), name="2", axes=[Axis("x")], sample_rate_hz=5, group="g"
    )
    (first,) = project.add_samples(one.id, [Span(0, 9, "a")], split="train")
    (second,) = project.add_samples(two.id, [Span(0, 8, "a")])
    assert project.labels.move([first.id], "test") == 2
    assert {sample.split for sample in project.samples()} == {"test"}
    assert project.labels.move([second.id], "train", whole_groups=False) == 1
    assert [sample.split for sample in project.samples()] == ["test", "train"]
    project.labels.move([first.id], "")
    assert [sample.split for sample in project.samples()] == ["", ""]
    with pytest.raises(ProjectError, match="no split 'exam'"):
        project.labels.move([first.id], "exam")


def test_metadata_of_recordings(project: Project) -> None:
    one, two = add(project, "one"), add(project, "two", n=50)
    project.metadata.set(one.id, {"device": "nano", "notes": "windy\nday", "session": 7})
    project.metadata.set(two.id, {"session": "7"})
    assert project.metadata.of(one.id) == {
        "device": "nano",
        "notes": "windy\nday",
        "session": "7",
    }
    project.metadata.set(one.id, {"notes": None, "device": "uno"})
    assert project.metadata.every() == {
        one.id: {"device": "uno", "session": "7"},
        two.id: {"session": "7"},
    }
    project.history.undo()
    assert project.metadata.of(one.id)["device"] == "nano"
    for wrong in ({"": "x"}, {"a": "x" * 100_001}):
        with pytest.raises(ProjectError, match="cannot be kept"):
            project.metadata.set(one.id, wrong)


def test_health_can_be_found_again(project: Project) -> None:
    one, two = add(project, "one"), add(project, "two", n=50)
    assert project.health(one.id) == {}
    project.set_health(one.id, {"gaps": 2, "clipped": [0.1]}, ["gaps", "clip ping", "gaps"])
    assert project.health(one.id) == {"gaps": 2, "clipped": [0.1]}
    assert project.recording(one.id).flags == ("gaps", "clip-ping")
    assert project.recording(two.id).flags == ()
    with pytest.raises(ProjectError, match="cannot be kept"):
        project.set_health(one.id, {"x": float("nan")})
    assert len(project.history.entries()) == 2


def test_suggestions_become_samples_when_accepted(project: Project) -> None:
    one, two = add(project, "one"), add(project, "two", n=50)
    project.suggestions.put("r1", one, [(Span(0, 50, "a"), 0.9), (Span(50, 100, "b"), 0.4)])
    project.suggestions.put("r1", two, [(Span(0, 50, "a"), 0.7)])
    found = project.suggestions.find()
    assert [(row.recording, row.label, row.confidence) for row in found] == [
        ("one", "b", 0.4),
        ("two", "a", 0.7),
        ("one", "a", 0.9),
    ]
    assert [row.confidence for row in project.suggestions.find(label="a", limit=1)] == [0.7]
    assert project.suggestions.find(most_certain_first=True)[0].confidence == 0.9
    unsure, other, sure = found
    (made,) = project.suggestions.accept([sure.id])
    project.suggestions.accept([unsure.id], label="c")
    project.suggestions.reject([other.id])
    assert [(s.start, s.stop, s.label) for s in project.samples()] == [
        (0, 50, "a"),
        (50, 100, "c"),
    ]
    assert project.suggestions.find(state="accepted")[-1].sample_id == made
    with pytest.raises(ProjectError, match="is accepted"):
        project.suggestions.accept([sure.id])
    with pytest.raises(ProjectError, match="not there"):
        project.suggestions.reject([99])
    project.history.undo(2)
    assert [row.id for row in project.suggestions.find()] == [unsure.id, other.id]
    project.suggestions.put("r2", one, [(Span(0, 100, "a"), 0.8)])
    assert [(row.run, row.state) for row in project.suggestions.find()] == [
        ("r1", "open"),
        ("r2", "open"),
    ]
    assert len(project.suggestions.find(state="accepted")) == 1


def test_a_number_that_went_to_another_recording_is_restored(project: Project) -> None:
    one = add(project, "one")
    (first,) = project.add_samples(one.id, [Span(0, 50, "a")])
    project.snapshots.save("before")
    project.delete_recordings([one.id])
    two = add(project, "two", n=60)
    (second,) = project.add_samples(two.id, [Span(0, 60, "a")])
    assert second.id == first.id
    found = project.snapshots.compare("before")["sample"]
    assert (found.added, found.removed, found.changed) == ((first.id,), (first.id,), ())
    project.snapshots.restore("before")
    assert project.samples() == [first]
    (row,) = project.index.page(SampleQuery())
    assert (row.recording, row.sample.group) == ("one", "one")


def test_a_label_keeps_its_place_whatever_comes_and_goes(tmp_path: Path) -> None:
    folder = old_project(tmp_path / "old")
    with Project.open(folder) as project:
        places, labels = project.index.places, project.labels
        assert places() == {"no": 0, "yes": 1}
        labels.add(project.recording(3), [Span(0, 5, "maybe")], "")
        (first,) = project.index.ids(SampleQuery(labels=("maybe",)))
        labels.add(project.recording(3), [Span(5, 9, "bee")], "")
        assert places() == {"no": 0, "yes": 1, "maybe": 2, "bee": 3}
        labels.relabel([first], "may")  # the place that nothing needs any more
        assert places() == {"no": 0, "yes": 1, "may": 2, "bee": 3}
        labels.remove([2])
        assert places() == {"yes": 1, "may": 2, "bee": 3}
        project.history.undo()
        assert places() == {"no": 0, "yes": 1, "may": 2, "bee": 3}
        labels.relabel(project.index.ids(SampleQuery(labels=("yes",))), "ja", renames="yes")
        assert places() == {"no": 0, "ja": 1, "may": 2, "bee": 3}
        project.history.undo()
        assert places() == {"no": 0, "yes": 1, "may": 2, "bee": 3}
        project.history.redo()
        assert places() == {"no": 0, "ja": 1, "may": 2, "bee": 3}
        project.history.undo()
