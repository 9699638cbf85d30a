"""Import of many short recordings, against reading, hashing and writing the same files."""

import hashlib
import os
import shutil
import tempfile
import time
import wave
from pathlib import Path
from typing import Any

import numpy as np
from common import gate, say

RATE_HZ = 16_000
SYNC_EVERY = 100
ROUNDS = 3


def make(folder: Path, count: int) -> None:
    """Write one-second WAV files in ten folders, one per class."""
    rng = np.random.default_rng(3)
    for number in range(count):
        place = folder / f"class{number % 10}"
        place.mkdir(parents=True, exist_ok=True)
        with wave.open(str(place / f"take{number:05d}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(rng.integers(-3000, 3000, RATE_HZ).astype("<i2").tobytes())


def bare_s(source: Path, target: Path) -> float:
    """Read, hash, write, rename; one fsync per hundred files."""
    target.mkdir()
    began = time.perf_counter()
    for number, path in enumerate(sorted(source.rglob("*.wav"))):
        data = path.read_bytes()
        name = hashlib.sha256(data).hexdigest()
        temporary = target / f".{name}"
        with temporary.open("wb") as file:
            file.write(data)
            if number % SYNC_EVERY == SYNC_EVERY - 1:
                file.flush()
                os.fsync(file.fileno())
        temporary.rename(target / f"{name}.wav")
    return time.perf_counter() - began


def imported_s(source: Path, project: Path, count: int) -> float:
    """Import them into a new project."""
    from studio.events import Quiet
    from studio.project import Project
    from studio.services import imports

    Project.create(project).close()
    began = time.perf_counter()
    result = imports.import_data(project, [source], report=Quiet())
    took = time.perf_counter() - began
    if result["recordings"] != count:
        raise SystemExit(f"{result['recordings']} of {count} files were imported")
    _check(source, project, count)
    return took


def _check(source: Path, project: Path, count: int) -> None:
    """Leave if labels are not the folders' names, or readings not the files'."""
    from studio.project import Project

    with Project.open(project) as opened:
        samples = {sample.recording_id: sample.label for sample in opened.samples()}
        recordings = opened.recordings()
        for recording in recordings[:: max(1, count // 200)]:
            with wave.open(str(source / f"{recording.name}.wav"), "rb") as file:
                wanted = np.frombuffer(file.readframes(RATE_HZ), "<i2")
            same = np.array_equal(opened.read(recording.id)[:, 0], wanted)
            if not same or recording.name.partition("/")[0] != samples.get(recording.id):
                raise SystemExit(f"{recording.name} was not imported as it is")
        if len(samples) != count or not all(sample.split for sample in opened.samples()):
            raise SystemExit(f"{len(samples)} of {count} recordings have a sample in a split")


def import_ratio(count: int) -> dict[str, Any]:
    """Return the gate."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "source", count)
        ratios = []
        for number in range(ROUNDS):
            bare = bare_s(folder / "source", folder / f"bare{number}")
            ours = imported_s(folder / "source", folder / f"project{number}", count)
            say(f"import of {count}: {bare:.2f} s bare, {ours:.2f} s imported")
            ratios.append(ours / bare)
            shutil.rmtree(folder / f"bare{number}")
            shutil.rmtree(folder / f"project{number}")
    ratio = round(sorted(ratios)[ROUNDS // 2], 3)
    return gate(f"import of {count} one-second WAVs", ratio, 2.0, "times the bare copy", "lower")
