"""What must not be mixed up: new data and old splits, boards of several kinds, equal readings."""

import json

import numpy as np
import pytest

from studio import capture_log
from studio.capture_log import CaptureHeader, CaptureWriter
from studio.cli import frame
from studio.errors import ConfigError, DeviceError
from studio.events import Quiet
from studio.project import Project
from studio.services import acquire, exports, history, imports, label
from studio.types import Axis, Span

X = (Axis("x"),)


def put(project, seed, group, *, axes=X, hz=100.0, label="w", split=""):
    values = np.random.default_rng(seed).normal(size=(300, len(axes))).astype(np.float32)
    recording = project.add_recording(
        values, name=f"r{seed}", axes=axes, sample_rate_hz=hz, group=group
    )
    return project.add_samples(recording.id, [Span(0, 300, label)], split=split)[0]


def test_what_comes_in_leaves_the_splits_of_others_alone(tmp_path):
    with Project.create(tmp_path / "p") as project:
        moved = [put(project, seed, "anna").id for seed in range(3)]
        project.labels.move(moved[:2], "train", whole_groups=False)
        project.labels.move(moved[2:], "test", whole_groups=False)
        before = [one.split for one in project.samples()]
    rows = "".join(f"{10 * k},{k}\n" for k in range(50))
    (tmp_path / "new.csv").write_text(f"timestamp,x\n{rows}")
    imports.import_data(tmp_path / "p", [tmp_path / "new.csv"], report=Quiet())
    with Project.open(tmp_path / "p") as project:
        *old, new = [one.split for one in project.samples()]
    assert old == before
    assert new


@pytest.mark.parametrize("form", ["csv", "npy", "project"])
def test_boards_of_several_kinds_come_back_from_an_export(tmp_path, form):
    kinds = ((X, 100.0), ((Axis("a"), Axis("b")), 50.0), ((Axis("t", "C"),), 1.0))
    with Project.create(tmp_path / "p") as project:
        for seed, (axes, hz) in enumerate(kinds):
            put(project, seed, f"g{seed}", axes=axes, hz=hz)
        wanted = {(one.sha256, one.name, one.axes) for one in project.recordings()}
    target = tmp_path / ("out.tinyml.zip" if form == "project" else "out")
    about = {} if form == "project" else {"form": form}
    exports.export_data(tmp_path / "p", target, report=Quiet(), **about)
    Project.create(tmp_path / "q").close()
    found = imports.import_data(tmp_path / "q", [target], report=Quiet())
    assert found["failed"] == []
    with Project.open(tmp_path / "q") as project:
        assert {(one.sha256, one.name, one.axes) for one in project.recordings()} == wanted


def test_the_same_readings_recorded_twice_are_two_recordings(tmp_path):
    with Project.create(tmp_path / "p") as project:
        for number in range(3):
            log = project.incoming / f"log{number}{capture_log.SUFFIX}"
            header = CaptureHeader(axes=X, sample_rate_hz=100.0, dtype="float32", name="still")
            with CaptureWriter(log, header) as writer:
                writer.append(0, np.zeros((50, 1), np.float32))
            project.seal(log, group=f"g{number}")
        found = [(one.name, one.group) for one in project.recordings()]
    assert found == [("still", "g0"), ("still (2)", "g1"), ("still (3)", "g2")]


def test_the_track_that_is_trained_on_is_renamed_with_the_rule_and_not_removed(tmp_path):
    Project.create(tmp_path / "p").close()
    label.change_track(tmp_path / "p", "", new="speaker")
    label.set_rule(tmp_path / "p", {"track": "speaker"})
    label.change_track(tmp_path / "p", "speaker", new="voice")
    with Project.open(tmp_path / "p") as project:
        assert project.pipeline.labelling.track == "voice"
    with pytest.raises(ConfigError, match="trained on"):
        label.change_track(tmp_path / "p", "voice", new=None)
    for act, name in ((history.undo, "speaker"), (history.redo, "voice")):
        act(tmp_path / "p")
        with Project.open(tmp_path / "p") as project:
            assert project.pipeline.labelling.track == name
            assert project.labels.tracks() == ["main", name]


def test_samples_are_listed_by_number(tmp_path, capsys):
    with Project.create(tmp_path / "p") as project:
        ids = [put(project, seed, "g").id for seed in range(3)]
    path = str(tmp_path / "p")
    assert frame.run(["label", "list", path, "--ids", str(ids[1]), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in listed["samples"]] == ids[1:2]
    assert frame.run(["label", "counts", path, "--ids", f"{ids[0]},{ids[2]}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["samples"] == 2


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"label": "\u200b"}, ConfigError),
        ({"seconds": 1e308}, ConfigError),
    ],
)
def test_what_cannot_be_recorded_is_told_before(tmp_path, options, error):
    Project.create(tmp_path / "p").close()
    with pytest.raises(error):
        acquire.record(tmp_path / "p", "nowhere", report=Quiet(), **options)
    with Project.open(tmp_path / "p") as project:
        assert list(project.incoming.iterdir()) == []


@pytest.mark.parametrize(
    "url", ["socket://", "socket://h:abc", "socket://h:99999", "file:///" + "a" * 5000]
)
def test_odd_addresses_are_told_in_words(tmp_path, url):
    Project.create(tmp_path / "p").close()
    with pytest.raises(DeviceError) as caught:
        acquire.record(tmp_path / "p", url, seconds=1, report=Quiet())
    assert "unexpectedly" not in caught.value.message
