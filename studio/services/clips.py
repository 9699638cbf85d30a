"""Clips from a board into a project: a series, or what a trigger chooses.

Each clip becomes a recording of its own as soon as it is whole, labelled if there is a label.
"""

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from studio import capture_log, filelock
from studio.devices.recorder import RECONNECT_S, STALL_S
from studio.devices.series import ClipRequest
from studio.errors import DeviceError, StudioError
from studio.events import Reporter
from studio.project import Project
from studio.services import health
from studio.services.acquire import (
    check_label,
    check_length,
    check_patience,
    described,
    run_process,
    sealed,
    usual_name,
)
from studio.services.marks import Overhearing
from studio.services.parts import check_split, cut_events
from studio.signals import EventSettings


def record_clips(
    project_path: Path,
    port: str,
    clips: ClipRequest,
    *,
    name: str = "",
    label: str = "",
    group: str = "",
    protocol: str = "auto",
    baud: int = 0,
    sensor: str = "",
    stall_s: float = STALL_S,
    reconnect_s: float = RECONNECT_S,
    auto_split: EventSettings | None = None,
    report: Reporter,
) -> dict[str, Any]:
    """Record clips from a board; asking to stop ends it and keeps what there is.

    Events are those of `acquire.record`, `countdown`, and `clip` when one begins and ends;
    `saved` once it is in the project.

    Returns
    -------
    dict
        `recordings`: of each clip what `acquire.record` says of a recording, with `complete` (a
        clip that was cut off is not), `health` and `flags`; `samples`, how many there are;
        `readings` of all; `complete`, `ended`, `warning`, and what the link lost.

    Raises
    ------
    StudioError
        If no clip could be recorded.
    """
    check_length(clips.seconds, None)
    check_patience(reconnect_s)
    check_label(label)
    ClipRequest.read(asdict(clips))
    check_split(auto_split, label, None)
    name = name or usual_name(label)
    with Project.open(project_path) as project:
        log = project.incoming / f"{uuid.uuid4().hex[:12]}{capture_log.SUFFIX}"
        request = {
            **{"port": port, "protocol": protocol, "baud": baud, "sensor": sensor},
            **{"name": name, "label": label, "group": group or name, "log": str(log)},
            "stall_s": stall_s,
            "reconnect_s": reconnect_s,
            "usual_hz": project.pipeline.sample_rate_hz,
            "clips": asdict(clips),
        }
        saved = _Saved(project, port, report)
        outcome = run_process(request, Overhearing(report, saved.hear))
        for left in sorted(log.parent.glob(f"{log.stem}-*{log.suffix}")):
            saved.keep(left, complete=False)  # of a process that was killed
    if not saved.rows:
        raise outcome.error or DeviceError("No clip came before it was stopped.", _why(clips))
    numbers = [row["recording"] for row in saved.rows]
    samples = cut_events(project_path, numbers, auto_split, report)
    report.progress(1.0, f"Saved {len(numbers)} clips")
    return {
        "project": str(project_path),
        "port": port,
        "label": label,
        "recordings": saved.rows,
        "samples": samples,
        "readings": sum(row["readings"] for row in saved.rows),
        **outcome.losses,
        "complete": outcome.complete,
        "ended": outcome.ended,
        "warning": _warning(outcome.error, clips, len(numbers)),
    }


def _why(clips: ClipRequest) -> str:
    if clips.trigger:
        return f"Nothing met the trigger {clips.trigger!r}: look at the stream, then change it."
    return "Record again."


def _warning(error: StudioError | None, clips: ClipRequest, count: int) -> str:
    if error is not None:
        return f"{error.message} The {count} clips recorded up to then are saved."
    if clips.count > count:
        return f"{count} of {clips.count} clips were recorded."
    return ""


class _Saved:
    """Puts clips into the project as they come."""

    def __init__(self, project: Project, port: str, report: Reporter) -> None:
        self._project = project
        self._port = port
        self._report = report
        self._stats: Mapping[str, Any] = {}
        self.rows: list[dict[str, Any]] = []

    def hear(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take the acquisition's events."""
        if kind == "stats":
            self._stats = dict(data)
        elif kind == "clip" and data["state"] != "begun" and data["log"]:
            self.keep(Path(data["log"]), complete=data["state"] == "complete")

    def keep(self, log: Path, *, complete: bool) -> None:
        """Make a recording of a clip's log."""
        project = self._project
        if not project.sealed(log) and (
            filelock.is_held(log) or not capture_log.scan(log).readings
        ):
            return
        recording = sealed(project, log, source=self._port)
        found = health.stamp(project, recording, health.arrivals(self._port, self._stats))
        about = {"health": found.to_dict(), "flags": list(found.flags), "complete": complete}
        self.rows.append(described(recording) | about)
        self._report.event(
            "saved",
            project=str(project.path),
            recording=recording.id,
            name=recording.name,
            readings=recording.readings,
        )
