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
        assert len(np.unique(theirs)) > 2, info  # not all of it at the limits
        np.testing.assert_array_equal(mine, theirs, err_msg=info.name)


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
    outputs.append(case.depthwise(x, kernels[-1], out_scale=0.0004, spread=30))
    return case.finish([0], outputs)


@pytest.mark.parametrize(
    "shape",
    [(1, 5, 7, 6), (2, 6, 4, 3), (1, 3, 3, 8), (1, 9, 5, 4), (1, 1, 2, 13), (1, 4, 1, 5)],
)
def test_3x3_on_the_board(shape):
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    _assert_board_equals_pc(_many(shape, [(3, 3)]))


@pytest.mark.parametrize("target", ["generic", "cortex-m4"])
@pytest.mark.parametrize("channels", [3, 8, 9])
def test_in_place(target, channels):
    case = Cases(52)
    y = case.start((2, 12, 10, channels))
    y = case.depthwise(y, (3, 3))
    y = case.depthwise(y, (3, 3), spread=3)
    y = case.depthwise(y, (3, 3), stride=(2, 2))
    y = case.depthwise(y, (5, 2), dilation=(1, 2), out_scale=0.9)
    y = case.depthwise(y, (2, 3), padding=VALID)
    data = case.model(y)
    model = assert_layers_equal(data, target=target)
    if channels > 3:  # otherwise the kernel's rows need more than the picture
        assert model.compiled.arena_bytes < 1.6 * 2 * 12 * 10 * channels
    _assert_board_equals_pc(data)
