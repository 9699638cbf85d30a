"""TRANSPOSE_CONV in all its types."""

import numpy as np
import pytest
from cases import RELU, RELU6, RELU_N1_TO_1, VALID
from cases_weighted import Weighted
from oracle import assert_layers_equal

from studio.compiler import compile_model
from studio.errors import ModelError

FLOAT = 1e-5


def _shapes(case: Weighted, x: int, *, bias: bool = True) -> int:
    for out, kernel in ((1, (1, 1)), (2, (2, 2)), (5, (3, 3)), (1, (4, 1)), (3, (2, 5))):
        for stride in ((1, 1), (2, 2), (3, 1), (2, 4)):
            case.transposed(x, out, kernel, stride=stride, bias=bias)
            case.transposed(x, out, kernel, stride=stride, bias=bias, padding=VALID)
    case.transposed(x, 3, (3, 3), stride=(2, 3), extra=(1, 2), bias=bias)
    return case.transposed(x, 3, (2, 2), stride=(3, 4), extra=(2, 1), padding=VALID, bias=bias)


@pytest.mark.parametrize("shape", [(1, 5, 4, 3), (2, 1, 3, 2), (1, 3, 1, 1)])
@pytest.mark.parametrize("kind", ["int8", "int16", "float32"])
def test_shapes(kind, shape):
    case = Weighted(kind, 1)
    y = _shapes(case, case.begin(shape, zero=-7))
    assert_layers_equal(case.model(y), count=3, tolerance=FLOAT)


@pytest.mark.parametrize("zero", [-128, 127])
def test_int8_scales(zero):
    case = Weighted("int8", 2)
    x = case.begin((1, 4, 3, 4), zero=zero)
    y = x
    for per_channel in (True, False):
        for out_scale in (1e-5, 2e-3, 0.4, 50.0, 1e9):
            y = case.transposed(
                x,
                3,
                (3, 3),
                stride=(2, 2),
                per_channel=per_channel,
                spread=30,
                out_scale=out_scale,
            )
        y = case.transposed(x, 2, (2, 3), bias=False, per_channel=per_channel)
    assert_layers_equal(case.model(y), count=6)


@pytest.mark.parametrize("kind", ["int8", "int16"])
def test_without_bias(kind):
    case = Weighted(kind, 3)
    y = _shapes(case, case.begin((1, 5, 4, 3), zero=11), bias=False)
    assert_layers_equal(case.model(y), count=3)


def test_int16_scales():
    case = Weighted("int16", 4)
    x = case.begin((1, 4, 3, 4))
    y = x
    for per_channel in (True, False):
        for out_scale in (0.02, 0.4, 50.0, 1e9):
            y = case.transposed(
                x,
                3,
                (3, 3),
                stride=(2, 2),
                per_channel=per_channel,
                spread=30,
                out_scale=out_scale,
            )
    assert_layers_equal(case.model(y), count=6)


@pytest.mark.parametrize("kind", ["int8", "int16", "float32"])
def test_activations(kind):
    case = Weighted(kind, 5)
    x = case.begin((1, 4, 3, 4))
    y = x
    for act in (RELU, RELU6, RELU_N1_TO_1):
        y = case.transposed(x, 3, (2, 3), stride=(2, 2), act=act, bias=act != RELU)
        y = case.transposed(x, 2, (1, 1), act=act, out_scale=0.02, per_channel=False)
    assert_layers_equal(case.model(y), tolerance=FLOAT)


def _refused(case: Weighted, output: int) -> str:
    with pytest.raises(ModelError) as caught:
        compile_model(case.model(output))
    return str(caught.value)


def test_other_activations_are_refused():
    case = Weighted("int8")
    y = case.transposed(case.begin((1, 3, 3, 2)), 4, (2, 2), act=4)
    assert "(TRANSPOSE_CONV): the fused activation TANH" in _refused(case, y)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.ops[0][3].update({1: ("Int32", 0)}), "stride"),
        (lambda c: c.ops[0][3].update({0: ("Int8", 2)}), "padding"),
        (lambda c: c.ops[0][3].clear(), "stride"),
        (lambda c: c.tensors[0].update(shape=(1, 3, 3, 3)), "do not fit"),
        (lambda c: c.tensors[0].update(dtype="int32"), "int32"),
        (lambda c: c.tensors[0].update(zero=np.array([-129])), "zero point"),
        (lambda c: c.tensors[1].update(zero=np.array([1])), "zero point"),
        (lambda c: c.tensors[1].update(scale=np.ones(3, np.float32)), "scales"),
        (lambda c: c.tensors[1].update(data=None), "before it is made"),
        (lambda c: c.tensors[3].update(dtype="int64", data=np.zeros(4, np.int64)), "int64"),
        (lambda c: c.tensors[3].update(shape=(2,), data=np.zeros(2, np.int32)), "bias"),
        (lambda c: c.tensors[2].update(data=np.int32([1, 6, 6, 5])), "to have"),
        (lambda c: c.tensors[4].update(shape=(1, 6, 9, 4)), "to have"),
        (lambda c: c.ops[0][1].append(2), "inputs"),
        (lambda c: c.ops[0][1].__delitem__(slice(2, 4)), "input 2 is missing"),
    ],
)
def test_wrong_ones_are_refused(change, said):
    case = Weighted("int8")
    y = case.transposed(case.begin((1, 3, 3, 2)), 4, (3, 3), stride=(2, 2))
    change(case)
    assert said in _refused(case, y)


def test_shapes_that_do_not_lead_back_to_the_input_are_refused():
    case = Weighted("int8")
    y = case.transposed(case.begin((1, 3, 3, 2)), 4, (3, 3), stride=(2, 2))
    case.ops[0][1][0] = -1
    case.tensors[y].update(shape=(1, 6, 9, 4))
    assert "do not make (1, 6, 9, 4)" in _refused(case, y)
