"""Layers with int16 values and int8 weights."""

import numpy as np
import pytest
from cases import NONE, RELU, RELU6, RELU_N1_TO_1, VALID
from cases_weighted import Weighted
from oracle import assert_layers_equal

from studio.compiler import compile_model
from studio.errors import ModelError


@pytest.mark.parametrize("shape", [(1, 9, 7, 6), (2, 8, 5, 2), (1, 1, 11, 1)])
@pytest.mark.parametrize("multiplier", [0, 1, 3])
def test_convolutions(shape, multiplier):
    case = Weighted("int16", 1)
    x = case.begin(shape)
    y = x
    for kernel, stride in (((1, 1), (1, 1)), ((3, 3), (2, 2)), ((2, 5), (3, 1)), ((1, 4), (1, 2))):
        sizes = {"multiplier": multiplier, "stride": stride, "spread": 4}
        y = case.convolve(x, 4, kernel, **sizes)
        if kernel[0] <= shape[1]:
            y = case.convolve(x, 3, kernel, padding=VALID, **sizes)
    y = case.convolve(x, 3, (3, 2), multiplier=multiplier, dilation=(2, 3))
    y = case.convolve(x, 2, (2, 3), multiplier=multiplier, dilation=(3, 1), stride=(2, 1))
    assert_layers_equal(case.model(y), count=3)


@pytest.mark.parametrize("multiplier", [0, 2])
def test_scales_and_activations(multiplier):
    case = Weighted("int16", 2)
    x = case.begin((1, 7, 8, 4))
    y = x
    options = {"multiplier": multiplier}
    for act in (NONE, RELU, RELU6, RELU_N1_TO_1):
        y = case.convolve(x, 5, (3, 3), act=act, **options)
        y = case.convolve(x, 5, (3, 3), act=act, per_channel=False, out_scale=0.03, **options)
    for out_scale in (0.02, 0.25, 30.0, 1e7, 1e12):
        y = case.convolve(x, 3, (2, 2), out_scale=out_scale, spread=50, **options)
        y = case.convolve(x, 3, (1, 1), out_scale=out_scale, bias=False, **options)
    assert_layers_equal(case.model(y))


def test_sums_of_32_bits():
    case = Weighted("int16", 3)
    x = case.begin((1, 7, 8, 4))
    y = x
    for out_scale in (1e-5, 0.0011, 1.0, 30.0, 1e7, 1e12):
        y = case.convolve(x, 3, (3, 2), out_scale=out_scale, spread=50, bias_type="int32")
        y = case.full(x, 3, out_scale=out_scale, spread=50, bias_type="int32", per_channel=False)
    assert_layers_equal(case.model(y))


def test_sums_of_32_bits_wrap():
    case = Weighted("int16", 4)
    x = case.begin((1, 6, 6, 40))
    y = case.convolve(x, 4, (6, 6), out_scale=200.0, bias_type="int32")
    case.tensors[case.ops[0][1][1]]["data"][:] = 127
    assert_layers_equal(case.model(y))


def test_fully_connected():
    case = Weighted("int16", 5)
    x = case.begin((3, 2, 337))
    y = x
    for out in (1, 3, 4, 18):
        for act in (NONE, RELU, RELU6):
            y = case.full(x, out, act=act, bias=out != 3, per_channel=False)
        y = case.full(x, out, per_channel=False, out_scale=20.0)
    for out_scale in (3e-3, 1.0, 50.0, 1e9):
        y = case.full(x, 7, out_scale=out_scale, per_channel=False)
    assert_layers_equal(case.model(y), count=20)


def test_sums_of_more_than_32_bits():
    case = Weighted("int16", 10)
    x = case.begin((1, 1, 4000))
    y = case.full(x, 5, out_scale=1000, per_channel=False)
    case.tensors[case.ops[0][1][1]]["data"][:] = [[127], [-128], [127], [-127], [126]]
    assert_layers_equal(case.model(y))
    case = Weighted("int16", 11)
    x = case.begin((1, 1, 700, 5))
    y = case.convolve(x, 0, (1, 700), multiplier=1, out_scale=200, padding=VALID)
    case.tensors[case.ops[0][1][1]]["data"][:] = [127, -128, 126, -127, 125]
    assert_layers_equal(case.model(y))


def test_wide_biases():
    case = Weighted("int16", 6)
    x = case.begin((1, 3, 3, 2))
    y = case.convolve(x, 4, (2, 2), out_scale=1e4)
    case.tensors[case.ops[0][1][2]]["data"][:] = [1 << 40, -(1 << 45), 5, -(1 << 33)]
    assert_layers_equal(case.model(y))


def test_a_network_for_pictures():
    case = Weighted("int16", 7)
    x = case.begin((1, 16, 12, 3))
    y = case.convolve(x, 8, (3, 3), stride=(2, 2), act=RELU)
    for out in (12, 16):
        y = case.convolve(y, 0, (3, 3), multiplier=1, act=RELU6)
        y = case.convolve(y, out, (1, 1), act=RELU)
    y = case.pooled(y, "AVERAGE", (8, 6))
    y = case.full(y, 5, per_channel=False)
    scores = case.tensor((1, 5), "int16", scale=1 / 32768)
    case.op("SOFTMAX", [y], [scores], {0: ("Float32", 1.0)})
    assert_layers_equal(case.model(scores), count=20)


def test_a_network_with_a_residual():
    case = Weighted("int16", 8)
    y = case.convolve(case.begin((1, 8, 8, 4)), 4, (3, 3), act=RELU)
    for _ in range(2):
        branch = case.convolve(case.convolve(y, 4, (3, 3), act=RELU), 4, (3, 3))
        total = case.result((1, 8, 8, 4), scale=2)
        y = case.op("ADD", [y, branch], [total], {0: ("Int8", RELU)})
    y = case.transposed(case.pooled(y, "MAX", (2, 2), stride=(2, 2)), 3, (3, 3), stride=(2, 2))
    assert_layers_equal(case.model(y), count=20)


def test_a_network_that_attends():
    case = Weighted("int16", 9)
    x = case.begin((1, 10, 8))
    query, key, value = (case.full(x, 8, per_channel=False) for _ in range(3))
    y = case.matmul(query, key, adj_y=True, out_scale=300)
    scores = case.tensor((10, 10), "int16", scale=1 / 32768)
    case.op("SOFTMAX", [y], [scores], {0: ("Float32", 1.0)})
    assert_layers_equal(case.model(case.matmul(scores, value)), count=20)


def _refused(case: Weighted, output: int) -> str:
    with pytest.raises(ModelError) as caught:
        compile_model(case.model(output))
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.ops[0][3].update({1: ("Int32", 0)}), "stride"),
        (lambda c: c.ops[0][3].update({3: ("Int8", 4)}), "TANH"),
        (lambda c: c.tensors[0].update(zero=np.array([1])), "zero point"),
        (lambda c: c.tensors[3].update(zero=np.array([-4])), "zero point"),
        (lambda c: c.tensors[0].update(shape=(1, 6, 6, 3)), "channels"),
        (lambda c: c.tensors[0].update(shape=(6, 6, 4)), "do not fit"),
        (lambda c: c.tensors[1].update(scale=np.float32([1e3])), "factor"),
        (lambda c: c.tensors[1].update(scale=np.float32([np.inf])), "scale"),
        (
            lambda c: c.tensors[1].update(dtype="int16", data=np.zeros((3, 3, 3, 4), "<i2")),
            "int16",
        ),
        (lambda c: c.tensors[2].update(data=np.full(3, 1 << 47)), "sums"),
        (lambda c: c.tensors[2].update(data=np.full(3, -(2**63))), "sums"),
        (lambda c: c.tensors[2].update(shape=(2,), data=np.zeros(2, np.int64)), "bias"),
        (lambda c: c.tensors[3].update(dtype="int8"), "int8"),
        (lambda c: c.tensors[3].update(scale=np.float32([0])), "scale"),
    ],
)
def test_wrong_convolutions_are_refused(change, said):
    case = Weighted("int16")
    y = case.convolve(case.begin((1, 6, 6, 4)), 3, (3, 3))
    change(case)
    assert said in _refused(case, y)


def test_int32_biases_of_depthwise_convolutions_are_refused():
    case = Weighted("int16")
    y = case.convolve(case.begin((1, 6, 6, 4)), 4, (3, 3), multiplier=1, bias_type="int32")
    assert "int32; supported is int64" in _refused(case, y)
