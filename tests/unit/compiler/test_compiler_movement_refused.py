"""Operators that move values, with parameters that cannot work: refused, and told why."""

import numpy as np
import pytest
from cases_movement import Moves

from studio.compiler import compile_model
from studio.errors import ModelError


def _refused(case: Moves) -> str:
    with pytest.raises(ModelError) as caught:
        compile_model(case.everything())
    return str(caught.value)


def _broken(make, change) -> str:
    case = Moves()
    make(case, case.begin((2, 4, 6, 4)))
    change(case)
    return _refused(case)


def _list(case: Moves, position: int, values) -> None:
    """Replace the list of parameters that the last operator takes as input `position`."""
    tensor = case.tensors[case.ops[-1][1][position]]
    tensor["data"] = np.array(values, tensor["dtype"])
    tensor["shape"] = tensor["data"].shape


@pytest.mark.parametrize(
    ("make", "change", "said"),
    [
        (lambda c, x: c.transpose(x, (1, 0, 2, 3)), lambda c: _list(c, 1, (0, 0, 1, 2)), "order"),
        (lambda c, x: c.transpose(x, (1, 0, 2, 3)), lambda c: _list(c, 1, (0, 1, 2)), "order"),
        (lambda c, x: c.transpose(x, (1, 0, 2, 3)), lambda c: _list(c, 1, (-1, 0, 2, 3)), "order"),
        (
            lambda c, x: c.concat([x, x], 1),
            lambda c: c.ops[0][3].update({0: ("Int32", 7)}),
            "axis",
        ),
        (
            lambda c, x: c.concat([x, x], 1),
            lambda c: c.ops[0][3].update({0: ("Int32", 2)}),
            "join",
        ),
        (
            lambda c, x: c.concat([x, x], 1),
            lambda c: c.ops[0][3].update({1: ("Int8", 1)}),
            "fused",
        ),
        (lambda c, x: c.pack([x, x], 1), lambda c: c.ops[0][3].update({1: ("Int32", 9)}), "axis"),
        (lambda c, x: c.pack([x, x], 1), lambda c: c.ops[0][3].update({1: ("Int32", 2)}), "shape"),
        (lambda c, x: c.unpack(x, 1), lambda c: c.ops[0][3].update({1: ("Int32", -5)}), "axis"),
        (lambda c, x: c.unpack(x, 1), lambda c: c.ops[0][2].pop(), "apart"),
        (lambda c, x: c.split(x, 2, 1), lambda c: _list(c, 0, 2), "splits"),
        (lambda c, x: c.split(x, 2, 1), lambda c: _list(c, 0, (1, 1)), "axes"),
        (lambda c, x: c.split_v(x, [1, 3], 1), lambda c: _list(c, 1, (2, 2)), "splits"),
        (lambda c, x: c.split_v(x, [1, 3], 1), lambda c: _list(c, 1, (-7, 11)), "splits"),
        (lambda c, x: c.slice(x, [0] * 4, [1] * 4), lambda c: _list(c, 1, [-1] * 4), "leave"),
        (lambda c, x: c.slice(x, [0] * 4, [1] * 4), lambda c: _list(c, 2, [9] * 4), "leave"),
        (lambda c, x: c.slice(x, [0] * 4, [1] * 4), lambda c: _list(c, 2, [1] * 3), "fit"),
        (
            lambda c, x: c.strided(x, [0], [1], [1], (1, 4, 6, 4)),
            lambda c: _list(c, 3, [0]),
            "strides",
        ),
        (
            lambda c, x: c.strided(x, [0], [1], [1], (1, 4, 6, 4)),
            lambda c: _list(c, 1, [1]),
            "nothing is left",
        ),
        (
            lambda c, x: c.strided(x, [1], [1], [1], (4, 6, 4), {"shrink": 1}),
            lambda c: _list(c, 1, [2]),
            "place 2 of 2",
        ),
        (
            lambda c, x: c.strided(x, [1] * 5, [1] * 5, [1] * 5, (1,)),
            lambda c: None,
            "5 entries",
        ),
        (
            lambda c, x: c.gather(x, c.numbers([0, 1]), 0),
            lambda c: _list(c, 1, [0, 2]),
            "indices",
        ),
        (
            lambda c, x: c.gather(x, c.numbers([0, 1]), 0),
            lambda c: c.ops[0][3].update({1: ("Int32", 1)}),
            "batch",
        ),
        (
            lambda c, x: c.padded("MIRROR_PAD", x, [(1, 0), (0, 0), (0, 0), (0, 0)]),
            lambda c: c.ops[0][3].update({0: ("Int8", 4)}),
            "mode",
        ),
        (
            lambda c, x: c.padded("MIRROR_PAD", x, [(2, 0), (0, 0), (0, 0), (0, 0)]),
            lambda c: None,
            "mirrored",
        ),
        (
            lambda c, x: c.padded("PADV2", x, [(2, 0), (0, 0), (0, 0), (0, 0)], 3),
            lambda c: c.tensors[c.ops[0][1][2]].update(scale=np.ones(1, np.float32)),
            "quantized differently",
        ),
        (
            lambda c, x: c.tiles("SPACE_TO_BATCH_ND", x, (2, 2), [(0, 0), (0, 0)]),
            lambda c: _list(c, 1, (0, 2)),
            "block",
        ),
        (
            lambda c, x: c.tiles("SPACE_TO_BATCH_ND", x, (2, 2), [(0, 0), (0, 0)]),
            lambda c: _list(c, 2, [(0, 1), (-1, 0)]),
            "paddings",
        ),
        (
            lambda c, x: c.blocks("SPACE_TO_DEPTH", x, 2),
            lambda c: c.ops[0][3].update({0: ("Int32", 0)}),
            "block size",
        ),
        (
            lambda c, x: c.blocks("DEPTH_TO_SPACE", x, 2),
            lambda c: c.ops[0][3].update({0: ("Int32", 3)}),
            "channels",
        ),
        (
            lambda c, x: c.resize("BILINEAR", x, (3, 3)),
            lambda c: c.ops[0][3].update({2: ("Bool", True), 3: ("Bool", True)}),
            "both",
        ),
        (lambda c, x: c.resize("BILINEAR", x, (3, 3)), lambda c: _list(c, 1, (3, 4)), "shape"),
    ],
)
def test_wrong_parameters_are_refused(make, change, said):
    assert said in _broken(make, change)


def test_computed_parameters_are_refused():
    case = Moves()
    x, order = case.begin((2, 2)), case.begin((2,), "int32")
    case.op("TRANSPOSE", [x, order], [case.result((2, 2))])
    assert "is not a constant" in _refused(case)


def test_constants_of_another_type_than_the_output_are_refused():
    case = Moves("float32")
    wanted = case.concat([case.numbers([2]), case.numbers([3])], 0)
    x = case.begin((6,))
    case.op("RESHAPE", [x, wanted], [case.result((2, 3))])
    compile_model(case.everything())
    case.tensors[0]["dtype"] = "int64"
    case.tensors[0]["data"] = np.array([2], np.int64)
    assert "int64" in _refused(case)
