"""Smoothing and threshold against plain NumPy, step by step and in one go."""

import cffi
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.paths import RUNTIME
from studio.runtime.cc import build_library

FFI = cffi.FFI()
FFI.cdef(
    """
    typedef struct { int8_t *history; int32_t *sums; uint32_t n_classes; uint32_t smoothing;
                     int32_t threshold; uint32_t filled; uint32_t next; } tml_decide_state;
    void tml_decide_init(tml_decide_state *state);
    int tml_decide_step(tml_decide_state *state, const int8_t *scores);
    int tml_decide_run(const int8_t *scores, uint32_t k, uint32_t n_classes, uint32_t smoothing,
                       int32_t threshold, int8_t *labels);
    """
)


@pytest.fixture(scope="module")
def lib():
    files = [RUNTIME / "post" / "decide.c"]
    return FFI.dlopen(str(build_library("decide-test", files=files, include=[RUNTIME])))


def oracle(scores: np.ndarray, smoothing: int, threshold: int) -> list[int]:
    labels = []
    for end in range(1, len(scores) + 1):
        sums = scores[max(0, end - smoothing) : end].astype(np.int64).sum(axis=0)
        sure = end >= smoothing and sums.max() >= threshold * smoothing
        labels.append(int(np.argmax(sums)) if sure else -1)
    return labels


def run(lib, scores: np.ndarray, smoothing: int, threshold: int) -> list[int]:
    labels = np.zeros(len(scores), np.int8)
    data = np.ascontiguousarray(scores)
    status = lib.tml_decide_run(
        FFI.from_buffer("int8_t[]", data),
        *scores.shape,
        smoothing,
        threshold,
        FFI.from_buffer("int8_t[]", labels),
    )
    assert status == 0
    return labels.tolist()


def step(lib, scores: np.ndarray, smoothing: int, threshold: int) -> list[int]:
    n = scores.shape[1]
    history = FFI.new("int8_t[]", n * smoothing)
    sums = FFI.new("int32_t[]", n)
    state = FFI.new("tml_decide_state *", [history, sums, n, smoothing, threshold, 99, 99])
    lib.tml_decide_init(state)
    return [lib.tml_decide_step(state, row.tobytes()) for row in scores]


@given(st.integers(1, 6), st.integers(1, 5), st.integers(-128, 127), st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_both_forms_equal_the_description(lib, classes, smoothing, threshold, seed):
    rng = np.random.default_rng(seed)
    span = int(rng.choice([2, 128]))  # narrow scores make ties common
    scores = rng.integers(-span, span, (20, classes)).astype(np.int8)
    wanted = oracle(scores, smoothing, threshold)
    assert step(lib, scores, smoothing, threshold) == wanted
    assert run(lib, scores, smoothing, threshold) == wanted


def test_examples_by_hand(lib):
    scores = np.array([[-128, 127], [0, 0], [10, 10], [127, -128]], np.int8)
    assert run(lib, scores, 1, 10) == [1, -1, 0, 0]
    assert run(lib, scores, 2, 5) == [-1, 1, 0, 0]
    assert run(lib, scores, 2, 6) == [-1, 1, -1, 0]


def test_extremes_do_not_overflow(lib):
    low = np.full((70000, 2), -128, np.int8)
    low[:, 1] = 127
    labels = run(lib, low[:200], 100, 127)
    assert labels == [-1] * 99 + [1] * 101
    assert lib.tml_decide_run(FFI.NULL, 1, 2, 0, 0, FFI.NULL) < 0
    assert lib.tml_decide_run(FFI.NULL, 1, 2, 65537, 0, FFI.NULL) < 0
    assert lib.tml_decide_run(FFI.NULL, 1, 128, 1, 0, FFI.NULL) < 0
    assert lib.tml_decide_run(FFI.NULL, 1, 0, 1, 0, FFI.NULL) < 0
