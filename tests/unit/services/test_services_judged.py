"""Windows of a test: their place, what a threshold makes of them, putting labels right."""

import json
from pathlib import Path

import numpy as np
import pytest
from made_runs import add_run, make_data  # type: ignore[import-not-found]

from studio.cli import frame
from studio.errors import ConfigError, ProjectError
from studio.project import Project
from studio.services import compare_runs, history, judged, verdicts
from studio.services import test as tests
from studio.services.way import way


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = make_data(tmp_path)
    add_run(made)
    return made


def windows_of(path: Path) -> judged.Judged:
    found = judged.overview(path).judged
    assert found is not None
    assert found.windows is not None
    return found


def test_without_a_test_the_overview_says_what_is_missing(tmp_path: Path) -> None:
    path = make_data(tmp_path)
    found = judged.overview(path)
    assert (found.trained, found.samples, found.judged) == (0, 6, None)
    add_run(path, tested=False)
    found = judged.overview(path)
    assert (found.trained, found.judged) == (1, None)


def test_every_window_is_kept_with_its_place_and_scores(path: Path) -> None:
    found = windows_of(path)
    assert found.stale == ""
    assert found.length == 100
    assert len(found.windows.truth) == 18  # six recordings of 200 readings, three windows each
    assert found.windows.start.tolist()[:3] == [0, 50, 100]
    made = verdicts.verdicts(found.windows, found.report["classes"])
    assert made.counts == [[6, 0, 0, 0], [0, 5, 1, 0], [0, 0, 6, 0]]
    figures = made.accuracy()
    assert figures["accuracy"] == pytest.approx(found.report["int8"]["accuracy"])
    assert list(figures["interval"]) == pytest.approx(found.report["int8"]["interval"])
    (row,) = [row for row in made.per_label() if row["label"] == "tap"]
    assert (row["precision"], row["recall"]) == (1.0, pytest.approx(5 / 6))
    groups = verdicts.groups_of(found.windows, found.recordings)
    assert [row["group"] for row in made.per_group(groups)] == ["person 0", "person 1"]


def test_a_threshold_leaves_windows_unsure_and_float_has_its_own(path: Path) -> None:
    found = windows_of(path)
    labels = found.report["classes"]
    made = verdicts.verdicts(found.windows, labels, threshold=0.6)
    assert made.counts[1] == [0, 5, 0, 1]
    assert made.accuracy()["unsure"] == 1
    none = verdicts.verdicts(found.windows, labels, threshold=0.95)
    assert none.accuracy()["accuracy"] == 0
    assert all(row["precision"] is None for row in none.per_label())
    by_float = verdicts.verdicts(found.windows, labels, kind="float", threshold=0.6)
    assert by_float.accuracy()["accuracy"] == 1
    (differs,) = verdicts.disagreements(found.windows)
    assert found.windows.truth[differs] == 1


def test_a_window_is_the_readings_that_were_judged(path: Path) -> None:
    found = windows_of(path)
    place = int(found.windows.recording_id[1]), int(found.windows.start[1])
    shown = judged.window(path, *place, found.length)
    with Project.open(path) as project:
        stored = project.read(place[0])
        assert np.array_equal(shown.values, stored[50:150])
    assert shown.spectrogram is None
    assert [span.label for span in judged.truths(path, place[0])] == ["circle"]
    pictures = judged.pictures(path, [place, (999, 0)], found.length)
    assert list(pictures) == [place]
    low, high = pictures[place]
    assert low.shape == (judged.PICTURE,)
    assert max(-low.min(), high.max()) == pytest.approx(1)


def trained_state(path: Path) -> str:
    (found,) = [row for row in way(path)["steps"] if row["name"] == "Train"]
    return str(found["state"])


def test_relabelling_one_of_many_windows_cuts_it_out_and_can_be_undone(path: Path) -> None:
    found = windows_of(path)
    before = (Path(path) / "runs" / found.report["run"] / tests.REPORT).read_text()
    number = int(found.windows.recording_id[1])
    done = judged.relabel(path, number, 50, "wave")
    assert done["cut"]
    assert done["did"] == "Relabelled circle 0 at 0.50 s to wave"
    spans = [(one.start, one.stop, one.label) for one in judged.truths(path, number)]
    assert spans == [(0, 50, "circle"), (50, 150, "wave"), (150, 200, "circle")]
    assert "changed after the test" in windows_of(path).stale
    assert trained_state(path) == "done"  # what was learned from is as it was
    assert (Path(path) / "runs" / found.report["run"] / tests.REPORT).read_text() == before
    assert history.undo(path)["undone"] == [done["did"]]
    assert [one.label for one in judged.truths(path, number)] == ["circle"]
    assert windows_of(path).stale == ""
    with Project.open(path) as project:
        changed = project.samples(split="train")[0]
        project.relabel_sample(changed.id, "wave" if changed.label != "wave" else "tap")
    assert trained_state(path) == "stale"


def test_a_sample_of_one_window_is_excluded_whole(path: Path) -> None:
    found = windows_of(path)
    number = int(found.windows.recording_id[0])
    with Project.open(path) as project:
        (sample,) = [one for one in project.samples() if one.recording_id == number]
        project.labels.crop(sample.id, 0, 100)
    done = judged.exclude(path, number, 0)
    assert not done["cut"]
    with Project.open(path) as project:
        (sample,) = [one for one in project.samples() if one.recording_id == number]
        assert not sample.enabled
    with pytest.raises(ProjectError, match="no label any more"):
        judged.relabel(path, number, 0, "tap")


def test_old_and_damaged_tests_are_told(path: Path) -> None:
    found = windows_of(path)
    folder = Path(path) / "runs" / found.report["run"]
    kept = (folder / tests.WINDOWS).read_bytes()
    (folder / tests.WINDOWS).write_bytes(kept[: len(kept) // 2])
    with pytest.raises(ProjectError, match="cannot be read"):
        judged.overview(path)
    report = json.loads((folder / tests.REPORT).read_text())
    del report["kept"], report["at"]
    (folder / tests.REPORT).write_text(json.dumps(report))
    old = judged.overview(path).judged
    assert old is not None
    assert old.windows is None


def test_a_newer_run_makes_the_test_old_but_keeps_it(path: Path) -> None:
    first = windows_of(path).report["run"]
    add_run(path, tested=False)
    found = windows_of(path)
    assert found.report["run"] == first
    assert found.stale == "A newer run was trained since this test."


def test_runs_are_listed_noted_compared_and_deleted(path: Path) -> None:
    second = add_run(path, tested=False, seed=4, neurons_1=16)
    rows = compare_runs.listed(path)["runs"]
    assert [row["number"] for row in rows] == [2, 1]
    assert rows[1]["tested"] == pytest.approx(17 / 18)
    assert rows[0]["tested"] is None
    assert (rows[0]["features"], rows[0]["ram_bytes"]) == (1, 4000)
    first = rows[1]["run"]
    compare_runs.describe(path, first, note="  the good\none ", pinned=True)
    rows = compare_runs.listed(path)["runs"]
    assert [(row["number"], row["note"]) for row in rows] == [(1, "the good one"), (2, "")]
    found = compare_runs.differences(path, [first, second])
    figures = {row["name"]: row for row in found["figures"]}
    assert figures["int8_accuracy"]["better"] == 0
    assert figures["ram_bytes"] == {"name": "ram_bytes", "values": [1000, 4000], "better": 0}
    assert figures["tested"]["better"] is None
    assert "flash_bytes" not in figures
    assert found["settings"] == [{"name": "neurons_1", "values": [32, 16]}]
    with pytest.raises(ConfigError, match="1 runs were found"):
        compare_runs.differences(path, [first])
    folder = Path(path) / "runs" / second
    assert compare_runs.delete(path, second) == {"deleted": second, "runs": 1}
    assert not folder.exists()
    with pytest.raises(ProjectError, match="no run"):
        compare_runs.delete(path, second)


def test_a_damaged_run_is_listed_as_such(path: Path) -> None:
    second = add_run(path, tested=False)
    (Path(path) / "runs" / second / "report.json").write_text("{}")
    found = compare_runs.listed(path)
    assert [row["number"] for row in found["runs"]] == [1]
    assert [row["number"] for row in found["damaged"]] == [2]


def test_the_verb_says_the_same(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = add_run(path, tested=False, seed=4, neurons_1=16)
    first = compare_runs.listed(path)["runs"][1]["run"]

    def said(*arguments: str) -> str:
        assert frame.run(["runs", *arguments]) == 0
        return capsys.readouterr().out

    assert said("note", str(path), "--run", first, "--note", "keep") == "not pinned; note: keep\n"
    assert [line.split()[1] for line in said("list", str(path)).splitlines()] == [second, first]
    compared = said("compare", str(path), "--run", first, "--with", second)
    assert "neurons_1                         32            16" in compared
    assert "int8_accuracy" in compared
    assert "> 0.963" in compared
    assert "dense" in said("list", str(path))
    assert "fully_connected" in said("layers", str(path), "--run", first)
    assert said("delete", str(path), "--run", second).startswith(f"Deleted run {second}; 1 are")
    assert frame.run(["runs", "delete", str(path)]) == 2
    assert "No run was named" in capsys.readouterr().err
