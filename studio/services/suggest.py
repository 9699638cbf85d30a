"""Labels suggested by a trained model for recordings that nobody labelled, and their review."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError, ProjectError
from studio.events import Reporter
from studio.project import Project, Suggestion
from studio.runtime import extract_features
from studio.services.dataset import Place, block_config, check_fits, cut
from studio.services.runs import CompiledRun, load_run
from studio.signals import stretches, window_starts
from studio.types import ByteArray, Pipeline, Recording, Span

REVIEW = ("accept", "reject")


def suggest(
    path: Path,
    *,
    run_id: str = "",
    recording_ids: Sequence[int] = (),
    report: Reporter,
) -> dict[str, Any]:
    """Run a trained model over recordings and keep what it would call their parts.

    Windows next to each other with the same label become one suggestion; where the label
    changes, the border is in the middle between the two windows' middles.

    Parameters
    ----------
    run_id : str
        The training; the latest if empty.
    recording_ids : sequence of int
        The recordings; all without a sample on the pipeline's track if empty.

    Returns
    -------
    dict
        run, recordings, suggestions, labels {label: how many}.

    Raises
    ------
    ProjectError
        If there is no training run, nothing to look at, or a recording does not fit.
    """
    with Project.open(path) as project:
        run = load_run(project, run_id)
        pipeline = project.pipeline
        recordings = _recordings(project, recording_ids)
        compiled = CompiledRun(run)
        labels: dict[str, int] = {}
        for number, recording in enumerate(recordings):
            report.check_cancelled()
            report.progress(
                number / len(recordings), f"Suggesting: {number} of {len(recordings)} recordings"
            )
            check_fits(recording, pipeline)
            places = _places(recording, pipeline)
            if not places:
                continue  # readings are missing everywhere
            scores = np.concatenate(list(_scores(project, pipeline, compiled, places)))
            spans = _between_gaps(recording, places, scores, run.labels, pipeline.window_readings)
            track = pipeline.labelling.track
            project.suggestions.put(run.id, recording, spans, track=track)
            for span, _ in spans:
                labels[span.label] = labels.get(span.label, 0) + 1
    report.progress(1.0, f"Suggesting: {len(recordings)} recordings")
    return {
        "run": run.id,
        "recordings": len(recordings),
        "suggestions": sum(labels.values()),
        "labels": dict(sorted(labels.items())),
    }


def _recordings(project: Project, recording_ids: Sequence[int]) -> list[Recording]:
    if recording_ids:
        return [project.recording(number) for number in dict.fromkeys(recording_ids)]
    track = project.pipeline.labelling.track
    labelled = {sample.recording_id for sample in project.samples(track=track)}
    found = [one for one in project.recordings() if one.id not in labelled]
    if not found:
        raise ProjectError(
            "Every recording is labelled already.",
            "Name some with --recordings, or record more.",
        )
    return found


def _places(recording: Recording, pipeline: Pipeline) -> list[Place]:
    starts = window_starts(
        recording.readings,
        Span(0, recording.readings, ""),
        window_readings=pipeline.window_readings,
        stride_readings=pipeline.stride_readings,
        gaps=recording.gaps,
    )
    return [Place(recording.id, start, 0, recording.group) for start in starts]


def _scores(
    project: Project, pipeline: Pipeline, compiled: CompiledRun, places: Sequence[Place]
) -> Iterator[ByteArray]:
    """Yield scores part by part, so that hours need no more memory than minutes."""
    config = block_config(pipeline)
    for windows in cut(project, pipeline, places):
        yield compiled.scores(compiled.inputs(extract_features(config, windows)))


def _between_gaps(
    recording: Recording,
    places: Sequence[Place],
    scores: NDArray[np.int8],
    labels: Sequence[str],
    window: int,
) -> list[tuple[Span, float]]:
    """Return what is `joined` of each stretch in which nothing is missing."""
    starts = np.array([place.start for place in places])
    spans = []
    for first, stop in stretches(recording.readings, recording.gaps):
        here = (np.maximum(starts, 0) >= first) & (starts < stop)
        if here.any():
            spans += joined(
                starts[here].tolist(), scores[here], labels, window=window, within=(first, stop)
            )
    return spans


def joined(
    starts: Sequence[int],
    scores: NDArray[np.int8],
    labels: Sequence[str],
    *,
    window: int,
    within: tuple[int, int],
) -> list[tuple[Span, float]]:
    """Return spans with confidences for windows' int8 scores.

    Parameters
    ----------
    starts : sequence of int
        First reading of each window, rising; negative for one that is padded.
    scores : ndarray, (k, n_classes), int8
        Score q stands for (q + 128) / 256.
    window : int
        Readings in a window.
    within : (int, int)
        First reading and end of the stretch that the windows were cut from.

    Returns
    -------
    list of (Span, float)
        Spans one after the other over the whole stretch, each with the mean score of its label.
    """
    chosen = np.argmax(scores, axis=1)
    sure = (scores[np.arange(len(chosen)), chosen].astype(np.float64) + 128) / 256
    edges = [0, *(np.flatnonzero(np.diff(chosen)) + 1).tolist(), len(chosen)]
    found = []
    for first, after in pairwise(edges):
        start = within[0] if first == 0 else (starts[first - 1] + starts[first] + window) // 2
        last = after == len(chosen)
        stop = within[1] if last else (starts[after - 1] + starts[after] + window) // 2
        span = Span(start, stop, labels[int(chosen[first])])
        found.append((span, float(sure[first:after].mean())))
    return found


def listed(
    path: Path, *, label: str = "", most_certain_first: bool = False, limit: int = 100
) -> list[Suggestion]:
    """Return open suggestions by confidence."""
    with Project.open(path) as project:
        return project.suggestions.find(
            label=label, most_certain_first=most_certain_first, limit=limit
        )


def review(
    path: Path,
    verdict: str,
    *,
    ids: Sequence[int] = (),
    above: float | None = None,
    label: str = "",
) -> dict[str, Any]:
    """Accept suggestions as samples, with another label if given, or reject them (undoable).

    Parameters
    ----------
    verdict : str
        One of `REVIEW`.
    ids : sequence of int
        Which ones; without, all open ones with at least the confidence `above`.

    Returns
    -------
    dict
        verdict, suggestions (how many), samples (their numbers), left (how many are open).

    Raises
    ------
    ConfigError
        If none were chosen.
    """
    if verdict not in REVIEW:
        raise ConfigError(
            f"A suggestion cannot be {verdict!r}.", f"Choose one of: {', '.join(REVIEW)}."
        )
    if not ids and above is None:
        raise ConfigError(
            "No suggestions were chosen.", "Give their numbers with --ids, or --above 0.9."
        )
    with Project.open(path) as project:
        chosen = list(ids) or [
            one.id
            for one in project.suggestions.find()
            if above is not None and one.confidence >= above
        ]
        made: list[int] = []
        if verdict == "accept":
            made = project.suggestions.accept(chosen, label=label)
        else:
            project.suggestions.reject(chosen)
        left = len(project.suggestions.find())
    return {"verdict": verdict, "suggestions": len(chosen), "samples": made, "left": left}
