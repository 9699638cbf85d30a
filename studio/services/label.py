"""Labels: the samples of a project, their signal, finding them among many, and changing them.

What changes data says how many samples it changed (`changed`) and what the history calls it
(`did`, empty if nothing had to be changed).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError
from studio.project import MAIN, Project, SampleQuery, SampleRow
from studio.types import WINDOW_RULES, Axis, Gap, Labelling, Sample, Span

Row = SampleRow


@dataclass(frozen=True, slots=True)
class Signal:
    """The readings of a sample: `values` is `(n, n_axes)`; gaps count from its first reading."""

    values: NDArray[np.generic]
    axes: tuple[Axis, ...]
    sample_rate_hz: float
    gaps: tuple[Gap, ...] = ()


def rows(path: Path) -> list[Row]:
    """Return all samples of a project with what a list shows of them."""
    with Project.open(path) as project:
        return project.index.page(SampleQuery(sort="id"), limit=-1)


def signal(path: Path, sample: Sample) -> Signal:
    """Return the readings of a sample."""
    with Project.open(path) as project:
        recording = project.recording(sample.recording_id)
        values = np.array(project.read(recording.id)[sample.start : sample.stop])
    gaps = tuple(
        replace(gap, at=gap.at - sample.start)
        for gap in recording.gaps
        if sample.start < gap.at < sample.stop
    )
    return Signal(values, recording.axes, recording.sample_rate_hz, gaps)


def relabel(path: Path, sample: Sample, label: str) -> None:
    """Give a sample another label; its recording is untouched.

    Raises
    ------
    ProjectError
        If the label is empty or the project cannot be written.
    """
    with Project.open(path) as project:
        project.relabel_sample(sample.id, label)


def assign_splits(path: Path) -> None:
    """Give every group to train, validation or test, deterministically."""
    with Project.open(path) as project:
        project.assign_splits()


@dataclass(frozen=True, slots=True)
class Selection:
    """Samples that a person means: by number, or all that a query finds."""

    ids: tuple[int, ...] = ()
    query: SampleQuery | None = None

    def of(self, project: Project) -> list[int]:
        """Return their numbers.

        Raises
        ------
        ConfigError
            If nothing was selected: that is never taken for everything.
        """
        if self.query is not None and not self.ids:
            return project.index.ids(self.query)
        if not self.ids:
            raise ConfigError(
                "No samples were chosen.", "Give their numbers with --ids, or a filter."
            )
        return list(self.ids)


def page(
    path: Path, query: SampleQuery, *, offset: int = 0, limit: int = 256
) -> tuple[int, list[SampleRow]]:
    """Return how many samples a query finds, and one page of them."""
    with Project.open(path) as project:
        return project.index.count(query), project.index.page(query, offset=offset, limit=limit)


def counts(path: Path, query: SampleQuery) -> dict[str, Any]:
    """Return samples and hours by label and split.

    Returns
    -------
    dict
        labels {label: {samples, hours, splits {split or "none": {samples, hours}}}}, samples,
        hours, groups, tracks.
    """
    with Project.open(path) as project:
        sums = project.index.sums(query)
        groups = project.index.groups(query)
        tracks = project.labels.tracks()
    labels: dict[str, dict[str, Any]] = {}
    for row in sums:
        of = labels.setdefault(row.label, {"samples": 0, "hours": 0.0, "splits": {}})
        hours = row.seconds / 3600
        of["samples"] += row.samples
        of["hours"] += hours
        of["splits"][row.split or "none"] = {"samples": row.samples, "hours": hours}
    return {
        "labels": labels,
        "samples": sum(row.samples for row in sums),
        "hours": sum(row.seconds for row in sums) / 3600,
        "groups": len(groups),
        "tracks": tracks,
    }


def edit(path: Path, work: Callable[[Project], int]) -> dict[str, Any]:
    """Change a project's data and say what became of it."""
    with Project.open(path) as project:
        before = {entry.id for entry in project.history.entries(limit=1)}
        changed = work(project)
        newest = project.history.entries(limit=1)
        did = newest[0].sentence if newest and newest[0].id not in before else ""
    return {"changed": changed, "did": did}


def add(
    path: Path, recording_id: int, spans: Sequence[Span], *, track: str = MAIN
) -> dict[str, Any]:
    """Label stretches of a recording; the result has the new samples' `ids`."""
    made: list[int] = []

    def work(project: Project) -> int:
        made.extend(sample.id for sample in project.add_samples(recording_id, spans, track=track))
        return len(made)

    return edit(path, work) | {"ids": made}


def relabel_all(path: Path, selection: Selection, label: str) -> dict[str, Any]:
    """Give samples another label."""

    def work(project: Project) -> int:
        ids = selection.of(project)
        project.labels.relabel(ids, label)
        return len(ids)

    return edit(path, work)


def remove(path: Path, selection: Selection) -> dict[str, Any]:
    """Forget samples; the recordings stay."""

    def work(project: Project) -> int:
        ids = selection.of(project)
        project.labels.of(ids)
        project.labels.remove(ids)
        return len(ids)

    return edit(path, work)


def enable(path: Path, selection: Selection, *, enabled: bool) -> dict[str, Any]:
    """Let samples be used for training and testing, or not."""

    def work(project: Project) -> int:
        ids = selection.of(project)
        project.labels.enable(ids, enabled=enabled)
        return len(ids)

    return edit(path, work)


def crop(path: Path, sample_id: int, start: int, stop: int) -> dict[str, Any]:
    """Give a sample other ends, `[start, stop)` in readings of its recording."""

    def work(project: Project) -> int:
        project.labels.crop(sample_id, start, stop)
        return 1

    return edit(path, work)


def merge(path: Path, labels: Sequence[str], into: str, *, track: str = MAIN) -> dict[str, Any]:
    """Make one label of several."""
    if not labels:
        raise ConfigError("No labels were named to merge.", "Name them with --labels A,B.")
    return edit(path, lambda project: project.labels.merge_labels(labels, into, track=track))


def move(
    path: Path, selection: Selection, split: str, *, whole_groups: bool = True
) -> dict[str, Any]:
    """Put samples, by default with all of their groups, into a split; empty means none."""
    return edit(
        path,
        lambda project: project.labels.move(
            selection.of(project), split, whole_groups=whole_groups
        ),
    )


def put_on_track(path: Path, selection: Selection, track: str) -> dict[str, Any]:
    """Put samples on another label track."""

    def work(project: Project) -> int:
        ids = selection.of(project)
        project.labels.put_on_track(ids, track)
        return len(ids)

    return edit(path, work)


def change_track(path: Path, name: str, *, new: str | None) -> dict[str, Any]:
    """Add a track (`new` is its name), rename it, or remove it with its samples (`new` is None).

    Returns
    -------
    dict
        tracks, changed, did.
    """

    def work(project: Project) -> int:
        used = name == project.pipeline.labelling.track
        if new is None:
            if used:
                raise ConfigError(
                    f"The track {name} is the one that is trained on.",
                    "Choose another track in the window rule first.",
                )
            project.labels.remove_track(name)
        elif name and used:
            sentence = f"Renamed the track {name} to {new}"
            with project.history.change(sentence):
                named = project.labels.rename_track(name, new)
                _put_rule(project, replace(project.pipeline.labelling, track=named), sentence)
        elif name:
            project.labels.rename_track(name, new)
        else:
            project.labels.add_track(new)
        return 1

    found = edit(path, work)
    with Project.open(path) as project:
        return found | {"tracks": project.labels.tracks()}


def delete_recordings(path: Path, recording_ids: Sequence[int]) -> dict[str, Any]:
    """Take recordings out of the data with their samples; their files stay until `clean`."""
    if not recording_ids:
        raise ConfigError("No recordings were named.", "Name them with --recordings 1,2.")

    def work(project: Project) -> int:
        project.delete_recordings(recording_ids)
        return len(set(recording_ids))

    return edit(path, work)


def metadata(
    path: Path, recording_ids: Sequence[int], values: Mapping[str, str | None]
) -> dict[str, Any]:
    """Set keys of recordings (None removes), and return what they have then.

    Returns
    -------
    dict
        metadata {recording: {key: value}} of the named recordings, or of all; changed, did.
    """

    def work(project: Project) -> int:
        with project.history.change(f"Set {', '.join(values)} of {len(recording_ids)} recordings"):
            for number in recording_ids:
                project.metadata.set(project.recording(number).id, values)
        return len(recording_ids)

    if values and not recording_ids:
        raise ConfigError("No recordings were named.", "Name them with --recordings 1,2.")
    found = edit(path, work) if values else {"changed": 0, "did": ""}
    with Project.open(path) as project:
        every = project.metadata.every()
        ids = [project.recording(number).id for number in recording_ids] or sorted(every)
        return found | {"metadata": {str(number): every.get(number, {}) for number in ids}}


def set_rule(path: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    """Choose which label windows get (undoable); entries of `Labelling` that are None stay.

    Raises
    ------
    ConfigError
        For an unknown rule or track, or a share that is not above 0 and up to 1.
    """
    with Project.open(path) as project:
        given = {key: value for key, value in values.items() if value is not None}
        wanted: Labelling = replace(project.pipeline.labelling, **given)
        if wanted.rule not in WINDOW_RULES:
            raise ConfigError(
                f"There is no window rule {wanted.rule!r}.",
                f"Choose one of: {', '.join(WINDOW_RULES)}.",
            )
        if not 0 < wanted.share <= 1:
            raise ConfigError(
                f"The share is {wanted.share:g}.", "Choose one above 0 and up to 1, such as 0.5."
            )
        project.labels.need_track(wanted.track)
        if wanted != project.pipeline.labelling:
            _put_rule(project, wanted, "Chose which label a window gets")
        return asdict(wanted)


def _put_rule(project: Project, wanted: Labelling, sentence: str) -> None:
    """Let windows get their labels by this rule; a part of the history."""
    before = json.dumps(asdict(project.pipeline.labelling))
    with project.history.change(sentence):
        project.history.note_rule(sentence, before, json.dumps(asdict(wanted)))
        project.set_pipeline(replace(project.pipeline, labelling=wanted))
