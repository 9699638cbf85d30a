"""Small projects for tests of what is worked out from a pipeline and its data."""

from pathlib import Path

import numpy as np

from studio.events import Quiet
from studio.project import Project
from studio.services import projects
from studio.types import Axis, Span

MOTION = ("accX", "accY", "accZ", "gyrX", "gyrY", "gyrZ")
SOUNDS = ("go", "left", "noise", "off", "on", "stop")
MOVES = ("circle", "idle", "tap", "wave")


def make_project(folder: Path, template: str, *, takes: int = 1) -> Path:
    """Return a project with noise of a pitch of its own for each label, in every split."""
    path = folder / template
    projects.new(path, template=template, report=Quiet())
    sound = template == "keywords"
    rate, seconds = (16000, 1) if sound else (50, 4)
    axes = (
        (Axis("audio", "wav"),)
        if sound
        else tuple(Axis(name, "g" if name.startswith("acc") else "deg/s") for name in MOTION)
    )
    if not sound:
        settings = {"axes": MOTION, "sample_rate_hz": rate}
        projects.set_pipeline(path, settings, Quiet())
    rng = np.random.default_rng(0)
    t = np.arange(rate * seconds)[:, np.newaxis] / rate
    with Project.open(path) as project:
        for take in range(takes):
            for place, label in enumerate(SOUNDS if sound else MOVES):
                pitch = (300 if sound else 2) * (1 + place)
                values = np.sin(2 * np.pi * pitch * t) + 0.3 * rng.normal(size=(len(t), len(axes)))
                readings = (1000 * values).astype(np.int16) if sound else values.astype(np.float32)
                recording = project.add_recording(
                    readings, name=f"{label}{take}", axes=axes, sample_rate_hz=rate
                )
                split = ("train", "validation", "test")[take % 3]
                project.add_samples(recording.id, [Span(0, len(readings), label)], split=split)
    return path
