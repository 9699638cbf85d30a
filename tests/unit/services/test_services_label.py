"""The verbs that find and change samples, as the command line and the window use them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.cli import frame
from studio.project import Project
from studio.services import dataset, history, label
from studio.services.suggest import joined
from studio.types import Axis, Labelling, Pipeline, Span

Run = Callable[..., dict[str, Any]]
RATE = 100.0


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a verb with --json and return its object; its exit code must be the one expected."""

    def run(*arguments: object, code: int = 0) -> dict[str, Any]:
        given = list(map(str, arguments))
        assert frame.run([*given, "--json"]) == code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return json.loads(captured.out)

    return run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three recordings of 10 s; the third has two bursts in silence and no label."""
    rng = np.random.default_rng(0)
    with Project.create(tmp_path / "p") as project:
        for number, name in enumerate(("anna/up", "berta/down", "berta/bursts")):
            values = rng.normal(0, 0.001, (1000, 1)).astype(np.float32)
            if number == 2:
                values[200:300] += 1.0 * (-1) ** np.arange(100)[:, None]
                values[600:750] += 1.0 * (-1) ** np.arange(150)[:, None]
            made = project.add_recording(
                values,
                name=name,
                axes=[Axis("x")],
                sample_rate_hz=RATE,
                group=name.partition("/")[0],
            )
            if number < 2:
                spans = [Span(0, 500, name.partition("/")[2]), Span(500, 1000, "rest")]
                project.add_samples(made.id, spans, split="train")
    return tmp_path / "p"


def test_samples_are_found_and_counted(cli: Run, path: Path) -> None:
    found = cli("label", "list", path, "--labels", "rest", "--sort", "name", "--descending")
    assert found["total"] == 2
    assert [row["recording"] for row in found["samples"]] == ["berta/down", "anna/up"]
    assert found["samples"][0] | {"id": 0} == {
        "id": 0,
        "recording_id": 2,
        "start": 500,
        "stop": 1000,
        "label": "rest",
        "split": "train",
        "group": "berta",
        "track": "main",
        "enabled": True,
        "recording": "berta/down",
        "seconds": 5.0,
    }
    assert cli("label", "list", path, "--text", "BERTA", "--limit", 1)["total"] == 2
    assert len(cli("label", "list", path, "--limit", 1, "--offset", 3)["samples"]) == 1
    counts = cli("label", "counts", path)
    assert counts["labels"]["rest"]["splits"] == {"train": {"samples": 2, "hours": 10 / 3600}}
    assert (counts["samples"], counts["hours"]) == (4, pytest.approx(20 / 3600))


def test_changes_undo_and_redo(cli: Run, path: Path) -> None:
    begin = label.rows(path)
    assert cli("label", "set", path, "--labels", "rest", "--label", "still") == {
        "action": "set",
        "changed": 2,
        "did": "Relabelled 2 samples to still",
    }
    cli("label", "disable", path, "--groups", "anna")
    cli("label", "crop", path, "--ids", 1, "--start", 100, "--stop", 200)
    cli("label", "move", path, "--ids", 3, "--split", "test")
    cli("label", "merge", path, "--labels", "up,down", "--label", "moved")
    cli("label", "add-track", path, "--name", "who")
    made = cli(
        *("label", "add", path, "--recordings", 3, "--start", 0, "--stop", 9),
        *("--label", "berta", "--track", "who"),
    )
    cli("label", "rename-track", path, "--track", "who", "--name", "speaker")
    cli("label", "meta", path, "--recordings", "1,2", "--set", "device=nano", "--set", "notes=a=b")
    cli("label", "delete", path, "--recordings", 1)
    end = cli("label", "list", path)["samples"]
    assert [(row["label"], row["split"], row["track"]) for row in end] == [
        ("moved", "test", "main"),
        ("still", "test", "main"),
        ("berta", "", "speaker"),
    ]
    assert made["ids"] == [end[2]["id"]]
    assert cli("label", "meta", path)["metadata"] == {"2": {"device": "nano", "notes": "a=b"}}
    assert len(cli("undo", path, "--count", 10)["undone"]) == 10
    assert label.rows(path) == begin
    assert cli("redo", path)["redone"] == ["Relabelled 2 samples to still"]
    entries = cli("history", path)["entries"]
    assert sum(entry["undone"] for entry in entries) == 9
    cli("redo", path, "--count", 99)
    assert cli("label", "list", path)["samples"] == end
    assert cli("clean", path)["entries"] == 15
    cli("undo", path, code=2)


def test_snapshots_by_verb(cli: Run, path: Path) -> None:
    assert cli("snapshot", "save", path, "--name", "first")["samples"] == 4
    cli("label", "remove", path, "--ids", "1,2")
    cli("label", "set", path, "--ids", 3, "--label", "x")
    found = cli("snapshot", "compare", path, "--name", "first")
    assert found["sample"]["removed"] == {"count": 2, "ids": [1, 2]}
    assert found["sample"]["changed"]["ids"] == [3]
    cli("snapshot", "save", path, "--name", "second")
    cli("snapshot", "restore", path, "--name", "first")
    assert cli("label", "list", path)["total"] == 4
    both = cli("snapshot", "compare", path, "--name", "first", "--with", "second")
    assert both == found
    cli("undo", path)
    assert cli("label", "list", path)["total"] == 2
    names = [one["name"] for one in cli("snapshot", "list", path)["snapshots"]]
    assert names == ["first", "second"]
    assert len(cli("snapshot", "remove", path, "--name", "first")["snapshots"]) == 1


def test_recordings_are_cut_after_a_look(cli: Run, path: Path) -> None:
    events = ("--recordings", 3, "--label", "burst", "--find", "energy")
    shown = cli("label", "split", path, *events, "--preview")
    (part,) = shown["parts"]
    assert np.abs(np.array(part["spans"]) - [[200, 300], [600, 750]]).max() <= 16
    assert cli("label", "list", path)["total"] == 4
    made = cli("label", "split", path, *events, "--param", "length_ms=2000")
    assert (made["samples"], made["untouched"]) == (2, 0)
    found = cli("label", "list", path, "--labels", "burst")["samples"]
    assert [row["stop"] - row["start"] for row in found] == [200, 200]
    cut = cli("label", "split", path, "--ids", 1, "--window-ms", 2000, "--keep-rest")
    assert [part["spans"] for part in cut["parts"]] == [[[0, 200], [200, 400], [400, 500]]]
    rows = cli("label", "list", path, "--recordings", 1, "--labels", "up")["samples"]
    assert [(row["start"], row["split"]) for row in rows] == [
        (0, "train"),
        (200, "train"),
        (400, "train"),
    ]
    assert cli("undo", path, "--count", 2)["undone"][0] == "Cut anna/up into 3 samples"
    assert cli("label", "list", path)["total"] == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("set", "--label", "x"),
        ("set", "--ids", "99", "--label", "x"),
        ("set", "--ids", "1"),
        ("set", "--ids", "one", "--label", "x"),
        ("set", "--ids", "9" * 30, "--label", "x"),
        ("list", "--limit", "-1"),
        ("list", "--splits", "exam"),
        ("list", "--text", "half a sign \udcff"),
        ("meta", "--recordings", "1", "--set", "notes=\udcff"),
        ("set", "--ids", "1", "--label", "\udcff"),
        ("crop", "--ids", "1", "--start", "5", "--stop", "5"),
        ("crop", "--ids", "1", "--start", "5"),
        ("crop", "--ids", "1,2", "--start", "5", "--stop", "6"),
        ("add", "--recordings", "1", "--start", "0", "--stop", "9" * 30, "--label", "x"),
        ("move", "--ids", "1"),
        ("merge", "--label", "x"),
        ("merge", "--labels", "none", "--label", "x"),
        ("split", "--recordings", "3", "--label", "x"),
        ("split", "--recordings", "3", "--window-ms", "100"),
        ("split", "--recordings", "3", "--label", "x", "--window-ms", "nan"),
        ("split", "--recordings", "3", "--label", "x", "--window-ms", "0.01"),
        ("split", "--recordings", "3", "--label", "x", "--find", "loud"),
        (
            "split",
            "--recordings",
            "3",
            "--label",
            "x",
            "--find",
            "peaks",
            "--param",
            "after_ms=inf",
        ),
        ("split", "--window-ms", "100"),
        ("delete",),
        ("delete", "--recordings", "7"),
        ("meta", "--set", "a=b"),
        ("track", "--ids", "1", "--track", "nowhere"),
        ("remove-track", "--track", "main"),
        ("add-track", "--name", " "),
        ("rule", "--rule", "share", "--share", "0"),
        ("rule", "--track", "nowhere"),
        ("suggest",),
        ("review", "--accept"),
        ("review", "--accept", "--ids", "4"),
        ("review", "--accept", "--reject", "--ids", "4"),
    ],
)
def test_mistakes_are_said_in_words(cli: Run, path: Path, arguments: tuple[str, ...]) -> None:
    before = label.rows(path)
    answer = cli("label", arguments[0], path, *arguments[1:], code=2)
    assert answer["error"].endswith(".")
    assert answer["hint"]
    assert label.rows(path) == before


@pytest.mark.parametrize("verb", ["label counts", "label list", "history", "snapshot list"])
def test_words_for_people(path: Path, capsys: pytest.CaptureFixture[str], verb: str) -> None:
    words = verb.split()
    with Project.open(path) as project:
        project.snapshots.save("first")
    assert frame.run([*words, str(path)]) == 0
    said = capsys.readouterr().out
    assert any(word in said for word in ("rest", "Added", "first"))


def test_window_rules_decide_the_places(cli: Run, path: Path) -> None:
    with Project.open(path) as project:
        project.labels.move([3, 4], "test")
        pipeline = Pipeline(
            **{
                name: getattr(project.pipeline, name)
                for name in ("block", "block_version", "block_params", "learning", "board")
            },
            window_ms=2000.0,
            stride_ms=1000.0,
            sample_rate_hz=RATE,
            axes=(Axis("x"),),
            dtype="float32",
            learning_params={},
            decision=project.pipeline.decision,
        )
        project.set_pipeline(pipeline)
    names = ["rest", "up"]

    def places(**values: object) -> list[tuple[int, str]]:
        options = [part for key, value in values.items() for part in (f"--{key}", value)]
        cli("label", "rule", path, *options)
        with Project.open(path) as project:
            found = dataset.find_places(project, project.pipeline, split="train", labels=names)
        assert {place.recording_id for place in found} <= {1}
        return [(place.start, names[place.label]) for place in found]

    apart = [(start, "up" if start < 500 else "rest") for start in range(0, 900, 100)]
    assert places() == [row for row in apart if row[0] != 400]
    assert places(rule="end") == [
        (start, "up" if start < 400 else "rest") for start in range(0, 900, 100)
    ]
    assert places(rule="anywhere", background="rest") == apart
    assert places(rule="share", share=0.6) == [row for row in apart if row[0] != 400]
    cli("label", "disable", path, "--ids", 2)
    assert places(rule="end") == [(start, "up") for start in range(0, 400, 100)]
    with Project.open(path) as project:
        assert project.pipeline.labelling == Labelling(rule="end", share=0.6, background="rest")
        project.labels.add_track("who")
        project.labels.put_on_track([1], "who")
    assert places(rule="sample", track="who") == [(start, "up") for start in range(0, 400, 100)]


def test_windows_become_spans_with_borders_in_the_middle() -> None:
    scores = np.array([[127, -128], [64, 0], [-100, 100], [-128, 127]], np.int8)
    found = joined([0, 50, 100, 150], scores, ["a", "b"], window=100, within=(0, 270))
    assert found == [
        (Span(0, 125, "a"), pytest.approx((255 / 256 + 192 / 256) / 2)),
        (Span(125, 270, "b"), pytest.approx((228 / 256 + 255 / 256) / 2)),
    ]
    (short,) = joined([-30], scores[:1], ["a", "b"], window=100, within=(0, 40))
    assert short[0] == Span(0, 40, "a")


def test_a_window_rule_is_taken_back_and_done_again_in_its_turn(path: Path) -> None:
    def rule() -> str:
        with Project.open(path) as project:
            return project.pipeline.labelling.rule

    began = rule()
    label.set_rule(path, {"rule": "majority"})
    with Project.open(path) as project:
        project.labels.relabel([1], "other")
        project.set_pipeline(replace(project.pipeline, labelling=Labelling(rule="end")))  # by hand
    label.set_rule(path, {"rule": "majority"})
    assert history.undo(path)["undone"] == ["Chose which label a window gets"]
    assert rule() == "end"
    assert history.undo(path)["undone"] == ["Relabelled 1 sample to other"]
    assert rule() == "end"
    history.undo(path)
    assert rule() == began
    assert len(history.redo(path, count=3)["redone"]) == 3
    assert rule() == "majority"
