"""One history of all changes: undone to the beginning, redone to the end, across restarts."""

import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from studio.errors import ProjectError, StudioError
from studio.project import Project
from studio.types import Axis, Recording, Span

N = 100
TABLES = {
    "recording": "SELECT id, name, group_name FROM recording WHERE NOT hidden ORDER BY id",
    "sample": "SELECT * FROM sample ORDER BY id",
    "track": "SELECT * FROM track ORDER BY id",
    "metadata": "SELECT * FROM metadata ORDER BY id",
    "suggestion": "SELECT * FROM suggestion ORDER BY id",
    "index": "SELECT * FROM sample_index ORDER BY id",
}
INDEX = """
    SELECT s.id, r.id, s.start, s.label, iif(s.split = '', s.preset, s.split), s.track,
        s.enabled, (s.stop - s.start) / r.sample_rate_hz, r.name, r.group_name
    FROM sample s JOIN recording r ON r.id = s.recording_id ORDER BY s.id
"""


def dump(folder: Path, *names: str) -> dict[str, list[Any]]:
    connection = sqlite3.connect(folder / "studio.db")
    try:
        return {
            name: connection.execute(sql).fetchall()
            for name, sql in TABLES.items()
            if not names or name in names
        }
    finally:
        connection.close()


def add(project: Project, name: str, *, rate: float = 50.0, group: str = "") -> Recording:
    values = np.random.default_rng(len(name)).normal(size=(N, 2)).astype(np.float32)
    return project.add_recording(
        values, name=name, axes=[Axis("x"), Axis("y")], sample_rate_hz=rate, group=group
    )


labels = st.sampled_from(["a", "b", "c"])
numbers = st.lists(st.integers(0, 30), max_size=4)


class Edits(RuleBasedStateMachine):
    """Random changes; the history must lead back to the beginning and forth to the end."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "p"
        with Project.create(self.path) as project:
            add(project, "before", group="g")
            project.add_samples(1, [Span(0, 50, "a"), Span(50, 100, "b")])
            project.history.forget()
        self.project = Project.open(self.path)
        self.begin = dump(self.path)

    def teardown(self) -> None:
        try:
            self.walk()
        finally:
            self.project.close()
            self.folder.cleanup()

    def walk(self) -> None:
        end = dump(self.path)
        entries = self.project.history.entries(limit=10_000)
        redone = [entry for entry in entries if entry.undone]
        if redone:
            self.project.history.redo(len(redone))
            end = dump(self.path)
        if entries:
            self.project.history.undo(len(entries))
        now = dump(self.path)
        for table, rows in self.begin.items():
            if table != "suggestion":
                assert now[table] == rows
        assert all(row[8:] == ("open", None) for row in now["suggestion"])
        self.reopen()
        if entries:
            self.project.history.redo(len(entries))
        assert dump(self.path) == end

    def ids(self, chosen: list[int]) -> list[int]:
        there = [sample.id for sample in self.project.samples()]
        return [there[number % len(there)] for number in dict.fromkeys(chosen)] if there else []

    @rule()
    def reopen(self) -> None:
        self.project.close()
        self.project = Project.open(self.path)

    @rule(number=st.integers(0, 5), metadata=st.booleans(), group=st.sampled_from("gh"))
    def add_recording(self, number: int, metadata: bool, group: str) -> None:
        name = "r" * (number + 1)
        opened = self.project.batch() if metadata else self.project.history.change("Imported")
        with opened:
            made = add(self.project, name, rate=10.0 * (number + 1), group=group)
            self.project.add_samples(made.id, [Span(number, 60, "c")], split="test")
            if metadata:
                self.project.metadata.set(made.id, {"device": "d", "notes": name})

    @rule(chosen=numbers)
    def delete_recordings(self, chosen: list[int]) -> None:
        there = [recording.id for recording in self.project.recordings()]
        self.project.delete_recordings([there[n % len(there)] for n in chosen if there])

    @rule(start=st.integers(0, 60), length=st.integers(1, 40), label=labels)
    def add_sample(self, start: int, length: int, label: str) -> None:
        for recording in self.project.recordings()[-1:]:
            self.project.add_samples(recording.id, [Span(start, start + length, label)])

    @rule(chosen=numbers, label=labels)
    def relabel(self, chosen: list[int], label: str) -> None:
        self.project.labels.relabel(self.ids(chosen), label)

    @rule(chosen=numbers)
    def remove(self, chosen: list[int]) -> None:
        self.project.remove_samples(self.ids(chosen))

    @rule(chosen=st.integers(0, 30), start=st.integers(0, 50), stop=st.integers(51, 100))
    def crop(self, chosen: int, start: int, stop: int) -> None:
        for number in self.ids([chosen]):
            self.project.labels.crop(number, start, stop)

    @rule(chosen=st.integers(0, 30), at=st.integers(1, 99))
    def replace(self, chosen: int, at: int) -> None:
        for number in self.ids([chosen]):
            self.project.labels.replace(number, [Span(0, at, "a"), Span(at, 100, "b")])

    @rule(chosen=numbers, enabled=st.booleans())
    def enable(self, chosen: list[int], enabled: bool) -> None:
        self.project.labels.enable(self.ids(chosen), enabled=enabled)

    @rule(old=labels, new=labels)
    def merge(self, old: str, new: str) -> None:
        if self.project.samples(label=old, track="main"):
            self.project.labels.merge_labels([old], new)

    @rule(chosen=numbers, split=st.sampled_from(["train", "test", ""]), whole=st.booleans())
    def move(self, chosen: list[int], split: str, whole: bool) -> None:
        self.project.labels.move(self.ids(chosen), split, whole_groups=whole)

    @rule(seed=st.integers(0, 3), only_new=st.booleans())
    def assign(self, seed: int, only_new: bool) -> None:
        self.project.assign_splits(seed=seed, only_new=only_new)

    @rule(name=st.sampled_from(["one", "two"]), new=st.sampled_from(["two", "three"]))
    def tracks(self, name: str, new: str) -> None:
        before = dump(self.path)
        try:
            if name in self.project.labels.tracks():
                self.project.labels.rename_track(name, new)
            else:
                self.project.labels.add_track(name)
                self.project.labels.put_on_track(self.ids([0, 1, 2]), name)
        except StudioError:
            assert dump(self.path) == before

    @rule()
    def remove_track(self) -> None:
        for name in self.project.labels.tracks()[1:2]:
            self.project.labels.remove_track(name)

    @rule(key=st.sampled_from(["device", "notes"]), value=st.one_of(st.none(), st.text()))
    def set_metadata(self, key: str, value: str | None) -> None:
        for recording in self.project.recordings()[:1]:
            self.project.metadata.set(recording.id, {key: value, "session": "s"})

    @rule(name=st.sampled_from(["s1", "s2"]))
    def snapshot(self, name: str) -> None:
        if name in [one.name for one in self.project.snapshots.every()]:
            self.project.snapshots.restore(name)
            found = self.project.snapshots.compare(name)
            assert not any(row.added or row.removed or row.changed for row in found.values())
        else:
            self.project.snapshots.save(name)

    @rule(chosen=numbers, verdict=st.sampled_from(["accept", "reject", "correct"]))
    def review(self, chosen: list[int], verdict: str) -> None:
        for recording in self.project.recordings()[:1]:
            self.project.suggestions.put("run", recording, [(Span(1, 9, "b"), 0.5)])
        ids = [one.id for one in self.project.suggestions.find()][: len(chosen)]
        if verdict == "reject":
            self.project.suggestions.reject(ids)
        else:
            label = "c" if verdict == "correct" else ""
            self.project.suggestions.accept(ids, label=label)

    @precondition(lambda self: any(not entry.undone for entry in self.project.history.entries()))
    @rule()
    def undo(self) -> None:
        before = dump(self.path)
        self.project.history.undo()
        undone = dump(self.path)
        self.project.history.redo()
        assert dump(self.path) == before
        self.project.history.undo()
        assert dump(self.path) == undone

    @precondition(lambda self: any(entry.undone for entry in self.project.history.entries()))
    @rule()
    def redo(self) -> None:
        self.project.history.redo()

    @invariant()
    def index_is_right(self) -> None:
        connection = sqlite3.connect(self.path / "studio.db")
        found = connection.execute(TABLES["index"]).fetchall()
        wanted = connection.execute(INDEX).fetchall()
        hidden = connection.execute(
            "SELECT count(*) FROM sample JOIN recording r ON r.id = recording_id WHERE hidden"
        ).fetchone()
        now = connection.execute("SELECT entry FROM history_now").fetchall()
        connection.close()
        assert found == wanted
        assert hidden == (0,)
        assert now == [(None,)]


Edits.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
TestEdits = Edits.TestCase


@pytest.fixture
def project(tmp_path: Path) -> Project:
    with Project.create(tmp_path / "p") as made:
        yield made


def test_the_history_says_what_was_done(project: Project) -> None:
    recording = add(project, "walk")
    (sample,) = project.add_samples(recording.id, [Span(0, 50, "a")])
    project.relabel_sample(sample.id, "b")
    project.labels.enable([sample.id], enabled=False)
    sentences = [entry.sentence for entry in project.history.entries()]
    assert sentences == [
        "Disabled 1 sample",
        "Relabelled 1 sample to b",
        "Added 1 sample to walk",
        "Added walk",
    ]
    (undone,) = project.history.undo()
    assert (undone.sentence, undone.undone) == ("Disabled 1 sample", True)
    project.history.undo(2)
    assert project.samples() == []
    (redone,) = project.history.redo()
    assert redone.sentence == "Added 1 sample to walk"
    assert project.samples() == [sample]
    project.relabel_sample(sample.id, "c")
    with pytest.raises(ProjectError, match="nothing to redo"):
        project.history.redo()
    project.history.undo(100)
    assert project.recordings() == []
    with pytest.raises(ProjectError, match="nothing to undo"):
        project.history.undo()


def test_what_changes_nothing_is_no_entry(project: Project) -> None:
    recording = add(project, "walk")
    (sample,) = project.add_samples(recording.id, [Span(0, 50, "a")])
    project.relabel_sample(sample.id, "b")
    project.history.undo()
    project.relabel_sample(sample.id, "a")
    project.labels.enable([], enabled=False)
    with pytest.raises(ProjectError, match="no sample 99"):
        project.relabel_sample(99, "x")
    assert [entry.sentence for entry in project.history.redo()] == ["Relabelled 1 sample to b"]


def test_a_change_that_fails_leaves_nothing(project: Project) -> None:
    recording = add(project, "walk")
    project.history.forget()

    def fail() -> None:
        with project.history.change("Half done"):
            project.add_samples(recording.id, [Span(0, 5, "a")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert project.samples() == []
    assert project.history.entries() == []
    project.add_samples(recording.id, [Span(0, 5, "a")])
    assert len(project.history.entries()) == 1


def test_batches_that_belong_together_are_one_entry(project: Project) -> None:
    entry = 0
    for part in range(3):
        with project.batch("Imported 6 files", continues=entry) as entry:
            for number in range(2):
                add(project, f"file {part} {number}" + "x" * (2 * part + number))
    assert [one.sentence for one in project.history.entries()] == ["Imported 6 files"]
    assert len(project.recordings()) == 6
    project.history.undo()
    assert project.recordings() == []
    with project.batch("Imported again", continues=entry):
        add(project, "file")
    assert [one.undone for one in project.history.entries()] == [False]


def test_no_change_can_be_made_behind_the_history(project: Project) -> None:
    recording = add(project, "walk")
    project.add_samples(recording.id, [Span(0, 50, "a")])
    connection = sqlite3.connect(project.path / "studio.db")
    for sql in (
        "DELETE FROM sample",
        "UPDATE sample SET stop = 4",
        "UPDATE recording SET hidden = 1",
        "INSERT INTO metadata (recording_id, key, value) VALUES (1, 'a', 'b')",
        "INSERT INTO track (name) VALUES ('x')",
    ):
        with pytest.raises(sqlite3.IntegrityError, match=r"change\.entry"):
            connection.execute(sql)
    connection.close()


@pytest.mark.parametrize("image", ["{", "5", '{"label); DROP TABLE sample; --": 1}', "{}"])
def test_a_damaged_history_changes_nothing(project: Project, image: str) -> None:
    recording = add(project, "walk")
    (sample,) = project.add_samples(recording.id, [Span(0, 50, "a")])
    project.relabel_sample(sample.id, "b")
    connection = sqlite3.connect(project.path / "studio.db")
    connection.execute("UPDATE change SET before = ? WHERE before IS NOT NULL", (image,))
    connection.commit()
    connection.close()
    with pytest.raises(ProjectError, match="damaged"):
        project.history.undo()
    assert [one.label for one in project.samples()] == ["b"]
    project.relabel_sample(sample.id, "c")


def test_deleted_recordings_stay_until_they_are_cleaned(project: Project) -> None:
    one, two, kept = add(project, "one"), add(project, "three"), add(project, "kept for now")
    project.add_samples(one.id, [Span(0, 50, "a")])
    project.metadata.set(one.id, {"device": "x"})
    project.snapshots.save("all but two")
    project.delete_recordings([one.id, two.id])
    assert [recording.id for recording in project.recordings()] == [kept.id]
    assert project.samples() == []
    assert project.metadata.every() == {}
    with pytest.raises(ProjectError, match="no recording"):
        project.read(one.id)
    again = Project.open(project.path)
    assert again.notices == ()
    again.history.undo()
    assert len(again.recordings()) == 3
    assert again.metadata.of(one.id) == {"device": "x"}
    again.close()
    project.delete_recordings([one.id, two.id])
    files = project.path / "recordings"
    assert (project.clean(), len(list(files.iterdir()))) == (0, 3)  # the snapshot needs them
    project.snapshots.remove("all but two")
    sizes = sum((files / f"{row.sha256}.npy").stat().st_size for row in (one, two))
    assert project.clean() == sizes
    assert [path.stem for path in files.iterdir()] == [kept.sha256]
    assert project.history.entries() == []
    assert Project.open(project.path).notices == ()


def test_a_deleted_recording_that_is_added_again_is_back(project: Project) -> None:
    first = add(project, "one", group="anna")
    project.delete_recordings([first.id])
    again = add(project, "one", group="berta")
    assert (again.id, again.group) == (first.id, "berta")
    project.history.undo(2)
    assert project.recordings() == [first]
