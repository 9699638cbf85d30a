"""CONV_2D in groups, in all its types."""

import numpy as np
import pytest
from cases import RELU, RELU6, VALID
from cases_weighted import Weighted
from oracle import assert_layers_equal, inputs_for

from studio.compiler import compile_model
from studio.errors import ModelError
from studio.runtime.model import HostModel

FLOAT = 1e-5
EXACT = ("int8", "int16", "float32")
"""Types that TFLite Micro has."""


def _shapes(case: Weighted, x: int, **more) -> int:
    """Add convolutions of 12 channels in all numbers of groups."""
    y = x
    for groups, out in ((2, 8), (3, 3), (4, 20), (6, 6), (12, 12), (12, 24), (2, 10)):
        case.convolve(x, out, (3, 3), groups=groups, **more)
        y = case.convolve(x, out, (2, 1), groups=groups, stride=(2, 1), padding=VALID, **more)
    case.convolve(x, 6, (3, 2), groups=3, dilation=(2, 3), bias=False, **more)
    case.convolve(x, 8, (1, 1), groups=4, act=RELU, **more)
    case.convolve(x, 8, (5, 5), groups=2, stride=(3, 2), act=RELU6, per_channel=False, **more)
    return y


@pytest.mark.parametrize("shape", [(1, 6, 5, 12), (2, 2, 4, 12)])
@pytest.mark.parametrize("kind", EXACT)
def test_shapes(kind, shape):
    case = Weighted(kind, 1)
    y = _shapes(case, case.begin(shape, zero=-7))
    assert_layers_equal(case.model(y), count=3, tolerance=FLOAT)


@pytest.mark.parametrize("zero", [-128, 127])
def test_int8_scales(zero):
    case = Weighted("int8", 2)
    x = case.begin((1, 4, 3, 4), zero=zero)
    y = x
    for per_channel in (True, False):
        for scale in (1e-5, 2e-3, 0.4, 50.0, 1e9):
            weights = {"per_channel": per_channel, "spread": 30}
            y = case.convolve(x, 10, (3, 3), groups=2, out_scale=scale, **weights)
    assert_layers_equal(case.model(y))


def test_int16_with_narrow_and_wide_sums():
    case = Weighted("int16", 3)
    x = case.begin((1, 4, 3, 6))
    for bias_type in ("int32", "int64"):
        case.convolve(x, 8, (3, 3), groups=2, bias_type=bias_type, out_scale=0.02)
    y = case.convolve(x, 9, (3, 3), groups=3, spread=1000, out_scale=50.0)
    assert_layers_equal(case.model(y))


def _network(kind: str) -> bytes:
    """A network with a PAD before a group and an addition and an activation behind one."""
    case = Weighted(kind, 4)
    x = case.begin((1, 7, 6, 8), zero=3)
    if kind == "int8":
        x = case.pad(x, [(0, 0), (1, 2), (0, 1), (0, 0)])
    y = case.convolve(x, 8, (3, 3), groups=2, padding=VALID, out_scale=0.05 / 0.6)
    z = case.convolve(y, 8, (1, 1), groups=4)
    if kind == "int8":
        z = case.add(y, z)
    z = case.convolve(z, 12, (3, 3), groups=4, stride=(2, 2), act=RELU)
    return case.model(case.convolve(z, 5, (1, 1)))


@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m4", "avr"])
@pytest.mark.parametrize("kind", EXACT)
def test_networks_on_all_targets(kind, target):
    assert_layers_equal(_network(kind), target=target, count=3, tolerance=FLOAT)


def test_channels_that_never_change_stay_between_groups():
    """A pass removes them elsewhere."""
    case = Weighted("int8", 5)
    x = case.begin((1, 5, 4, 6), zero=3)
    y = case.convolve(x, 8, (3, 3), act=RELU)
    bias = case.tensors[case.ops[0][1][2]]["data"]
    bias[[1, 2, 6]] = -(1 << 24)
    y = case.convolve(y, 8, (3, 3), groups=2, act=RELU)
    bias = case.tensors[case.ops[1][1][2]]["data"]
    bias[[0, 5]] = -(1 << 24)
    assert_layers_equal(case.model(case.convolve(y, 6, (3, 3), groups=2)))


@pytest.mark.parametrize("target", ["generic", "cortex-m4"])
def test_hybrid_equals_float(target):
    """Floats with int8 weights, which TFLite Micro has not."""
    case = Weighted("hybrid", 6)
    x = case.begin((1, 5, 4, 6))
    y = case.convolve(x, 8, (3, 3), groups=2, act=RELU)
    weights = case.tensors[case.ops[0][1][1]]
    small = HostModel(compile_model(case.model(y), target=target))
    scales = weights["scale"].reshape(-1, 1, 1, 1)
    weights.update(dtype="float32", scale=None, data=np.float32(weights["data"] * scales))
    whole = HostModel(compile_model(case.model(y), target=target))
    x = inputs_for(small.compiled.input, 4, 7)
    expected = whole.invoke(x)
    np.testing.assert_allclose(small.invoke(x), expected, atol=1e-5 * np.ptp(expected))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ((8, 3, 3, 5), "do not part the 6 channels"),
        ((7, 3, 3, 3), "do not part the 6 channels"),
        ((2, 3, 3, 1), "do not part the 6 channels"),
        ((8, 3, 3, 12), "take 12 channels"),
        ((8, 9, 3), "do not fit"),
    ],
)
@pytest.mark.parametrize("kind", ["int8", "float32"])
def test_wrong_groups_are_refused(kind, weights, said):
    case = Weighted(kind)
    y = case.convolve(case.begin((1, 4, 4, 6)), 8, (3, 3), groups=2, per_channel=False)
    changed = case.tensors[case.ops[0][1][1]]
    changed.update(shape=weights, data=np.zeros(weights, changed["dtype"]))
    with pytest.raises(ModelError, match=f"CONV_2D.*{said}"):
        compile_model(case.model(y))


def test_other_wrong_values_are_refused():
    for number, change, said in (
        (3, {"shape": (1, 4, 5, 8)}, "its output has shape"),
        (0, {"zero": np.array([300])}, "zero point"),
        (2, {"shape": (5,), "data": np.zeros(5, np.int32)}, "bias has 5 values"),
        (2, {"data": None}, "before it is made"),
        (1, {"data": None}, "before it is made"),
    ):
        case = Weighted("int8")
        y = case.convolve(case.begin((1, 4, 4, 6)), 8, (3, 3), groups=2)
        case.tensors[number].update(change)
        with pytest.raises(ModelError, match=said):
            compile_model(case.model(y))
