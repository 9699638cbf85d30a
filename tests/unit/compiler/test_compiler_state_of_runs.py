"""Windows scored with models that remember: alone, and one after the other."""

from pathlib import Path

import numpy as np
import pytest
from cases import Cases
from cases_streaming import Streaming, random_bytes
from oracle import interpreter

from studio.compiler import compile_model
from studio.learning import Scaler
from studio.runtime.model import HostModel
from studio.services.runs import CompiledRun, TrainedRun


def _stateful() -> bytes:
    """A model whose scores depend on the two windows before."""
    case = Streaming(3)
    x = case.start((1, 1, 5))
    first = random_bytes(4)((1, 2, 1, 5))
    case.start_values({"before": (first, 0.05, -3)})
    joined = case.remember(case.handle("before"), case.reshape(x, (1, 1, 1, 5)), 2)
    y = case.dense(case.reshape(joined, (1, 15)), 3, out_scale=0.1)
    return case.model(y)


def _run(tflite: bytes) -> CompiledRun:
    one = np.ones(1, np.float32)
    return CompiledRun(TrainedRun("1", Path(), ("a", "b", "c"), Scaler(one, one), tflite))


def _windows(count: int) -> np.ndarray:
    return np.random.default_rng(5).integers(-128, 128, (count, 5)).astype(np.int8)


def _expected(data: bytes, windows: np.ndarray, *, alone: bool) -> np.ndarray:
    scores, reference = [], interpreter(data)
    for x in windows:
        if alone:
            reference = interpreter(data)
        reference.set_input(x.reshape(1, 1, 5), 0)
        reference.invoke()
        scores.append(reference.get_output(0).reshape(-1))
    return np.stack(scores)


def test_windows_are_scored_alone():
    data, windows = _stateful(), _windows(8)
    run, expected = _run(data), _expected(data, windows, alone=True)
    for _ in range(2):
        np.testing.assert_array_equal(run.scores(windows), expected)
    order = np.random.default_rng(6).permutation(8)
    np.testing.assert_array_equal(run.scores(windows[order]), expected[order])


def test_windows_in_sequence():
    data, windows = _stateful(), _windows(8)
    run, expected = _run(data), _expected(data, windows, alone=False)
    assert (expected != _expected(data, windows, alone=True)).any(axis=1).sum() >= 5
    for _ in range(2):
        np.testing.assert_array_equal(run.scores(windows, in_sequence=True), expected)


def test_no_windows():
    assert _run(_stateful()).scores(_windows(0)).shape == (0, 3)
    assert _run(_stateful()).scores(_windows(0), in_sequence=True).shape == (0, 3)


def test_models_without_state_score_the_same_in_any_way():
    case = Cases(7)
    run, windows = _run(case.model(case.dense(case.start((1, 5)), 3))), _windows(6)
    np.testing.assert_array_equal(run.scores(windows), run.scores(windows, in_sequence=True))


@pytest.mark.parametrize("every", [1, 3])
def test_a_batch_is_reset_as_often_as_told(every):
    model, windows = HostModel(compile_model(_stateful())), _windows(7)
    found = model.invoke(windows, reset_every=every)
    parts = []
    for start in range(0, 7, every):
        model.reset()
        parts.append(model.invoke(windows[start : start + every]))
    np.testing.assert_array_equal(found, np.concatenate(parts))
    on = model.invoke(windows[:2])  # goes on behind the last batch
    assert (on != found[:2]).any()
