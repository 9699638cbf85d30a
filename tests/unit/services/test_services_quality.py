"""Quality: copies and wrong labels that were planted are found, and the balance is counted."""

import json
from pathlib import Path

import numpy as np
import pytest

from studio.__main__ import main
from studio.errors import Cancelled, ProjectError
from studio.events import Quiet
from studio.project import Naming, Project
from studio.services import projects
from studio.services.quality import quality
from studio.types import Axis, Span

RATE = 100
WRONG = (3, 16, 29, 44)


def movement(kind: int, seed: int, seconds: float = 2.0) -> np.ndarray:
    """Slow or fast swings with their own rhythm: 2 or 9 Hz and something else."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    rate = (2.0, 9.0)[kind] * rng.uniform(0.9, 1.1)
    swing = np.sin(2 * np.pi * (rate * time + rng.uniform()) + rng.standard_normal())
    noise = 0.15 * rng.standard_normal((len(time), 3))
    return (swing[:, None] * rng.uniform(0.5, 1.0, 3) + noise).astype(np.float32)


def put(project: Project, values: np.ndarray, group: str, label: str) -> int:
    recording = project.add_recording(
        values,
        name=f"{group}-{label}-{values[0, 0]:.4f}",
        axes=[Axis("x"), Axis("y"), Axis("z")],
        sample_rate_hz=RATE,
        group=group,
    )
    (sample,) = project.add_samples(recording.id, [Span(0, len(values), label)])
    return sample.id


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Sixty movements of five people; four of them labelled wrongly."""
    folder = tmp_path / "p"
    settings = {"sample_rate_hz": RATE, "axes": ["x", "y", "z"]}
    projects.new(folder, template="motion", settings=settings, report=Quiet())
    with Project.open(folder) as project:
        for number in range(60):
            kind = number % 2
            label = ("slow", "fast")[kind != (number in WRONG)]
            put(project, movement(kind, number), f"person{number % 5}", label)
    return folder


def test_wrong_labels_are_among_the_first_suspects(path: Path) -> None:
    suspects = quality(path, report=Quiet())["suspects"]
    assert (suspects["by"], suspects["samples"], suspects["note"]) == ("group", 60, "")
    first = suspects["list"][:6]  # a tenth
    assert {row["sample"] - 1 for row in first} >= set(WRONG)
    for row in first:
        assert row["suggested"] == {"slow": "fast", "fast": "slow"}[row["label"]]
        assert row["suspicion"] > 0.7
        assert row["suggested"] in row["reason"]
    assert suspects["accuracy"] > 0.8


def test_copies_with_other_labels_come_first(path: Path) -> None:
    with Project.open(path) as project:
        same = put(project, movement(0, 10), "person0", "fast")
        louder = put(project, movement(1, 11) * 1.5, "person9", "fast")
    copies = quality(path, report=Quiet())["copies"]
    assert (copies["conflicts"], copies["identical"], copies["near"]) == (1, 1, 1)
    first, second = copies["pairs"]
    assert (first["conflict"], first["identical"], first["similarity"]) == (True, True, 1.0)
    assert (first["first"]["sample"], first["second"]["sample"]) == (11, same)
    assert (second["first"]["sample"], second["second"]["sample"]) == (12, louder)
    assert f"Remove sample {louder}" in second["advice"]


def test_balance_is_counted_and_said(path: Path) -> None:
    with Project.open(path) as project:
        put(project, movement(0, 500, seconds=1.0), "person0", "rare")
        off = put(project, movement(0, 501, seconds=9.0), "person1", "rare")
        project.labels.enable([off], enabled=False)
        project.assign_splits()
        recording = project.recordings()[0]
        project.set_health(recording.id, {"findings": []}, ["clipping"])
    result = quality(path, report=Quiet())
    assert result["samples"] == 61
    rare = result["labels"]["rare"]
    assert (rare["samples"], rare["groups"]) == (1, 1)
    assert rare["hours"] == pytest.approx(1 / 3600)
    assert rare["length_s"] == {"shortest": 1.0, "median": 1.0, "longest": 1.0}
    assert sum(row["samples"] for row in result["labels"]["slow"]["splits"].values()) == 30
    assert result["groups"]["person0"]["samples"] == 13
    assert (result["health"]["examined"], result["health"]["flags"]) == (1, {"clipping": 1})
    told = " ".join(result["warnings"])
    assert "There is 60 times as much of" in told
    assert "Label rare is of 1 group only" in told
    assert "1 recordings are flagged clipping." in told


def test_names_of_one_group_are_told(path: Path) -> None:
    with Project.open(path) as project:
        put(project, movement(0, 600), "Person0 ", "slow")
        put(project, movement(0, 601), "PERSON  1", "slow")
    told = [one for one in quality(path, report=Quiet())["warnings"] if "probably one" in one]
    assert told == ["Groups Person0 and person0 are probably one: give them one name."]


def test_labels_are_judged_only_where_that_is_possible(tmp_path: Path, path: Path) -> None:
    with Project.open(path) as project:
        values = movement(0, 1)[:, :2]
        recording = project.add_recording(
            values, name="two", axes=[Axis("x"), Axis("y")], sample_rate_hz=RATE
        )
        project.add_samples(recording.id, [Span(0, 200, "slow")])
    suspects = quality(path, report=Quiet())["suspects"]
    assert suspects["samples"] == 60
    assert suspects["note"].startswith("1 samples do not fit")
    with Project.create(tmp_path / "blank") as project:
        put(project, movement(0, 1), "a", "slow")
    result = quality(tmp_path / "blank", report=Quiet())
    assert result["suspects"]["list"] == []
    assert "not judged" in result["suspects"]["note"]


def test_one_group_is_judged_by_recording(tmp_path: Path) -> None:
    settings = {"sample_rate_hz": RATE, "axes": ["x", "y", "z"]}
    projects.new(tmp_path / "q", template="motion", settings=settings, report=Quiet())
    with Project.open(tmp_path / "q") as project:
        for number in range(20):
            put(project, movement(number % 2, number), "me", ("slow", "fast")[number % 2])
    assert quality(tmp_path / "q", report=Quiet())["suspects"]["by"] == "recording"


def test_it_can_be_cancelled(path: Path) -> None:
    class Stop(Quiet):
        def check_cancelled(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        quality(path, report=Stop())


def test_the_verb(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quality", str(path), "--json", "--limit", "2"]) == 0
    assert len(json.loads(capsys.readouterr().out)["suspects"]["list"]) == 2
    assert main(["quality", str(path)]) == 0
    assert "most speaks for" in capsys.readouterr().out
    Project.create(tmp_path / "empty").close()
    assert main(["quality", str(tmp_path / "empty")]) == 2
    assert main(["quality", str(path), "--limit", "-1"]) == 2
    with pytest.raises(ProjectError, match="no samples yet"):
        quality(tmp_path / "empty", report=Quiet())


def test_wrong_labels_among_spoken_digits(tmp_path: Path, shared_data: Path) -> None:
    path = tmp_path / "digits"
    projects.new(path, template="keywords", settings={"sample_rate_hz": 8000.0}, report=Quiet())
    naming = Naming(pattern="{label}_{group}_{n}")
    files = sorted((shared_data / "keywords" / "fsdd").glob("[0-4]_*.wav"))
    projects.import_data(path, files, naming=naming, report=Quiet())
    rng = np.random.default_rng(7)
    with Project.open(path) as project:
        samples = project.samples()
        wrong = {samples[number].id for number in rng.choice(600, 30, replace=False)}
        with project.history.change("Planted wrong labels"):
            for sample in samples:
                if sample.id in wrong:
                    other = str((int(sample.label) + int(rng.integers(1, 5))) % 5)
                    project.relabel_sample(sample.id, other)
    result = quality(path, limit=600, report=Quiet())
    found = [row["sample"] in wrong for row in result["suspects"]["list"]]
    assert sum(found) >= 27  # of 30
    assert sum(found) >= 0.75 * len(found)
    assert sum(found[:30]) >= 21
    assert result["copies"]["pairs"] == []
