"""Operators on one value or two in int16, int32, int64 and float32 against TFLite Micro."""

import numpy as np
import pytest
from cases_elementwise import Elementwise
from oracle import assert_layers_equal

from studio.paths import RUNTIME

CLOSE = 1e-5
"""Floats may differ by so much of their tensor's range."""
SHAPES = [((2, 3, 40), (2, 3, 40)), ((40,), (2, 3, 40)), ((2, 3, 1), (1, 40)), ((5, 1, 7), ())]


def test_int16_activations():
    case = Elementwise(1)
    for scale in (2.0**-12, 2.0**-11, 1 / 9000, 3.1e-5, 0.004, 2.6):
        x = case.take((1, 700), "int16", scale=scale)
        case.apply("LOGISTIC", x, scale=2.0**-15)
        case.apply("TANH", x, scale=2.0**-15)
        for out_scale in (scale, scale * 0.37, scale * 1.9):
            for op in ("RELU", "RELU6", "ABS"):
                case.apply(op, x, scale=out_scale)
            for alpha in (0.1, 0.99, 3.0, -0.7):
                options = {0: ("Float32", alpha)}
                case.apply("LEAKY_RELU", x, scale=out_scale, options=options)
    moved = case.take((1, 700), "int16", scale=0.01, zero=300)
    case.apply("LEAKY_RELU", moved, scale=0.02, zero=-7, options={0: ("Float32", 0.3)})
    case.apply("RELU6", moved)
    assert_layers_equal(case.file(), count=12)


def test_int16_reciprocal_square_roots():
    case = Elementwise(2)
    for scale in (1e-4, 0.011, 0.3):
        x = case.apply("RELU", case.take((1, 700), "int16", scale=scale))
        case.apply("RSQRT", x, scale=0.001)
        case.apply("RSQRT", x, scale=3e-5)
    assert_layers_equal(case.file(), count=5)


@pytest.mark.parametrize(
    "op", ["ADD", "SUB", "MUL", "SQUARED_DIFFERENCE", "MAXIMUM", "MINIMUM", "PRELU"]
)
def test_two_int16_values(op):
    case = Elementwise(3)
    shifted = op in ("ADD", "SUB", "MAXIMUM", "MINIMUM")
    rng = np.random.default_rng(3)
    other = "int8" if op == "PRELU" else "int16"
    for shape_a, shape_b in SHAPES * 2:
        scale_a, scale_b = 10 ** rng.uniform(-5, -1, 2)
        natural = {"MUL": scale_a * scale_b, "SQUARED_DIFFERENCE": max(scale_a, scale_b) ** 2}
        scale = natural.get(op, max(scale_a, scale_b)) * 10 ** rng.uniform(0, 4)
        zeros = rng.integers(-3000, 3000, 3) if shifted else (0, 0, 0)
        a = case.take(shape_a, "int16", scale=scale_a, zero=zeros[0])
        b = case.take(shape_b, other, scale=scale_b, zero=zeros[1])
        fixed_b = case.fixed(shape_b, other, scale=scale_b, zero=zeros[1])
        for y in (b, fixed_b):
            for act in (0, 1, 2, 3) if op in ("ADD", "SUB", "MUL") else (0,):
                case.apply(op, a, y, scale=scale, zero=zeros[2], act=act)
    assert_layers_equal(case.file(), count=5)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_two_wide_integers(dtype):
    case = Elementwise(4)
    arithmetic = ("ADD", "SUB", "MUL", "SQUARED_DIFFERENCE") if dtype == "int32" else ()
    for shape_a, shape_b in SHAPES:
        a, b = case.take(shape_a, dtype), case.take(shape_b, dtype)
        for x, y in ((a, b), (b, case.fixed(shape_a, dtype))):
            for op in (*arithmetic, "MAXIMUM", "MINIMUM"):
                case.apply(op, x, y)
                for act in (1, 2, 3) if op in ("SUB", "MUL", "ADD") else ():
                    case.apply(op, x, y, act=act)
        if arithmetic:
            case.apply(
                "DIV", a, case.tensor(shape_b, dtype, data=case.rng.integers(1, 99, shape_b))
            )
    assert_layers_equal(case.file(), count=5)


def test_two_floats():
    case = Elementwise(5)
    for shape_a, shape_b in SHAPES:
        a, b = case.take(shape_a, "float32"), case.take(shape_b, "float32")
        for x, y in ((a, b), (case.fixed(shape_b, "float32"), a)):
            for op in ("ADD", "SUB", "MUL", "DIV", "SQUARED_DIFFERENCE", "MAXIMUM", "MINIMUM"):
                case.apply(op, x, y)
                for act in (1, 2, 3) if op in ("ADD", "SUB", "MUL", "DIV") else ():
                    case.apply(op, x, y, act=act)
            case.apply("PRELU", x, y)
    assert_layers_equal(case.file(), count=5)


def test_float_functions():
    case = Elementwise(6)
    x = case.take((1, 4, 200), "float32")
    narrow = case.apply("MUL", x, case.tensor((), "float32", data=0.02))
    tiny = case.apply("MUL", x, case.tensor((), "float32", data=1e-6))
    for y in (x, narrow, tiny):
        for op in ("RELU", "RELU6", "ELU", "HARD_SWISH", "LOGISTIC", "TANH", "SQUARE", "NEG"):
            case.apply(op, y)
        case.apply("LEAKY_RELU", y, options={0: ("Float32", 0.3)})
        positive = case.apply("ABS", y)
        for op in ("LOG", "SQRT", "RSQRT"):
            case.apply(op, positive)
    case.apply("EXP", narrow)
    case.apply("EXP", tiny)
    assert_layers_equal(case.file(), count=12, tolerance=CLOSE)


def test_the_table_of_the_logistic_function_is_the_one_described():
    text = (RUNTIME / "nn" / "nn_sigmoid_s16.h").read_text("utf-8")
    numbers = text.partition("[256] = {")[2].partition("}")[0]
    found = np.array([int(n) for n in numbers.split(",")])
    here, middle, following = (
        65536 / (1 + np.exp(-(np.arange(256) + d) / 24)) for d in (0, 0.5, 1)
    )
    expected = np.rint(here + (middle - (here + following) / 2) / 2)
    expected[-1] = 65535
    np.testing.assert_array_equal(found, expected)
