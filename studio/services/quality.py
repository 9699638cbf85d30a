"""Quality of a data set: copies, labels that look wrong, balance, and recordings with faults."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from studio.errors import ProjectError
from studio.events import Reporter, SubReporter
from studio.project import Project
from studio.services.alike import Alike, Finder
from studio.services.splits import place, same_group
from studio.services.suspects import Judged, judge
from studio.types import SPLITS, Recording, Sample

_UNEVEN = 5.0
_FEW_GROUPS = 3


def quality(path: Path, *, limit: int = 100, report: Reporter) -> dict[str, Any]:
    """Return what is known of the quality of a project's samples; nothing is changed.

    Looked at are the samples that are used: enabled, on the track that is trained on.

    Parameters
    ----------
    limit : int
        How many copies and how many suspects are listed at most.

    Returns
    -------
    dict
        samples, hours, labels {label: {samples, hours, groups, splits {split: {samples, hours}},
        length_s {shortest, median, longest}}}, groups {group: {samples, hours, labels}},
        health {examined, flags {flag: recordings}, recordings [{recording, flags, findings}]},
        copies {conflicts, identical, near, pairs [{similarity, identical, conflict, first,
        second, advice}]}, suspects {list, by, accuracy, samples, note}, warnings (sentences).

    Raises
    ------
    ProjectError
        If there are no samples, or a recording does not fit the pipeline.
    """
    with Project.open(path) as project:
        track = project.pipeline.labelling.track
        samples = project.samples(track=track, enabled=True)
        if not samples:
            raise ProjectError("There are no samples yet.", "Label or import data first.")
        recordings = {recording.id: recording for recording in project.recordings()}
        labels, groups = _labels(samples, recordings), _groups(samples, recordings)
        health = _health(project, samples, recordings)
        copies = _copies(project, samples, SubReporter(report, 0.0, 0.6))
        judged = judge(project, samples, limit=limit, report=SubReporter(report, 0.6, 1.0))
    report.progress(1.0, f"Quality: {len(samples)} samples looked at")
    return {
        "samples": len(samples),
        "hours": sum(row["hours"] for row in labels.values()),
        "labels": labels,
        "groups": groups,
        "health": health,
        "copies": {
            "conflicts": sum(one.first.label != one.second.label for one in copies),
            "identical": sum(one.identical for one in copies),
            "near": sum(not one.identical for one in copies),
            "pairs": [_told(one, recordings) for one in copies[:limit]],
        },
        "suspects": {("list" if k == "suspects" else k): v for k, v in asdict(judged).items()},
        "warnings": _warnings(labels, groups, health, copies, judged),
    }


def _hours(sample: Sample, recordings: Mapping[int, Recording]) -> float:
    return (sample.stop - sample.start) / recordings[sample.recording_id].sample_rate_hz / 3600


def _labels(
    samples: Sequence[Sample], recordings: Mapping[int, Recording]
) -> dict[str, dict[str, Any]]:
    of: dict[str, list[Sample]] = {}
    for sample in samples:
        of.setdefault(sample.label, []).append(sample)
    found = {}
    for label, mine in sorted(of.items()):
        hours = [_hours(sample, recordings) for sample in mine]
        splits: dict[str, dict[str, Any]] = {}
        for sample, length in zip(mine, hours, strict=True):
            row = splits.setdefault(sample.split or "none", {"samples": 0, "hours": 0.0})
            row["samples"] += 1
            row["hours"] += length
        found[label] = {
            "samples": len(mine),
            "hours": sum(hours),
            "groups": len({sample.group for sample in mine}),
            "splits": splits,
            "length_s": {
                name: round(3600 * of_all(hours), 4)
                for name, of_all in (("shortest", min), ("median", median), ("longest", max))
            },
        }
    return found


def _groups(
    samples: Sequence[Sample], recordings: Mapping[int, Recording]
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for sample in samples:
        row = found.setdefault(sample.group, {"samples": 0, "hours": 0.0, "labels": Counter()})
        row["samples"] += 1
        row["hours"] += _hours(sample, recordings)
        row["labels"][sample.label] += 1
    return {
        group: row | {"labels": dict(sorted(row["labels"].items()))}
        for group, row in sorted(found.items())
    }


def _health(
    project: Project, samples: Sequence[Sample], recordings: Mapping[int, Recording]
) -> dict[str, Any]:
    """Return what the health reports of the samples' recordings say."""
    used = sorted({sample.recording_id for sample in samples})
    reports = {number: project.health(number) for number in used}
    flags = Counter(flag for number in used for flag in recordings[number].flags)
    return {
        "recordings": len(used),
        "examined": sum(bool(report) for report in reports.values()),
        "flags": dict(sorted(flags.items())),
        "flagged": [
            {
                "recording": recordings[number].name,
                "flags": list(recordings[number].flags),
                "findings": [
                    str(finding.get("sentence", ""))
                    for finding in reports[number].get("findings", ())
                    if finding.get("kind") in recordings[number].flags
                ],
            }
            for number in used
            if recordings[number].flags
        ],
    }


def _copies(project: Project, samples: Sequence[Sample], report: Reporter) -> list[Alike]:
    """Return samples that are the same or nearly so: those with different labels first."""
    finder = Finder(project, samples)
    found = finder.identical(SubReporter(report, 0.0, 0.2))
    found += finder.near(SubReporter(report, 0.2, 1.0))
    return sorted(
        found,
        key=lambda one: (
            one.first.label == one.second.label,
            -one.similarity,
            one.first.id,
            one.second.id,
        ),
    )


def _told(one: Alike, recordings: dict[int, Recording]) -> dict[str, Any]:
    conflict = one.first.label != one.second.label
    return {
        "similarity": round(one.similarity, 4),
        "identical": one.identical,
        "conflict": conflict,
        "first": place(one.first, recordings),
        "second": place(one.second, recordings),
        "advice": "Decide which label is right, and remove the other sample."
        if conflict
        else f"Remove sample {one.second.id}: it says nothing new.",
    }


def _alike_groups(groups: Iterable[str]) -> list[str]:
    """Return which groups are one, by their names: they would be in two splits."""
    of: dict[str, list[str]] = {}
    for group in groups:
        of.setdefault(same_group(group), []).append(group)
    return [
        f"Groups {' and '.join(names)} are probably one: give them one name."
        for names in of.values()
        if len(names) > 1
    ]


def _warnings(
    labels: Mapping[str, Mapping[str, Any]],
    groups: Mapping[str, Mapping[str, Any]],
    health: Mapping[str, Any],
    copies: Sequence[Alike],
    judged: Judged,
) -> list[str]:
    """Return what is worth a look, in sentences with their counts."""
    found = []
    conflicts = sum(one.first.label != one.second.label for one in copies)
    if conflicts:
        found.append(f"{conflicts} pairs of copies have different labels: one of each is wrong.")
    if len(copies) > conflicts:
        found.append(f"{len(copies) - conflicts} samples are copies of others.")
    most = max(labels, key=lambda label: labels[label]["hours"])
    least = min(labels, key=lambda label: labels[label]["hours"])
    ratio = labels[most]["hours"] / labels[least]["hours"]
    if ratio > _UNEVEN:
        found.append(f"There is {ratio:.0f} times as much of {most} as of {least}.")
    for label, row in labels.items():
        if row["groups"] < _FEW_GROUPS:
            lacking = [split for split in SPLITS if split not in row["splits"]]
            away = f"; it is not in {' and '.join(lacking)}" if lacking else ""
            word = "group" if row["groups"] == 1 else "groups"
            found.append(f"Label {label} is of {row['groups']} {word} only{away}.")
    found += _alike_groups(groups)
    only = [group for group, row in groups.items() if len(row["labels"]) == 1]
    if only and len(labels) > 1 and len(only) < len(groups):
        found.append(f"{len(only)} of {len(groups)} groups have one label only.")
    for flag, count in health["flags"].items():
        found.append(f"{count} recordings are flagged {flag}.")
    if judged.note:
        found.append(judged.note)
    return found
