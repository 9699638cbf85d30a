"""Whether projects hold what was reported as saved, byte for byte."""

import hashlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import ROOT

from studio.errors import StudioError
from studio.project import Project
from studio.services import examples

OPEN_S = 30.0


@dataclass(frozen=True)
class Saved:
    """A recording that the program said was saved."""

    project: Path
    recording: int
    name: str
    readings: int


def opens(out: Path, environment: Mapping[str, str]) -> list[str]:
    """Open every project under `out` with the verb `info`; return why any did not."""
    failed = []
    for path in sorted(out.glob("*/project.toml")):
        command = [sys.executable, "-m", "studio", "info", str(path.parent), "--json"]
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=OPEN_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            failed.append(f"{path.parent.name} did not open within {OPEN_S:g} s")
            continue
        if done.returncode != 0:
            failed.append(f"{path.parent.name} did not open: {done.stderr.strip()[-300:]}")
    return failed


def differing(saved: Sequence[Saved]) -> list[str]:
    """Return which recordings are missing, or are not what was played to the board."""
    faults = []
    for row in saved:
        fault = _fault(row)
        if fault:
            faults.append(f"{row.project.name} {row.name} ({row.recording}): {fault}")
    return faults


def _fault(row: Saved) -> str:
    try:
        with Project.open(row.project) as project:
            listed = project.recording(row.recording)
            values = np.array(project.read(row.recording))
    except StudioError as error:
        return error.message
    files = list((row.project / "recordings").glob(f"{listed.sha256}.*"))
    if len(files) != 1 or hashlib.sha256(files[0].read_bytes()).hexdigest() != listed.sha256:
        return "its file is not that of its SHA-256"
    example = examples.example(row.project.name)
    played = next(found for found in example.recordings if found.name == row.name)
    wanted = examples.values(played, example.pipeline)
    # one that was cut off, and said so, is a beginning of what was played
    if (listed.name, len(values), values.dtype) != (row.name, row.readings, wanted.dtype):
        return f"it holds {len(values)} readings of {listed.name}, {row.readings} were saved"
    return "" if np.array_equal(values, wanted[: len(values)]) else "its readings differ"
