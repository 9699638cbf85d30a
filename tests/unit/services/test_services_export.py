"""Export and import again: the same values, rates, labels, splits, groups and metadata."""

import json
import shutil
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
import soundfile
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from round_trip import again, state

from studio.cli import frame
from studio.errors import ConfigError, ProjectError
from studio.events import Quiet
from studio.project import Project
from studio.services import exports, imports, projects
from studio.types import Axis, Gap, ImportOptions, Span

FORMS = ("wav", "csv", "npy", "parquet", "json", "cbor", "archive")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1)
SPLITS = ("train", "validation", "test")


@st.composite
def made(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return recordings of one project: of one type, rate and set of axes."""
    dtype = draw(st.sampled_from(["int16", "float32"]))
    words = WORDS | st.sampled_from(["t", "time", "T1", "timestamp", "ms"])
    names = draw(st.lists(words, min_size=1, max_size=3, unique=True))
    axes = tuple(Axis(name, draw(st.sampled_from(["", "wav", "m/s2"]))) for name in names)
    rate = draw(st.floats(0.3, 100_000) | st.sampled_from([16000.0, 62.5, 1000 / 3]))
    numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
    elements = st.integers(-32768, 32767) if dtype == "int16" else numbers
    recordings = []
    for _ in range(draw(st.integers(1, 3))):
        n = draw(st.integers(1, 40))
        shape = (n, len(axes))
        starts = draw(st.lists(st.integers(0, n - 1), max_size=3))
        spans = [Span(start, draw(st.integers(start + 1, n)), draw(WORDS)) for start in starts]
        recordings.append(
            {
                "values": draw(arrays.arrays(dtype, shape, elements=elements)),
                "name": draw(WORDS | st.just("training/a.b.c")),
                "axes": axes,
                "sample_rate_hz": rate,
                "group": draw(WORDS),
                "gaps": [Gap(0, 3)] if draw(st.booleans()) else [],
                "metadata": draw(st.dictionaries(WORDS, WORDS, max_size=2)),
                "spans": spans,
                "splits": [draw(st.sampled_from(SPLITS)) for _ in spans],
                "track": draw(st.sampled_from(["main", "speaker"])),
                "enabled": draw(st.booleans()),
            }
        )
    return recordings


def build(path: Path, recordings: list[dict[str, Any]]) -> None:
    with Project.create(path) as project:
        project.labels.add_track("speaker")
        for row in recordings:
            row = dict(row)
            spans, splits = row.pop("spans"), row.pop("splits")
            track, enabled = row.pop("track"), row.pop("enabled")
            recording = project.add_recording(**row)
            for span, split in zip(spans, splits, strict=True):
                added = project.add_samples(recording.id, [span], split=split, track=track)
                project.labels.move([added[0].id], split, whole_groups=False)
                if not enabled:
                    project.labels.enable([added[0].id], enabled=False)


@pytest.mark.parametrize("form", FORMS)
@settings(
    derandomize=True,  # the same cases everywhere
    max_examples=10,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(recordings=made(), data=st.data())
def test_everything_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    form: str,
    recordings: list[dict[str, Any]],
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("trip")
    build(folder / "first", recordings)
    labels = data.draw(st.sampled_from([kind for kind in exports.LABELS if kind != "folders"]))
    if (
        form == "csv"
        and labels == "sensiml"
        and all(a.name.isnumeric() for a in _axes(recordings))
    ):
        labels = "info"  # such a table is refused, see below
    again(folder / "first", folder, form, labels)
    assert state(folder / "p") == state(folder / "first")
    shutil.rmtree(folder)


def _axes(recordings: list[dict[str, Any]]) -> tuple[Axis, ...]:
    axes: tuple[Axis, ...] = recordings[0]["axes"]
    return axes


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A project of sound: one recording labelled as a whole, one in parts, one not at all."""
    path = tmp_path / "sound"
    values = (np.arange(3 * 4000) * 37 % 20001 - 10000).astype(np.int16).reshape(3, 4000, 1)
    with Project.create(path) as project:
        for number, spans in enumerate(
            [
                [Span(0, 4000, "yes")],
                [Span(100, 1000, "no"), Span(1500, 2000, "yes"), Span(2000, 2500, "yes")],
                [],
            ]
        ):
            recording = project.add_recording(
                values[number] + np.int16(number),
                name=f"take {number}",
                axes=(Axis("audio", "wav"),),
                sample_rate_hz=8000,
                group=f"ann{number}",
            )
            project.add_samples(recording.id, spans, split=SPLITS[number])
        project.assign_splits()
    return path


def without_info(folder: Path) -> Path:
    (folder / "info.labels").unlink()
    return folder


@pytest.mark.parametrize("labels", ["structured", "sensiml", "audacity"])
def test_the_other_list_alone_says_the_labels(tmp_path: Path, sound: Path, labels: str) -> None:
    exports.export_data(sound, tmp_path / "x", form="wav", labels=labels, report=Quiet())
    projects.new(tmp_path / "p", report=Quiet())
    imports.import_data(tmp_path / "p", [without_info(tmp_path / "x")], report=Quiet())
    with Project.open(tmp_path / "p") as project:
        found = {
            (recording.readings, s.start, s.stop, s.label)
            for recording in project.recordings()
            for s in project.samples()
            if s.recording_id == recording.id and s.label in ("yes", "no")
        }
    parts = {(4000, 100, 1000, "no"), (4000, 1500, 2000, "yes"), (4000, 2000, 2500, "yes")}
    merged = {(4000, 100, 1000, "no"), (4000, 1500, 2500, "yes")}
    expected = merged if labels == "structured" else parts
    assert found == {(4000, 0, 4000, "yes"), *expected}


def test_folders_per_class_hold_the_samples(tmp_path: Path, sound: Path) -> None:
    done = exports.export_data(sound, tmp_path / "x", form="wav", labels="folders", report=Quiet())
    assert any("were cut" in note for note in done["notes"])
    names = sorted(
        p.relative_to(tmp_path / "x").as_posix() for p in (tmp_path / "x").rglob("*.w*")
    )
    assert names == [
        "training/yes/take 0.wav",
        "unlabeled/take 2.wav",
        "validation/no/take 1-100.wav",
        "validation/yes/take 1-1500.wav",
        "validation/yes/take 1-2000.wav",
    ]
    with wave.open(str(tmp_path / "x" / "validation/no/take 1-100.wav")) as file:
        cut = np.frombuffer(file.readframes(9999), "<i2")
    with Project.open(sound) as project:
        assert np.array_equal(cut, project.read(2)[100:1000, 0])


def test_edge_impulse_layout_and_names(tmp_path: Path, sound: Path) -> None:
    done = exports.export_data(sound, tmp_path / "x", form="wav", report=Quiet())
    assert (done["files"], done["recordings"], done["samples"], done["notes"]) == (3, 3, 4, [])
    listed = json.loads((tmp_path / "x" / "info.labels").read_text())
    rows = {row["path"]: row for row in listed["files"]}
    assert set(rows) == {"training/yes.take 0.wav", "validation/take 1.wav", "take 2.wav"}
    assert rows["training/yes.take 0.wav"]["label"] == {"type": "label", "label": "yes"}
    assert rows["take 2.wav"]["label"] == {"type": "unlabeled"}
    assert rows["take 2.wav"]["category"] == "split"
    ranges = rows["validation/take 1.wav"]["label"]["labels"]
    assert ranges[0] == {"startIndex": 0, "endIndex": 99, "label": "unlabeled"}
    assert ranges[1] == {"startIndex": 100, "endIndex": 999, "label": "no"}
    assert ranges[-1]["endIndex"] == 3999


def test_files_are_what_other_programs_expect(tmp_path: Path) -> None:
    values = np.array([[0.1, -2], [1e-30, 3], [1 / 3, 16777216]], np.float32)
    with Project.create(tmp_path / "p") as project:
        axes = (Axis("x", "g"), Axis("y, z", "g"))
        project.add_recording(values, name="r", axes=axes, sample_rate_hz=62.5)
    for form in ("csv", "parquet", "wav", "npy"):
        exports.export_data(tmp_path / "p", tmp_path / form, form=form, report=Quiet())
    lines = (tmp_path / "csv" / "r.csv").read_text().splitlines()
    assert lines[0] == '"timestamp","x","y, z"'
    rows = [[float(cell) for cell in line.split(",")] for line in lines[1:]]
    assert [row[0] for row in rows] == [0, 16, 32]
    assert np.array_equal(np.array(rows)[:, 1:].astype(np.float32), values)
    assert lines[1].endswith("0.1,-2")
    table = pyarrow.parquet.read_table(tmp_path / "parquet" / "r.parquet")
    assert table.column_names == ["timestamp", "x", "y, z"]
    assert np.array_equal(table.column("y, z").to_numpy(), values[:, 1])
    floats, rate = soundfile.read(tmp_path / "wav" / "r.wav", dtype="float32")
    assert rate == 62
    assert np.array_equal(floats, values)
    assert np.array_equal(np.load(tmp_path / "npy" / "r.npy"), values)


def test_names_that_clash_or_harm_become_others(tmp_path: Path) -> None:
    names = ["../../evil", "a/b", "a_b", "A_B", "con", "x" * 300, "...", "a:b*c?"]
    with Project.create(tmp_path / "p") as project:
        for number, name in enumerate(names):
            values = np.full((3, 1), number, np.float32)
            project.add_recording(values, name=name, axes=(Axis("x"),), sample_rate_hz=10)
    out = tmp_path / "x"
    exports.export_data(tmp_path / "p", out, form="npy", report=Quiet())
    files = [path.name for path in out.iterdir()]
    assert len({name.casefold() for name in files}) == len(names) + 1
    assert all(len(name) < 100 and not set(name) & set('/\\:*?"<>|') for name in files)
    projects.new(tmp_path / "q", report=Quiet())
    imports.import_data(tmp_path / "q", [out], report=Quiet())
    assert state(tmp_path / "q") == state(tmp_path / "p")


def test_what_cannot_be_exported_is_said(tmp_path: Path, sound: Path) -> None:
    projects.new(tmp_path / "empty", report=Quiet())
    with pytest.raises(ProjectError, match="nothing to export"):
        exports.export_data(tmp_path / "empty", tmp_path / "x", report=Quiet())
    with pytest.raises(ConfigError, match="no exporter 'docx'"):
        exports.export_data(sound, tmp_path / "x", form="docx", report=Quiet())
    with Project.create(tmp_path / "odd") as project:
        project.add_recording(np.ones((3, 1)), name="r", axes=(Axis("1"),), sample_rate_hz=10)
    with pytest.raises(ConfigError, match="called like numbers"):
        exports.export_data(
            tmp_path / "odd", tmp_path / "x", form="csv", labels="sensiml", report=Quiet()
        )
    assert not (tmp_path / "x").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_damaged_recording_leaves_nothing_behind(tmp_path: Path, sound: Path) -> None:
    file = next((sound / "recordings").iterdir())
    file.write_bytes(file.read_bytes()[:-2])
    with pytest.raises(ProjectError, match="damaged"):
        exports.export_data(sound, tmp_path / "x", report=Quiet())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sound"]


def test_the_verb(tmp_path: Path, sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["export", str(sound), str(tmp_path / "x"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "wav"
    key = ["--format", "cbor", "--hmac-key", "secret"]
    assert frame.run(["export", str(sound), str(tmp_path / "y"), *key]) == 0
    assert "Exported 3 recordings with 4 samples" in capsys.readouterr().out
    assert frame.run(["new", str(tmp_path / "p")]) == 0
    arguments = ["import", str(tmp_path / "p"), str(tmp_path / "y"), "--hmac-key"]
    assert frame.run([*arguments, "wrong"]) == 2
    assert "does not fit the key" in capsys.readouterr().err
    assert frame.run([*arguments, "secret"]) == 0
    assert "Signatures: 3 valid" in capsys.readouterr().out
    assert frame.run(["export", str(sound), str(tmp_path / "x")]) == 2
    assert "not empty" in capsys.readouterr().err
    assert frame.run(["export", str(sound), str(tmp_path / "s.tinyml.zip")]) == 0
    assert frame.run(["import", str(tmp_path / "s"), str(tmp_path / "s.tinyml.zip")]) == 0
    assert "Imported 3 recordings" in capsys.readouterr().out
    assert state(tmp_path / "s") == state(sound)


def test_names_of_axes_may_hold_delimiters(tmp_path: Path) -> None:
    table = tmp_path / "right.csv"
    table.write_text('"x;y",z\n1.5,2\n2.5,3\n', encoding="utf-8")
    project = tmp_path / "p"
    Project.create(project).close()
    options = ImportOptions(sample_rate_hz=50.0)
    imports.import_data(project, [table], options=options, report=Quiet())
    with Project.open(project) as opened:
        (recording,) = opened.recordings()
        assert [axis.name for axis in recording.axes] == ["x;y", "z"]
        assert opened.read(recording.id).tolist() == [[1.5, 2.0], [2.5, 3.0]]
