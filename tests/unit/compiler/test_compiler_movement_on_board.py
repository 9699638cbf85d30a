"""The operators that move and reduce values on other cores: the bytes of the PC's build."""

import numpy as np
import pytest
from cases_movement import Moves
from oracle import inputs_for
from test_compiler_toolchains import AVR, HOSTS, _compile, _on_avr

from studio.compiler import compile_model
from studio.runtime.model import HostModel


def _moves(case: Moves, x: int) -> None:
    case.transpose(x, (0, 3, 2, 1))
    case.transpose(x, (2, 0, 1, 3))
    case.concat([x, case.fixed((2, 6, 4, 5)), x], 3)
    case.pack([x, x], 1)
    case.split(x, 2, 2)
    case.split_v(x, [1, 5], 1)
    case.unpack(x, 3)
    case.slice(x, (0, 1, 1, 1), (-1, 3, 2, 2))
    case.strided(x, (1, 5, 0, 2), (2, 0, 4, -4), (1, -2, 3, -1), (1, 3, 2, 3))
    case.gather(x, case.numbers([3, 0, 2]), 2)


def _others(case: Moves, x: int) -> None:
    case.padded("PAD", x, [(0, 0), (1, 2), (3, 0), (0, 1)])
    case.padded("PADV2", x, [(1, 0), (0, 0), (0, 1), (0, 0)], 5)
    case.padded("MIRROR_PAD", x, [(1, 0), (5, 4), (0, 3), (0, 0)])
    y = case.tiles("SPACE_TO_BATCH_ND", x, (2, 3), [(1, 1), (2, 0)])
    case.tiles("BATCH_TO_SPACE_ND", y, (2, 2), [(1, 0), (0, 1)])
    y = case.blocks("SPACE_TO_DEPTH", x, 2)
    case.blocks("DEPTH_TO_SPACE", y, 2)
    case.resize("NEAREST_NEIGHBOR", x, (9, 7))
    case.resize("BILINEAR", x, (11, 3), centers=True)
    for name in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"):
        case.reduce(name, x, (1, 2))
        case.reduce(name, x, (0, 2))
    for name in ("ARG_MAX", "ARG_MIN"):
        case.place(name, x, 1)
        case.place(name, x, 3, "int64")


def _in_five_dimensions(case: Moves, x: int) -> None:
    shape = (*case.shape(x)[:1], 2, 3, *case.shape(x)[2:])
    five = case.apply("RESHAPE", [x, case.numbers(shape)], [shape])[0]
    case.padded("PAD", five, [(1, 0), (0, 1), (1, 0), (0, 1), (1, 0)])
    case.padded("MIRROR_PAD", five, [(1, 0), (0, 1), (1, 0), (0, 1), (1, 0)])


def _many(dtype: str, *groups) -> Moves:
    """Return a model with many of the operators, their results as outputs."""
    case = Moves(dtype, 20)
    x = case.begin((2, 6, 4, 3))
    for group in groups:
        group(case, x)
    return case


def _one_output(case: Moves) -> bytes:
    """Return the file with all results in one output."""
    read = {number for _, inputs, _, _ in case.ops for number in inputs}
    parts = [y for _, _, outputs, _ in case.ops for y in outputs if y not in read]
    flat = []
    for y in parts:
        if case.tensors[y]["dtype"] != case.dtype:
            y = case.cast(y, case.dtype)
        size = int(np.prod(case.shape(y)))
        flat += case.apply("RESHAPE", [y, case.numbers([size])], [(size,)])
    case.concat(flat, 0)
    return case.everything()


@pytest.mark.parametrize(("dtype", "optimise"), [("int8", "speed"), ("float32", "size")])
def test_no_warnings(dtype, optimise, tmp_path):
    compiled = compile_model(
        _many(dtype, _moves, _others, _in_five_dimensions).everything(), optimise=optimise
    )
    for command in (*HOSTS.values(), AVR):
        _compile(command, tmp_path, compiled, "-c")


@pytest.mark.parametrize("group", [_moves, _others, _in_five_dimensions])
def test_on_an_8_bit_core(group, tmp_path):
    data = _one_output(_many("int8", group))
    compiled = compile_model(data, target="avr")
    x = inputs_for(compiled.input, 1, 22)
    expected = HostModel(compile_model(data)).invoke(x)
    np.testing.assert_array_equal(_on_avr(tmp_path, compiled, x, "atmega2560"), expected)
