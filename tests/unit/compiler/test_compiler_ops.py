"""Every operator's corners against TensorFlow Lite for Microcontrollers, layer by layer.

One model holds many operators that read the same input, since each model costs a C compilation.
"""

import math

import numpy as np
import pytest
from cases import NONE, RELU, RELU6, RELU_N1_TO_1, SAME, VALID, Cases
from oracle import assert_layers_equal, interpreter

from studio.compiler import compile_model
from studio.errors import ModelError
from studio.runtime.model import HostModel


@pytest.mark.parametrize("shape", [(1, 9, 7, 3), (1, 1, 1, 5), (2, 8, 5, 2), (1, 6, 11, 1)])
def test_convolutions(shape):
    case = Cases(1)
    x = case.start(shape)
    y = x
    for out in (1, 2, 3, 8):
        for kernel in ((1, 1), (3, 3), (2, 5), (4, 1)):
            for stride in ((1, 1), (2, 2), (3, 1)):
                y = case.conv(x, out, kernel, stride=stride, spread=4)
                if kernel[0] <= shape[1] and kernel[1] <= shape[2]:
                    y = case.conv(x, out, kernel, stride=stride, padding=VALID, spread=4)
    y = case.conv(x, 3, (3, 2), dilation=(2, 3))
    y = case.conv(x, 4, (2, 3), dilation=(3, 1), stride=(2, 1))
    y = case.conv(x, 4, (2, 3), dilation=(1, 2))
    assert_layers_equal(case.model(y))


def test_convolution_options():
    case = Cases(2)
    x = case.start((1, 7, 8, 4), zero=127)
    y = x
    for act in (NONE, RELU, RELU6, RELU_N1_TO_1):
        y = case.conv(x, 5, (3, 3), act=act)
        y = case.conv(
            x, 5, (3, 3), act=act, per_channel=False, bias=False, out_scale=0.03, zero=-9
        )
    for out_scale in (1e-4, 0.0011, 0.25, 30.0, 1e7, 1e12):  # shifts of both signs, and to zero
        y = case.conv(x, 3, (2, 2), out_scale=out_scale, spread=50)
    y = case.conv(x, 3, (1, 1), out_scale=2e-7)
    assert_layers_equal(case.model(y))


@pytest.mark.parametrize("shape", [(1, 9, 7, 3), (1, 5, 6, 8), (2, 4, 4, 5), (1, 8, 6, 1)])
def test_depthwise_convolutions(shape):
    case = Cases(3)
    x = case.start(shape)
    y = x
    for multiplier in (1, 2, 3, 4, 9):
        for kernel in ((1, 1), (3, 3), (2, 4)):
            for stride in ((1, 1), (2, 2), (1, 3)):
                for padding in (SAME, VALID):
                    y = case.depthwise(
                        x, kernel, multiplier=multiplier, stride=stride, padding=padding
                    )
        y = case.depthwise(x, (2, 3), multiplier=multiplier, dilation=(3, 2))
        y = case.depthwise(x, (3, 3), multiplier=multiplier, per_channel=False, act=RELU6)
    y = case.depthwise(x, (3, 3), bias=False, out_scale=0.001, spread=30)
    assert_layers_equal(case.model(y))


def test_fully_connected():
    case = Cases(4)
    x = case.start((3, 2, 37), zero=100)
    y = x
    for out in (1, 3, 4, 5, 18):
        for per_channel in (False, True):
            for act in (NONE, RELU, RELU6):
                y = case.dense(x, out, per_channel=per_channel, act=act, bias=out != 5, spread=9)
    for out_scale in (3e-6, 1e-3, 5.0, 1e9):
        y = case.dense(x, 7, out_scale=out_scale)
    assert_layers_equal(case.model(y), count=20)


def _rescaled(totals, real: float):
    """TFLite-Micro's definition of total * real for real < 1/2, in 64-bit integers."""
    fraction, shift = math.frexp(real)
    high = (totals * round(fraction * 2**31) + 2**30) >> 31
    return np.sign(high) * ((np.abs(high) + (1 << (-shift - 1))) >> -shift)


def test_fully_connected_scale_product_is_taken_in_double_precision():
    in_scale, scale, out_scale = np.array([0.22588612, 0.0011563159, 0.35452655], np.float32)
    sums = np.array([-76688, -38683, 38683, 76688])
    double = _rescaled(sums, float(in_scale) * float(scale) / float(out_scale))
    single = _rescaled(sums, float(in_scale * scale) / float(out_scale))
    assert (double != single).all()
    case = Cases(11)
    x = case.start((1, 1), scale=in_scale, zero=0)
    weights = case.tensor((len(sums), 1), scale=scale, data=np.zeros((len(sums), 1)))
    bias = case.tensor((len(sums),), "int32", scale=in_scale * scale, data=sums)
    y = case.tensor((1, len(sums)), scale=out_scale, zero=0)
    case.op("FULLY_CONNECTED", [x, weights, bias], [y])
    assert_layers_equal(case.model(y), count=1)


@pytest.mark.parametrize("kind", ["AVERAGE", "MAX"])
def test_pools(kind):
    case = Cases(5)
    x = case.start((2, 9, 7, 3), zero=11)
    y = x
    for kernel in ((1, 1), (2, 2), (3, 5), (9, 7)):
        for stride in ((1, 1), (2, 3)):
            for padding in (SAME, VALID):
                y = case.pool(x, kind, kernel, stride=stride, padding=padding)
    y = case.pool(x, kind, (20, 20), padding=SAME)
    for act in (RELU, RELU6, RELU_N1_TO_1):
        y = case.pool(x, kind, (3, 3), act=act)
    assert_layers_equal(case.model(y), count=20)


@pytest.mark.parametrize("shape", [(2, 5, 7, 3), (1, 25, 5, 4), (6, 5, 4), (9, 3), (17,)])
def test_means(shape):
    case = Cases(6)
    x = case.start(shape, zero=-20)
    y = x
    choices = [(0,), (-1,), tuple(range(len(shape)))]
    choices += [(1, 2), (2, 1), (0, 2), (1,), (1, 1)] if len(shape) > 2 else []
    choices += [(1, 3), (0, 1), (2, 3)] if len(shape) == 4 else []
    for axes in choices:
        for keep in (True, False):
            y = case.mean(x, axes, keep=keep)
            y = case.mean(x, axes, keep=keep, same=True)
            y = case.mean(x, axes, keep=keep, scale=3.0)
    assert_layers_equal(case.model(y), count=20)


def test_adds():
    case = Cases(7)
    x = case.start((1, 4, 5, 6), scale=0.07, zero=-100)
    pooled = case.pool(x, "MAX", (4, 5))
    row = case.conv(x, 1, (1, 1), out_scale=0.4)
    y = case.add(x, x)
    for other in (
        case.constant((1, 4, 5, 6), scale=0.5),
        case.constant((6,)),
        case.constant((1,)),
        case.constant((1, 4, 1, 6), scale=0.0009),
        case.constant((3, 4, 5, 6)),
        pooled,
        row,
    ):
        for act in (NONE, RELU, RELU6):
            y = case.add(x, other, act=act)
            y = case.add(other, x, act=act, scale=1.3)
    y = case.add(x, pooled, scale=0.0004)
    y = case.add(x, case.constant((6,), scale=1e-9), scale=77.0)
    assert_layers_equal(case.model(y), count=20)


def test_pads():
    case = Cases(8)
    x = case.start((2, 3, 4, 5), zero=33)
    y = case.pad(x, [(0, 0), (1, 2), (3, 0), (0, 0)])
    y = case.pad(x, [(1, 0), (0, 2), (3, 1), (2, 2)])
    y = case.pad(x, [(0, 0)] * 4)
    y = case.pad(case.reshape(y, (6, 20)), [(1, 1), (0, 3)])
    y = case.pad(case.reshape(x, (120,)), [(7, 9)])
    assert_layers_equal(case.model(y))


def test_reshapes_share_memory():
    case = Cases(9)
    x = case.start((1, 4, 4, 3))
    y = case.reshape(x, (4, 12))
    both = case.add(case.reshape(y, (1, 4, 4, 3)), case.conv(x, 3, (3, 3)))
    y = case.reshape(both, (48,))
    model = assert_layers_equal(case.model(y))
    # the convolution adds the input, over which its output lies, and needs two pixels' taps
    assert 48 + 48 < model.compiled.arena_bytes <= 48 + 48 + 6 * 28


@pytest.mark.parametrize("scale", [2e-8, 3e-5, 0.004, 0.06, 0.25, 1.0, 7.5, 1e3])
def test_softmax(scale):
    case = Cases(10)
    x = case.start((4, 3, 12), scale=scale, zero=17)
    y = case.softmax(x)
    y = case.softmax(x, beta=2.5)
    y = case.softmax(case.reshape(x, (1, 144)))
    y = case.softmax(case.reshape(x, (144, 1)))
    y = case.softmax(case.reshape(x, (72, 2)))
    assert_layers_equal(case.model(y), count=30)


def test_quantize_and_dequantize():
    case = Cases(12)
    case.start((1, 300), dtype="float32", scale=None)
    y = 0
    for scale, zero in ((0.5, 0), (0.1, -128), (3.7e-3, 127), (1.0, 3), (40.0, -5)):
        y = case.quantize(0, scale=scale, zero=zero)
        y = case.dequantize(y)
    assert_layers_equal(case.model(y), count=20)


@pytest.mark.parametrize("source", ["int8", "uint8"])
def test_requantize(source):
    case = Cases(13)
    x = case.start((1, 256), dtype=source, scale=0.05, zero=40)
    y = x
    for scale, zero in ((0.05, -88), (0.05, 40), (0.013, 3), (0.9, -128), (1e-6, 0), (9e5, 5)):
        y = case.quantize(x, scale=scale, zero=zero)
    y = case.quantize(y, scale=0.2, zero=128, dtype="uint8")
    assert_layers_equal(case.model(y), count=10)


def test_float_ends_around_an_int8_network():
    case = Cases(14)
    case.start((1, 6, 6, 2), dtype="float32", scale=None)
    y = case.quantize(0, scale=0.7, zero=-4)
    y = case.depthwise(case.conv(y, 5, (3, 3), act=RELU), (3, 3), stride=(2, 2))
    y = case.dense(case.mean(y, (1, 2), keep=False), 4)
    y = case.dequantize(case.softmax(y))
    model = assert_layers_equal(case.model(y), count=10)
    assert (model.compiled.input.dtype, model.compiled.output.dtype) == ("float32", "float32")


def test_values_that_are_not_numbers_quantize_to_the_zero_point():
    case = Cases(15)
    case.start((1, 3), dtype="float32", scale=None)
    y = case.quantize(0, scale=0.1, zero=7)
    model = HostModel(compile_model(case.model(y)))
    x = np.array([[np.nan, np.inf, -np.inf]], np.float32)
    assert model.invoke(x).tolist() == [[7, 127, -128]]


def _refused(case: Cases, output: int) -> str:
    with pytest.raises(ModelError) as caught:
        compile_model(case.model(output))
    return str(caught.value)


def test_unknown_operator_is_named_with_position_and_what_is_supported():
    case = Cases()
    x = case.start((1, 4))
    y = case.dense(x, 4)
    z = case.op("FLOOR", [y], [case.tensor((1, 4), scale=1.0)])
    message = _refused(case, z)
    assert "Operator 1 is FLOOR" in message
    assert "CONV_2D" in message


@pytest.mark.parametrize(("op", "said"), [("CUSTOM", "SomethingOfMine"), ("WHERE", "WHERE")])
def test_custom_and_newer_operators_are_named(op, said):
    case = Cases()
    x = case.start((1, 4))
    assert said in _refused(case, case.op(op, [x], [case.tensor((1, 4), scale=1.0)]))


def test_type_is_named():
    case = Cases()
    case.start((1, 4), dtype="int32", scale=None)
    weights = case.tensor((2, 4), "float32", data=np.ones((2, 4)))
    y = case.op("FULLY_CONNECTED", [0, weights], [case.tensor((1, 2), "float32")])
    assert "int32; supported is int8 or int16 or float32" in _refused(case, y)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.ops[0][3].update({1: ("Int32", 0)}), "stride"),
        (lambda c: c.ops[0][3].update({4: ("Int32", -1)}), "dilation"),
        (lambda c: c.ops[0][3].update({0: ("Int8", 9)}), "padding"),
        (lambda c: c.ops[0][3].update({3: ("Int8", 4)}), "TANH"),
        (lambda c: c.tensors[1].update(scale=np.ones(2, np.float32)), "scales"),
        (lambda c: c.tensors[1].update(zero=np.array([3])), "zero point"),
        (lambda c: c.tensors[1].update(axis=2), "axis"),
        (lambda c: c.tensors[0].update(scale=np.zeros(1, np.float32)), "scale"),
        (lambda c: c.tensors[0].update(scale=np.array([np.nan], np.float32)), "scale"),
        (lambda c: c.tensors[0].update(scale=None), "scales"),
        (lambda c: c.tensors[0].update(zero=np.array([400])), "zero point"),
        (lambda c: c.tensors[3].update(shape=(1, 6, 5, 3)), "shape"),
        (lambda c: c.tensors[2].update(data=np.zeros(2, np.int32), shape=(2,)), "bias"),
        (lambda c: c.tensors[2].update(dtype="int64", data=np.zeros(3, np.int64)), "int64"),
        (lambda c: c.tensors[1].update(data=None), "before it is made"),
        (lambda c: c.tensors[1].update(shape=(3, 3, 3, 2)), "bytes of data"),
        (lambda c: c.tensors[0].update(shape=(1, -6, 6, 4)), "shape"),
        (lambda c: c.tensors[0].update(shape=(1, 1 << 24, 1 << 24, 1 << 24)), "too large"),
        (lambda c: c.ops[0][1].__setitem__(1, 77), "tensor 77"),
        (lambda c: c.ops[0][1].__setitem__(1, -1), "missing"),
        (lambda c: c.ops[0][1].__setitem__(0, 3), "before it is made"),
        (lambda c: c.ops[0][2].__setitem__(0, 0), "second time"),
    ],
)
def test_wrong_convolutions_are_refused(change, said):
    case = Cases()
    y = case.conv(case.start((1, 6, 6, 4)), 3, (3, 3))
    change(case)
    assert said in _refused(case, y)


def test_softmax_with_another_output_scale_is_refused():
    case = Cases()
    y = case.softmax(case.start((1, 4)))
    case.tensors[y]["scale"] = np.array([1 / 128], np.float32)
    assert "1/256" in _refused(case, y)


def test_the_oracle_is_one_that_can_differ():
    """A model with one weight changed must not pass for the original."""
    case = Cases(16)
    y = case.dense(case.start((1, 8)), 4, out_scale=0.1)
    original = case.model(y)
    case.tensors[1]["data"][0, 0] += 40
    x = np.full((1, 8), 90, np.int8)
    changed = HostModel(compile_model(case.model(y))).invoke(x)
    reference = interpreter(original)
    reference.set_input(x, 0)
    reference.invoke()
    assert (changed != reference.get_output(0)).any()
