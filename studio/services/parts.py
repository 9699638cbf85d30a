"""Cutting recordings and samples into parts: first shown, then written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import ConfigError
from studio.events import Reporter
from studio.params import param
from studio.project import MAIN, Project
from studio.signals import EventSettings, equal_parts, find_events, stretches
from studio.types import Recording, Span


@dataclass(frozen=True, slots=True)
class Windows:
    """Parts of equal length."""

    length_ms: float = param(1000.0, "Length", units="ms", low=0.001, high=86_400_000.0)
    stride_ms: float = param(
        0.0,
        "From one's start to the next one's",
        help="0 is the length",
        units="ms",
        low=0.0,
        high=86_400_000.0,
    )
    keep_rest: bool = param(False, "Take the shorter part that is left at the end")


@dataclass(frozen=True, slots=True)
class Source:
    """What is cut: a sample, or a whole recording."""

    recording_id: int
    sample_id: int | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one sample or recording."""

    source: Source
    name: str
    """Of the recording."""
    spans: tuple[Span, ...]
    sample_rate_hz: float


def preview(
    path: Path,
    how: Windows | EventSettings,
    *,
    sample_ids: Sequence[int] = (),
    recording_ids: Sequence[int] = (),
    label: str = "",
    report: Reporter,
) -> list[Parts]:
    """Return the parts that samples and recordings would be cut into; nothing is written.

    Parameters
    ----------
    label : str
        Of the parts; those of a sample have its own if this is empty.

    Raises
    ------
    ConfigError
        If nothing was chosen, or the parts of a recording would have no label.
    """
    if not sample_ids and not recording_ids:
        raise ConfigError("Nothing was chosen to cut.", "Give samples with --ids or --recordings.")
    if recording_ids and not label:
        raise ConfigError("The parts of a recording need a label.", "Give one with --label.")
    with Project.open(path) as project:
        samples = project.labels.of(sample_ids)
        jobs = [
            (Source(one.recording_id, one.id), Span(one.start, one.stop, label or one.label))
            for one in samples
        ]
        recordings = {number: project.recording(number) for number in recording_ids}
        jobs += [(Source(one.id), Span(0, one.readings, label)) for one in recordings.values()]
        found = []
        for number, (source, span) in enumerate(jobs):
            report.check_cancelled()
            report.progress(number / len(jobs), f"Cutting: {number} of {len(jobs)}")
            recording = project.recording(source.recording_id)
            spans = _cut(project, recording, span, how)
            found.append(Parts(source, recording.name, spans, recording.sample_rate_hz))
    report.progress(1.0, f"Cutting: {sum(len(one.spans) for one in found)} parts")
    return found


def _cut(
    project: Project, recording: Recording, span: Span, how: Windows | EventSettings
) -> tuple[Span, ...]:
    """Cut a span into parts, none of which lies over a gap."""
    rate = recording.sample_rate_hz
    pairs: list[tuple[int, int]] = []
    for first, last in stretches(recording.readings, recording.gaps):
        start, stop = max(first, span.start), min(last, span.stop)
        if start >= stop:
            continue
        if isinstance(how, Windows):
            pairs += equal_parts(
                start,
                stop,
                length=round(how.length_ms * rate / 1000),
                stride=round((how.stride_ms or how.length_ms) * rate / 1000),
                keep_rest=how.keep_rest,
            )
        else:
            values = project.read(recording.id)[start:stop]
            pairs += [(start + a, start + b) for a, b in find_events(values, rate, how)]
    return tuple(Span(start, stop, span.label) for start, stop in pairs)


def write(path: Path, parts: Sequence[Parts], *, track: str = MAIN) -> dict[str, Any]:
    """Write parts as samples, in the place of the sample that was cut, as one change.

    A sample or recording in which no part was found stays as it is.

    Returns
    -------
    dict
        samples (how many were made), untouched (how many sources had no part), ids.
    """
    ids: list[int] = []
    cut = [one for one in parts if one.spans]
    total = sum(len(one.spans) for one in cut)
    with (
        Project.open(path) as project,
        project.history.change(f"Cut {_named(cut)} into {total} samples"),
    ):
        for one in cut:
            if one.source.sample_id is None:
                made = project.add_samples(one.source.recording_id, one.spans, track=track)
            else:
                made = project.labels.replace(one.source.sample_id, one.spans)
            ids += [sample.id for sample in made]
    return {"samples": len(ids), "untouched": len(parts) - len(cut), "ids": ids}


def check_split(how: EventSettings | None, label: str, marks: object) -> None:
    """Refuse to cut what would have no label.

    Raises
    ------
    ConfigError
        If there is neither a label nor anybody who gives some while it is recorded.
    """
    if how is not None and not label and marks is None:
        raise ConfigError("The parts of a recording need a label.", "Give one with --label.")


def cut_events(
    path: Path, recording_ids: Sequence[int], how: EventSettings | None, report: Reporter
) -> int:
    """Cut all samples of recordings into what is found in them; return how many they have then.

    A sample in which nothing is found stays whole. Without `how` nothing is cut.
    """
    chosen = set(recording_ids)
    with Project.open(path) as project:
        samples = [one.id for one in project.samples() if one.recording_id in chosen]
    if how is None or not samples:
        return len(samples)
    found = preview(path, how, sample_ids=samples, report=report)
    made = write(path, found)
    return int(made["samples"] + made["untouched"])


def _named(parts: Sequence[Parts]) -> str:
    names = sorted({one.name for one in parts})
    return names[0] if len(names) == 1 else f"{len(names)} recordings"
