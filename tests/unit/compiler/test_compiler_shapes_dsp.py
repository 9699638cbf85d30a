"""Shapes of layers that small real networks have, on cores with the DSP extension and ARMv6-M.

One model has many operators that read the same input; each of them is an output.
"""

import re
from collections import Counter

import numpy as np
import pytest
from cases import NONE, RELU, RELU6, SAME, VALID, Cases
from oracle import assert_layers_equal, inputs_for

from studio.compiler import compile_model
from studio.events import Quiet
from studio.runtime.model import HostModel

bench = pytest.importorskip("studio.services.bench")

ACROSS = "tml_depthwise_conv2d_across_s8"
M4, M0PLUS = "cortex-m4", "cortex-m0plus"


def _kernels(data: bytes, core: str = M4) -> Counter:
    """Return how often each kernel is called."""
    text = compile_model(data, name="case", target=core).files["tml_case.c"]
    return Counter(re.findall(r"^\s+(tml_\w+)\(", text, re.M))


def _assert_equal_everywhere(data: bytes, core: str = M4) -> None:
    """Compare with the oracle on the PC, and the PC with the board."""
    assert_layers_equal(data, target=core)
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    compiled = compile_model(data, name="case", target=core)
    x = inputs_for(compiled.inputs[0], 3, 5)
    expected = HostModel(compiled).run([x])
    found = bench.run_all(compiled, [x], Quiet(), board=f"virtual-{core}")
    for info, theirs, mine in zip(compiled.outputs, expected, found, strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=info.name)
    # some are meant to lie at their limits, most are not
    assert np.mean([len(np.unique(theirs)) > 2 for theirs in expected]) > 0.7


@pytest.mark.parametrize("core", [M4, M0PLUS])
@pytest.mark.parametrize("channels", [4, 7, 16, 21])
def test_depthwise_over_a_whole_input(channels, core):
    case = Cases(71)
    x = case.start((1, 9, 5, channels), zero=-128)
    outputs = [
        case.depthwise(x, (9, 5), padding=VALID, **more)
        for more in (
            {},
            {"act": RELU, "zero": -128, "spread": 9},
            {"act": RELU6, "zero": -60, "out_scale": 0.04},
            {"per_channel": False, "bias": False},
            {"out_scale": 0.003, "zero": 127},
            {"spread": 1e4},
        )
    ]
    outputs += [
        case.depthwise(x, (8, 5), padding=VALID),
        case.depthwise(x, (9, 3), padding=VALID, stride=(1, 2)),
        case.depthwise(x, (5, 3), padding=VALID, dilation=(2, 2)),
        case.depthwise(x, (3, 2), padding=VALID, dilation=(4, 3), act=RELU),
    ]
    data = case.finish([0], outputs)
    if core == M4:
        assert _kernels(data)[ACROSS] >= len(outputs) - 1
    else:
        assert _kernels(data, core)[f"{ACROSS}_v6m"] == len(outputs)
    _assert_equal_everywhere(data, core)


@pytest.mark.parametrize("core", [M4, M0PLUS])
@pytest.mark.parametrize("channels", [4, 5, 6, 7, 9, 11])
def test_one_output_of_a_value_that_is_read_for_the_last_time(channels, core):
    """Only whole fours of channels may be written where they are read."""
    case = Cases(80)
    x = case.start((1, 5, 3, channels), zero=-20)
    outputs = []
    for more in ({}, {"act": RELU, "zero": -90}, {"per_channel": False}):
        y = case.pool(x, "MAX", (2, 2), padding=SAME)
        outputs.append(case.depthwise(y, (5, 3), padding=VALID, **more))
    data = case.finish([x], outputs)
    assert _kernels(data)[ACROSS] == len(outputs)
    _assert_equal_everywhere(data, core)


@pytest.mark.parametrize("shape", [(1, 4, 4, 12), (3, 3, 2, 5), (1, 2, 7, 64), (1, 6, 1, 9)])
def test_depthwise_with_few_outputs_or_taps(shape):
    case = Cases(72)
    x = case.start(shape, zero=40)
    outputs = []
    for kernel in ((1, 1), (2, 2), (1, 3), (3, 1), (5, 4), (2, 9)):
        outputs += [
            case.depthwise(x, kernel),
            case.depthwise(x, kernel, stride=(2, 2), act=RELU, zero=-90, spread=5),
            case.depthwise(x, kernel, dilation=(2, 3), per_channel=False),
        ]
        if kernel[0] <= shape[1] and kernel[1] <= shape[2]:
            outputs.append(case.depthwise(x, kernel, padding=VALID, stride=(1, 2), bias=False))
    outputs.append(case.depthwise(x, (2, 2), out_scale=0.0004, spread=30))
    outputs.append(case.depthwise(x, (2, 2), spread=1e9, act=RELU))
    data = case.finish([0], outputs)
    assert _kernels(data)[ACROSS] > len(outputs) // 3
    _assert_equal_everywhere(data)


@pytest.mark.parametrize("core", [M4, M0PLUS])
@pytest.mark.parametrize("kernel", [(5, 1), (9, 1), (20, 1)])
def test_streaming_depthwise_works_in_place(kernel, core):
    case = Cases(73)
    y = case.start((1, kernel[0] + 2, 1, 32))
    y = case.depthwise(y, kernel, padding=VALID)
    y = case.depthwise(y, (3, 1), padding=VALID, act=RELU)
    data = case.model(case.conv(y, 8, (1, 1)))
    assert _kernels(data)[ACROSS] == 2
    _assert_equal_everywhere(data, core)


@pytest.mark.parametrize("shape", [(1, 2, 1, 12), (2, 1, 3, 5), (1, 1, 1, 7)])
def test_one_or_two_outputs_on_armv6m(shape):
    case = Cases(76)
    x = case.start(shape, zero=-40)
    outputs = [
        case.depthwise(x, kernel, **more)
        for kernel in ((1, 1), (2, 2), (5, 3), (1, 7))
        for more in (
            {"stride": (1, 2)},
            {"stride": (2, 2), "act": RELU, "zero": -100},
            {"stride": (2, 2), "dilation": (2, 3), "spread": 30},
            {"stride": (2, 2), "per_channel": False, "out_scale": 0.003},
        )
    ]
    outputs.append(case.depthwise(x, (3, 3), stride=(2, 2), spread=1e9))
    data = case.finish([0], outputs)
    assert _kernels(data, M0PLUS)[f"{ACROSS}_v6m"] == len(outputs)
    _assert_equal_everywhere(data, M0PLUS)


@pytest.mark.parametrize("shape", [(1, 1, 37, 6), (1, 6, 23, 8), (1, 1, 4, 1)])
def test_depthwise_of_short_rows(shape):
    case = Cases(79)
    x = case.start(shape, zero=-9)
    outputs = [
        case.depthwise(x, (1, taps), **more)
        for taps in (2, 3, 4)
        for more in (
            {},
            {"act": RELU, "zero": -100, "spread": 9},
            {"dilation": (1, 3)},
            {"padding": VALID, "multiplier": 2},
        )
    ]
    data = case.finish([0], outputs)
    assert _kernels(data)["tml_depthwise_conv2d_rows_s8"] == len(outputs)
    _assert_equal_everywhere(data)


@pytest.mark.parametrize("core", [M4, M0PLUS])
@pytest.mark.parametrize("shape", [(1, 40, 1, 6), (2, 17, 3, 5)])
def test_depthwise_along_columns(shape, core):
    case = Cases(78)
    x = case.start(shape, zero=-9)
    outputs = [
        case.depthwise(x, (taps, 1), stride=(step, step), **more)
        for taps in (3, 8)
        for step in (1, 3)
        for more in (
            {"act": RELU, "zero": -128},
            {"dilation": (4, 1), "spread": 5},
            {"padding": VALID, "multiplier": 2},
        )
    ]
    y = case.pad(x, ((0, 0), (30, 0), (0, 0), (0, 0)))
    outputs.append(case.depthwise(y, (5, 1), padding=VALID))
    y = case.pad(x, ((0, 0), (0, 25), (0, 0), (0, 0)))
    outputs.append(case.depthwise(y, (4, 1), padding=VALID, stride=(2, 3)))
    _assert_equal_everywhere(case.finish([0], outputs), core)


@pytest.mark.parametrize("size", [3, 4, 16])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_convolutions_of_narrow_pictures(width, size):
    case = Cases(77)
    x = case.start((1, 19, width, size), zero=9)
    outputs = []
    for kernel in ((3, 1), (5, width), (4, 2)):
        for more in (
            {},
            {"stride": (2, 2), "act": RELU, "zero": -100},
            {"dilation": (3, 1)},
            {"stride": (3, 1), "dilation": (1, 2)},
        ):
            outputs.append(case.conv(x, 5, kernel, **more))
        if kernel[1] <= width:
            outputs.append(case.conv(x, 4, kernel, padding=VALID, stride=(2, 3)))
    _assert_equal_everywhere(case.finish([0], outputs))


@pytest.mark.parametrize("amounts", [(4, 1, 2, 3), (0, 7, 0, 0), (0, 0, 6, 0), (9, 0, 0, 9)])
def test_paddings_that_make_the_output_larger(amounts):
    above, below, left, right = amounts
    case = Cases(74)
    y = case.start((1, 3, 4, 50))
    for act in (NONE, RELU):
        y = case.pad(y, ((0, 0), (above, below), (left, right), (0, 0)))
        y = case.depthwise(y, (2, 2), padding=VALID, stride=(1, 2), act=act)
    data = case.model(y)
    assert _kernels(data)[ACROSS] > 0
    _assert_equal_everywhere(data)


def test_depthwise_chain_whose_values_share_memory():
    case = Cases(75)
    y = case.start((1, 12, 6, 20))
    for kernel, stride in (((2, 2), (1, 1)), ((1, 3), (1, 2)), ((2, 1), (2, 1)), ((2, 2), (2, 2))):
        y = case.depthwise(y, kernel, stride=stride, padding=SAME)
    data = case.model(y)
    assert _kernels(data)[ACROSS] == 4
    model = assert_layers_equal(data, target="cortex-m4")
    assert model.compiled.arena_bytes < 1.5 * 12 * 6 * 20
    _assert_equal_everywhere(data)
