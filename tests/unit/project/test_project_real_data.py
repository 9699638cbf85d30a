"""Recordings that other people made come in as they are, with the counts their READMEs state."""

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.events import Quiet
from studio.project import Naming, Project
from studio.services import projects
from studio.types import ImportOptions


def brought(
    tmp_path: Path, source: Path, *, template: str = "blank", **options: Any
) -> tuple[dict[str, Any], Path]:
    path = tmp_path / "p"
    projects.new(path, template=template, report=Quiet())
    return projects.import_data(path, [source], report=Quiet(), **options), path


def totals(result: dict[str, Any]) -> dict[str, int]:
    return {label: sum(row.values()) for label, row in result["labels"].items()}


def test_spoken_digits(tmp_path: Path, shared_data: Path) -> None:
    source = shared_data / "keywords" / "fsdd"
    naming = Naming(pattern="{label}_{group}_{n}", keep=("0", "1", "2", "3"))
    result, path = brought(tmp_path, source, naming=naming)
    assert (result["recordings"], result["failed"]) == (1200, [])
    assert totals(result) == {"0": 120, "1": 120, "2": 120, "3": 120, "unknown": 720}
    info = projects.info(path, Quiet())
    assert (info["groups"], info["pipeline"]["sample_rate_hz"]) == (4, 8000)
    projects.assign_splits(path, test_groups=["lucas"], report=Quiet())
    with Project.open(path) as project:
        assert {sample.group for sample in project.samples(split="test")} == {"lucas"}
        assert len(project.samples(split="test")) == 300
        recording = next(r for r in project.recordings() if r.name.endswith("7_nicolas_12"))
        with wave.open(str(source / "7_nicolas_12.wav")) as file:
            expected = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        assert np.array_equal(project.read(recording.id)[:, 0], expected)


def test_nicla_keeps_its_own_folders(tmp_path: Path, shared_data: Path) -> None:
    source = shared_data / "gestures" / "nicla_motion_edge_impulse"
    result, path = brought(tmp_path, source, template="motion", naming=Naming(skip=("testing",)))
    assert (result["recordings"], result["left_out"], result["failed"]) == (48, 6, [])
    for row in result["labels"].values():
        assert row["test"] == 2
        assert row["train"] + row["validation"] == 10
        assert row["validation"] >= 2
    with Project.open(path) as project:
        assert project.pipeline.sample_rate_hz == 59
        assert [axis.units for axis in project.pipeline.axes] == ["m/s2"] * 3 + ["N/A"] * 3
        file = next((source / "training").glob("Lift.*.json"))
        expected = np.array(json.loads(file.read_text())["payload"]["values"], np.float32)
        recording = next(r for r in project.recordings() if r.name == f"training/{file.stem}")
        assert np.array_equal(project.read(recording.id), expected)


def test_punch_and_uppercut_by_take(tmp_path: Path, shared_data: Path) -> None:
    source = shared_data / "gestures" / "arduino_nano33_punch_uppercut"
    result, path = brought(tmp_path, source, options=ImportOptions(119.0))
    assert totals(result) == {"punch": 17, "upper_cut": 18}
    with Project.open(path) as project:
        assert {recording.readings for recording in project.recordings()} == {119}
        assert len({recording.group for recording in project.recordings()}) == 35


def test_ceiling_fan(tmp_path: Path, shared_data: Path) -> None:
    source = shared_data / "vibration" / "ceiling_fan"
    options = ImportOptions(200.0, ("x", "y", "z"))
    result, path = brought(tmp_path, source, template="vibration", options=options)
    assert result["recordings"] == 400
    assert set(totals(result).values()) == {80}
    with Project.open(path) as project:
        assert {recording.readings for recording in project.recordings()} == {200}
        recording = next(r for r in project.recordings() if r.name == "fan_0_med_1_weight/0007")
        expected = np.loadtxt(source / "fan_0_med_1_weight" / "0007.csv", delimiter=",")
        assert np.array_equal(project.read(recording.id), expected.astype(np.float32))


def test_phone_recordings_as_json_are_sound(tmp_path: Path, shared_data: Path) -> None:
    source = shared_data / "formats" / "edge_impulse_audio_json"
    result, path = brought(tmp_path, source, template="keywords")
    assert totals(result) == {"Chinese": 3, "English": 3, "noise": 3}
    with Project.open(path) as project:
        assert {r.dtype for r in project.recordings()} == {"int16"}


@pytest.mark.parametrize(
    ("folder", "axes", "n", "rate"),
    [
        ("gestures/magic_wand_bno055", "accel_ms2_x,accel_ms2_y,accel_ms2_z", 62, 100),
        ("gestures/emlearn_imu_recording", "acc_x,acc_y,acc_z", 1, 50),
    ],
)
def test_tables_with_times(
    tmp_path: Path, shared_data: Path, folder: str, axes: str, n: int, rate: float
) -> None:
    options = ImportOptions(axes=tuple(axes.split(",")))
    result, path = brought(tmp_path, shared_data / folder, options=options)
    assert (result["recordings"], result["failed"]) == (n, [])
    with Project.open(path) as project:
        assert {recording.sample_rate_hz for recording in project.recordings()} == {rate}


def test_flac_and_folders_of_words(tmp_path: Path, shared_data: Path) -> None:
    naming = Naming(pattern="{label}/{group}_nohash_{n}")
    words = shared_data / "keywords" / "speech_commands_sample"
    result, path = brought(tmp_path, words, template="keywords", naming=naming)
    assert (result["recordings"], len(result["labels"])) == (156, 30)
    assert projects.info(path, Quiet())["groups"] == 21
    alexa = shared_data / "keywords" / "wake_words"
    more = projects.import_data(path, [alexa], report=Quiet())
    assert totals(more) == {"alexa": 60}
