"""Row-wise fusion: the same bytes as layer by layer, in less memory."""

import numpy as np
import pytest
from cases import RELU6, SAME, VALID, Cases
from oracle import inputs_for, interpreter

from studio.compiler import compile_model
from studio.events import Quiet
from studio.runtime.model import HostModel


def _assert_equal(data: bytes, *, ram_bytes: int = 0, target: str = "generic"):
    """Run the fused model against TFLite Micro; return it and the unfused one."""
    plain = compile_model(data, name="case", target=target)
    fused = compile_model(data, name="case", target=target, ram_bytes=ram_bytes)
    model, reference = HostModel(fused), interpreter(data)
    for x in inputs_for(fused.input, 3, 7):
        reference.set_input(x.reshape(fused.input.shape), 0)
        reference.invoke()
        mine = model.invoke(x.reshape(1, -1))[0]
        np.testing.assert_array_equal(mine, reference.get_output(0).reshape(-1))
    return fused, plain


def _bottleneck(case: Cases, x: int, *, wide: int, out: int, stride=(1, 1), kernel=(3, 3)) -> int:
    y = case.conv(x, wide, (1, 1), act=RELU6)
    y = case.depthwise(y, kernel, stride=stride, act=RELU6)
    return case.conv(y, out, (1, 1))


@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (3, 1)])
@pytest.mark.parametrize("kernel", [(3, 3), (5, 2), (1, 1)])
def test_an_inverted_residual_block(stride, kernel):
    case = Cases(50)
    x = case.start((1, 21, 8, 4))
    y = _bottleneck(case, x, wide=24, out=5, stride=stride, kernel=kernel)
    fused, plain = _assert_equal(case.model(y))
    assert fused.arena_bytes < (0.6 if kernel != (1, 1) else 0.7) * plain.arena_bytes
    assert len(fused.layers) < len(plain.layers)


def test_a_residual_is_read_beside_it():
    case = Cases(51)
    x = case.start((1, 17, 6, 4))
    y = case.conv(x, 4, (3, 3))
    y = case.add(_bottleneck(case, y, wide=20, out=4), y)
    fused, plain = _assert_equal(case.model(y))
    assert fused.arena_bytes < plain.arena_bytes


def test_first_layers_of_a_network():
    case = Cases(52)
    x = case.start((1, 40, 40, 1))
    y = case.conv(x, 8, (3, 3), stride=(2, 2))
    y = case.depthwise(y, (3, 3), padding=VALID)
    y = case.conv(y, 4, (3, 3), stride=(2, 2), padding=SAME, dilation=(1, 1))
    y = case.pool(y, "MAX", (2, 2), stride=(2, 2))
    fused, plain = _assert_equal(case.model(case.dense(case.reshape(y, (1, 64)), 3)))
    assert fused.arena_bytes < plain.arena_bytes


def test_dilated_kernels():
    case = Cases(53)
    x = case.start((1, 30, 5, 2))
    y = case.conv(x, 12, (3, 1), dilation=(3, 1))
    y = case.depthwise(y, (3, 2), dilation=(2, 1))
    _assert_equal(case.model(case.conv(y, 2, (2, 2))))


def test_a_budget_that_is_met_needs_no_fusion():
    case = Cases(54)
    data = case.model(_bottleneck(case, case.start((1, 9, 9, 4)), wide=16, out=4))
    plain = compile_model(data)
    assert compile_model(data, ram_bytes=plain.arena_bytes).files == plain.files
    fused = compile_model(data, ram_bytes=plain.arena_bytes - 1)
    assert fused.arena_bytes < plain.arena_bytes
    assert len(fused.layers) < len(plain.layers)


def test_on_the_board():
    bench = pytest.importorskip("studio.services.bench")
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    case = Cases(55)
    data = case.model(_bottleneck(case, case.start((1, 13, 7, 5)), wide=18, out=6))
    for target in ("cortex-m4", "cortex-m7", "cortex-m0plus"):
        fused = compile_model(data, name="case", target=target, ram_bytes=0)
        x = inputs_for(fused.input, 3, 5)
        expected = HostModel(compile_model(data, name="case")).invoke(x)
        assert any("+" in layer.op for layer in fused.layers)
        found = bench.run_on_virtual_board(fused, x, Quiet(), board=f"virtual-{target}")
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("target", ["generic", "cortex-m4", "cortex-m0plus"])
@pytest.mark.parametrize("shape", [(1, 24, 6, 4), (1, 24, 24, 4)])
def test_a_kernel_that_turns_the_picture_stays_whole(shape, target):
    """Kernels may work on columns instead of rows; stripes are of rows."""
    case = Cases(56)
    y = case.conv(case.start(shape), 16, (1, 1))
    data = case.model(case.conv(case.depthwise(y, (5, 1)), 3, (1, 1)))
    _assert_equal(data, target=target)
