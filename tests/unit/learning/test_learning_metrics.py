"""Figures against scikit-learn and against published intervals."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, recall_score

from studio.learning import evaluate, wilson

LABELS = ["go", "stop", "unknown", "noise"]


# Newcombe, Statistics in Medicine 17 (1998), table I, method 3
@pytest.mark.parametrize(
    ("correct", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_wilson_gives_the_published_intervals(
    correct: int, total: int, low: float, high: float
) -> None:
    assert wilson(correct, total) == pytest.approx((low, high), abs=5e-5)


def test_without_windows_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    none = evaluate(np.empty(0, int), np.empty(0, int), labels=["a", "b"])
    assert none["windows"] == 0
    assert none["recall"] == [None, None]


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, 200, p=[0.1, 0.2, 0.6, 0.1])
    predicted = np.where(rng.random(200) < 0.6, truth, rng.integers(0, 4, 200))
    found = evaluate(truth, predicted, labels=LABELS)
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, predicted))
    assert found["macro_f1"] == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert found["recall"] == pytest.approx(recall_score(truth, predicted, average=None))
    assert found["confusion"] == confusion_matrix(truth, predicted).tolist()
    assert found["majority"] == pytest.approx(np.bincount(truth).max() / 200)


def test_a_class_without_windows_has_no_recall_and_does_not_count() -> None:
    truth, predicted = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    found = evaluate(truth, predicted, labels=["a", "b", "c"])
    assert found["recall"] == [0.5, 1.0, None]
    assert found["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert found["confusion"] == [[1, 1, 0], [0, 2, 0], [0, 0, 0]]


def test_groups_are_broken_down() -> None:
    truth = np.array([0, 1, 0, 1])
    found = evaluate(
        truth, np.array([0, 1, 1, 0]), labels=["a", "b"], groups=["anna", "anna", "bo", "bo"]
    )
    assert {name: row["accuracy"] for name, row in found["groups"].items()} == {
        "anna": 1.0,
        "bo": 0.0,
    }
