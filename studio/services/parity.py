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
from studio.types import threshold_q


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
    scores = compiled.scores(compiled.inputs(features))
    rule = pipeline.decision
    labels = decide(scores, smoothing=rule.smoothing, threshold=threshold_q(rule))
    names = ("", *run.labels)
    identical = sum(
        row["start"] == place * stride
        and row["features_crc"] == zlib.crc32(features[place].astype("<f4").tobytes())
        and list(row["scores_q"]) == scores[place].tolist()
        and row["label"] == names[int(labels[place]) + 1]
        for place, row in enumerate(decisions[:count])
    )
    return {"windows": count, "identical": int(identical)}
