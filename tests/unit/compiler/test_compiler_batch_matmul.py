"""BATCH_MATMUL in all its types."""

import numpy as np
import pytest
from cases_weighted import Weighted
from oracle import assert_layers_equal

from studio.compiler import compile_model
from studio.errors import ModelError

FLOAT = 1e-5
SHAPES = [
    # outer dimensions of the left and right side
    ((), ()),
    ((2,), (2,)),
    ((3,), (1,)),
    ((), (4,)),
    ((2, 1), (1, 3)),
    ((2, 3, 2), (3, 1)),
    ((1, 2, 1), (3, 1, 2)),
]


def _sides(outer: tuple[int, ...], rows: int, columns: int, *, turned: bool) -> tuple[int, ...]:
    return (*outer, *((columns, rows) if turned else (rows, columns)))


@pytest.mark.parametrize("kind", ["int8", "int16", "float32"])
def test_shapes(kind):
    case = Weighted(kind, 1)
    ends, outputs = [], []
    for number, (left, right) in enumerate(SHAPES):
        for adj_x in (False, True):
            for adj_y in (False, True):
                a = case.begin(_sides(left, 4, 3, turned=adj_x), zero=-9, name=f"a{number}")
                b = case.begin(_sides(right, 3, 5, turned=adj_y), zero=20, name=f"b{number}")
                ends += [a, b]
                outputs.append(case.matmul(a, b, adj_x=adj_x, adj_y=adj_y))
    assert_layers_equal(case.finish(ends, outputs), tolerance=FLOAT)


@pytest.mark.parametrize("kind", ["int8", "int16", "float32"])
def test_constants(kind):
    case = Weighted(kind, 2)
    x = case.begin((2, 5, 6), zero=100)
    y = x
    for shape, adj_y in (
        ((2, 6, 3), False),
        ((6, 4), False),
        ((1, 4, 6), True),
        ((3, 1, 6, 7), False),
    ):
        y = case.matmul(x, case.matrix(shape), adj_y=adj_y)
    y = case.matmul(case.matrix((4, 5)), x)
    y = case.matmul(case.matrix((5, 4)), x, adj_x=True, adj_y=False)
    assert_layers_equal(case.model(y), tolerance=FLOAT)


@pytest.mark.parametrize(
    ("kind", "scales"),
    [("int8", (1e-5, 3e-3, 0.1, 7.0, 1e6)), ("int16", (1e-3, 0.7, 30.0, 9e3, 1e8))],
)
def test_scales(kind, scales):
    case = Weighted(kind, 3)
    x = case.begin((1, 30, 61), zero=-128)
    y = x
    for out_scale in scales:
        y = case.matmul(
            x, case.matrix((61, 9), zero=127 if kind == "int8" else 0), out_scale=out_scale
        )
        y = case.matmul(x, x, adj_y=True, out_scale=out_scale)
    assert_layers_equal(case.model(y))


def _refused(case: Weighted, output: int) -> str:
    with pytest.raises(ModelError) as caught:
        compile_model(case.model(output))
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.tensors[1].update(shape=(6,)), "dimensions"),
        (lambda c: c.tensors[1].update(shape=(1, 1, 1, 1, 6, 4)), "dimensions"),
        (lambda c: c.tensors[1].update(shape=(5, 4)), "do not fit"),
        (lambda c: c.tensors[1].update(shape=(3, 6, 4)), "do not fit"),
        (lambda c: c.tensors[1].update(dtype="int8"), "int8"),
        (lambda c: c.tensors[1].update(zero=np.array([3])), "zero point"),
        (lambda c: c.tensors[2].update(shape=(2, 5, 5)), "shape"),
        (lambda c: c.tensors[2].update(scale=np.float32([1e-12])), "factor"),
        (lambda c: c.ops[0][1].append(0), "inputs"),
        (lambda c: c.ops[0][3].update({0: ("Bool", True)}), "do not fit"),
    ],
)
def test_wrong_ones_are_refused(change, said):
    case = Weighted("int16")
    y = case.matmul(case.begin((2, 5, 6)), case.begin((6, 4)))
    change(case)
    with pytest.raises(ModelError) as caught:
        compile_model(case.finish([0, 1], [y]))
    assert said in str(caught.value)


def test_two_constants_are_refused():
    case = Weighted("int8")
    x = case.begin((2, 3))
    y = case.matmul(case.matrix((2, 3)), case.matrix((3, 4)))
    y = case.matmul(x, y, adj_x=True)
    assert "constants" in _refused(case, y)


def test_too_long_sums_of_int16_are_refused():
    case = Weighted("int16")
    y = case.matmul(case.begin((1, 1 << 17)), case.matrix((1 << 17, 1)))
    assert "too large" in _refused(case, y)
