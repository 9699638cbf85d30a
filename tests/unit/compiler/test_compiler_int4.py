"""Weights of four bits: as TFLite Micro takes them, and the same as bytes of their values."""

import numpy as np
import pytest
from cases import RELU, RELU6, VALID, Cases
from oracle import assert_layers_equal, inputs_for
from tflite_writer import Writer

from studio.compiler import TARGETS, compile_model
from studio.compiler.int4 import MAX_VALUES
from studio.errors import ModelError
from studio.runtime.model import HostModel


class Small(Cases):
    """Cases whose weights are of `kind`, but of few bits always."""

    def __init__(self, kind: str = "int4", seed: int = 0) -> None:
        super().__init__(seed)
        self.kind = kind

    def _weights(self, shape, axis, *, per_channel, spread=1.0):
        count = shape[axis] if per_channel else 1
        scales = 0.16 * spread ** self.rng.uniform(-1, 1, count)
        data = self.rng.integers(-8, 8, shape)
        return self.tensor(shape, self.kind, scale=scales, data=data, axis=axis), scales


def _network(kind: str = "int4", *, per_channel: bool = False) -> bytes:
    """All three operators, with odd and even numbers of weights."""
    case = Small(kind, 7)
    x = case.start((1, 9, 7, 3))
    y = case.conv(x, 5, (3, 3), stride=(2, 1), act=RELU)
    case.conv(x, 3, (1, 1), per_channel=False, bias=False)
    case.depthwise(y, (3, 3), multiplier=2, padding=VALID)
    y = case.depthwise(y, (3, 3), act=RELU6)
    y = case.conv(y, 8, (1, 1), spread=3)
    y = case.depthwise(y, (5, 3), stride=(2, 2), per_channel=False, bias=False)
    y = case.dense(case.reshape(y, (1, 3 * 4 * 8)), 7, per_channel=per_channel)
    return case.model(case.dense(y, 5, bias=False, per_channel=per_channel))


@pytest.mark.parametrize("target", TARGETS)
def test_layers_equal_the_reference(target):
    assert_layers_equal(_network(), target=target)


@pytest.mark.parametrize("target", ["generic", "cortex-m0plus", "cortex-m4"])
def test_weights_per_channel_are_bytes_of_the_same_values(target):
    """TFLite Micro takes int4 weights of dense layers per tensor only."""
    small, bytes_ = (_network(kind, per_channel=True) for kind in ("int4", "int8"))
    x = inputs_for(compile_model(small).input, 4, 3)
    ours, theirs = (compile_model(data, target=target) for data in (small, bytes_))
    assert ours.weights_bytes == theirs.weights_bytes
    np.testing.assert_array_equal(HostModel(ours).invoke(x), HostModel(theirs).invoke(x))


def test_extreme_values():
    case = Small()
    x = case.start((1, 33), zero=-128)
    y = case.dense(x, 16, out_scale=3.0)
    rows = np.repeat(np.arange(-8, 8), 33).reshape(16, 33)
    case.tensors[1]["data"] = _packed(rows)
    assert_layers_equal(case.model(y))


def _packed(values) -> np.ndarray:
    writer = Writer()
    writer.tensor(values.shape, "int4", data=values)
    return writer.tensors[0]["data"]


def _case() -> tuple[Small, int]:
    case = Small()
    return case, case.dense(case.start((1, 5)), 3)


@pytest.mark.parametrize("bytes_", [1, 7, 9, 15])
def test_wrong_lengths_are_refused(bytes_):
    case, y = _case()
    case.tensors[1]["data"] = np.zeros(bytes_, np.uint8)
    with pytest.raises(ModelError, match=f"type int4 has {bytes_} bytes"):
        compile_model(case.model(y))


def test_computed_int4_is_refused():
    case, y = _case()
    case.tensors[1]["data"] = None
    with pytest.raises(ModelError, match="int4"):
        compile_model(case.finish([0, 1], [y]))


@pytest.mark.parametrize("position", [0, 2])
def test_int4_elsewhere_is_refused(position):
    """As values or biases, and as constants of operators without weights."""
    case, y = _case()
    case.tensors[position]["dtype"] = "int4"
    with pytest.raises(ModelError, match="int4"):
        compile_model(case.model(y))


def test_int4_of_other_operators_is_refused():
    case = Small()
    x = case.start((1, 6))
    added = case.tensor((1, 6), "int4", scale=0.1, data=np.ones((1, 6)))
    y = case.add(x, added)
    with pytest.raises(ModelError, match=r"Operator 0 \(ADD\).*int4"):
        compile_model(case.model(y))
    case = Small()
    first = case.tensor((6,), "int4", scale=0.1, data=np.ones(6))
    y = case.op("DEQUANTIZE", [first], [case.tensor((6,), "float32")])
    with pytest.raises(ModelError, match="int4"):
        compile_model(case.finish([case.start((1, 6))], [y]))


def test_zero_points():
    """Of dense layers they count, as in the reference; other layers refuse them."""
    case = Small()
    x = case.start((2, 9))
    y = case.dense(case.dense(x, 6), 5)
    for weights, zero in ((1, 3), (4, -8)):
        case.tensors[weights]["zero"] = np.array([zero])
    assert_layers_equal(case.model(y))
    case = Small()
    y = case.conv(case.start((1, 4, 4, 2)), 3, (2, 2))
    case.tensors[1]["zero"] = np.full(3, 1)
    with pytest.raises(ModelError, match=r"\(CONV_2D\): its weights have a zero point"):
        compile_model(case.model(y))


def test_many_large_ones_over_the_same_bytes_cost_no_memory():
    case, y = _case()
    weights = case.tensors[1]
    for _ in range(40):
        case.tensors.append({**weights, "shape": (1 << 20,), "data": np.zeros(1 << 19, np.uint8)})
    assert MAX_VALUES < 40 << 20
    with pytest.raises(ModelError, match="int4 constants have 41943"):
        compile_model(case.model(y))
