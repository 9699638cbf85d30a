"""The library of samples: what a list of very many shows, what it can be filtered by, and groups.

A list asks for the numbers of all samples that a query finds, in their order, and then for the
rows that are seen: a page by its numbers takes the same time anywhere in the list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.events import Reporter
from studio.project import Project, SampleQuery, SampleRow
from studio.registry import provided
from studio.services import health
from studio.services.label import Selection, edit
from studio.types import SPLITS

Query = SampleQuery

FACETS = {
    "label": "labels",
    "group_name": "groups",
    "split": "splits",
    "track": "tracks",
    "enabled": "enabled",
    "flags": "flag",
}
"""What a list is filtered by: the column that is counted, and the query's field for it."""
_OFF: dict[str, Any] = {"enabled": None, "flag": ""}


@dataclass(frozen=True, slots=True)
class Listing:
    """What a query finds."""

    ids: NDArray[np.int64]
    """All samples, in their order."""
    first: int
    """Place of the first of `rows`."""
    rows: list[SampleRow]
    """Those that are seen at once."""


@dataclass(frozen=True, slots=True)
class Facets:
    """How many samples there are of what, and how much in all."""

    counts: dict[str, list[tuple[Any, int]]]
    """Of each of `FACETS`, as if it was not filtered by itself; labels and splits in order."""
    labels: list[str]
    """All labels of the project, in the order of their places."""
    tracks: list[str]
    seconds: dict[str, dict[str, float]]
    """Label -> split -> seconds of what the query finds."""
    groups: int
    total: int
    """All samples of the project, filtered or not."""


def find(path: Path, query: SampleQuery, *, first: int = 0, limit: int = 256) -> Listing:
    """Return what a query finds, with the rows of one page."""
    with Project.open(path) as project:
        ids = project.index.ids(query)
        first = max(0, min(first, len(ids) - limit))
        rows = project.index.rows(ids[first : first + limit])
    return Listing(np.array(ids, np.int64), first, rows)


def rows(path: Path, ids: Sequence[int]) -> list[SampleRow]:
    """Return these samples in their order; those that are gone are left out."""
    with Project.open(path) as project:
        return project.index.rows([int(number) for number in ids])


def places(path: Path) -> dict[str, int]:
    """Return the labels of a project with their places, which decide over keys and colours."""
    with Project.open(path) as project:
        return project.index.places()


def facets(path: Path, query: SampleQuery) -> Facets:
    """Return the counts by which a query can be narrowed, each without its own filter."""
    with Project.open(path) as project:
        query = _looked_up(project, query)
        counts = {
            column: _tally(project, query, column, field) for column, field in FACETS.items()
        }
        groups = counts["group_name"]
        counts["split"].sort(key=lambda row: [*SPLITS, ""].index(row[0]))
        sums = project.index.sums(query)
        seconds: dict[str, dict[str, float]] = {}
        for row in sums:
            seconds.setdefault(row.label, {})[row.split] = row.seconds
        return Facets(
            counts=counts,
            labels=list(project.index.places()),
            tracks=project.labels.tracks(),
            seconds=seconds,
            groups=len(project.index.tally(query, "group_name") if query.groups else groups),
            total=project.index.count(SampleQuery()),
        )


def _looked_up(project: Project, query: SampleQuery) -> SampleQuery:
    """Return a query with the samples in the place of its words, which take a look at all."""
    if not query.words:
        return query
    found = project.index.ids(SampleQuery(words=query.words, ids=query.ids, sort="id"))
    return replace(query, words="", ids=tuple(found))


def _tally(project: Project, query: SampleQuery, column: str, field: str) -> list[tuple[Any, int]]:
    open_query = replace(query, **{field: _OFF.get(field, ())})
    return project.index.tally(open_query, column)


def export_formats() -> list[tuple[str, str]]:
    """Return name and title of each format that data can be exported to."""
    return [(row.id, row.title) for row in provided("exporter")]


def put_in_group(path: Path, selection: Selection, group: str) -> dict[str, Any]:
    """Put the recordings of samples into a group; return `changed` recordings and what it `did`.

    Where the group is in a split already, their samples join it.
    """

    def work(project: Project) -> int:
        found = project.labels.of(selection.of(project))
        return project.groups.put({sample.recording_id for sample in found}, group)

    return edit(path, work)


def rename_group(path: Path, group: str, name: str) -> dict[str, Any]:
    """Give a group another name, or join it to another one; the result is as `put_in_group`."""
    return edit(path, lambda project: project.groups.rename(group, name))


def rename_label(path: Path, label: str, name: str) -> dict[str, Any]:
    """Give a label another name on all tracks, or join it to another one."""

    def work(project: Project) -> int:
        ids = project.index.ids(SampleQuery(labels=(label,)))
        with project.history.change(f"Renamed label {label} to {name}"):
            project.labels.relabel(ids, name, renames=label)
        return len(ids)

    return edit(path, work)


def relabel_each(path: Path, labels: Mapping[int, str]) -> dict[str, Any]:
    """Give each of some samples a label of its own."""

    def work(project: Project) -> int:
        of: dict[str, list[int]] = {}
        for number, label in labels.items():
            of.setdefault(label, []).append(number)
        with project.history.change(f"Relabelled {len(labels)} samples"):
            for label, ids in of.items():
                project.labels.relabel(ids, label)
        return len(labels)

    return edit(path, work)


def put_on_track(path: Path, selection: Selection, track: str) -> dict[str, Any]:
    """Put samples on a track, which is made if there is none of this name."""

    def work(project: Project) -> int:
        ids = selection.of(project)
        with project.history.change(f"Put {len(ids)} samples on track {track}"):
            there = project.labels.tracks()
            name = track if track in there else project.labels.add_track(track)
            project.labels.put_on_track(ids, name)
        return len(ids)

    return edit(path, work)


def describe_all(
    path: Path, selection: Selection, values: Mapping[str, str | None]
) -> dict[str, Any]:
    """Set keys of the recordings of samples; None takes a key away."""

    def work(project: Project) -> int:
        found = project.labels.of(selection.of(project))
        recordings = sorted({sample.recording_id for sample in found})
        with project.history.change(f"Set {', '.join(values)} of {len(recordings)} recordings"):
            for number in recordings:
                project.metadata.set(number, values)
        return len(recordings)

    return edit(path, work)


def describe(path: Path, sample_id: int) -> dict[str, Any]:
    """Return what is known of a sample and its recording.

    Returns
    -------
    dict
        sample, recording (name), start_s, seconds, rate_hz, source, metadata {key: value},
        findings [{sentence, remedy}], trim_s (0, or what is better left out at its beginning).
    """
    with Project.open(path) as project:
        (sample,) = project.labels.of([sample_id])
        recording = project.recording(sample.recording_id)
        report = project.health(recording.id)
        rate = recording.sample_rate_hz
        trim = int(report.get("trim", 0))
        return {
            "sample": sample,
            "recording": recording.name,
            "start_s": sample.start / rate,
            "seconds": (sample.stop - sample.start) / rate,
            "rate_hz": rate,
            "source": recording.source,
            "metadata": project.metadata.of(recording.id),
            "findings": [
                {"sentence": str(one["sentence"]), "remedy": str(one["remedy"])}
                for one in report.get("findings", ())
                if one.get("severity") != "info"
            ],
            "trim_s": trim / rate if sample.start < trim < sample.stop else 0.0,
        }


def trim(path: Path, *, report: Reporter) -> dict[str, Any]:
    """Crop all samples that begin while their recording still settles (undoable, one step).

    Recordings not looked at yet are looked at first. A sample that lies within that time as a
    whole is put out of use instead.

    Returns
    -------
    dict
        cropped, disabled (how many samples), did.
    """
    health.check(path, report=report)
    counts = {"cropped": 0, "disabled": 0}

    def work(project: Project) -> int:
        trims = {
            recording.id: int(project.health(recording.id).get("trim", 0))
            for recording in project.recordings()
            if "settling" in recording.flags
        }
        early = [
            sample
            for sample in project.samples(enabled=True)
            if sample.start < trims.get(sample.recording_id, 0)
        ]
        gone = [one.id for one in early if one.stop <= trims[one.recording_id]]
        kept = [one for one in early if one.stop > trims[one.recording_id]]
        if early:
            with project.history.change(f"Left the settling out of {len(early)} samples"):
                for one in kept:
                    project.labels.crop(one.id, trims[one.recording_id], one.stop)
                project.labels.enable(gone, enabled=False)
        counts.update(cropped=len(kept), disabled=len(gone))
        return len(early)

    return counts | {"did": edit(path, work)["did"]}
