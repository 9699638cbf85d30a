"""The main job, end to end, on the bundled examples and a virtual board; ends with a report.

Everything goes the way a person's own data goes: the recordings come out of the board over its
serial link, and what the board decides comes back over it. Doing it again in the same folder keeps
the recordings that are there and records only what is missing; if nothing is, one recording is
streamed again beside the project, so that a demo that succeeded always used the link.
"""

import hashlib
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from studio import emulator
from studio.errors import DeviceError
from studio.events import Reporter, SubReporter
from studio.footprint import REAL_SLOWER
from studio.paths import make_folder, projects_dir
from studio.project import Project
from studio.services import acquire, boards, deploy, examples, live, report_page, test, train
from studio.services.examples import Example, ExampleRecording
from studio.services.parity import live_parity, span_outcomes
from studio.types import Recording

T = TypeVar("T")

# the share of the time that each step takes of one example's
SHARES = {"record": 0.25, "train": 0.35, "build": 0.1, "test": 0.2, "live": 0.1}
LIVE_RECORDINGS = 4
QUICK_LIVE_RECORDINGS = 1
LIVE_COUNTS = (
    *("recordings", "windows", "identical", "skipped_readings"),
    *("spans", "right", "wrong", "undecided"),
)


@dataclass(frozen=True, slots=True)
class _Bench:
    """The virtual board of a demo, and a folder for what it plays."""

    control: emulator.Control
    port: str
    folder: Path

    def play(self, recording: ExampleRecording, example: Example) -> int:
        """Put a bundled recording before the board's sensor; return its readings."""
        values = examples.values(recording, example.pipeline)
        file = self.folder / f"{recording.name}.npy"
        np.save(file, values)
        self.control.sensor_file(
            file,
            sample_rate_hz=example.pipeline.sample_rate_hz,
            axes=example.pipeline.axes,
        )
        return len(values)


def folder(*, quick: bool) -> Path:
    """Return where the demo keeps its projects unless told otherwise."""
    return projects_dir() / ("demo-quick" if quick else "demo")


def demo(*, quick: bool, out: Path, names: Sequence[str] = (), report: Reporter) -> dict[str, Any]:
    """Do the whole job for bundled examples.

    Parameters
    ----------
    quick : bool
        Use the marked subset of the recordings.
    out : Path
        Folder of the projects and the report; kept and continued if it is there.
    names : sequence of str
        Of the examples; empty for all.

    Returns
    -------
    dict
        `projects` (name, accuracies, parity, stream, live, footprint), `seconds`, `report` (path
        of the page). `stream`: `recordings` and `readings` that are as played, of which
        `streamed` were recorded now and `kept` were there; `streamed_again` beside the project;
        `lost` readings. `live`: `windows`, `identical` of them, and of the labelled `spans` how
        many the board decided `right`, `wrong`, `undecided`.

    Raises
    ------
    StudioError
        If any step fails, or the board's results differ from the PC's.
    """
    began = time.monotonic()
    make_folder(out)
    names = names or examples.names()
    name = "demo-" + hashlib.sha256(str(out.resolve()).encode()).hexdigest()[:6]
    projects = []
    with tempfile.TemporaryDirectory(prefix="tinyml-studio-") as folder:
        bench = _board(name, Path(folder), report)
        try:
            for place, example in enumerate(names):
                part = SubReporter(report, place / len(names), (place + 1) / len(names))
                projects.append(_whole_job(example, bench, out, quick=quick, report=part))
        finally:
            emulator.stop(name)
    result = {"projects": projects, "seconds": time.monotonic() - began}
    result["report"] = str(report_page.write(out / "report.html", result))
    report.progress(1.0, "done")
    _check(projects)
    return result


def _board(name: str, folder: Path, report: Reporter) -> _Bench:
    """Start the demo's board afresh; it ends with this process, however that ends."""
    emulator.stop(name)
    started = boards.start(name, attached=True, report=SubReporter(report, 0.0, 0.01))
    report.event("board", pid=started.pid, name=name)
    return _Bench(emulator.Control(started), f"virtual://{name}", folder)


def _whole_job(
    name: str, bench: _Bench, out: Path, *, quick: bool, report: Reporter
) -> dict[str, Any]:
    example = examples.example(name)
    path = examples.open_project(name, out)
    done = 0.0

    def step(key: str, work: Callable[[Reporter], T]) -> T:
        nonlocal done
        report.check_cancelled()
        part = SubReporter(report, done, done + SHARES[key])
        done += SHARES[key]
        return work(_Named(part, f"{name}, {key}"))

    chosen = [row for row in example.recordings if row.quick or not quick]
    stream = step("record", lambda r: _record(example, chosen, path, bench, r))
    step("train", lambda r: train.train(path, report=r))
    built = step("build", lambda r: _build(path, bench, r))
    tested = step("test", lambda r: test.test(path, port=bench.port, report=r))
    held_out = [row for row in chosen if row.split == "test"]
    held_out = held_out[: QUICK_LIVE_RECORDINGS if quick else LIVE_RECORDINGS]
    decided = step("live", lambda r: _live(example, held_out, bench, path, r))
    return {
        "name": name,
        "title": example.title,
        "project": str(path),
        "run": tested["run"],
        "classes": tested["classes"],
        "float": tested["float"],
        "int8": tested["int8"],
        "board": tested["board"],
        "float_int8_disagreements": tested["float_int8_disagreements"],
        "parity": tested["parity"],
        "stream": stream,
        "live": decided,
        "footprint": built | _latency(tested["latency"]["latency_ms"]),
    }


def _record(
    example: Example,
    chosen: list[ExampleRecording],
    path: Path,
    bench: _Bench,
    report: Reporter,
) -> dict[str, Any]:
    """Record what is missing from the board, label it, and compare with what was played."""
    image = deploy.build_collect(example.pipeline.board, report=SubReporter(report, 0.0, 0.1))
    deploy.flash(image, bench.port, report=SubReporter(report, 0.1, 0.12))
    there = _as_played(example, chosen, path)
    missing = [row for row in chosen if row.name not in there]
    for place, row in enumerate(missing):
        report.progress(0.12 + 0.88 * place / len(missing), f"{place + 1} of {len(missing)}")
        report.check_cancelled()
        _stream(row, example, path, bench, report)
    counts = _label(example, chosen, path)
    again = 0 if missing else _stream_again(chosen[0], example, bench, report)
    return {
        **counts,
        "streamed": counts["recordings"] - len(there),
        "kept": len(there),
        "streamed_again": 0 if missing else 1,
        "lost": counts["lost"] + again,
    }


def _stream(
    row: ExampleRecording, example: Example, path: Path, bench: _Bench, report: Reporter
) -> None:
    """Record a bundled recording from the board into a project."""
    readings = bench.play(row, example)
    recorded = acquire.record(
        path,
        bench.port,
        readings=readings,
        name=row.name,
        group=row.group,
        report=_Quieter(report),
    )
    if not recorded["complete"]:
        raise DeviceError(
            f"The recording {row.name} was broken off. {recorded['warning'] or recorded['ended']}",
            "Start the demo again: it goes on where it ended.",
        )


def _stream_again(row: ExampleRecording, example: Example, bench: _Bench, report: Reporter) -> int:
    """Stream a recording into a project of its own; return the readings that are not as played."""
    report.progress(0.12, f"all recordings are there; {row.name} is streamed once more")
    path = examples.open_project(example.name, bench.folder)
    _stream(row, example, path, bench, report)
    return int(_label(example, [row], path)["lost"])


def _as_played(
    example: Example, chosen: list[ExampleRecording], path: Path
) -> dict[str, Recording]:
    """Return recordings that hold exactly what was played, by name.

    Those that were cut off when a program was ended, or are of other examples, are not among them.
    """
    rows = {row.name: row for row in chosen}
    whole = {}
    with Project.open(path) as project:
        for recording in project.recordings():
            row = rows.get(recording.name)
            if row is not None and row.name not in whole:
                played = examples.values(row, example.pipeline)
                if np.array_equal(project.read(recording.id), played):
                    whole[row.name] = recording
    return whole


def _label(example: Example, chosen: list[ExampleRecording], path: Path) -> dict[str, Any]:
    """Label what is as played and has no samples yet; count what is missing from the rest."""
    whole = _as_played(example, chosen, path)
    ids = {recording.id for recording in whole.values()}
    lost = 0
    with Project.open(path) as project:
        names = {row.name for row in chosen}
        named = {row.id: row for row in project.recordings() if row.name in names}
        samples = project.samples()
        labelled = {sample.recording_id for sample in samples}
        outdated = (named.keys() - ids) & labelled
        project.remove_samples([row.id for row in samples if row.recording_id in outdated])
        for row in chosen:
            recording = whole.get(row.name)
            if recording is None:
                played = len(examples.values(row, example.pipeline))
                sizes = [found.readings for found in named.values() if found.name == row.name]
                lost += max(1, played - max(sizes, default=0))
            elif recording.id not in labelled:
                project.add_samples(recording.id, row.spans, split=row.split)
    readings = sum(recording.readings for recording in whole.values())
    return {"recordings": len(whole), "readings": readings, "lost": lost}


def _build(path: Path, bench: _Bench, report: Reporter) -> dict[str, Any]:
    """Build with PlatformIO, measure, flash."""
    cost = deploy.estimate(path, report=SubReporter(report, 0.0, 0.8))
    deploy.flash(path, bench.port, report=SubReporter(report, 0.8, 1.0))
    keys = ("ram_bytes", "flash_bytes", "latency_ms", "latency_interval_ms", "parts", "board")
    return {key: cost[key] for key in keys}


def _live(
    example: Example, held_out: list[ExampleRecording], bench: _Bench, path: Path, report: Reporter
) -> dict[str, Any]:
    """Play held-out recordings to the board and compare each decision with the PC's."""
    pipeline = example.pipeline
    total: Counter[str] = Counter(dict.fromkeys(LIVE_COUNTS, 0))
    for place, row in enumerate(held_out):
        report.progress(place / len(held_out), f"{row.name} is played to the board")
        readings = bench.play(row, example)
        count = (readings - pipeline.window_readings) // pipeline.stride_readings + 1
        decided = live.live(bench.port, windows=count, report=_Quieter(report))
        values = examples.values(row, pipeline)
        total.update(recordings=1, skipped_readings=decided["skipped_readings"])
        total.update(live_parity(path, values, decided["decisions"]))
        total.update(span_outcomes(row.spans, decided["decisions"], pipeline=pipeline))
    return dict(total)


def _latency(latency_ms: float) -> dict[str, Any]:
    """Return the emulated time per window, and where a real core of the kind surely lies."""
    return {
        "latency_ms": latency_ms,
        "latency_interval_ms": [latency_ms, REAL_SLOWER * latency_ms],
    }


def _check(projects: list[dict[str, Any]]) -> None:
    """Fail unless the board did what the PC computed, on everything."""
    for row in projects:
        parity, stream, decided = row["parity"], row["stream"], row["live"]
        total = parity["windows"]
        if decided["skipped_readings"]:
            raise DeviceError(
                f"{row['name']}: the board needs {row['footprint']['latency_ms']:.0f} ms per "
                f"window and could not keep up; {decided['skipped_readings']} readings were "
                "skipped.",
                "Make the model smaller or the pipeline's stride longer.",
            )
        same = min(parity[f"{key}_identical"] for key in ("features", "scores", "decisions"))
        if same < total or decided["identical"] < decided["windows"] or stream["lost"]:
            raise DeviceError(
                f"{row['name']}: of {total} windows {total - same} differ between board and PC, "
                f"of {decided['windows']} live ones {decided['windows'] - decided['identical']}; "
                f"{stream['lost']} readings were lost.",
                "This is a fault of the program; please report it with the demo's folder.",
            )
        if not (total and decided["windows"]):
            raise DeviceError(
                f"{row['name']}: no window was {'heard live' if total else 'replayed'}.",
                "Delete the demo's folder and start it again.",
            )
        if not decided["right"]:
            raise DeviceError(
                f"{row['name']}: the board heard {decided['spans']} labelled stretches and "
                f"decided none of them right ({decided['wrong']} wrong, "
                f"{decided['undecided']} not at all).",
                "Lower the pipeline's decision threshold, or record more and train again.",
            )


@dataclass(frozen=True, slots=True)
class _Quieter:
    """A reporter without progress: its steps are too short to be shown one by one."""

    parent: Reporter

    def progress(self, fraction: float, text: str) -> None:
        self.check_cancelled()

    def log(self, line: str) -> None:
        self.parent.log(line)

    def event(self, kind: str, **data: object) -> None:
        self.parent.event(kind, **data)

    def check_cancelled(self) -> None:
        self.parent.check_cancelled()


@dataclass(frozen=True, slots=True)
class _Named:
    """A reporter that puts the step's name before each text."""

    parent: Reporter
    name: str

    def progress(self, fraction: float, text: str) -> None:
        self.parent.progress(fraction, f"{self.name}: {text}")

    def log(self, line: str) -> None:
        self.parent.log(line)

    def event(self, kind: str, **data: object) -> None:
        self.parent.event(kind, **data)

    def check_cancelled(self) -> None:
        self.parent.check_cancelled()
