"""The kernels for ARMv6-M: their layouts, their portable twins, and their Thumb-1 assembly.

The oracle is TFLite Micro, for the portable twins on the PC; the assembly runs on the virtual
Cortex-M0+ and must answer what the PC answers.
"""

import copy
import shutil

import numpy as np
import pytest
from cases import NONE, RELU, RELU6, VALID, Cases
from oracle import assert_layers_equal, inputs_for, interpreter

from studio.compiler import compile_model, v6m
from studio.events import Quiet
from studio.runtime.model import HostModel

CORE = "cortex-m0plus"


class Sized(Cases):
    """Weights up to a size; two neighbours of -128 leave even the shortest group."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size

    def _weights(self, shape, axis, *, per_channel, spread=1.0):
        scales = np.full(shape[axis], 0.01)
        data = self.rng.integers(-self.size, min(128, self.size + 1), shape)
        data.reshape(-1)[6:8] = -128
        return self.tensor(shape, scale=scales, data=data, axis=axis), scales


class Biased(Cases):
    """Biases and scales of very different sizes."""

    def _weights(self, shape, axis, *, per_channel, spread=1.0):
        scales = 0.01 * 10.0 ** np.resize([0.0, -7, -4, -2], shape[axis])
        data = self.rng.integers(-127, 128, shape)
        return self.tensor(shape, scale=scales, data=data, axis=axis), scales

    def _bias(self, channels, in_scale, scales):
        size = np.resize([0.5, 3.0, -900.0], channels)
        data = (size / (in_scale * scales)).clip(-(2**30), 2**30).astype(np.int64)
        return self.tensor((channels,), "int32", scale=in_scale * scales, data=data)


def _text(case: Cases, output: int) -> str:
    return compile_model(copy.deepcopy(case).model(output), name="case", target=CORE).files[
        "tml_case.c"
    ]


def _on_pc(case: Cases, output: int):
    """Check the portable twins against the oracle; return the model, inputs and outputs."""
    data = case.model(output)
    compiled = compile_model(data, name="case", target=CORE)
    assert any("_v6m" in name for name in compiled.files)
    reference = interpreter(data)
    x = inputs_for(compiled.input, 4, 5)
    found = HostModel(compiled).invoke(x)
    for row, mine in zip(x, found, strict=True):
        reference.set_input(row.reshape(compiled.input.shape), 0)
        reference.invoke()
        np.testing.assert_array_equal(mine, reference.get_output(0).reshape(-1))
    assert len(np.unique(found)) > 2  # not all of it at the limits
    return compiled, x, found


def _check(case: Cases, output: int, toolchain: str = "zig") -> None:
    compiled, x, expected = _on_pc(case, output)
    bench = pytest.importorskip("studio.services.bench")
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    found = bench.run_on_virtual_board(
        compiled, x, Quiet(), board=f"virtual-{CORE}", toolchain=toolchain
    )
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("group", [2, 4, 8, 16])
def test_cut_weights_fit_their_groups_and_are_whole_again_with_what_was_cut(group):
    rng = np.random.default_rng(group)
    weights = rng.integers(-128, 128, (7, 48)).astype(np.int16)
    weights[0] = -128
    weights[1] = 0
    cuts = v6m.cut(weights, group)
    assert np.abs(cuts.weights.reshape(-1, group)).sum(axis=1).max() <= 255
    whole = cuts.weights.copy()
    whole[np.repeat(np.arange(7), cuts.counts), cuts.tap] += cuts.part
    np.testing.assert_array_equal(whole, weights)


@pytest.mark.parametrize(
    ("shape", "out", "kernel", "more"),
    [
        ((1, 7, 5, 1), 5, (5, 4), {"stride": (2, 2), "act": RELU}),
        ((2, 6, 5, 3), 9, (3, 3), {}),  # 27 taps; blocks that end within a row
        ((1, 5, 5, 5), 7, (1, 1), {"act": RELU}),  # taps that are no multiple of four
        ((1, 9, 7, 8), 16, (1, 1), {"act": RELU6}),  # output behind its input
        ((1, 5, 5, 32), 8, (1, 1), {}),
        ((2, 3, 3, 6), 8, (1, 1), {"per_channel": False}),
        ((1, 6, 6, 4), 5, (3, 2), {"dilation": (2, 2)}),
        ((1, 7, 7, 4), 3, (2, 2), {"out_scale": 0.003, "spread": 30}),  # any shift
        ((1, 6, 9, 4), 4, (3, 3), {"stride": (2, 3), "padding": VALID, "bias": False}),
    ],
)
def test_convolution(shape, out, kernel, more):
    case = Cases(33)
    x = case.start(shape)
    _check(case, case.conv(x, out, kernel, **more))


def test_a_kernel_as_large_as_its_input_that_sees_one_pixel():
    case = Cases(45)
    x = case.start((1, 2, 2, 7))
    y = case.conv(x, 6, (2, 2), stride=(2, 2), dilation=(2, 2))
    assert_layers_equal(case.model(y), target=CORE)


@pytest.mark.parametrize("amounts", [((1, 1), (0, 0)), ((0, 0), (1, 2)), ((0, 1), (0, 0))])
def test_padding_before_a_single_tap(amounts):
    case = Cases(42)
    x = case.pad(case.start((1, 5, 4, 6)), [(0, 0), *amounts, (0, 0)])
    _check(case, case.conv(x, 9, (1, 1), padding=VALID))


def test_outputs_that_follow_on_the_heels_of_their_inputs():
    """Strides, paddings, dilations, and outputs that are smaller and larger than their inputs."""
    case = Cases(43)
    x = case.start((1, 19, 17, 6))
    y = case.conv(x, 6, (3, 3), out_scale=0.7)
    y = case.conv(y, 6, (5, 2), stride=(1, 2), act=RELU, out_scale=1.5)
    y = case.conv(y, 11, (2, 3), out_scale=3.0)
    y = case.conv(y, 3, (3, 3), dilation=(3, 2), padding=VALID, out_scale=6.0)
    y = case.conv(y, 17, (1, 1), stride=(2, 1), out_scale=2.5)
    y = case.conv(y, 8, (4, 3), stride=(2, 2), out_scale=7.0)
    _check(case, y)
    # the second layer's values, beside each other, would take 19 * (17 + 9) * 6 on their own
    assert compile_model(case.model(y), target=CORE).arena_bytes < 19 * 17 * 6 + 19 * 6 + 1500


@pytest.mark.parametrize(("act", "zero"), [(RELU6, -128), (RELU, -9)])
def test_rectified_outputs_of_all_scales(act, zero):
    """Shifts from 4 to 11: sums of 16 bits are enough for some channels, of 17, or neither."""
    case = Cases(41)
    x = case.start((1, 9, 8, 5))
    y = case.conv(x, 40, (3, 3), act=act, zero=zero, out_scale=0.06, spread=16)
    rights = _text(case, y).split("_right[40] = {")[1].split("}")[0].split(",")
    assert {6, 7, 8, 9} <= set(map(int, rights))
    _check(case, y)


class Stepped(Cases):
    """Sums that are the biases: those at which outputs change, and their neighbours."""

    def _weights(self, shape, axis, *, per_channel, spread=1.0):
        return self.tensor(shape, scale=spread, data=np.zeros(shape), axis=axis), [spread]

    def _bias(self, channels, in_scale, scales):
        half_steps = (np.arange(channels // 3) - channels // 6 + 0.5) / scales[0]
        data = (np.floor(half_steps)[:, None] + [-1, 0, 1]).reshape(-1)
        return self.tensor((channels,), "int32", scale=in_scale * scales[0], data=data)


@pytest.mark.parametrize("right", [1, 7, 8, 13])
@pytest.mark.parametrize(("act", "zero"), [(RELU, -128), (RELU, 9), (NONE, 3)])
def test_sums_at_which_outputs_change(act, zero, right):
    case = Stepped(right)
    x = case.start((1, 4), scale=1.0, zero=0)
    y = case.dense(x, 3 * 300, act=act, zero=zero, out_scale=1.0, spread=0.7371 * 2.0**-right)
    assert f"_right[1] = {{\n    {right}\n" in _text(case, y)
    _check(case, y)


@pytest.mark.parametrize(("size", "group"), [(2, 16), (36, 8), (60, 4), (128, 2)])
def test_groups_of_every_length(size, group):
    case = Sized(size)
    x = case.start((1, 3, 5, 16), scale=3 / size)
    y = case.conv(x, 16, (3, 3), act=RELU)
    output = case.conv(y, 10, (3, 5), padding=VALID, out_scale=3.0)  # a single pixel
    text = _text(case, output)
    assert text.count(f".layout.group = {group},") == 2
    assert "nn_fully_connected_s8_v6m.h" in text
    _check(case, output, "gcc" if shutil.which("arm-none-eabi-gcc") else "zig")


@pytest.mark.parametrize(
    ("shape", "kernel", "more"),
    [
        ((1, 5, 7, 6), (3, 3), {}),
        ((2, 6, 4, 3), (3, 3), {"act": RELU}),
        ((1, 25, 21, 2), (3, 3), {"act": RELU6}),  # several bands
        ((1, 23, 40, 2), (3, 3), {"stride": (2, 2)}),
        ((1, 17, 9, 2), (3, 3), {"stride": (5, 3)}),
        ((1, 30, 31, 1), (3, 3), {"dilation": (3, 2), "padding": VALID}),
        ((1, 6, 5, 2), (3, 3), {"multiplier": 3, "per_channel": False}),
        ((1, 9, 8, 3), (4, 2), {"stride": (2, 1), "multiplier": 2}),
        ((1, 33, 30, 2), (10, 8), {"stride": (2, 2), "multiplier": 4, "act": RELU}),
        ((1, 1, 1, 5), (3, 3), {}),
        ((1, 7, 7, 3), (3, 3), {"out_scale": 0.003, "spread": 30}),  # any shift
    ],
)
def test_depthwise(shape, kernel, more):
    case = Cases(35)
    x = case.start(shape)
    _check(case, case.depthwise(x, kernel, **more))


@pytest.mark.parametrize("multiplier", [0, 1, 2])
def test_channels_whose_output_never_changes(multiplier):
    """Some at a limit, some by weights of zero, some that would change with one more."""
    case = Biased(36)
    x = case.start((1, 4, 5, 12 // max(1, multiplier)))
    y = case.conv(x, 12, (2, 2), act=RELU, multiplier=multiplier)
    text = _text(case, y)
    assert 2 <= text.split("_right[12] = {")[1].split("}")[0].count("127") <= 7
    _check(case, y)


@pytest.mark.parametrize(
    ("batches", "size", "out", "more"),
    [
        (1, 3, 5, {}),
        (2, 37, 7, {"per_channel": True}),
        (1, 64, 41, {"act": RELU6}),  # more rows than are summed at once
        (1, 1061, 67, {"out_scale": 2.0}),  # inputs too that are more than are prepared at once
        (2, 900, 33, {"per_channel": True, "act": RELU, "out_scale": 2.0}),
        (1, 999, 32, {"out_scale": 2.0}),  # outputs over inputs
        (5, 20, 6, {"act": RELU}),  # rows of inputs are pixels
        (4, 8, 19, {"per_channel": True}),
        (1, 16, 9, {"per_channel": True, "out_scale": 0.003, "spread": 30}),  # any shift
    ],
)
def test_fully_connected(batches, size, out, more):
    case = Cases(38)
    x = case.start((batches, size), zero=100)
    _check(case, case.dense(x, out, **more))


def test_cut_weights_of_many_tiles_and_rows():
    case = Sized(128)
    x = case.start((1, 701))
    y = case.dense(x, 83, out_scale=2.0)
    assert compile_model(copy.deepcopy(case).model(y), target=CORE).arena_bytes < 784 + 320
    _check(case, case.dense(y, 33, per_channel=True, out_scale=30.0))


def test_memory_beside_the_values_of_small_layers():
    """Products and depthwise convolutions take little of it, whatever their sizes are."""
    case = Cases(44)
    x = case.start((1, 49, 40, 1))
    y = case.depthwise(x, (10, 8), stride=(2, 2), multiplier=8)
    y = case.dense(case.reshape(y, (1, 4000)), 4)
    assert compile_model(case.model(y), target=CORE).arena_bytes < 5960 + 1536


@pytest.mark.parametrize("act", [NONE, RELU, RELU6])
def test_addition(act):
    """Sums of either order, of nearly equal and very different scales, and with broadcasting."""
    case = Cases(39)
    x = case.start((1, 5, 7, 3), scale=0.07, zero=-128)
    y = case.add(x, case.constant((1, 5, 7, 3), scale=0.03, zero=127), scale=0.06)
    y = case.add(case.constant((1, 5, 7, 3), scale=0.2), y, act=act, scale=0.1, zero=-120)
    y = case.add(y, case.constant((1, 5, 7, 3), scale=0.00001), scale=0.09)
    y = case.add(y, y, scale=0.15, zero=3)
    y = case.add(y, case.constant((3,), scale=0.3), scale=0.2, zero=-8)
    _check(case, case.add(y, case.constant((1, 5, 7, 3), scale=0.21), act=act, scale=0.25))


def test_residual_connection():
    case = Cases(40)
    x = case.start((1, 6, 5, 8))
    y = case.conv(x, 8, (3, 3), act=RELU, out_scale=0.1)
    y = case.add(case.conv(y, 8, (3, 3), out_scale=0.7), x, act=RELU, scale=0.4)
    _check(case, case.add(y, case.conv(y, 8, (1, 1), out_scale=0.7), scale=0.5))


def test_a_network_in_one_arena():
    case = Cases(37)
    x = case.start((1, 12, 10, 3))
    y = case.conv(x, 8, (3, 3), stride=(2, 2), act=RELU, out_scale=0.1)
    for out in (16, 8):
        y = case.depthwise(y, (3, 3), act=RELU, out_scale=0.05)
        y = case.conv(y, out, (1, 1), act=RELU6, out_scale=0.05)
    _check(case, y)
