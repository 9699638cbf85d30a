"""Which labels of a project look wrong, judged by its own features."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError, ProjectError
from studio.events import Reporter, SubReporter
from studio.learning import Opinions, opinions, vectors
from studio.project import Project, assign_folds
from studio.services import dataset
from studio.services.splits import place
from studio.signals import window_starts
from studio.types import Pipeline, Recording, Sample, Span

FOLDS = 5
_WINDOWS = 3
"""Windows of a long sample that are looked at."""
_SUSPECT = 0.7
"""From here on it is worth a look: neighbours and model together give another label 0.4 more than
its own. From 0.5 on the other one is ahead, which is ordinary where a model errs often."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found about labels."""

    suspects: list[dict[str, Any]]
    by: str
    """What a model was kept from to judge it: `group`, `recording` or `sample`; empty if no label
    was judged."""
    accuracy: float
    samples: int
    note: str
    """Whose labels were not judged and why, or empty."""


def _nothing(note: str) -> Judged:
    return Judged([], "", 0.0, 0, note)


def judge(project: Project, samples: Sequence[Sample], *, limit: int, report: Reporter) -> Judged:
    """Return the samples whose labels most speaks against, the most suspicious first.

    Each has place, `suspicion` (0..1), `suggested` label, `neighbours` (share of the nearest
    samples with its label), `probability` (of its label, by a model that never saw its group) and
    a `reason` in words.
    """
    pipeline = project.pipeline
    try:
        dataset.block_config(pipeline)
    except ConfigError as error:
        return _nothing(f"Labels were not judged: {error.message}")
    recordings = {recording.id: recording for recording in project.recordings()}
    fitting, note = _fitting(samples, recordings, pipeline)
    counts = Counter(sample.label for sample in fitting)
    used = [one for one in fitting if counts[one.label] > 1]
    labels = sorted({sample.label for sample in used})
    if len(labels) < 2:
        return _nothing("Fewer than two labels have several samples, so none can be judged.")
    by, folds = _folds(used)
    owners, places = _places(used, recordings, pipeline, labels)
    features = SubReporter(report, 0.0, 0.6)

    def done(count: int) -> None:
        report.check_cancelled()
        features.progress(count / len(places), f"Quality: features of {count} windows")

    found = dataset.features(project, pipeline, places, done)
    rest = SubReporter(report, 0.6, 1.0)

    def judging(part: float) -> None:
        report.check_cancelled()
        rest.progress(part, "Quality: comparing labels")

    said = opinions(vectors(found.x), found.y, folds[owners], owners, judging)
    suspects = _suspects(used, labels, said, recordings, limit)
    return Judged(suspects, by, said.accuracy, len(used), note)


def _fitting(
    samples: Sequence[Sample], recordings: dict[int, Recording], pipeline: Pipeline
) -> tuple[list[Sample], str]:
    """Return the samples that the pipeline can look at, and a sentence about the others."""
    fitting = set()
    for number in {sample.recording_id for sample in samples}:
        with suppress(ProjectError):
            dataset.check_fits(recordings[number], pipeline)
            fitting.add(number)
    kept = [sample for sample in samples if sample.recording_id in fitting]
    left = len(samples) - len(kept)
    note = f"{left} samples do not fit the pipeline, so their labels were not judged."
    return kept, note if left else ""


def _folds(samples: Sequence[Sample]) -> tuple[str, NDArray[np.int64]]:
    """Return the fold of each sample: by group if each label is in several, else finer."""
    ways = {
        "group": [sample.group for sample in samples],
        "recording": [str(sample.recording_id) for sample in samples],
        "sample": [str(sample.id) for sample in samples],
    }
    labels = [sample.label for sample in samples]

    def enough(names: Sequence[str]) -> bool:
        return (
            min(Counter(label for _, label in set(zip(names, labels, strict=True))).values()) > 1
        )

    by = next(way for way, names in ways.items() if enough(names))
    rows = list(zip(ways[by], labels, strict=True))
    folds = assign_folds(rows, min(FOLDS, len(set(ways[by]))))
    return by, np.array([folds[name] for name in ways[by]])


def _places(
    samples: Sequence[Sample],
    recordings: dict[int, Recording],
    pipeline: Pipeline,
    labels: Sequence[str],
) -> tuple[NDArray[np.int64], list[dataset.Place]]:
    """Return whose each window is, and where: up to three of each sample, evenly spread."""
    owners: list[int] = []
    places: list[dataset.Place] = []
    number_of = {label: number for number, label in enumerate(labels)}
    for owner, sample in enumerate(samples):
        starts = window_starts(
            recordings[sample.recording_id].readings,
            Span(sample.start, sample.stop, sample.label),
            window_readings=pipeline.window_readings,
            stride_readings=pipeline.stride_readings,
            gaps=recordings[sample.recording_id].gaps,
        )
        count = min(_WINDOWS, len(starts))
        for part in range(count):
            start = starts[(2 * part + 1) * len(starts) // (2 * count)]
            label = number_of[sample.label]
            places.append(dataset.Place(sample.recording_id, start, label, sample.group))
            owners.append(owner)
    return np.array(owners), places


def _suspects(
    samples: Sequence[Sample],
    labels: Sequence[str],
    said: Opinions,
    recordings: dict[int, Recording],
    limit: int,
) -> list[dict[str, Any]]:
    order = np.argsort(-said.suspicion, kind="stable")
    found = []
    for number in order[said.suspicion[order] > _SUSPECT][:limit].tolist():
        other = labels[int(said.other[number])]
        near, known = float(said.neighbours[number]), float(said.probability[number])
        label = samples[number].label
        found.append(
            {
                **place(samples[number], recordings),
                "suggested": other,
                "suspicion": round(float(said.suspicion[number]), 4),
                "neighbours": round(near, 4),
                "probability": round(known, 4),
                "reason": f"{100 * near:.0f} % of what is most like it is {label}, and a model "
                f"trained without it gives {label} {100 * known:.0f} %; most speaks for {other}.",
            }
        )
    return found
