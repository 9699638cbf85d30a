"""DEPTHWISE_CONV_2D on the virtual board, whose paths the PC's build does not take, and in place.

One model has many operators that read the same input; each of them is an output.
"""

import numpy as np
import pytest
from cases import RELU, RELU6, SAME, VALID, Cases
from oracle import assert_layers_equal, inputs_for

from studio.compiler import compile_model
from studio.events import Quiet
from studio.runtime.model import HostModel

bench = pytest.importorskip("studio.services.bench")


def _assert_board_equals_pc(data: bytes) -> None:
    compiled = compile_model(data, name="case", target="cortex-m4")
    x = inputs_for(compiled.inputs[0], 3, 5)
    expected = HostModel(compiled).run([x])
    found = bench.run_all(compiled, [x], Quiet())
    for info, theirs, mine in zip(compiled.outputs, expected, found, strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=info.name)
    # a few may lie at their limits
    assert np.mean([len(np.unique(theirs)) > 2 for theirs in expected]) > 0.7


def _many(shape, kernels, *, seed: int = 51, multipliers=(1, 2, 5)) -> bytes:
    case = Cases(seed)
    x = case.start(shape, zero=17)
    outputs = []
    for kernel in kernels:
        for stride in ((1, 1), (2, 2), (1, 2), (3, 1)):
            for padding in (SAME, VALID):
                fits = kernel[0] <= shape[1] and kernel[1] <= shape[2]
                if padding == VALID and not fits:
                    continue
                more = {"stride": stride, "padding": padding, "spread": 3}
                outputs.append(case.depthwise(x, kernel, **more))
    for multiplier in multipliers:
        outputs.append(case.depthwise(x, kernels[0], multiplier=multiplier, act=RELU, zero=-100))
    outputs.append(case.depthwise(x, kernels[0], act=RELU6, per_channel=False, out_scale=0.1))
    # shifts of both signs, and channels that are dead or nearly so
    outputs.append(case.depthwise(x, kernels[-1], out_scale=0.0004, spread=30))
    outputs.append(case.depthwise(x, kernels[-1], spread=1e9, act=RELU, multiplier=3))
    outputs.append(case.depthwise(x, kernels[-1], stride=(2, 2), spread=1e5, bias=False))
    return case.finish([0], outputs)


@pytest.mark.parametrize(
    "shape",
    [
        (1, 5, 7, 6),
        (2, 6, 4, 3),
        (1, 3, 3, 8),
        (1, 9, 5, 4),
        (1, 1, 2, 13),
        (1, 4, 1, 5),
        (1, 6, 11, 1),
    ],
)
def test_3x3_on_the_board(shape):
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    data = _many(shape, [(3, 3)])
    assert_layers_equal(data, target="cortex-m4")
    _assert_board_equals_pc(data)


def _other_kernels(shape, *, seed: int = 53) -> bytes:
    case = Cases(seed)
    x = case.start(shape, zero=-90)
    outputs = []
    for kernel in ((5, 5), (7, 1), (1, 6), (2, 3), (1, 1), (4, 9)):
        for more in (
            {},
            {"stride": (2, 2), "spread": 3},
            {"stride": (1, 3), "act": RELU, "zero": -128},
            {"dilation": (2, 3), "act": RELU6, "zero": -60, "out_scale": 0.04},
            {"dilation": (1, 2), "stride": (2, 1), "per_channel": False},
            {"padding": VALID},
            {"multiplier": 6, "stride": (3, 2)},
            {"multiplier": 2, "bias": False},
        ):
            if more.get("padding") != VALID or (kernel[0] <= shape[1] and kernel[1] <= shape[2]):
                outputs.append(case.depthwise(x, kernel, **more))
    outputs.append(case.depthwise(x, (3, 3), dilation=(3, 1)))
    outputs.append(case.depthwise(x, (3, 3), stride=(1, 2)))
    outputs.append(case.depthwise(x, (3, 5), dilation=(1, 2), stride=(1, 2)))
    return case.finish([0], outputs)


@pytest.mark.parametrize("shape", [(1, 9, 14, 5), (2, 12, 3, 4), (1, 30, 1, 9), (1, 1, 5, 2)])
def test_other_kernels(shape):
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    data = _other_kernels(shape)
    assert_layers_equal(data, target="cortex-m4")
    _assert_board_equals_pc(data)


@pytest.mark.parametrize("target", ["generic", "cortex-m4"])
@pytest.mark.parametrize("channels", [3, 8, 9])
def test_in_place(target, channels):
    case = Cases(52)
    y = case.start((2, 12, 10, channels))
    y = case.depthwise(y, (3, 3))
    y = case.depthwise(y, (3, 3), spread=3)
    y = case.depthwise(y, (3, 3), spread=9, out_scale=0.02)
    y = case.depthwise(y, (3, 3), stride=(2, 2))
    y = case.depthwise(y, (5, 2), dilation=(1, 2), out_scale=0.9)
    y = case.depthwise(y, (2, 3), padding=VALID)
    y = case.depthwise(y, (4, 1))
    data = case.model(y)
    model = assert_layers_equal(data, target=target)
    if channels > 3:  # otherwise the kernel's rows need more than the picture
        assert model.compiled.arena_bytes < 1.6 * 2 * 12 * 10 * channels
    _assert_board_equals_pc(data)


@pytest.mark.parametrize("target", ["generic", "cortex-m4"])
@pytest.mark.parametrize("kernel", [(3, 3), (1, 4), (5, 1)])
def test_paddings_that_make_the_output_larger(target, kernel):
    case = Cases(54)
    y = case.depthwise(case.start((1, 6, 5, 8)), (3, 3))
    for amounts in ((4, 1, 2, 3), (0, 7, 0, 0), (0, 0, 6, 0), (9, 0, 0, 9)):
        above, below, left, right = amounts
        y = case.pad(y, ((0, 0), (above, below), (left, right), (0, 0)))
        y = case.depthwise(y, kernel, padding=VALID)
    data = case.model(y)
    assert_layers_equal(data, target=target)
    if target != "generic":
        _assert_board_equals_pc(data)
