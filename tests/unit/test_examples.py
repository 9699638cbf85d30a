"""The bundled data: complete, honest splits, small, as the scripts make it, and not too easy."""

import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from studio.paths import EXAMPLES
from studio.runtime import extract_features
from studio.services import dataset, examples

LEAST_TEST_WINDOWS = {"keywords": 330, "motion": 300}
NAMES = ("keywords", "motion")


def _manifest(name: str) -> dict[str, Any]:
    return json.loads((EXAMPLES / name / "manifest.json").read_text(encoding="utf-8"))


def _windows(name: str, split: str) -> tuple[NDArray[np.generic], NDArray[np.int64]]:
    example = examples.example(name)
    cut, classes = [], []
    for recording in example.recordings:
        if recording.split == split:
            values = examples.values(recording, example.pipeline)
            cut += [values[span.start : span.stop] for span in recording.spans]
            classes += [example.labels.index(span.label) for span in recording.spans]
    return np.stack(cut), np.array(classes)


def test_both_examples_together_are_small() -> None:
    files = [path for name in NAMES for path in (EXAMPLES / name).iterdir()]
    assert 5_000_000 < sum(path.stat().st_size for path in files) < 12_000_000


@pytest.mark.parametrize("name", NAMES)
def test_every_recording_is_listed_and_no_group_is_in_two_splits(name: str) -> None:
    rows = _manifest(name)["recordings"]
    on_disk = {path.name for path in (EXAMPLES / name).iterdir()} - {"manifest.json"}
    assert {row["file"] for row in rows} == on_disk
    splits = defaultdict(set)
    for row in rows:
        splits[row["group"]].add(row["split"])
    assert all(len(found) == 1 for found in splits.values())
    people = [g for g, found in splits.items() if found == {"test"} and "place" not in g]
    assert len(people) >= 8


@pytest.mark.parametrize("name", NAMES)
def test_spans_are_single_windows_on_the_boards_grid(name: str) -> None:
    example = examples.example(name)
    length, stride = example.pipeline.window_readings, example.pipeline.stride_readings
    for recording in example.recordings:
        readings = len(examples.values(recording, example.pipeline))
        last = 0
        for span in recording.spans:
            assert span.stop - span.start == length
            assert span.start % stride == 0
            assert last <= span.start
            assert span.stop <= readings
            last = span.stop


@pytest.mark.parametrize("name", NAMES)
def test_the_classes_are_balanced_in_every_split(name: str) -> None:
    labels = set(_manifest(name)["labels"])
    for quick in (False, True):
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for row in _manifest(name)["recordings"]:
            if row["quick"] or not quick:
                counts[row["split"]].update(span["label"] for span in row["spans"])
        assert set(counts) == {"train", "validation", "test"}
        for found in counts.values():
            assert set(found) == labels
            assert max(found.values()) <= 2 * min(found.values())
        if not quick:
            assert counts["test"].total() >= LEAST_TEST_WINDOWS[name]
            assert 450 <= counts["train"].total() <= 600


def test_keywords_are_mono_at_16_khz_with_room_above() -> None:
    for path in (EXAMPLES / "keywords").glob("*.flac"):
        about = soundfile.info(path)
        assert (about.samplerate, about.channels, about.subtype) == (16000, 1, "PCM_16")
        audio, _rate = soundfile.read(path, dtype="int16")
        assert 40 < np.abs(audio.astype(int)).max() < 32767
        assert abs(audio.mean()) < 20


def test_words_are_louder_than_the_background_of_their_session() -> None:
    example = examples.example("keywords")
    ratios_db = []
    for recording in example.recordings:
        if "voice" in recording.name:
            audio = examples.values(recording, example.pipeline)[:, 0]
            speech_band = np.diff(audio.astype(float))
            power = defaultdict(list)
            for span in recording.spans:
                cut = speech_band[span.start : span.stop - 1]
                power[span.label == "noise"].append(np.mean(cut**2))
            ratios_db.append(10 * np.log10(np.median(power[False]) / np.median(power[True])))
    assert np.mean(np.array(ratios_db) > 0) > 0.9
    assert 3 < np.median(ratios_db) < 30


def test_the_accelerometer_feels_gravity_and_the_gyroscope_the_turning() -> None:
    windows, classes = _windows("motion", "test")
    labels = examples.example("motion").labels
    calm = windows[classes == labels.index("idle")].astype(float)
    acceleration = calm[:, :, :3]
    mean_g = np.linalg.norm(acceleration.mean(axis=1), axis=1)
    assert np.median(mean_g) == pytest.approx(1.0, abs=0.04)
    assert np.quantile(np.abs(mean_g - 1), 0.9) < 0.08
    # gravity turns backwards in the sensor's axes as the sensor turns: d(acc)/dt = acc x rate
    kernel = np.ones(25) / 25

    def slow(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.apply_along_axis(np.convolve, 1, x, kernel, mode="valid")

    turned = np.gradient(slow(acceleration), 1 / 50, axis=1)
    predicted = np.cross(slow(acceleration), np.radians(slow(calm[:, :, 3:])))
    agreement = np.corrcoef(turned.ravel(), predicted.ravel())[0, 1]
    assert agreement > 0.6


@pytest.mark.parametrize("name", NAMES)
def test_a_nearest_centroid_classifier_is_not_enough(name: str) -> None:
    example = examples.example(name)
    config = dataset.block_config(example.pipeline)
    features, classes = {}, {}
    for split in ("train", "test"):
        windows, classes[split] = _windows(name, split)
        features[split] = extract_features(config, windows).reshape(len(windows), -1)
    mean = features["train"].mean(axis=0)
    spread = features["train"].std(axis=0) + 1e-6
    scaled = {split: (values - mean) / spread for split, values in features.items()}
    centres = np.stack(
        [scaled["train"][classes["train"] == k].mean(axis=0) for k in range(len(example.labels))]
    )
    distance = ((scaled["test"][:, np.newaxis] - centres) ** 2).sum(axis=2)
    accuracy = float(np.mean(distance.argmin(axis=1) == classes["test"]))
    assert 0.55 < accuracy < 0.85


@pytest.mark.parametrize(
    ("script", "recording"),
    [
        ("make_keywords.py", "validation_voice01.flac"),
        ("make_keywords.py", "train_place01.flac"),
        ("make_motion.py", "validation_wearer01.npz"),
    ],
)
def test_the_scripts_make_what_is_bundled(script: str, recording: str, tmp_path: Path) -> None:
    name = script.removeprefix("make_").removesuffix(".py")
    command = [sys.executable, str(EXAMPLES / script), "--out", str(tmp_path)]
    subprocess.run([*command, "--only", Path(recording).stem], check=True, timeout=120)
    shipped, made = EXAMPLES / name / recording, tmp_path / recording
    if made.suffix == ".flac":
        a, b = (soundfile.read(path, dtype="int16")[0].astype(int) for path in (shipped, made))
    else:
        a, b = (np.load(path)["values"].astype(int) for path in (shipped, made))
    assert a.shape == b.shape
    assert np.abs(a - b).max() <= 2  # the last bit may differ between builds of NumPy
    rows = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["recordings"]
    assert rows == [row for row in _manifest(name)["recordings"] if row["file"] == recording]
