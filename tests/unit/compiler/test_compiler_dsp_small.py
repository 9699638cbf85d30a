"""ADD and poolings: their paths on cores with the DSP extension, and outputs over inputs.

One model has many operators that read the same input; each of them is an output.
"""

import numpy as np
import pytest
from cases import RELU, RELU6, RELU_N1_TO_1, SAME, VALID, Cases
from oracle import assert_layers_equal, inputs_for

from studio.compiler import compile_model
from studio.events import Quiet
from studio.runtime.model import HostModel

bench = pytest.importorskip("studio.services.bench")


def _assert_board_equals_pc(data: bytes) -> None:
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    compiled = compile_model(data, name="case", target="cortex-m4")
    x = inputs_for(compiled.inputs[0], 3, 5)
    expected = HostModel(compiled).run([x])
    found = bench.run_all(compiled, [x], Quiet())
    for info, theirs, mine in zip(compiled.outputs, expected, found, strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=info.name)
    # some are meant to lie at their limits, most are not
    assert np.mean([len(np.unique(theirs)) > 1 for theirs in expected]) > 0.7


def test_add():
    case = Cases(61)
    x = case.start((1, 7, 5, 9), scale=0.05, zero=-128)
    outputs = []
    for number, ratio in enumerate((1, 0.5, 0.9999, 0.37, 1e-3, 2, 77)):
        for out_ratio in (1.3, 0.02, 30):
            zero = (-128, 127, 0, 55)[len(outputs) % 4]
            b = case.quantize(x, scale=0.05 * ratio, zero=zero)
            act = (0, 0, RELU, RELU6, RELU_N1_TO_1)[len(outputs) % 5]
            scale = 0.05 * max(1, ratio) * out_ratio
            more = {"act": act, "scale": scale, "zero": (3, -128, 127)[number % 3]}
            outputs.append(case.add(*((x, b) if number % 2 else (b, x)), **more))
    for shape in ((9,), (1, 5, 1), (7, 1, 9)):
        outputs.append(case.add(x, case.constant(shape)))
    data = case.finish([0], outputs)
    assert_layers_equal(data)
    _assert_board_equals_pc(data)


@pytest.mark.parametrize("shape", [(1, 25, 5, 9), (2, 6, 7, 4), (1, 33, 16, 6)])
def test_poolings(shape):
    case = Cases(62)
    x = case.start(shape, zero=11)
    outputs = []
    for kind in ("AVERAGE", "MAX"):
        outputs.append(case.pool(x, kind, shape[1:3], stride=shape[1:3]))
        for kernel, stride in (((2, 2), (2, 2)), ((3, 3), (1, 1)), ((1, 4), (3, 2))):
            for padding in (SAME, VALID):
                act = RELU6 if kernel == (2, 2) else 0
                outputs.append(case.pool(x, kind, kernel, stride=stride, padding=padding, act=act))
    data = case.finish([0], outputs)
    assert_layers_equal(data)
    _assert_board_equals_pc(data)


@pytest.mark.parametrize("target", ["generic", "cortex-m4"])
def test_outputs_over_inputs(target):
    case = Cases(63)
    y = case.start((2, 9, 12, 5), scale=0.07)
    y = case.add(y, case.constant((2, 9, 12, 5)), scale=0.2)
    y = case.add(case.constant((5,), scale=0.3), y, scale=0.3)
    y = case.pool(y, "MAX", (3, 2), stride=(1, 1))
    y = case.pool(y, "AVERAGE", (2, 3), stride=(2, 1))
    y = case.pool(y, "MAX", (1, 2), stride=(1, 1))
    data = case.model(y)
    model = assert_layers_equal(data, target=target)
    assert model.compiled.arena_bytes < 1.1 * 2 * 9 * 12 * 5
    _assert_board_equals_pc(data)
