"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN, ARG_MAX and ARG_MIN, against TFLite Micro and LiteRT."""

import numpy as np
import pytest
from cases_movement import Moves
from oracle import assert_layers_equal
from test_compiler_movement import assert_equals_litert

from studio.compiler import compile_model
from studio.errors import ModelError
from studio.runtime.model import HostModel

TYPES = ("int8", "int16", "float32")
SHAPES = [(2, 5, 7, 3), (1, 25, 5, 4), (6, 5, 4), (9, 3), (17,)]


def _choices(rank: int) -> list[tuple[int, ...]]:
    choices = [(0,), (-1,), tuple(range(rank))]
    choices += [(1, 2), (2, 1), (0, 2), (1,), (1, 1)] if rank > 2 else []
    return choices + ([(1, 3), (0, 1), (2, 3)] if rank == 4 else [])


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ["MEAN", "SUM"])
def test_totals(name, dtype):
    case = Moves(dtype, 6)
    for shape in SHAPES:
        x = case.begin(shape)
        for axes in _choices(len(shape))[:5]:
            case.reduce(name, x, axes, keep=len(axes) % 2 == 0)
            case.reduce(name, x, axes, keep=True, scale=4e-3, zero=9 * (dtype == "int8"))
    assert_layers_equal(case.everything(), count=6)


@pytest.mark.parametrize("dtype", TYPES)
def test_all_axes(dtype):
    case = Moves(dtype, 7)
    x = case.begin((2, 5, 7, 3))
    for axes in _choices(4):
        for keep in (True, False):
            case.reduce("MEAN", x, axes, keep=keep)
            case.reduce("SUM", x, axes, keep=keep, scale=0.9, zero=0)
    assert_layers_equal(case.everything(), count=6)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
@pytest.mark.parametrize("scale", [1e-9, 2e-5, 0.05, 1.0, 300.0])
def test_totals_of_extreme_scales(dtype, scale):
    """Of int16 the sums of many large values overflow 32 bits, in TFLite Micro as well."""
    case = Moves(dtype, 8)
    x = case.begin((1, 300, 300, 1))
    case.tensors[x]["scale"] = np.array([scale], np.float32)
    for name in ("MEAN", "SUM"):
        for out_scale in (scale * 0.1, scale * 7, scale * 300):
            case.reduce(name, x, (1, 2), scale=out_scale, zero=0)
            case.reduce(name, x, (1,), scale=out_scale, zero=0)
    assert_layers_equal(case.everything(), count=4)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ["REDUCE_MAX", "REDUCE_MIN"])
def test_extremes(name, dtype):
    case = Moves(dtype, 9)
    for shape in SHAPES:
        x = case.begin(shape)
        for axes in _choices(len(shape)):
            case.reduce(name, x, axes, keep=axes[0] == 0)
    check = assert_equals_litert if dtype == "int16" else assert_layers_equal
    check(case.everything(), count=4)


@pytest.mark.parametrize("dtype", ["int8", "float32"])
@pytest.mark.parametrize("name", ["ARG_MAX", "ARG_MIN"])
def test_places(name, dtype):
    case = Moves(dtype, 10)
    for shape in SHAPES:
        x = case.begin(shape)
        for axis in range(-len(shape), len(shape)):
            case.place(name, x, axis)
    assert_layers_equal(case.everything(), count=6)


@pytest.mark.parametrize("name", ["ARG_MAX", "ARG_MIN"])
def test_places_as_64_bit_numbers(name):
    case = Moves("float32", 10)
    x = case.begin((3, 4, 5))
    for axis in range(3):
        case.place(name, x, axis, "int64")
    assert_equals_litert(case.everything(), count=4)


def test_the_first_of_equal_values_is_found():
    case = Moves()
    x = case.begin((6,))
    places = [case.place(name, x, 0) for name in ("ARG_MAX", "ARG_MIN")]
    model = HostModel(compile_model(case.everything()))
    found = model.trace(np.array([3, 7, -2, 7, -2, 0], np.int8))
    assert [found[y].item() for y in places] == [1, 2]


def _change_list(case: Moves, values) -> None:
    tensor = case.tensors[case.ops[-1][1][1]]
    tensor["data"] = np.array(values, tensor["dtype"])
    tensor["shape"] = tensor["data"].shape


@pytest.mark.parametrize(
    ("make", "change", "said"),
    [
        (lambda c, x: c.reduce("MEAN", x, (1,)), lambda c: _change_list(c, (4,)), "axes"),
        (lambda c, x: c.reduce("MEAN", x, (1,)), lambda c: _change_list(c, (0,)), "output"),
        (
            lambda c, x: c.reduce("REDUCE_MAX", x, (1,), scale=0.5),
            lambda c: None,
            "quantized differently",
        ),
        (
            lambda c, x: c.reduce("SUM", x, (1,)),
            lambda c: c.tensors[c.ops[0][2][0]].update(scale=np.array([1e-30], np.float32)),
            "factor",
        ),
        (lambda c, x: c.place("ARG_MAX", x, 1), lambda c: _change_list(c, 9), "axis"),
        (lambda c, x: c.place("ARG_MAX", x, 1), lambda c: _change_list(c, (0, 1)), "axes"),
        (lambda c, x: c.place("ARG_MAX", x, 1), lambda c: _change_list(c, 0), "output"),
    ],
)
def test_wrong_parameters_are_refused(make, change, said):
    case = Moves()
    make(case, case.begin((2, 4, 6, 4)))
    change(case)
    with pytest.raises(ModelError) as caught:
        compile_model(case.everything())
    assert said in str(caught.value)
