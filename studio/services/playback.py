"""A virtual board's sensor plays a project's own recordings, as if it heard or felt them."""

from pathlib import Path
from typing import Any

import numpy as np

from studio import emulator
from studio.errors import ProjectError
from studio.events import Reporter
from studio.paths import boards_dir
from studio.project import Project


def play(
    name: str, path: Path, *, split: str = "test", repeat: bool = False, report: Reporter
) -> dict[str, Any]:
    """Let a virtual board play all recordings of one split, one after the other.

    It begins when the firmware takes its first reading, so nothing of it is missed.

    Parameters
    ----------
    name : str
        Name of a running virtual board.
    path : Path
        The project.
    split : str
        `train`, `validation` or `test`.
    repeat : bool
        Start over at the end.

    Returns
    -------
    dict
        `name`, `recordings`, `readings`, `seconds`.

    Raises
    ------
    DeviceError
        If the board does not run.
    ProjectError
        If the split holds no recordings.
    """
    control = emulator.Control(emulator.find(name))
    with Project.open(path) as project:
        pipeline = project.pipeline
        chosen = sorted(
            {sample.recording_id for sample in project.samples(split=split, enabled=True)}
        )
        if not chosen:
            raise ProjectError(
                f"Project {project.name} has no {split} recordings to play.",
                f"Assign splits: tinyml-studio split {path}",
            )
        report.progress(0.2, f"reading {len(chosen)} recordings")
        values = np.concatenate([project.read(number) for number in chosen])
    file = boards_dir() / f"{name}.sensor.npy"
    np.save(file, values.astype(pipeline.dtype))
    control.sensor_file(
        file, sample_rate_hz=pipeline.sample_rate_hz, axes=pipeline.axes, repeat=repeat
    )
    report.progress(1.0, f"{name} plays {len(chosen)} recordings")
    return {
        "name": name,
        "recordings": len(chosen),
        "readings": len(values),
        "seconds": len(values) / pipeline.sample_rate_hz,
    }
