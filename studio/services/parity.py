"""What a board decided live, against the PC's computation on the same readings, byte for byte."""

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.project import Project
from studio.runtime import decide, extract_features
from studio.services.dataset import block_config
from studio.services.runs import CompiledRun, load_run
from studio.types import ByteArray, FloatArray, Pipeline, Span, threshold_q


def live_parity(
    path: Path, values: NDArray[np.generic], decisions: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    """Compare a board's live decisions with the PC's on the readings that the board heard.

    Parameters
    ----------
    path : Path
        The project whose latest training run is on the board.
    values : ndarray
        Readings `(n, n_axes)` as played to the board, from its reading 0 on.
    decisions : sequence of mapping
        `decisions` of `services.live.live`, from the first window on.

    Returns
    -------
    dict
        `windows`, and how many of them are `identical` in features, scores and decision.
    """
    with Project.open(path) as project:
        pipeline = project.pipeline
        run = load_run(project)
    length, stride = pipeline.window_readings, pipeline.stride_readings
    count = max(0, (len(values) - length) // stride + 1)
    if not count:
        return {"windows": 0, "identical": 0}
    windows = np.stack([values[i * stride : i * stride + length] for i in range(count)])
    features = extract_features(block_config(pipeline), windows)
    compiled = CompiledRun(run)
    scores = compiled.scores(compiled.inputs(features), in_sequence=True)
    same = identical(decisions, features, scores, labels=run.labels, pipeline=pipeline)
    return {"windows": count, "identical": same}


def identical(
    decisions: Sequence[Mapping[str, Any]],
    features: FloatArray,
    scores: ByteArray,
    *,
    labels: Sequence[str],
    pipeline: Pipeline,
) -> int:
    """Count the windows that a board decided exactly as this computer.

    Parameters
    ----------
    decisions : sequence of mapping
        The board's, from the first window on; a missing one is not identical.
    features : ndarray
        This computer's, float32 `(k, ...)`.
    scores : ndarray
        This computer's, int8 `(k, n_classes)`.
    labels : sequence of str
        Of the classes.
    pipeline : Pipeline
        Gives the stride and the decision rule.

    Returns
    -------
    int
        Windows with the same place, features, scores and label.
    """
    rule, stride = pipeline.decision, pipeline.stride_readings
    decided = decide(scores, smoothing=rule.smoothing, threshold=threshold_q(rule))
    names = ("", *labels)
    same = sum(
        row["start"] == place * stride
        and row["features_crc"] == zlib.crc32(features[place].astype("<f4").tobytes())
        and list(row["scores_q"]) == scores[place].tolist()
        and row["label"] == names[int(decided[place]) + 1]
        for place, row in enumerate(decisions[: len(scores)])
    )
    return int(same)


def span_outcomes(
    spans: Sequence[Span], decisions: Sequence[Mapping[str, Any]], *, pipeline: Pipeline
) -> dict[str, int]:
    """Tell how a board decided the labelled spans of what it heard.

    A span belongs to the decisions of windows that end within it or up to the decision rule's
    `smoothing` windows later: the rule needs as many windows before it tells a label.

    Parameters
    ----------
    spans : sequence of Span
        In readings from the board's reading 0 on; the label may be a background one.
    decisions : sequence of mapping
        `decisions` of `services.live.live`.
    pipeline : Pipeline
        Gives the window, the stride and the decision rule.

    Returns
    -------
    dict
        `spans`, and how many of them are `right` (the label was decided), `wrong` (only others
        were) and `undecided`.
    """
    late = pipeline.decision.smoothing * pipeline.stride_readings
    found = {"spans": len(spans), "right": 0, "wrong": 0, "undecided": 0}
    for span in spans:
        told = {
            row["label"]
            for row in decisions
            if span.start < row["start"] + pipeline.window_readings <= span.stop + late
        } - {""}
        outcome = "right" if span.label in told else "wrong" if told else "undecided"
        found[outcome] += 1
    return found
