"""CONV_2D and FULLY_CONNECTED with weights laid out for cores with the DSP extension.

Twice: the plain C for that layout, on the PC, against the oracle layer by layer; and the assembly,
on the virtual board, against the plain C. Each model holds many operators on one input.
"""

import shutil

import numpy as np
import pytest
from cases import NONE, RELU, RELU6, VALID, Cases
from oracle import assert_layers_equal, inputs_for

from studio.compiler import compile_model
from studio.events import Quiet
from studio.runtime.model import HostModel

TARGET = "cortex-m4"
KERNELS = ((1, 1), (3, 3), (2, 5), (1, 4), (4, 1))


def _convolutions(seed: int, shape: tuple[int, ...]) -> tuple[Cases, int]:
    """All kernels on one picture: odd and even channels, runs of every length modulo four."""
    case = Cases(seed)
    x = case.start(shape)
    for number, kernel in enumerate(KERNELS):
        for out in (1, 2, 5, 8):
            act = (NONE, RELU, RELU6)[(number + out) % 3]
            case.conv(x, out, kernel, act=act, spread=4, per_channel=out != 2)
        if kernel[0] <= shape[1] and kernel[1] <= shape[2]:
            case.conv(x, 3, kernel, stride=(2, 1), padding=VALID, out_scale=1.7)
    case.conv(x, 6, (3, 2), dilation=(1, 2), spread=9)
    case.conv(x, 2, (2, 2), dilation=(2, 1), stride=(1, 3))
    case.conv(x, 4, shape[1:3], padding=VALID, act=RELU)  # one pixel that sees everything
    case.conv(x, 4, shape[1:3], stride=shape[1:3])  # the same, but padded
    case.conv(x, 4, (2, 2), out_scale=0.0004, spread=30)  # shifts of both signs
    case.conv(x, 4, (1, 1), out_scale=0.004)  # shifts by one
    return case, case.conv(x, 3, (1, 1), out_scale=1e9)  # factors of zero


def _dense(seed: int, size: int) -> tuple[Cases, int]:
    case = Cases(seed)
    x = case.start((1, size), zero=100)
    for rows in (1, 2, 3, 7):
        if size % rows == 0:
            row = case.reshape(x, (rows, size // rows)) if rows > 1 else x
            for out in (1, 3, 4, 6, 9):
                act = (NONE, RELU6)[out % 2]
                y = case.dense(row, out, per_channel=out in (4, 9), act=act, spread=3)
            y = case.dense(row, 5, out_scale=0.0004, bias=False)
            y = case.dense(row, 8, out_scale=0.01)
    return case, y


SHAPES = ((1, 5, 7, 3), (2, 3, 4, 4), (1, 6, 6, 1), (1, 4, 5, 6), (1, 2, 3, 9))
SIZES = (4, 8, 21, 42, 84, 128)


@pytest.mark.parametrize("shape", SHAPES)
def test_convolutions_equal_the_oracle(shape):
    case, output = _convolutions(51, shape)
    assert_layers_equal(case.model(output), target=TARGET)


@pytest.mark.parametrize("size", SIZES)
def test_dense_layers_equal_the_oracle(size):
    case, output = _dense(52, size)
    assert_layers_equal(case.model(output), target=TARGET)


def _assert_board_equals_pc(
    case: Cases, output: int, *, core: str = TARGET, toolchain: str = "zig"
) -> None:
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    bench = pytest.importorskip("studio.services.bench")
    compiled = compile_model(case.model(output), name="case", target=core)
    x = inputs_for(compiled.input, 2, 5)
    model = HostModel(compiled)
    board = f"virtual-{core}"
    found = bench.run_all(compiled, [x], Quiet(), board=board, toolchain=toolchain)
    for number, row in enumerate(x):
        expected = model.trace(row)
        for info, mine in zip(compiled.outputs, found, strict=True):
            np.testing.assert_array_equal(
                mine[number], expected[info.index].reshape(-1), err_msg=f"{number} {info.name}"
            )


@pytest.mark.parametrize("shape", SHAPES[:3])
def test_convolutions_on_the_board(shape):
    _assert_board_equals_pc(*_convolutions(53, shape))


@pytest.mark.parametrize("size", [21, 42, 128])
def test_dense_layers_on_the_board(size):
    _assert_board_equals_pc(*_dense(54, size))


@pytest.mark.parametrize(
    ("core", "toolchain"),
    [("cortex-m4", "zig"), ("cortex-m4", "gcc"), ("cortex-m7", "zig"), ("cortex-m7", "gcc")],
)
def test_wide_kernels_on_the_board(core, toolchain):
    """Rounds of four quads that begin at each of them, and more than one round."""
    if toolchain == "gcc" and shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    case = Cases(55)
    x = case.start((1, 4, 4, 13))
    for kernel in ((1, 1), (2, 2), (3, 3), (4, 3), (4, 4), (2, 3)):
        case.conv(x, 6, kernel, out_scale=2.0)
        case.conv(x, 3, kernel, padding=VALID, out_scale=2.0)
    y = case.conv(x, 5, (3, 3), out_scale=0.003)
    _assert_board_equals_pc(case, y, core=core, toolchain=toolchain)


@pytest.mark.parametrize("pixels", [1, 2, 3, 4, 5, 6, 7, 11])
def test_pixels_written_over_their_inputs(pixels):
    """Chains of growing and shrinking pixels; the planner lays each over the one before."""
    case = Cases(56)
    y = case.start((1, 1, pixels, 5))
    for size in (5, 16, 3, 24, 24, 8, 40, 1):
        y = case.conv(y, size, (1, 1), out_scale=1.0)
    data = case.model(y)
    assert_layers_equal(data, target=TARGET, count=3)
    if pixels > 3:
        scratch = 6 * 40
        assert compile_model(data, target=TARGET).arena_bytes < pixels * (40 + 24) + scratch


@pytest.mark.parametrize(
    ("shape", "kernel", "more"),
    [
        ((1, 16, 9, 8), (3, 3), {}),
        ((1, 17, 6, 4), (5, 2), {"stride": (2, 1)}),
        ((1, 16, 8, 8), (3, 3), {"stride": (2, 2)}),
        ((1, 12, 5, 6), (3, 1), {"dilation": (3, 1)}),
        ((1, 14, 8, 8), (4, 4), {"padding": VALID}),
    ],
)
def test_rows_written_behind_their_inputs(shape, kernel, more):
    case = Cases(57)
    x = case.start(shape)
    y = case.conv(x, shape[3], (1, 1), out_scale=1.0)  # not the model's input: may be overwritten
    for out in (shape[3], shape[3] - 1):
        y = case.conv(y, out, kernel, out_scale=1.0, **more)
    assert_layers_equal(case.model(y), target=TARGET, count=3)
