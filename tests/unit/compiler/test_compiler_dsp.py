"""The kernels' path for cores with the DSP extension, which the PC's build does not take.

The virtual board runs it. What it must equal is the portable path on the PC, which other tests
hold against the oracle. A board answers with the model's output only, so each model is one
operator, or a few whose differences cannot hide.
"""

import numpy as np
import pytest
from cases import RELU, RELU6, VALID, Cases
from oracle import inputs_for

from studio.compiler import compile_model
from studio.events import Quiet
from studio.runtime.model import HostModel

bench = pytest.importorskip("studio.services.bench")
pytest.importorskip("unicorn", reason="the virtual board needs unicorn")


def _assert_board_equals_pc(case: Cases, output: int) -> None:
    compiled = compile_model(case.model(output), name="case", target="cortex-m4")
    x = inputs_for(compiled.input, 4, 5)
    expected = HostModel(compiled).invoke(x)
    assert len(np.unique(expected)) > 2  # not all of it at the limits
    found = bench.run_on_virtual_board(compiled, x, Quiet())
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("shape", "more"),
    [
        ((1, 5, 7, 6), {}),  # odd width: a pair of sums behind the row's end
        ((2, 6, 4, 3), {"act": RELU}),
        ((1, 9, 8, 5), {"stride": (2, 2)}),
        ((1, 17, 9, 2), {"stride": (5, 3), "act": RELU6}),
        ((1, 9, 9, 4), {"dilation": (2, 1), "padding": VALID}),
        ((1, 6, 5, 2), {"multiplier": 3, "per_channel": False}),
        ((1, 1, 1, 5), {}),
        ((1, 7, 7, 3), {"out_scale": 0.0004, "spread": 30}),  # shifts of both signs
    ],
)
def test_depthwise(shape, more):
    case = Cases(31)
    x = case.start(shape)
    _assert_board_equals_pc(case, case.depthwise(x, (3, 3), spread=more.pop("spread", 4), **more))


def test_depthwise_with_another_kernel():
    case = Cases(32)
    x = case.start((1, 9, 8, 3))
    y = case.depthwise(x, (4, 2), stride=(2, 1), multiplier=2)
    _assert_board_equals_pc(case, case.depthwise(y, (1, 1), out_scale=0.4))


@pytest.mark.parametrize(
    ("channels", "out", "kernel", "more"),
    [
        (1, 5, (5, 4), {"stride": (2, 2)}),  # an odd channel; taps in fours
        (3, 4, (3, 3), {}),  # 27 taps
        (5, 7, (1, 1), {"act": RELU}),  # taps that end after one of four
        (6, 2, (1, 1), {}),
        (7, 1, (1, 1), {"per_channel": False}),
        (4, 5, (3, 2), {"dilation": (2, 2)}),
        (4, 3, (2, 2), {"out_scale": 0.0004, "spread": 30}),
    ],
)
def test_convolution(channels, out, kernel, more):
    case = Cases(33)
    x = case.start((1, 7, 5, channels))
    spread = more.pop("spread", 4)
    _assert_board_equals_pc(case, case.conv(x, out, kernel, spread=spread, **more))


@pytest.mark.parametrize(("size", "out"), [(3, 5), (37, 7), (64, 1)])
def test_fully_connected(size, out):
    case = Cases(34)
    x = case.start((3, size), zero=100)
    y = case.dense(x, out, per_channel=size % 2 == 0, act=RELU6 if size == 64 else 0)
    _assert_board_equals_pc(case, y)


def test_other_operators_of_a_network():
    case = Cases(35)
    x = case.start((1, 6, 6, 4), scale=0.07)
    y = case.add(x, case.conv(x, 4, (3, 3)), scale=0.4)
    y = case.add(y, case.constant((4,)), scale=0.5)
    y = case.pool(case.pool(y, "AVERAGE", (2, 2)), "MAX", (2, 2))
    _assert_board_equals_pc(case, case.add(y, y, scale=0.8))
