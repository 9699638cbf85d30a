"""Readings from a board: ports, a live view, and recordings into a project.

Each open link has a process of its own (`studio.devices.acquire`). A recording counts as saved
when the project has sealed it, not before; if the process dies, what it had written is sealed.
"""

import contextlib
import dataclasses
import json
import math
import subprocess
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio import capture_log
from studio.devices.recorder import RECONNECT_S, STALL_S
from studio.devices.ring_buffer import RingReader, discard
from studio.errors import ConfigError, DeviceError, ProjectError, StudioError
from studio.events import Reporter
from studio.jobs.tool import end_group, start_child
from studio.project import (
    Project,
    ProjectBusyError,
    ProjectUnwritableError,
    beginning,
    clean_text,
)
from studio.services import health
from studio.services.marks import Marks
from studio.services.parts import check_split, cut_events
from studio.signals import EventSettings
from studio.types import Axis, Recording, StreamInfo

__all__ = ["RECONNECT_S", "monitor", "record", "ring", "stream_info"]

LOOK_S = 0.1
"""How often a running recording looks whether the person asked it to stop."""


def stream_info(data: Mapping[str, Any]) -> StreamInfo:
    """Return what the data of an `info` event says about a stream."""
    axes = tuple(Axis(axis["name"], axis["units"]) for axis in data["axes"])
    names = {field.name for field in dataclasses.fields(StreamInfo)}
    known = {name: value for name, value in data.items() if name in names}
    return StreamInfo(**{**known, "axes": axes})


def ring(name: str) -> RingReader:
    """Return a view of a running stream; `name` is what its `info` event says in `ring`.

    Raises
    ------
    DeviceError
        If the stream has ended.
    """
    return RingReader(name)


def monitor(
    port: str, report: Reporter, *, protocol: str = "auto", baud: int = 0
) -> dict[str, Any]:
    """Show a board's stream without recording it, until the person stops it.

    Events: `info` (with `ring`, see `ring`), `gap`, `loss`, `text`, `stats`.

    Raises
    ------
    DeviceError
        If the port or the board fails.
    """
    outcome = run_process({"port": port, "protocol": protocol, "baud": baud}, report)
    if outcome.error is not None:
        raise outcome.error
    return {"port": port, **outcome.stats}


def record(
    project_path: Path,
    port: str,
    *,
    seconds: float | None = None,
    readings: int | None = None,
    name: str = "",
    label: str = "",
    group: str = "",
    protocol: str = "auto",
    baud: int = 0,
    sensor: str = "",
    session: str = "",
    stall_s: float = STALL_S,
    reconnect_s: float = RECONNECT_S,
    marks: Marks | None = None,
    auto_split: EventSettings | None = None,
    report: Reporter,
) -> dict[str, Any]:
    """Record from a board into a project; with a label, the whole recording becomes a sample.

    Asking to stop ends the recording and keeps it; so does a board that is unplugged, or sends
    nothing for `stall_s`, unless it comes back within `reconnect_s`: then the recording goes on
    behind a gap. Events are those of `monitor`, `waiting` for the board and `resumed`, and
    `saved` once the recording is in the project.

    Parameters
    ----------
    marks : Marks, optional
        Labels that change meanwhile; then each stretch becomes a sample, not the whole recording.
    auto_split : EventSettings, optional
        Cut the samples into what is found in them.

    Returns
    -------
    dict
        `recording` (id), `name`, `readings`, `seconds`, `sample_rate_hz`, `axes`, `label`,
        `group`, `gaps`, `complete`, `ended` (why it is not complete), `warning`, what the link
        lost, and by the arrivals when reading 0 was taken: `started_s` (monotonic clock of this
        computer) and `started_uncertainty_s`, None if too few readings came to tell; `health`: its
        report; `samples`: how many it has.

    Raises
    ------
    StudioError
        If nothing could be recorded.
    """
    check_length(seconds, readings)
    check_patience(reconnect_s)
    check_label(label)
    check_split(auto_split, label, marks)
    name = name or usual_name(label)
    with Project.open(project_path) as project:
        log = project.incoming / f"{uuid.uuid4().hex[:12]}{capture_log.SUFFIX}"
        request = {
            **{"port": port, "protocol": protocol, "baud": baud, "sensor": sensor},
            **{"seconds": seconds, "readings": readings, "log": str(log)},
            **{"name": name, "label": "" if marks else label, "group": group},
            **{"session": session, "stall_s": stall_s, "reconnect_s": reconnect_s},
            "usual_hz": project.pipeline.sample_rate_hz,
        }
        with capture_log.first_mark(log, label if marks else ""):
            outcome = run_process(request, report, marks=marks)
        nothing = None if outcome.complete else _without_readings(log, outcome.error)
        if nothing is not None and not project.sealed(log):
            raise nothing
        kept = {"name": name, "group": group, "source": port}
        recording = sealed(
            project, log, **kept, label="" if marks else label, about=when(outcome.stats)
        )
        _report_saved(project_path, recording, report)
        found = health.stamp(project, recording, health.arrivals(port, outcome.stats))
    return {
        "project": str(project_path),
        "port": port,
        "label": label,
        **described(recording),
        "health": found.to_dict(),
        "samples": cut_events(project_path, [recording.id], auto_split, report),
        **_ending(outcome, recording.seconds),
    }


def usual_name(label: str) -> str:
    """Return the name of a recording that was given none: its label and the time."""
    return f"{label or 'recording'} {time.strftime('%Y-%m-%d %H.%M.%S')}"


def _ending(outcome: "Outcome", seconds: float) -> dict[str, Any]:
    """Return what is to be said of how a recording went and ended."""
    return {
        **outcome.losses,
        "started_s": outcome.stats.get("started_s"),
        "started_uncertainty_s": outcome.stats.get("started_uncertainty_s"),
        "complete": outcome.complete,
        "ended": outcome.ended,
        "warning": _warning(outcome, seconds),
    }


def when(stats: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata that tell when a recording began, as sure as its arrivals can say."""
    started_s = stats.get("started_s")
    if started_s is None:
        return {}
    return {
        **beginning(time.time() - (time.monotonic() - started_s)),
        "started_s": f"{started_s:.6f}",
        "started_uncertainty_s": f"{stats['started_uncertainty_s']:.6f}",
    }


LONGEST_S = 1e8
"""Three years: beyond that a number is a slip."""


def check_length(seconds: float | None, readings: int | None) -> None:
    """Raise `ConfigError` for a length that holds nothing, or more than years; None has no end."""
    if seconds is not None and LONGEST_S < seconds < math.inf:
        raise ConfigError(
            f"A recording of {seconds:g} seconds is longer than {LONGEST_S:.0e} seconds.",
            "Leave the length out to record until you stop it.",
        )
    if (
        not 0 < (1 if seconds is None else seconds) < math.inf
        or (1 if readings is None else readings) <= 0
    ):
        raise ConfigError(
            f"A recording of {seconds or readings or 0:g} "
            f"{'seconds' if readings is None else 'readings'} holds nothing.",
            "Give a length above zero, such as 10.",
        )


def check_patience(reconnect_s: float) -> None:
    """Raise `ConfigError` for a time to wait for a board that is no time."""
    if not 0 <= reconnect_s < math.inf:
        raise ConfigError(
            f"A board cannot be waited for {reconnect_s:g} seconds.",
            "Give seconds, such as 30, or 0 to end the recording at once.",
        )


def check_label(label: str) -> None:
    """Refuse a label that nobody could see, before anything is recorded.

    Raises
    ------
    ConfigError
        If it has no sign that is printed.
    """
    if label and not clean_text(label):
        raise ConfigError(f"The label {label!r} has no visible sign.", "Give it a name.")


def _report_saved(project_path: Path, recording: Recording, report: Reporter) -> None:
    report.event(
        "saved",
        project=str(project_path),
        recording=recording.id,
        name=recording.name,
        readings=recording.readings,
    )
    report.progress(1.0, f"Saved {recording.name}: {recording.seconds:.1f} s")


def described(recording: Recording) -> dict[str, Any]:
    """Return what a result says of a recording."""
    return {
        "recording": recording.id,
        "name": recording.name,
        "readings": recording.readings,
        "seconds": recording.seconds,
        "sample_rate_hz": recording.sample_rate_hz,
        "axes": [axis.name for axis in recording.axes],
        "group": recording.group,
        "gaps": [dataclasses.asdict(gap) for gap in recording.gaps],
    }


def _without_readings(log: Path, ended: StudioError | None) -> StudioError | None:
    """Return why nothing can be made of a log, None if it holds readings; remove an empty one.

    One that cannot be read may hold some: it stays for whoever opens the project next.
    """
    ended = ended or DeviceError(
        "The recording was stopped before its first reading.", "Record again."
    )
    try:
        if log.exists() and log.stat().st_size and capture_log.scan(log).readings:
            return None
    except ProjectError as unread:
        return ProjectError(
            f"{ended.message} {unread.message}",
            f"It is kept in {log} and read again when the project is opened next.",
        )
    capture_log.remove(log)
    return ended


def sealed(
    project: Project,
    log: Path,
    *,
    name: str = "",
    group: str = "",
    source: str = "",
    label: str = "",
    about: Mapping[str, Any] | None = None,
) -> Recording:
    """Make a recording of a log, as `Project.seal`; where that must wait, say where it is safe.

    Raises
    ------
    ProjectError
        If the project cannot be written now, or the log cannot be used.
    """
    try:
        return project.seal(log, name=name, group=group, source=source, label=label, about=about)
    except (ProjectBusyError, ProjectUnwritableError) as error:
        raise type(error)(
            f"{error.message} The {capture_log.scan(log).readings} readings that were recorded "
            f"are safe in {log}.",
            "They come into the project when it is opened next and can be written; "
            "do not record them again.",
        ) from error


def _warning(outcome: "Outcome", seconds: float) -> str:
    if outcome.error is not None:
        return f"{outcome.error.message} The {seconds:.1f} s recorded up to then are saved."
    lost = outcome.losses["lost_readings"]
    return f"{lost} readings were lost and are marked as gaps." if lost else ""


@dataclasses.dataclass(slots=True)
class Outcome:
    """How an acquisition process ended."""

    complete: bool = False
    ended: str = ""
    error: StudioError | None = None
    stats: dict[str, Any] = dataclasses.field(default_factory=dict)
    ring: str = ""

    @property
    def losses(self) -> dict[str, int]:
        """What was lost on the way."""
        names = ("lost_readings", "lost_packets", "damaged_packets", "board_dropped")
        return {name: int(self.stats.get(name, 0)) for name in names}


def run_process(
    request: Mapping[str, Any], report: Reporter, *, marks: Marks | None = None
) -> Outcome:
    """Run an acquisition process to its end; a request to stop is passed on to it, as marks are.

    Parameters
    ----------
    request : mapping
        Fields of a `RecordRequest`.
    """
    process = start_child("acquire")
    tail: deque[str] = deque(maxlen=20)
    assert process.stderr is not None
    drain = threading.Thread(target=tail.extend, args=(process.stderr,), daemon=True)
    drain.start()
    stopper = _Stopper(process, report)
    outcome = Outcome()
    try:
        report.event("acquisition", pid=process.pid)
        stopper.say(json.dumps(request))
        if marks is not None:
            marks.bind(stopper.say)
        heard = _follow(process, outcome, stopper, report)
        if not heard:
            process.wait()
            drain.join(2)
            outcome.error = DeviceError(
                f"The acquisition process ended unexpectedly ({process.returncode}): "
                f"{_last_words(tail)}.",
                "Check the cable and record again.",
            )
    finally:
        stopper.finish()
        end_group(process)
        if outcome.ring:
            discard(outcome.ring)  # if the process was killed nobody else gives it back
    return outcome


def _last_words(tail: Sequence[str]) -> str:
    """Return the last line that says something; not that of who tidies shared memory up."""
    lines = (line.strip() for line in reversed(tail))
    return next((line for line in lines if line and "resource_tracker" not in line), "no message")


def _follow(
    process: "subprocess.Popen[str]", outcome: Outcome, stopper: "_Stopper", report: Reporter
) -> bool:
    """Relay events; True once the process said how it ended."""
    assert process.stdout is not None
    while True:
        try:
            for line in process.stdout:
                if _relay(line, outcome, report):
                    return True
        except KeyboardInterrupt:  # in a terminal the interrupt key is the way to stop and keep
            stopper.say("stop")
        else:
            return False


def _relay(line: str, outcome: Outcome, report: Reporter) -> bool:
    try:
        event = json.loads(line)
        kind = event.pop("event")
    except (ValueError, KeyError, AttributeError, TypeError):
        report.log(line.rstrip())
        return False
    if kind == "progress":
        report.progress(event["fraction"], event["text"])
    elif kind == "done":
        outcome.complete, outcome.ended = event["complete"], event["ended"]
        return True
    elif kind == "failed":
        classes = {cls.__name__: cls for cls in StudioError.__subclasses__()}
        cls = classes.get(event["type"], DeviceError)
        outcome.error = cls(event["message"], event["hint"])
        outcome.ended = event["message"]
        return True
    else:
        if kind == "stats":
            outcome.stats = event
        elif kind == "info":
            outcome.ring = event["ring"]
        report.event(kind, **event)
    return False


class _Stopper:
    """Tells a process to stop soon after the person asked to."""

    def __init__(self, process: "subprocess.Popen[str]", report: Reporter) -> None:
        self._process = process
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(report,), daemon=True)
        self._thread.start()

    def say(self, line: str) -> None:
        """Write a line to the process; nothing happens if it is gone."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _watch(self, report: Reporter) -> None:
        while not self._done.wait(LOOK_S):
            try:
                report.check_cancelled()
            except StudioError:
                self.say("stop")
                return

    def finish(self) -> None:
        """End the thread and the process's input, which ends the process too."""
        self._done.set()
        self._thread.join()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
