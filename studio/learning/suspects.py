"""Labels that look wrong: what a sample's neighbours and a model trained without it say."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.types import FloatArray

_PARTS = 8
_MOST = 64
_NEIGHBOURS = 9
_STRENGTH = 1e-2
_STEPS = 60
_REFERENCES = 20_000
"""Of more samples than these, an even choice are the neighbours of all."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """What speaks for and against each label, one entry per sample."""

    suspicion: NDArray[np.float64]
    """0 (nothing speaks against the label) to 1."""
    neighbours: NDArray[np.float64]
    """Share of the nearest samples, the nearer the more, that have the label, 0..1."""
    probability: NDArray[np.float64]
    """Probability of the label by a model that never saw the sample's fold, 0..1."""
    other: NDArray[np.int64]
    """The label that most speaks for instead."""
    accuracy: float
    """Share of the windows whose label that model finds."""


def vectors(features: FloatArray) -> FloatArray:
    """Return features as vectors in which distances mean something, `(k, d)`, d up to 64.

    Features over time `(k, frames, n)` become their slow course over time. Every number is
    standardised, and the directions in which most varies are kept.
    """
    values = features.astype(np.float64)
    if values.ndim == 3 and values.shape[1] > _PARTS:
        frames = values.shape[1]
        angle = np.pi / frames * (np.arange(frames) + 0.5)
        turn = np.cos(np.arange(_PARTS)[:, None] * angle) / frames
        values = np.einsum("pf,kfn->kpn", turn, values)
    flat = values.reshape(len(values), -1)
    spread = flat.std(axis=0)
    flat = (flat - flat.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0)
    if flat.shape[1] > _MOST:
        weights, directions = np.linalg.eigh(flat.T @ flat)
        flat = flat @ directions[:, np.argsort(-weights)[:_MOST]]
    return np.asarray(flat, np.float32)


def opinions(
    x: FloatArray,
    y: NDArray[np.int64],
    folds: NDArray[np.int64],
    sources: NDArray[np.int64],
    progress: Callable[[float], None] = lambda fraction: None,
) -> Opinions:
    """Judge labels.

    Parameters
    ----------
    x : ndarray
        `(k, d)`, from `vectors`.
    y : ndarray
        Class of each, 0..n-1.
    folds : ndarray
        Which samples are judged together by a model trained on all others.
    sources : ndarray
        What must not judge itself: the number of each sample. Its windows are judged as one.
    progress : callable
        Called with the share of the work that is done; what it raises ends the work.

    Returns
    -------
    Opinions
        Of each sample, in the order of their numbers.
    """
    classes = int(y.max()) + 1
    near = _neighbours(x, y, sources, classes, lambda part: progress(0.5 * part))
    model = np.zeros((len(x), classes))
    names = np.unique(folds)
    for number, fold in enumerate(names):
        progress(0.5 + 0.5 * number / len(names))
        apart = folds == fold
        model[apart] = _fitted(x[~apart], y[~apart], x[apart], classes)
    accuracy = float((model.argmax(axis=1) == y).mean())
    near, model, y = _of_samples(near, sources), _of_samples(model, sources), _firsts(y, sources)
    rows = np.arange(len(y))
    both = (near + model) / 2
    rivals = both.copy()
    rivals[rows, y] = -1.0
    other = rivals.argmax(axis=1)
    suspicion = (1 + both[rows, other] - both[rows, y]) / 2
    return Opinions(suspicion, near[rows, y], model[rows, y], other, accuracy)


def _of_samples(values: NDArray[np.float64], sources: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean of each sample's windows."""
    names, where = np.unique(sources, return_inverse=True)
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, where, values)
    return np.asarray(sums / np.bincount(where)[:, None], np.float64)


def _firsts(values: NDArray[np.int64], sources: NDArray[np.int64]) -> NDArray[np.int64]:
    return values[np.unique(sources, return_index=True)[1]]


def _neighbours(
    x: FloatArray,
    y: NDArray[np.int64],
    sources: NDArray[np.int64],
    classes: int,
    progress: Callable[[float], None],
) -> NDArray[np.float64]:
    """Return the share of each class among the nearest of other sources, `(k, classes)`."""
    chosen = np.arange(0, len(x), -(-len(x) // _REFERENCES))
    references = x[chosen]
    squares = (references**2).sum(axis=1)
    shares = np.zeros((len(x), classes))
    count = min(_NEIGHBOURS, len(chosen) - 1)
    for first in range(0, len(x), 512):
        progress(first / len(x))
        part = slice(first, first + 512)
        apart = squares[None] - 2 * x[part] @ references.T
        apart += (x[part] ** 2).sum(axis=1, keepdims=True)
        apart[sources[part, None] == sources[chosen][None]] = np.inf
        nearest = np.argpartition(apart, count - 1, axis=1)[:, :count]
        away = np.take_along_axis(apart, nearest, axis=1)
        scale = np.median(np.where(np.isfinite(away), away, 0), axis=1, keepdims=True)
        weight = np.where(np.isfinite(away), np.exp(-np.maximum(away, 0) / (scale + 1e-9)), 0.0)
        rows = np.arange(len(nearest))[:, None]
        np.add.at(shares[part], (rows, y[chosen][nearest]), weight)
    return np.asarray(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12), np.float64)


def _fitted(
    x: FloatArray, y: NDArray[np.int64], asked: FloatArray, classes: int
) -> NDArray[np.float64]:
    """Return probabilities by a multinomial logistic regression, `(n, classes)`."""
    from scipy.optimize import minimize

    known = np.concatenate([x, np.ones((len(x), 1), np.float32)], axis=1).astype(np.float64)
    truth = np.eye(classes)[y]
    shape = (known.shape[1], classes)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(shape)
        scores = _log_softmax(known @ weights)
        slope = known.T @ (np.exp(scores) - truth) / len(known) + _STRENGTH * weights
        value = -(scores * truth).sum() / len(known) + _STRENGTH / 2 * (weights**2).sum()
        return float(value), slope.ravel()

    found = minimize(
        loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}
    )
    told = np.concatenate([asked, np.ones((len(asked), 1), np.float32)], axis=1)
    return np.asarray(np.exp(_log_softmax(told @ found.x.reshape(shape))), np.float64)


def _log_softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(moved - np.log(np.exp(moved).sum(axis=1, keepdims=True)), np.float64)
