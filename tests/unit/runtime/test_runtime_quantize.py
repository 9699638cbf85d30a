"""Quantizing and deciding on the PC, and reading C headers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.errors import ConfigError
from studio.runtime import decide, quantize
from studio.runtime.library import declarations

NONE = np.zeros(0, np.float32)


def _exact(x: np.ndarray[Any, Any], zero_point: int) -> np.ndarray[Any, Any]:
    away = np.where(x >= 0, np.floor(x + 0.5), np.ceil(x - 0.5))
    return np.clip(away + zero_point, -128, 127)


def test_halves_are_rounded_away_from_zero() -> None:
    features = np.array([[0.5, -0.5, 1.5, -1.5, 0.49999997, -0.49999997, 2.5]], np.float32)
    got = quantize(features, mean=NONE, inv_std=NONE, scale=1.0, zero_point=0)
    assert got.tolist() == [[1, -1, 2, -2, 0, 0, 3]]


def test_random_features_with_a_scaler_per_coefficient() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(0, 3, (50, 26)).astype(np.float32)
    mean, inv_std = rng.normal(0, 1, (2, 13)).astype(np.float32)
    got = quantize(features, mean=mean, inv_std=inv_std, scale=0.03, zero_point=-5)
    exact = (features - np.tile(mean, 2)).astype(np.float64) * np.tile(inv_std, 2) / 0.03
    # single precision may fall on the other side of a half
    clear = np.abs(exact - np.floor(exact) - 0.5) > 1e-3
    assert clear.mean() > 0.99
    assert (got[clear] == _exact(exact, -5)[clear]).all()


def test_extremes_are_held_and_what_is_no_number_becomes_the_zero_point() -> None:
    features = np.array([[1e30, -1e30, np.inf, -np.inf, np.nan, 126.6, -128.6]], np.float32)
    got = quantize(features, mean=NONE, inv_std=NONE, scale=1.0, zero_point=1)
    assert got.tolist() == [[127, -128, 127, -128, 1, 127, -128]]


def test_shapes_that_do_not_fit_are_refused() -> None:
    features = np.zeros((2, 10), np.float32)
    three = np.zeros(3, np.float32)
    with pytest.raises(ConfigError, match="multiple"):
        quantize(features, mean=three, inv_std=three, scale=1.0, zero_point=0)
    with pytest.raises(ConfigError, match="shape"):
        quantize(features, mean=three, inv_std=NONE, scale=1.0, zero_point=0)


def test_decisions_are_the_mean_over_the_threshold() -> None:
    rng = np.random.default_rng(1)
    scores = rng.integers(-128, 128, (200, 4)).astype(np.int8)
    got = decide(scores, smoothing=3, threshold=10)
    for i in range(200):
        sums = scores[max(0, i - 2) : i + 1].astype(int).sum(axis=0)
        best = int(sums.argmax())
        assert got[i] == (best if i >= 2 and sums[best] >= 30 else -1)
    assert (got >= 0).any()


def test_impossible_decisions_are_refused() -> None:
    with pytest.raises(ConfigError):
        decide(np.zeros(5, np.int8), smoothing=1, threshold=0)
    with pytest.raises(ConfigError):
        decide(np.zeros((5, 2), np.int8), smoothing=0, threshold=0)


def test_headers_become_declarations(tmp_path: Path) -> None:
    (tmp_path / "base.h").write_text("#define N 4\ntypedef struct { int a[N]; } t; /* c */\n")
    (tmp_path / "top.h").write_text(
        '#ifndef A\n#define A\n#include "base.h"\n#ifdef __cplusplus\nextern "C" {\n#endif\n'
        "#define LONG(x) \\\n  (x)\n"
        "static inline int f(int x)\n{ if (x) { return 1; } return 0; }\n"
        "int g(t *p); // words\n#ifdef __cplusplus\n}\n#endif\n#endif\n"
    )
    text = declarations([tmp_path / "top.h", tmp_path / "base.h"], root=tmp_path)
    assert " ".join(text.split()) == "typedef struct { int a[4]; } t; int g(t *p);"
