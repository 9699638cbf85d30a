"""Figures of a classifier: accuracy with its interval, macro-F1, recall, confusion. NumPy only."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054
"""The normal distribution's 97.5 % point."""


def wilson(correct: int, total: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927), 0..1; (0, 1) when total is 0."""
    if total == 0:
        return 0.0, 1.0
    share = correct / total
    weight = Z_95 * Z_95 / total
    centre = (share + weight / 2) / (1 + weight)
    spread = math.sqrt(share * (1 - share) * weight + weight * weight / 4) / (1 + weight)
    return max(0.0, centre - spread), min(1.0, centre + spread)


def confusion(
    truth: NDArray[np.integer[Any]], predicted: NDArray[np.integer[Any]], *, n_classes: int
) -> NDArray[np.int64]:
    """Count windows per true class (rows) and predicted class (columns)."""
    cells = np.asarray(truth, np.int64) * n_classes + np.asarray(predicted, np.int64)
    return np.bincount(cells, minlength=n_classes * n_classes).reshape(n_classes, n_classes)


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
    return result


def evaluate(
    truth: NDArray[np.integer[Any]],
    predicted: NDArray[np.integer[Any]],
    *,
    labels: Sequence[str],
    groups: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the figures of one set of predictions as plain values.

    Parameters
    ----------
    truth, predicted : ndarray of int, (k,)
        Class indices, 0..len(labels)-1.
    labels : sequence of str
        Names of the classes.
    groups : sequence of str
        Group (speaker, session) of each window; adds a breakdown when there are several.

    Returns
    -------
    dict
        `windows`, `accuracy` (0-1), `interval` ([low, high], 95 %, Wilson, windows taken as
        independent), `macro_f1` (mean over classes that occur in truth or prediction),
        `recall` (0-1 per class, None for one without windows), `confusion` (rows = truth),
        `majority` (accuracy of always naming the commonest class), and `groups`
        (group -> {windows, accuracy, macro_f1}).
    """
    table = confusion(truth, predicted, n_classes=len(labels))
    total, correct = int(table.sum()), int(np.trace(table))
    hits, rows, columns = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    recall = _ratio(hits, rows)
    f1 = _ratio(2 * hits, rows + columns)
    present = (rows + columns) > 0
    result: dict[str, Any] = {
        "windows": total,
        "accuracy": correct / total if total else 0.0,
        "interval": list(wilson(correct, total)),
        "macro_f1": float(f1[present].mean()) if present.any() else 0.0,
        "recall": [
            float(value) if count else None for value, count in zip(recall, rows, strict=True)
        ],
        "confusion": table.tolist(),
        "majority": float(rows.max() / total) if total else 0.0,
    }
    names = sorted(set(groups))
    if len(names) > 1:
        member = np.asarray(groups)
        result["groups"] = {
            name: _brief(truth[member == name], predicted[member == name], labels)
            for name in names
        }
    return result


def _brief(
    truth: NDArray[np.integer[Any]], predicted: NDArray[np.integer[Any]], labels: Sequence[str]
) -> dict[str, Any]:
    whole = evaluate(truth, predicted, labels=labels)
    return {key: whole[key] for key in ("windows", "accuracy", "macro_f1")}
