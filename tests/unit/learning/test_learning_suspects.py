"""Wrong labels stand out: by their neighbours and by a model that never saw them."""

import numpy as np
import pytest

from studio.learning import opinions, vectors


def clusters(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Four classes in ten dimensions, 400 samples, and which 20 of them are labelled wrongly."""
    rng = np.random.default_rng(seed)
    truth = np.arange(400) % 4
    centres = rng.standard_normal((4, 10)) * 2
    x = (centres[truth] + rng.standard_normal((400, 10))).astype(np.float32)
    wrong = rng.choice(400, 20, replace=False)
    y = truth.copy()
    y[wrong] = (y[wrong] + rng.integers(1, 4, 20)) % 4
    return x, y, wrong


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_wrong_labels_come_first_with_the_right_one_suggested(seed: int) -> None:
    x, y, wrong = clusters(seed)
    said = opinions(vectors(x), y, np.arange(400) % 5, np.arange(400))
    first = np.argsort(-said.suspicion)[:40]
    assert np.isin(wrong, first).mean() >= 0.9
    right = (said.other[wrong] == wrong % 4).mean()  # the classes take turns
    assert right >= 0.9
    assert said.accuracy > 0.85
    for part in (said.suspicion, said.neighbours, said.probability):
        assert part.shape == (400,)
        assert part.min() >= 0
        assert part.max() <= 1


def test_windows_of_one_sample_are_judged_together_and_not_by_each_other() -> None:
    x, y, _ = clusters()
    twice = np.concatenate([x, x])  # a window that sees its twin would always agree with it
    owners = np.tile(np.arange(400), 2)
    said = opinions(vectors(twice), np.tile(y, 2), owners % 5, owners)
    assert said.suspicion.shape == (400,)
    alone = opinions(vectors(x), y, np.arange(400) % 5, np.arange(400))
    assert np.corrcoef(said.suspicion, alone.suspicion)[0, 1] > 0.9


def test_features_over_time_keep_their_slow_course() -> None:
    rng = np.random.default_rng(4)
    course = np.cumsum(rng.standard_normal((30, 50, 13)), axis=1)
    noisy = course + 0.05 * rng.standard_normal(course.shape)
    both = vectors(np.concatenate([course, noisy]).astype(np.float32))
    assert both.shape == (60, 64)
    apart = ((both[:30, None] - both[None, 30:]) ** 2).sum(axis=2)
    assert (apart.argmin(axis=1) == np.arange(30)).all()


def test_features_that_never_change_do_no_harm() -> None:
    x, y, _ = clusters()
    x[:, 3] = 7
    assert np.isfinite(opinions(vectors(x), y, np.arange(400) % 2, np.arange(400)).suspicion).all()
