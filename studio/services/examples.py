"""The bundled examples: what they hold, their recordings, and a project set up for each."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio import emulator, registry
from studio.errors import ConfigError
from studio.events import Reporter
from studio.paths import EXAMPLES
from studio.project import Project
from studio.services import boards, deploy
from studio.types import Axis, DecisionRule, Pipeline, Span


@dataclass(frozen=True, slots=True)
class ExampleRecording:
    """One bundled recording with its labels."""

    name: str
    path: Path
    group: str
    split: str
    quick: bool
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A bundled data set and the pipeline that suits it."""

    name: str
    title: str
    pipeline: Pipeline
    labels: tuple[str, ...]
    recordings: tuple[ExampleRecording, ...]


def names() -> list[str]:
    """Return the names of the bundled examples."""
    return sorted(path.parent.name for path in EXAMPLES.glob("*/manifest.json"))


def example(name: str) -> Example:
    """Read an example's description.

    Raises
    ------
    ConfigError
        If there is no such example.
    """
    path = EXAMPLES / name / "manifest.json"
    if name not in names():
        raise ConfigError(
            f"There is no example {name!r}.", f"Bundled examples: {', '.join(names())}."
        )
    manifest = json.loads(path.read_text(encoding="utf-8"))
    block = registry.find("signal_block", manifest["block"]).load()
    rate = float(manifest["sample_rate_hz"])
    pipeline = Pipeline(
        window_ms=float(manifest["window_ms"]),
        stride_ms=float(manifest["stride_ms"]),
        sample_rate_hz=rate,
        axes=tuple(Axis(row["name"], row["units"]) for row in manifest["axes"]),
        dtype=manifest["dtype"],
        block=manifest["block"],
        block_version=block.implementation_version,
        block_params=manifest["block_params"],
        learning=manifest["learning"],
        learning_params={},
        decision=DecisionRule(),
        board=boards.VIRTUAL,  # everybody has it
    )
    rows = [_recording(path.parent, row, rate) for row in manifest["recordings"]]
    return Example(name, manifest["title"], pipeline, tuple(manifest["labels"]), tuple(rows))


def _recording(folder: Path, row: dict[str, Any], rate: float) -> ExampleRecording:
    spans = tuple(
        Span(round(s["start_s"] * rate), round(s["stop_s"] * rate), s["label"])
        for s in row["spans"]
    )
    path = folder / row["file"]
    quick = bool(row.get("quick", False))
    return ExampleRecording(path.stem, path, row["group"], row["split"], quick, spans)


def values(recording: ExampleRecording, pipeline: Pipeline) -> NDArray[np.generic]:
    """Return a bundled recording's readings `(n, n_axes)` in the pipeline's dtype."""
    if recording.path.suffix == ".flac":
        import soundfile

        audio, _rate = soundfile.read(recording.path, dtype="int16", always_2d=True)
        return np.asarray(audio)
    stored = np.load(recording.path, allow_pickle=False)
    if isinstance(stored, np.ndarray):
        return stored.astype(pipeline.dtype)
    return np.asarray(stored["values"] * stored["scale"]).astype(pipeline.dtype)


def open_project(name: str, folder: Path) -> Path:
    """Return the example's project in `folder`, made and set up if it is not there yet."""
    path = folder / name
    if (path / "project.toml").exists():
        return path
    Project.create(path, name=name, pipeline=example(name).pipeline).close()
    return path


def copy(name: str, path: Path, report: Reporter) -> Path:
    """Make a project with all recordings of an example, labelled and split; return its path.

    Raises
    ------
    ConfigError
        If there is no such example.
    ProjectError
        If the folder is not empty, or cannot be written.
    Cancelled
        If stopped; the project is then there without recordings.
    """
    chosen = example(name)
    pipeline = chosen.pipeline
    with (
        Project.create(path, name=chosen.title, pipeline=pipeline) as project,
        project.batch(f"Added the example {chosen.title}"),
    ):
        for number, row in enumerate(chosen.recordings):
            report.check_cancelled()
            report.progress(number / len(chosen.recordings), f"example: {row.name}")
            recording = project.add_recording(
                values(row, pipeline),
                name=row.name,
                axes=pipeline.axes,
                sample_rate_hz=pipeline.sample_rate_hz,
                group=row.group,
                source=f"example {name}",
            )
            project.add_samples(recording.id, row.spans, split=row.split)
    return path


def play_on_board(name: str, board: str, report: Reporter) -> str:
    """Have a virtual board play an example's first recording again and again, as a real one would.

    The board is started in real time unless it runs, and gets the firmware that streams.

    Returns
    -------
    str
        The board's port.
    """
    chosen = example(name)
    running = {row.name: row for row in boards.running()}
    if board not in running:
        running[board] = boards.start(board, real_time=True, report=report)
    control = emulator.Control(running[board])
    port = f"virtual://{board}"
    image = deploy.build_collect(chosen.pipeline.board, report=report)
    deploy.flash(image, port, report=report)
    recording = next(row for row in chosen.recordings if row.split == "test")
    with tempfile.TemporaryDirectory(prefix="tinyml-studio-") as folder:
        file = Path(folder) / f"{recording.name}.npy"
        np.save(file, values(recording, chosen.pipeline))
        control.sensor_file(
            file,
            sample_rate_hz=chosen.pipeline.sample_rate_hz,
            axes=chosen.pipeline.axes,
            repeat=True,
        )
    return port
