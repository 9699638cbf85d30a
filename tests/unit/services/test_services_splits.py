"""Folds, and what is in two splits at once: found, told with its place, and put together."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from studio.__main__ import main
from studio.errors import ConfigError, ProjectError
from studio.events import Quiet
from studio.project import Project, assign_folds, fold_splits
from studio.services import history, splits
from studio.types import SPLITS, Axis, Span

RATE = 8000


def burst(seed: int) -> np.ndarray:
    """Half a second of noise bursts, different for each seed."""
    rng = np.random.default_rng(seed)
    sound = 15 * rng.standard_normal(RATE // 2)
    for start in rng.integers(0, 3000, 4):
        low = rng.uniform(150, 1800)
        band = butter(2, [low, 1.6 * low], "bandpass", fs=RATE, output="sos")
        part = sosfilt(band, rng.standard_normal(900)) * np.hanning(900)
        sound[start : start + 900] += part * 9000 / np.abs(part).max()
    return sound


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Six speakers with four sounds each, two labels, split 4 + 1 + 1 by speaker."""
    folder = tmp_path / "p"
    with Project.create(folder) as project:
        for speaker in range(6):
            for take in range(4):
                put(project, burst(10 * speaker + take), f"s{speaker}", f"label{take % 2}")
        project.labels.put_groups(
            {f"s{n}": "train" for n in range(4)} | {"s4": "validation", "s5": "test"}
        )
    return folder


def put(
    project: Project, sound: np.ndarray, group: str, label: str, **metadata: str
) -> tuple[int, int]:
    values = sound.clip(-32768, 32767).astype(np.int16)
    recording = project.add_recording(
        values,
        name=f"{group}-{label}-{abs(int(sound.sum()))}",
        axes=[Axis("audio")],
        sample_rate_hz=RATE,
        group=group,
        metadata=metadata,
    )
    (sample,) = project.add_samples(recording.id, [Span(0, len(values), label)])
    return recording.id, sample.id


def checked(path: Path) -> dict[str, Any]:
    return splits.check(path, report=Quiet())


def nothing() -> dict[str, int]:
    return dict.fromkeys(splits.KINDS, 0)


def test_clean_splits_are_called_clean(path: Path) -> None:
    result = checked(path)
    assert (result["counts"], result["leaks"], result["samples"]) == (nothing(), [], 24)
    with Project.open(path) as project:
        assert splits.warnings(project) == []


def test_a_changed_copy_in_the_test_data_is_found_and_put_together(path: Path) -> None:
    rng = np.random.default_rng(0)
    with Project.open(path) as project:
        copy = np.roll(burst(1), 200) * 0.5
        copy += rng.standard_normal(len(copy)) * copy.std() / 10
        put(project, copy, "stranger", "label1")
        put(project, burst(12), "echo", "label0")  # the same readings as in s1
        project.labels.put_groups({"stranger": "test", "echo": "validation"})
    result = checked(path)
    assert result["counts"] == nothing() | {"identical": 1, "near": 1}
    same, near = result["leaks"]
    assert (same["first"]["group"], same["second"]["group"]) == ("s1", "echo")
    assert (near["first"]["group"], near["second"]["group"]) == ("s0", "stranger")
    assert (near["first"]["split"], near["second"]["split"]) == ("train", "test")
    assert near["similarity"] > 0.97
    assert result["between"] == {"train-validation": 1, "train-test": 1, "validation-test": 0}
    fixed = splits.fix(path, report=Quiet())
    assert fixed["moved"] == {"echo": "train", "s0": "train", "s1": "train", "stranger": "train"}
    assert (fixed["changed"], fixed["counts"], fixed["warnings"]) == (2, nothing(), [])
    history.undo(path)
    assert checked(path)["counts"] == result["counts"]


def test_groups_sessions_and_shared_readings(path: Path) -> None:
    with Project.open(path) as project:
        first, _ = put(project, burst(90), "left", "label0", session="monday")
        put(project, burst(91), "right", "label0", session="monday")
        (shared,) = project.add_samples(first, [Span(1000, 3000, "label1")])
        project.labels.put_groups({"left": "train", "right": "test"})
        project.labels.move([shared.id], "validation", whole_groups=False)
        told = splits.warnings(project)
    result = checked(path)
    assert result["counts"] == nothing() | {"group": 1, "session": 1, "overlap": 1}
    assert "1 group, 1 session, 1 pair of overlapping samples" in told[0]
    overlap = next(leak for leak in result["leaks"] if leak["kind"] == "overlap")
    assert (overlap["second"]["start_s"], overlap["second"]["stop_s"]) == (0.125, 0.375)
    fixed = splits.fix(path, report=Quiet())
    assert fixed["counts"] == nothing()
    with Project.open(path) as project:
        of = {(s.group, s.split) for s in project.samples() if s.group in ("left", "right")}
    assert len({split for _, split in of}) == 1


def test_what_is_moved_takes_along_what_it_shares_data_with(path: Path) -> None:
    with Project.open(path) as project:
        put(project, burst(1), "copied", "label1", session="monday")  # the readings of s0
        put(project, burst(92), "beside", "label0", session="monday")
        project.labels.put_groups({"copied": "test", "beside": "test"})
    before = checked(path)["counts"]
    assert before == nothing() | {"identical": 1}
    fixed = splits.fix(path, report=Quiet())
    assert fixed["counts"] == nothing()
    assert checked(path)["counts"] == nothing()
    with Project.open(path) as project:
        of = {s.group: s.split for s in project.samples()}
    assert of["copied"] == of["beside"] == of["s0"]
    history.undo(path)
    assert checked(path)["counts"] == before


def test_a_session_is_seen_though_a_group_of_it_leaks_too(path: Path) -> None:
    with Project.open(path) as project:
        put(project, burst(90), "left", "label0", session="monday")
        _, other = put(project, burst(91), "left", "label0", session="monday")
        put(project, burst(92), "right", "label0", session="monday")
        project.labels.put_groups({"left": "train", "right": "test"})
        project.labels.move([other], "test", whole_groups=False)
    assert checked(path)["counts"] == nothing() | {"group": 1, "session": 1}


def test_names_that_differ_in_case_and_blanks_are_one_group(path: Path) -> None:
    with Project.open(path) as project:
        put(project, burst(90), "Anna", "label0")
        put(project, burst(91), "anna ", "label0")
        project.labels.put_groups({"Anna": "train", "anna": "test", "anna ": "test"})
    (leak,) = checked(path)["leaks"]
    assert leak["kind"] == "group"
    assert splits.fix(path, report=Quiet())["counts"] == nothing()


def test_a_stereo_copy_of_sound_is_found(tmp_path: Path) -> None:
    with Project.create(tmp_path / "q") as project:
        for number in range(12):
            mono = np.rint(burst(number) * 8000).astype(np.int16)
            axes = [Axis("audio", "wav")]
            recording = project.add_recording(
                mono, name=f"m{number}", axes=axes, sample_rate_hz=8000.0
            )
            project.add_samples(recording.id, [Span(0, len(mono), "w")], split="train")
        mono = np.rint(burst(3) * 8000).astype(np.int16)
        both = np.stack([mono // 2, mono], axis=1)
        axes = [Axis("left", "wav"), Axis("right", "wav")]
        recording = project.add_recording(both, name="both", axes=axes, sample_rate_hz=8000.0)
        project.add_samples(recording.id, [Span(0, len(mono), "w")], split="test")
    (leak,) = checked(tmp_path / "q")["leaks"]
    assert (leak["first"]["recording"], leak["second"]["recording"]) == ("m3", "both")


def test_a_split_that_gets_empty_is_told(tmp_path: Path) -> None:
    with Project.create(tmp_path / "q") as project:
        for group in ("a", "b"):
            put(project, burst(1), group, "x")
        put(project, burst(2), "a", "y")
        project.labels.put_groups({"a": "train", "b": "test"})
    result = splits.fix(tmp_path / "q", report=Quiet())
    assert (result["splits"]["test"], len(result["warnings"])) == (0, 1)
    assert "test has no samples any more" in result["warnings"][0]


def test_nothing_in_a_split_is_a_clear_error(tmp_path: Path) -> None:
    Project.create(tmp_path / "q").close()
    with pytest.raises(ProjectError, match="No sample is in a split yet"):
        checked(tmp_path / "q")


def test_folds_hold_whole_groups_and_every_label() -> None:
    rows = [(f"g{n}", label) for n in range(20) for label in ("a", "b") for _ in range(n % 3 + 1)]
    result = assign_folds(rows, 5)
    assert result == assign_folds(rows[::-1], 5) != assign_folds(rows, 5, seed=1)
    counts = Counter(result[group] for group, _ in rows)
    assert sorted(counts) == [1, 2, 3, 4, 5]
    assert max(counts.values()) - min(counts.values()) <= 6
    for fold in range(1, 6):
        assert {label for group, label in rows if result[group] == fold} == {"a", "b"}
        held = fold_splits(rows, result, fold)
        assert {g for g, split in held.items() if split == "test"} == {
            g for g, of in result.items() if of == fold
        }
        assert set(held.values()) == set(SPLITS)


def test_a_rare_label_is_spread_over_the_folds() -> None:
    rows = [(f"g{n}", "common") for n in range(12) for _ in range(10)]
    rows += [(f"g{n}", "rare") for n in range(3)]
    result = assign_folds(rows, 3)
    assert {result[f"g{n}"] for n in range(3)} == {1, 2, 3}


def test_folds_of_data_that_came_with_a_test_split(path: Path) -> None:
    with Project.open(path) as project:
        ids = [sample.recording_id for sample in project.samples() if sample.group == "s5"]
        project.add_samples(ids[0], [Span(0, 100, "label0")], split="test")
    listed = splits.folds(path, 0)
    assert listed["test_groups"] == ["s5"]
    assert [fold["groups"] for fold in listed["folds"]] == [["s0"], ["s1"], ["s2"], ["s3"], ["s4"]]
    splits.apply_fold(path, 0, 2)
    with Project.open(path) as project:
        by_group = {sample.group: sample.split for sample in project.samples()}
    assert by_group == dict.fromkeys(("s0", "s2", "s3", "s4"), "train") | {
        "s1": "validation",
        "s5": "test",
    }


def test_labels_that_cannot_be_in_every_fold_are_counted(path: Path) -> None:
    with Project.open(path) as project:
        put(project, burst(70), "s0", "rare")
    told = splits.folds(path, 3)["warnings"]
    assert told == [
        "Label rare is missing in 2 of 3 folds: its 1 samples are of 1 group (s0 1), and a group "
        "is never split."
    ]


@pytest.mark.parametrize(("count", "fold"), [(7, 1), (1, 1), (3, 4), (3, 0)])
def test_folds_that_cannot_be(path: Path, count: int, fold: int) -> None:
    with pytest.raises(ConfigError):
        splits.apply_fold(path, count, fold)


def test_the_verb(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["split", str(path), "--check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == nothing()
    assert main(["split", str(path), "--folds", "3", "--fold", "2", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["splits"]["test"] == 8
    assert main(["undo", str(path), "--json"]) == 0
    assert "fold 2 of 3" in json.loads(capsys.readouterr().out)["undone"][0]
    for bad in (["--fold", "2"], ["--folds", "0"], ["--folds", "99"], ["--check", "--fix"]):
        assert main(["split", str(path), *bad]) == 2
    assert "Traceback" not in capsys.readouterr().err
    for plain in (["--folds", "2"], ["--check"], ["--fix"]):
        assert main(["split", str(path), *plain]) == 0
