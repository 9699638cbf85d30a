"""`HostModel`: shapes, types, threads, traces. Exactness is tested with the compiler."""

import threading
from pathlib import Path

import numpy as np
import pytest

from studio.compiler import compile_model
from studio.errors import ModelError
from studio.runtime.model import HostModel


@pytest.fixture(scope="module")
def model(shared_data: Path) -> HostModel:
    data = (shared_data / "models" / "mlperf_tiny" / "kws_ref_model.tflite").read_bytes()
    return HostModel(compile_model(data, name="kws", target="generic"))


def _inputs(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(-128, 128, (count, 490)).astype(np.int8)


def test_every_accepted_shape_gives_the_same(model):
    x = _inputs(5)
    y = model.invoke(x)
    assert y.shape == (5, 12)
    assert y.dtype == np.int8
    for shape in ((5, 49, 10, 1), (5, 1, 49, 10, 1)):
        np.testing.assert_array_equal(model.invoke(x.reshape(shape)), y)
    strided = np.repeat(x, 2, axis=1)[:, ::2]
    np.testing.assert_array_equal(model.invoke(strided), y)
    assert model.invoke(x[:0]).shape == (0, 12)


@pytest.mark.parametrize("shape", [(490,), (5, 489), (5, 10, 49, 1), ()])
def test_other_shapes_are_refused(model, shape):
    with pytest.raises(ModelError, match="490"):
        model.invoke(np.zeros(shape, np.int8))


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.int16])
def test_other_types_are_refused(model, dtype):
    with pytest.raises(ModelError, match="int8"):
        model.invoke(np.zeros((1, 490), dtype))


def test_trace_ends_with_the_output(model):
    x = _inputs(2)
    layers = list(model.trace(x[1]).values())
    assert [a.shape for a in layers] == [row.output_shape for row in model.compiled.layers]
    np.testing.assert_array_equal(layers[-1].reshape(-1), model.invoke(x)[1])


def test_threads_do_not_disturb_each_other(model):
    """Two objects of one model share a library and so its memory."""
    other = HostModel(model.compiled)
    x = _inputs(60)
    expected = model.invoke(x)
    wrong = []

    def work(which: HostModel, order: np.ndarray) -> None:
        for _ in range(3):
            if (which.invoke(x[order]) != expected[order]).any():
                wrong.append(order)

    orders = [np.random.default_rng(n).permutation(60) for n in range(4)]
    threads = [
        threading.Thread(target=work, args=((model, other)[n % 2], order))
        for n, order in enumerate(orders)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
