"""Operators on one value or two: over their inputs, and what is refused of them."""

import numpy as np
import pytest
from cases_elementwise import Elementwise

from studio.compiler import compile_model
from studio.errors import ModelError
from studio.runtime import HostModel


def test_a_chain_works_in_place():
    case = Elementwise(4)
    y = x = case.take((1, 30, 40), scale=0.05, zero=-20)
    for op in ("RELU", "HARD_SWISH", "ABS", "LEAKY_RELU"):
        y = case.apply(op, y)
    for op in ("MUL", "SUB", "ADD", "MAXIMUM"):
        y = case.apply(op, y, case.fixed((40,), scale=0.9, zero=3))
        y = case.apply(op, case.fixed((30, 1), scale=0.9, zero=3), y)
    compiled = compile_model(case.file())
    assert compiled.arena_bytes == 1200
    values = np.random.default_rng(5).integers(-128, 128, (3, 1200)).astype(np.int8)
    apart = Elementwise(4)
    apart.tensors, apart.ops, apart.takes = case.tensors, case.ops, case.takes
    # every value is an output too, so that none can lie where another was
    made = [outputs[0] for _, _, outputs, _ in apart.ops]
    spread = compile_model(apart.finish([x], [y, *made[:-1]]))
    assert spread.arena_bytes > 10 * 1200
    np.testing.assert_array_equal(
        HostModel(compiled).invoke(values), HostModel(spread).invoke(values)
    )


def _applied(op, *inputs, **more):
    case = Elementwise()
    case.take((1,))  # a model has an input, even where both operands are constants
    numbers = [
        case.fixed(shape, dtype, **quant) if fixed else case.take(shape, dtype, **quant)
        for shape, dtype, quant, fixed in inputs
    ]
    case.apply(op, *numbers, **more)
    return case


def _plain(shape=(2, 3), dtype="int8", *, fixed=False, **quant):
    return shape, dtype, quant, fixed


@pytest.mark.parametrize(
    ("op", "inputs", "more", "said"),
    [
        ("ADD", [_plain(fixed=True), _plain(fixed=True)], {}, "constant"),
        ("ADD", [_plain()], {}, "input 1 is missing"),
        ("MUL", [_plain()] * 3, {}, "two inputs"),
        ("RELU", [_plain()] * 2, {}, "2 inputs"),
        ("MUL", [_plain(), _plain(dtype="int16")], {}, "int16"),
        ("NEG", [_plain()], {}, "int8; supported is float32"),
        ("ELU", [_plain(dtype="int16")], {}, "int16"),
        ("ADD", [_plain(), _plain()], {"act": 4}, "TANH"),
        ("MUL", [_plain(dtype="int32"), _plain(dtype="int32")], {"act": 4}, "number 4"),
        ("ADD", [_plain(scale=1e9), _plain()], {"scale": 1e-9}, "too small"),
        ("SUB", [_plain(), _plain()], {"scale": np.nan}, "scale nan"),
        ("MUL", [_plain(scale=1e19), _plain(scale=1e19)], {"scale": 1e-9}, "factor"),
        ("MUL", [_plain(dtype="int16", zero=4)] * 2, {}, "zero point 4"),
        ("LEAKY_RELU", [_plain()], {"options": {0: ("Float32", np.inf)}}, "slope is inf"),
        ("LOGISTIC", [_plain()], {}, "instead of 0.00390625 and -128"),
        ("TANH", [_plain(dtype="int16")], {}, "instead of"),
        ("LOGISTIC", [_plain(scale=1e20)], {"scale": 1 / 256, "zero": -128}, "too large"),
        ("TANH", [_plain(dtype="int16", scale=80)], {"scale": 2**-15}, "too large"),
        ("HARD_SWISH", [_plain()], {"scale": 1e-6}, "too small"),
        ("RSQRT", [_plain(scale=1e-30)], {"scale": 1e-30}, "2^30"),
        ("RELU", [_plain()], {"scale": 1e-30}, "factor"),
    ],
)
def test_what_cannot_work_is_refused(op, inputs, more, said):
    with pytest.raises(ModelError) as caught:
        compile_model(_applied(op, *inputs, **more).file())
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda case: case.tensors[3].update(shape=(2, 4)), "it computes (2, 3)"),
        (lambda case: case.tensors[2].update(shape=(4,)), "do not fit"),
        (lambda case: case.tensors[3].update(dtype="int16"), "int16"),
        (lambda case: case.tensors[1].update(scale=np.zeros(2, np.float32)), "2 scales"),
    ],
)
def test_what_does_not_fit_is_refused(change, said):
    case = _applied("SUB", _plain(), _plain())
    change(case)
    with pytest.raises(ModelError) as caught:
        compile_model(case.file())
    assert said in str(caught.value)
