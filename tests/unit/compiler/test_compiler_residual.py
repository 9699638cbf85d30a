"""Convolutions that end in the ADD of a residual connection."""

import numpy as np
import pytest
from cases import RELU, RELU6, VALID, Cases
from oracle import assert_layers_equal, inputs_for

from studio.compiler import compile_model
from studio.events import Quiet
from studio.runtime.model import HostModel

TARGETS = ["generic", "cortex-m4", "cortex-m0plus"]
SHAPES = [(1, 5, 7, 6), (1, 4, 4, 1), (2, 3, 3, 5), (1, 1, 1, 4), (1, 13, 9, 8)]


def _blocks(seed: int, shape: tuple[int, ...]) -> tuple[Cases, int]:
    """Residual blocks one after the other: both orders of summands, 3x3 and 1x1, activations."""
    case = Cases(seed)
    size = shape[3]
    x = case.conv(case.start(shape), size, (1, 1), out_scale=0.9)
    for number, kernel in enumerate(((3, 3), (1, 1), (2, 1), (1, 1))):
        y = case.conv(x, size + number, (3, 3), act=RELU, out_scale=0.7)
        y = case.conv(y, size, kernel, spread=4, out_scale=1.1, act=RELU6 if number == 2 else 0)
        pair = (x, y) if number % 2 else (y, x)
        x = case.add(*pair, scale=1.3 if number < 2 else 0.4, act=RELU if number % 2 else 0)
    return case, x


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shape", SHAPES)
def test_residual_blocks_equal_the_oracle(shape, target):
    case, output = _blocks(61, shape)
    data = case.model(output)
    layers = compile_model(data, target=target).layers
    assert [layer.op for layer in layers].count("ADD") == 0
    assert_layers_equal(data, target=target)


def test_the_sum_lies_over_the_other_summand():
    case, output = _blocks(62, (1, 32, 32, 8))
    values = 32 * 32 * 8
    for target in TARGETS:
        assert compile_model(case.model(output), target=target).arena_bytes < 2.75 * values


def test_a_sum_with_itself_and_one_read_twice_stay():
    case = Cases(63)
    x = case.start((1, 4, 4, 3))
    y = case.conv(x, 3, (3, 3))
    both = case.add(y, case.conv(y, 3, (1, 1)))
    data = case.model(case.add(both, case.add(y, y)))
    assert [layer.op for layer in compile_model(data).layers].count("ADD") == 2
    assert_layers_equal(data)


@pytest.mark.parametrize("core", TARGETS[1:])
@pytest.mark.parametrize("shape", [SHAPES[0], SHAPES[2], SHAPES[4]])
def test_residual_blocks_on_the_board(shape, core):
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    bench = pytest.importorskip("studio.services.bench")
    case, output = _blocks(64, shape)
    compiled = compile_model(case.model(output), name="case", target=core)
    x = inputs_for(compiled.input, 3, 5)
    expected = HostModel(compiled).invoke(x)
    assert len(np.unique(expected)) > 2
    found = bench.run_on_virtual_board(compiled, x, Quiet(), board=f"virtual-{core}")
    np.testing.assert_array_equal(found, expected)


def test_residual_blocks_in_stripes():
    case = Cases(65)
    x = case.conv(case.start((1, 24, 6, 4)), 4, (1, 1), out_scale=0.9)
    y = case.conv(case.conv(x, 40, (1, 1)), 4, (3, 3), out_scale=1.1)
    z = case.add(case.conv(y, 4, (1, 1)), x)
    data = case.model(case.conv(z, 5, (3, 3), stride=(2, 2), padding=VALID, out_scale=2.0))
    whole, striped = (compile_model(data, ram_bytes=ram) for ram in (None, 0))
    assert striped.arena_bytes < whole.arena_bytes
    for target in TARGETS:
        model, other = (
            HostModel(compile_model(data, target=target, ram_bytes=ram)) for ram in (None, 0)
        )
        x = inputs_for(whole.input, 3, 5)
        np.testing.assert_array_equal(other.invoke(x), model.invoke(x))
