"""Takes: recordings as a person asks for them on the Boards page, from one board or several."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.devices.series import ClipRequest
from studio.errors import ConfigError
from studio.events import Reporter
from studio.project import Project
from studio.services import acquire, clips, label, together
from studio.services.marks import Marks
from studio.services.thumbnails import strongest
from studio.signals import EventSettings

FREE, FIXED, SERIES, TRIGGER = "free", "fixed", "series", "trigger"
COLUMNS = 88


@dataclass(frozen=True, slots=True)
class Take:
    """What is to be recorded."""

    label: str
    group: str = ""
    mode: str = FREE
    """Until it is stopped, one length, clips at set times, or clips by a trigger."""
    seconds: float = 5.0
    """Length of a fixed take, or of each clip of a series."""
    countdown_s: float = 0.0
    count: int = 20
    """Clips of a series; of a trigger too, 0: until it is stopped."""
    pause_s: float = 1.0
    trigger: str = ""
    """What is waited for, as `record --trigger` takes it."""
    pre_s: float = 0.5
    post_s: float = 0.5
    split: str = ""
    """What samples are cut by: a kind of `EventSettings`; empty: they stay whole."""

    @property
    def marked(self) -> bool:
        """Whether labels may change while it is recorded."""
        return self.mode == FREE or (self.mode == FIXED and not self.countdown_s)

    @property
    def clips(self) -> ClipRequest | None:
        """What is asked of the board if it is clips."""
        if self.mode == TRIGGER:
            return ClipRequest(
                count=self.count, trigger=self.trigger, pre_s=self.pre_s, post_s=self.post_s
            )
        if self.mode == SERIES:
            return ClipRequest(
                count=self.count,
                seconds=self.seconds,
                pause_s=self.pause_s,
                countdown_s=self.countdown_s,
            )
        if self.mode == FIXED and self.countdown_s:
            return ClipRequest(count=1, seconds=self.seconds, countdown_s=self.countdown_s)
        return None


def record(
    project: Path,
    ports: Sequence[str],
    take: Take,
    *,
    marks: Marks | None = None,
    report: Reporter,
) -> dict[str, Any]:
    """Record a take; events are those of `acquire.record` and `clips.record_clips`.

    Returns
    -------
    dict
        `recordings`: of each what `acquire.record` says, and `picture`, see `picture`; `samples`;
        `warning`, a sentence or empty.

    Raises
    ------
    ConfigError
        If several boards are to be recorded in a mode that knows only one.
    StudioError
        If nothing could be recorded.
    """
    result = _recorded(project, ports, take, marks, report)
    rows = [
        {**row, "label": take.label, "picture": picture(project, row["recording"])}
        for row in result["recordings"]
    ]
    warnings = [result.get("warning", ""), *(row.get("warning", "") for row in rows)]
    return {
        "recordings": rows,
        "samples": result.get("samples", sum(row.get("samples", 0) for row in rows)),
        "warning": " ".join(dict.fromkeys(one for one in warnings if one)),
    }


def _recorded(
    project: Path, ports: Sequence[str], take: Take, marks: Marks | None, report: Reporter
) -> dict[str, Any]:
    split = EventSettings(kind=take.split) if take.split else None
    about: dict[str, Any] = {"label": take.label, "group": take.group, "auto_split": split}
    wanted = take.clips
    seconds = take.seconds if take.mode == FIXED else None
    if len(ports) > 1:
        if wanted is not None:
            raise ConfigError(
                f"{len(ports)} boards cannot be recorded at once in clips or with a countdown.",
                "Choose one length or “until I stop”, or connect one board only.",
            )
        return together.record_together(project, ports, report=report, seconds=seconds, **about)
    if wanted is not None:
        return clips.record_clips(project, ports[0], wanted, report=report, **about)
    one = acquire.record(project, ports[0], seconds=seconds, marks=marks, report=report, **about)
    return {"recordings": [one], "samples": one["samples"], "warning": one["warning"]}


def picture(project: Path, recording: int, *, columns: int = COLUMNS) -> list[list[float]]:
    """Return a small picture of a recording's strongest axis: `[[low, high], ...]`, -1 to 1."""
    with Project.open(project) as opened:
        ends: list[list[float]] = strongest(opened.read(recording), columns).tolist()
    return ends


def trim(project: Path, recording: int, readings: int) -> dict[str, Any]:
    """Let the samples of a recording begin after its first readings; return how many changed."""
    with Project.open(project) as opened:
        samples = [one for one in opened.samples() if one.recording_id == recording]
    early = [one for one in samples if one.start < readings < one.stop]
    for one in early:
        label.crop(project, one.id, readings, one.stop)
    return {"changed": len(early)}


def expected(path: Path) -> tuple[tuple[str, ...], bool]:
    """Return the names of the axes that a project learns from, and whether they are sound.

    There are no names while the axes are open.
    """
    with Project.open(path) as project:
        pipeline = project.pipeline
        return tuple(axis.name for axis in pipeline.axes), pipeline.dtype == "int16"


def known(project: Path) -> dict[str, float]:
    """Return a project's labels by their places, with how many seconds there are of each."""
    with Project.open(project) as opened:
        rates = {one.id: one.sample_rate_hz for one in opened.recordings()}
        found = dict.fromkeys(opened.index.places(), 0.0)
        for sample in opened.samples():
            if rate := rates.get(sample.recording_id):  # else it was added meanwhile
                length = (sample.stop - sample.start) / rate
                found[sample.label] = found.get(sample.label, 0.0) + length
    return found
