"""The health of recordings: looked at when they come in, kept in the project, shown."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.project import ENDED, Project, ProjectUnwritableError
from studio.project.records import counted
from studio.signals import Arrivals, Health, examine
from studio.signals.health import VERSION
from studio.types import Recording

MOST_VALUES = 8_000_000
"""Of an import that are looked at at once, about half a second's work; `check` does the rest."""

_BATCH = 50
"""Recordings whose reports are kept in one commit."""


def stamp(project: Project, recording: Recording, arrivals: Arrivals | None = None) -> Health:
    """Look at a recording and keep what was found in the project, if it can be written.

    Parameters
    ----------
    arrivals : Arrivals, optional
        What was seen of the rate; without it, what was kept of it before.
    """
    health = _looked(project, recording, arrivals)
    with suppress(ProjectUnwritableError):  # it can be found again when there is room
        project.set_health(recording.id, health.to_dict(), health.flags)
    return health


def _looked(project: Project, recording: Recording, arrivals: Arrivals | None = None) -> Health:
    if arrivals is None and not recording.source.startswith(_OWN_CLOCK):
        arrivals = _kept(project.health(recording.id))
    return examine(
        project.read(recording.id),
        recording.axes,
        recording.sample_rate_hz,
        gaps=recording.gaps,
        arrivals=arrivals,
    )


_OWN_CLOCK = ("file://", "virtual://")


def _kept(report: Mapping[str, Any]) -> Arrivals | None:
    if not report.get("measured_hz"):
        return None
    names = ("measured_hz", "uncertainty_hz", "jitter_ms")
    return Arrivals(*(float(report[name]) for name in names))


def arrivals(port: str, stats: Mapping[str, Any]) -> Arrivals | None:
    """Return what the figures of an acquisition say about its rate.

    None for played files and virtual boards: they go by a clock of their own, faster or slower.
    """
    if port.startswith(_OWN_CLOCK) or not stats.get("rate_hz"):
        return None
    names = ("rate_hz", "rate_uncertainty_hz", "jitter_ms")
    return Arrivals(*(float(stats[name]) for name in names))


def stamp_imported(project: Project, recording_ids: Collection[int]) -> list[str]:
    """Look at recordings that came in, as many as take a second or so.

    Returns
    -------
    list of str
        What was found, and how many were left to `check`, in words.
    """
    chosen, values = [], 0
    for number in sorted(recording_ids):
        recording = project.recording(number)
        values += recording.readings * len(recording.axes)
        if values > MOST_VALUES:
            break
        chosen.append(recording)
    kinds: Counter[str] = Counter()
    for first in range(0, len(chosen), _BATCH):
        with project.batch():
            for recording in chosen[first : first + _BATCH]:
                kinds.update(stamp(project, recording).flags)
    found = kinds.most_common()
    notes = [f"health: {counted(count, 'recording')} with {kind}" for kind, count in found]
    if left := len(recording_ids) - len(chosen):
        waiting = counted(left, "recording")
        notes.append(f"health: {waiting} not looked at yet; see `tinyml-studio health`")
    return notes


def opened(path: Path) -> list[str]:
    """Return what a person should know of a project that is opened, in words.

    What a program that died left behind is put in order, and what was recovered is looked at.
    """
    with Project.open(path) as project:
        return examine_recovered(project)


def examine_recovered(project: Project) -> list[str]:
    """Look at recordings that were recovered, as many as take a second or so.

    Whoever opens a project first recovers them, but does not always have a person to tell.

    Returns
    -------
    list of str
        The project's notices, and which recordings were recovered.
    """
    notices = list(project.notices)
    left = project.unexamined()
    known = project.metadata.every() if left else {}
    for recording in left:
        ended = known.get(recording.id, {}).get(ENDED)
        if ended and not any(recording.name in notice for notice in notices):
            notices.append(f"The recording {recording.name} was {ended}; what was saved is kept.")
    with suppress(ProjectUnwritableError):
        stamp_imported(project, [recording.id for recording in left])
    return notices


def check(
    path: Path,
    recording_ids: Sequence[int] = (),
    *,
    again: bool = False,
    report: Reporter,
) -> dict[str, Any]:
    """Return the health of recordings; those not looked at yet are looked at now.

    Parameters
    ----------
    recording_ids : sequence of int
        Which; empty: all.
    again : bool
        Look at all of them, whatever was found before.

    Returns
    -------
    dict
        recordings [{recording, name, seconds, flags, health}], checked (how many were looked at
        now), kinds {kind of finding: recordings with it}, sound (how many have nothing).
    """
    unkept = ""
    with Project.open(path) as project:
        chosen = [project.recording(number) for number in recording_ids] or project.recordings()
        rows, checked = [], 0
        for number, recording in enumerate(chosen):
            report.check_cancelled()
            report.progress(number / len(chosen), f"Checking: {number} of {len(chosen)}")
            found = project.health(recording.id)
            if again or found.get("version") != VERSION:
                health = _looked(project, recording)
                found = health.to_dict()
                checked += 1
                try:
                    project.set_health(recording.id, found, health.flags)
                except ProjectUnwritableError as error:
                    unkept = f"What was found is shown only, not kept: {error}"
            rows.append(_row(recording, found))
    report.progress(1.0, f"Checking: {len(rows)} of {len(rows)}")
    if unkept:
        report.log(unkept)
    kinds: dict[str, int] = {}
    for row in rows:
        for kind in row["flags"]:
            kinds[kind] = kinds.get(kind, 0) + 1
    sound = sum(not row["flags"] for row in rows)
    return {"recordings": rows, "checked": checked, "kinds": kinds, "sound": sound}


def _row(recording: Recording, found: Mapping[str, Any]) -> dict[str, Any]:
    worse = [row for row in found["findings"] if row["severity"] != "info"]
    return {
        "recording": recording.id,
        "name": recording.name,
        "seconds": recording.seconds,
        "flags": list(dict.fromkeys(row["kind"] for row in worse)),
        "health": dict(found),
    }
