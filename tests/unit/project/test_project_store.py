"""A project on disk: what goes in comes out, in formats that others read."""

import hashlib
import os
import sqlite3
import tomllib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from studio.errors import ProjectError
from studio.project import BLANK, Project, database, files, manifest, repair
from studio.types import Axis, DecisionRule, Gap, Pipeline, Recording, Span

XYZ = (Axis("x", "g"), Axis("y", "g"), Axis("z", "g"))
SOUND = (Axis("audio", "wav"),)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    with Project.create(tmp_path / "Projekt ä") as made:
        yield made


def add_sound(project: Project, *, name: str = "tone", n: int = 800, seed: int = 0) -> Recording:
    values = np.random.default_rng(seed).integers(-32768, 32768, (n, 1)).astype(np.int16)
    return project.add_recording(values, name=name, axes=SOUND, sample_rate_hz=16000)


def test_sound_is_a_wav_that_libsndfile_reads(project: Project) -> None:
    values = np.array([0, 1, -1, 32767, -32768], np.int16)
    recording = project.add_recording(values, name="a", axes=SOUND, sample_rate_hz=8000)
    path = project.path / "recordings" / f"{recording.sha256}.wav"
    read, rate = soundfile.read(path, dtype="int16")
    assert rate == 8000
    assert read.tolist() == values.tolist()
    assert path.stat().st_size == 44 + 10
    assert hashlib.sha256(path.read_bytes()).hexdigest() == recording.sha256
    mapped = project.read(recording.id)
    assert isinstance(mapped, np.memmap)
    assert mapped.shape == (5, 1)
    assert mapped[:, 0].tolist() == values.tolist()
    with pytest.raises(ValueError, match="read-only"):
        mapped[0, 0] = 5


def test_sensor_values_are_an_npy_that_numpy_reads(project: Project) -> None:
    values = np.random.default_rng(1).normal(size=(50, 3))
    gaps = (Gap(10, 3), Gap(20, 1))
    recording = project.add_recording(
        values, name="m", axes=XYZ, sample_rate_hz=59.5, group="anna", source="COM3", gaps=gaps
    )
    stored = np.load(project.path / "recordings" / f"{recording.sha256}.npy")
    assert stored.dtype == np.float32
    assert np.array_equal(stored, values.astype(np.float32))
    again = Project.open(project.path).recording(recording.id)
    assert again == recording
    assert (again.axes, again.gaps, again.group) == (XYZ, gaps, "anna")
    assert again.sample_rate_hz == 59.5
    assert again.seconds == pytest.approx(50 / 59.5)


def test_long_sound_has_64_bit_sizes(monkeypatch: pytest.MonkeyPatch, project: Project) -> None:
    monkeypatch.setattr(files, "RF64_FROM", 100)
    values = np.arange(200, dtype=np.int16).reshape(100, 2)
    axes = (Axis("left", "wav"), Axis("right", "wav"))
    recording = project.add_recording(values, name="long", axes=axes, sample_rate_hz=44100)
    path = project.path / "recordings" / f"{recording.sha256}.wav"
    assert soundfile.info(path).format == "RF64"
    read, rate = soundfile.read(path, dtype="int16")
    assert (read.tolist(), rate) == (values.tolist(), 44100)
    assert project.read(recording.id).tolist() == values.tolist()


def test_huge_sound_header_states_the_true_size() -> None:
    head = files.wav_header(3 << 30, 1, 16000)
    assert (head[:4], len(head)) == (b"RF64", 80)
    assert int.from_bytes(head[28:36], "little") == 6 << 30
    assert int.from_bytes(head[20:28], "little") == (6 << 30) + 72
    assert len(files.wav_header(10, 1, 16000)) == 44


def test_same_content_and_name_is_stored_once(project: Project) -> None:
    first = add_sound(project)
    assert add_sound(project) == first
    other = add_sound(project, name="other")
    assert other.id != first.id
    assert other.sha256 == first.sha256
    faster = project.add_recording(
        project.read(first.id), name="tone", axes=SOUND, sample_rate_hz=8000
    )
    assert faster.id != first.id
    assert len(list((project.path / "recordings").iterdir())) == 2


@pytest.mark.parametrize(
    ("values", "rate", "words"),
    [
        (np.zeros((0, 3)), 50, "at least one"),
        (np.zeros((5, 2)), 50, "one column per axis"),
        (np.zeros((2, 3, 4)), 50, "shape"),
        (np.full((5, 3), np.nan), 50, "finite"),
        (np.full((5, 3), 1e39), 50, "finite"),
        (np.zeros((5, 3), np.int64), 50, "int64"),
        (np.zeros((5, 3), complex), 50, "complex128"),
        (np.zeros((5, 3)), 0, "0 Hz"),
        (np.zeros((5, 3)), float("nan"), "nan Hz"),
        (np.zeros((5, 3)), -50, "-50 Hz"),
    ],
)
def test_impossible_readings_are_refused(
    project: Project, values: np.ndarray, rate: float, words: str
) -> None:
    with pytest.raises(ProjectError, match=words):
        project.add_recording(values, name="bad", axes=XYZ, sample_rate_hz=rate)
    assert project.recordings() == []
    assert list((project.path / "recordings").iterdir()) == []


def test_names_cannot_leave_the_folder_or_break_a_line(project: Project) -> None:
    recording = add_sound(project, name="../../etc/\x00pass\nwd\u202e" + "x" * 5000)
    assert "\n" not in recording.name
    assert "\0" not in recording.name
    assert len(recording.name) <= 200
    assert {path.name for path in (project.path / "recordings").iterdir()} == {
        f"{recording.sha256}.wav"
    }


def test_samples_are_spans_with_labels(project: Project) -> None:
    recording = add_sound(project)
    made = project.add_samples(recording.id, [Span(0, 100, "yes"), Span(100, 800, "no")])
    preset = project.add_samples(recording.id, [Span(5, 6, "yes")], split="test")
    assert project.samples() == [*made, *preset]
    assert [sample.id for sample in project.samples(label="yes")] == [made[0].id, preset[0].id]
    assert project.samples(split="test") == preset
    assert project.samples(label="maybe") == []
    assert made[0].group == recording.group
    project.remove_samples([made[0].id])
    assert project.samples() == [made[1], *preset]


@pytest.mark.parametrize(
    ("span", "split"),
    [
        (Span(0, 801, "a"), ""),
        (Span(-1, 5, "a"), ""),
        (Span(5, 5, "a"), ""),
        (Span(6, 5, "a"), ""),
        (Span(0, 5, " \n"), ""),
        (Span(0, 5, "a"), "training"),
    ],
)
def test_impossible_samples_are_refused(project: Project, span: Span, split: str) -> None:
    recording = add_sound(project)
    with pytest.raises(ProjectError):
        project.add_samples(recording.id, [Span(0, 1, "ok"), span], split=split)
    assert project.samples() == []


def test_pipeline_survives_with_every_kind_of_value(project: Project) -> None:
    pipeline = Pipeline(
        window_ms=987.5,
        stride_ms=250,
        sample_rate_hz=16000,
        axes=(Axis('so"und\\', "µ\t"), Axis("b")),
        dtype="int16",
        block="audio_mfcc",
        block_version=4,
        block_params={"num_cepstral": 13, "pre_cof": np.float32(0.5), "on": True, "with space": 1},
        learning="dscnn",
        learning_params={"layers": [8, 16], "name": "a\nb", "rate": 1e-4},
        decision=DecisionRule(5, 0.75),
        board="virtual-cortex-m4",
    )
    project.set_pipeline(pipeline)
    again = Project.open(project.path).pipeline
    assert again == pipeline
    parsed = tomllib.loads((project.path / "project.toml").read_text(encoding="utf-8"))
    assert parsed["pipeline"]["block_params"]["pre_cof"] == 0.5
    assert parsed["pipeline"]["axes"][0] == {"name": 'so"und\\', "units": "µ\t"}


def test_runs_are_listed_and_the_newest_finished_is_found(project: Project) -> None:
    first, second = project.new_run("train"), project.new_run("train")
    assert first.path.is_dir()
    assert len(first.id) == len(bytes.fromhex(first.id)) * 2 == 8
    assert project.latest_run("train") is None
    project.finish_run(first.id, {"accuracy": 0.5, "curves": [1, 2]})
    assert project.latest_run("train").metrics == {"accuracy": 0.5, "curves": [1, 2]}
    project.finish_run(second.id, {})
    assert project.latest_run("train").id == second.id
    assert [run.id for run in project.runs()] == [first.id, second.id]
    with pytest.raises(ProjectError, match="no run"):
        project.finish_run("00000000", {})


def test_a_batch_is_kept_whole_or_not_at_all(project: Project) -> None:
    def interrupted() -> None:
        with project.batch():
            add_sound(project, name="one", seed=1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert project.recordings() == []
    with project.batch():
        for seed in range(20):
            recording = add_sound(project, seed=seed)
            project.add_samples(recording.id, [Span(0, 10, "a")])
    assert len(project.recordings()) == len(project.samples()) == 20


def test_changed_and_missing_files_are_reported(project: Project) -> None:
    cut, gone = add_sound(project, seed=1), add_sound(project, seed=2)
    folder = project.path / "recordings"
    path = folder / f"{cut.sha256}.wav"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(ProjectError, match="damaged"):
        project.read(cut.id)
    (folder / f"{gone.sha256}.wav").unlink()
    with pytest.raises(ProjectError, match="cannot be read"):
        project.read(gone.id)
    with Project.open(project.path) as again:
        assert any("1 recordings are missing" in notice for notice in again.notices)
    with pytest.raises(ProjectError, match="no recording 99"):
        project.read(99)


def test_create_refuses_what_is_there(tmp_path: Path) -> None:
    Project.create(tmp_path / "p").close()
    with pytest.raises(ProjectError, match="holds a project already"):
        Project.create(tmp_path / "p")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("x")
    with pytest.raises(ProjectError, match=r"thesis\.txt"):
        Project.create(tmp_path / "full")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ProjectError, match="cannot be made"):
        Project.create(tmp_path / "file")
    with pytest.raises(ProjectError, match="not a project"):
        Project.open(tmp_path / "full")
    with pytest.raises(ProjectError, match="moved or deleted"):
        Project.open(tmp_path / "nowhere")


def test_a_file_is_no_project_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ProjectError, match=r"notes\.txt is a file, not a project") as caught:
        Project.open(tmp_path / "notes.txt")
    assert "Choose a project folder" in caught.value.hint


def test_a_creation_that_was_broken_off_can_be_repeated(tmp_path: Path) -> None:
    Project.create(tmp_path / "p").close()
    (tmp_path / "p" / "project.toml").unlink()
    with Project.create(tmp_path / "p", name="again") as project:
        assert (project.name, project.pipeline) == ("again", BLANK)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"schema = 1\n",
        b"schema = 'x'\n",
        b"schema = 1\nname = 'a'\npipeline = 5\n",
        b"[" * 100_000,
        b"schema = 1\nname = 'a'\n[pipeline]\nwindow_ms = inf\n",
        b"a = " + b"[" * 50_000,
    ],
)
def test_damaged_manifest_is_an_error_in_words(tmp_path: Path, content: bytes) -> None:
    Project.create(tmp_path / "p").close()
    (tmp_path / "p" / "project.toml").write_bytes(content)
    with pytest.raises(ProjectError) as caught:
        Project.open(tmp_path / "p")
    assert caught.value.hint
    assert (tmp_path / "p" / "project.toml").read_bytes() == content


def test_newer_projects_are_refused_in_words(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    Project.create(folder).close()
    text = (folder / manifest.FILE).read_text()
    (folder / manifest.FILE).write_text(text.replace("schema = 1", "schema = 2"))
    with pytest.raises(ProjectError, match="newer"):
        Project.open(folder)
    (folder / manifest.FILE).write_text(text)
    connection = sqlite3.connect(folder / database.FILE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ProjectError, match="newer"):
        Project.open(folder)


@pytest.mark.parametrize("damage", ["garbage", "cut", "empty", "missing", "folder"])
def test_damaged_database_is_an_error_in_words(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "p"
    with Project.create(folder) as project:
        for seed in range(30):
            recording = add_sound(project, seed=seed)
            project.add_samples(recording.id, [Span(0, 5, "a")])
    path = folder / database.FILE
    data = path.read_bytes()
    path.unlink()
    if damage == "garbage":
        path.write_bytes(np.random.default_rng(0).bytes(len(data)))
    elif damage == "cut":
        path.write_bytes(data[: len(data) // 3])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "folder":
        path.mkdir()

    def use() -> None:
        with Project.open(folder) as again:
            again.samples()
            again.recordings()

    with pytest.raises(ProjectError) as caught:
        use()
    assert caught.value.hint
    assert len(list((folder / "recordings").iterdir())) == 30


def test_older_database_is_migrated_step_by_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Project.create(tmp_path / "p") as project:
        recording = add_sound(project)
    further = (*database.MIGRATIONS, "ALTER TABLE recording ADD COLUMN note TEXT; SELECT 1")
    monkeypatch.setattr(database, "MIGRATIONS", further)
    monkeypatch.setattr(database, "SCHEMA", len(further))
    with Project.open(tmp_path / "p") as project:
        assert project.recordings() == [recording]
    connection = sqlite3.connect(tmp_path / "p" / database.FILE)
    assert connection.execute("SELECT note FROM recording").fetchall() == [(None,)]
    assert connection.execute("PRAGMA user_version").fetchone() == (len(further),)
    connection.close()


def test_a_folder_in_order_is_looked_at_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project.path / "recordings"
    kept, gone = add_sound(project, seed=1), add_sound(project, seed=2)
    os.utime(folder, (1e9, 1e9))
    for _ in range(2):
        assert Project.open(project.path).notices == ()
    with monkeypatch.context() as patch:
        patch.setattr(repair, "_listed", pytest.fail)
        assert Project.open(project.path).notices == ()
    (folder / f"{gone.sha256}.wav").unlink()
    for _ in range(2):
        assert "missing" in Project.open(project.path).notices[0]
    (folder / ("0" * 64 + ".wav")).write_bytes(b"someone's data")
    assert "lost" in Project.open(project.path).notices[0]
    assert [path.stem for path in folder.iterdir()] == [kept.sha256]
