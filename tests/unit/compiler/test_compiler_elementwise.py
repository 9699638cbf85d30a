"""Operators on one value or two in int8 against TensorFlow Lite for Microcontrollers."""

import numpy as np
import pytest
from cases_elementwise import Elementwise
from oracle import assert_layers_equal, inputs_for

from studio.compiler import compile_model
from studio.runtime import HostModel

MANY = (1, 5, 120)
"""As many random values as make every int8 value all but certain."""


@pytest.mark.parametrize("zero", [-128, -7, 127])
def test_activations_by_table(zero):
    case = Elementwise(1)
    for scale in (0.0007, 0.011, 0.05, 0.31, 2.7):
        x = case.take(MANY, scale=scale, zero=zero)
        case.apply("LOGISTIC", x, scale=1 / 256, zero=-128)
        case.apply("TANH", x, scale=1 / 128, zero=0)
        for out_scale, out_zero in ((scale, zero), (scale * 0.37, 3), (scale * 1.9, -128)):
            for op in ("RELU", "RELU6", "ABS", "ELU"):
                case.apply(op, x, scale=out_scale, zero=out_zero)
            for alpha in (0.1, 0.99, 3.0, -0.7, 0.0, 1e-12):
                options = {0: ("Float32", alpha)}
                case.apply("LEAKY_RELU", x, scale=out_scale, zero=out_zero, options=options)
        for out_scale in (scale * 0.37, scale * 100, scale * 4e4):
            case.apply("HARD_SWISH", x, scale=out_scale, zero=-20)
    assert_layers_equal(case.file(), count=5)


def test_reciprocal_square_roots():
    case = Elementwise(2)
    for scale in (1e-4, 0.011, 0.3, 40.0):
        x = case.take(MANY, scale=scale, zero=-128)
        for out_scale in (0.001, 0.04, 1.5):
            case.apply("RSQRT", x, scale=out_scale, zero=-128)
            case.apply("RSQRT", x, scale=out_scale, zero=17)
    assert_layers_equal(case.file(), count=5)


SHAPES = [
    ((1, 4, 5, 6), (1, 4, 5, 6)),
    ((1, 4, 5, 6), (6,)),
    ((1,), (2, 3, 4)),
    ((1, 4, 1, 6), (1, 1, 5, 6)),
    ((3, 1, 1), (7,)),
    ((), (3, 5)),
    ((2, 1, 3, 4), (1, 5, 3, 1)),
]
SCALES = [
    # of a and b and the output, and their zero points
    (0.05, 0.05, 0.05, -3, 8, 5),
    (0.05, 0.0003, 0.09, 127, -128, 127),
    (0.02, 1.7, 0.4, -128, 127, -128),
    (3e-5, 2e-5, 7e-6, 0, 1, 0),
]


@pytest.mark.parametrize("op", ["ADD", "SUB", "MUL", "SQUARED_DIFFERENCE", "MAXIMUM", "PRELU"])
def test_two_values(op):
    case = Elementwise(3)
    for number, (shape_a, shape_b) in enumerate(SHAPES):
        scale_a, scale_b, scale, zero_a, zero_b, zero = SCALES[number % len(SCALES)]
        a = case.take(shape_a, scale=scale_a, zero=zero_a)
        b = case.take(shape_b, scale=scale_b, zero=zero_b)
        fixed_a = case.fixed(shape_a, scale=scale_a, zero=zero_a)
        fixed_b = case.fixed(shape_b, scale=scale_b, zero=zero_b)
        for x, y in ((a, b), (b, a), (a, fixed_b), (fixed_a, b)):
            case.apply(op, x, y, scale=scale, zero=zero)
            if op in ("ADD", "SUB", "MUL"):
                for act in (1, 2, 3):
                    case.apply(op, x, y, scale=scale, zero=zero, act=act)
            if op == "MAXIMUM":
                case.apply("MINIMUM", x, y, scale=scale, zero=zero)
    assert_layers_equal(case.file(), count=5)


def test_six_dimensions():
    case = Elementwise(5)
    a, b = case.take((2, 1, 3, 1, 2, 1)), case.take((1, 4, 1, 2, 1, 5))
    c, d = case.take((2, 1, 3, 1, 2)), case.take((4, 1, 2, 1))
    for op in ("ADD", "SUB"):
        for x, y in ((a, b), (b, a), (c, d)):
            case.apply(op, x, y)
    case.apply("MAXIMUM", c, d)
    assert_layers_equal(case.file(), count=5)


@pytest.mark.parametrize("op", ["ADD", "SUB", "MUL", "SQUARED_DIFFERENCE", "MINIMUM"])
def test_two_values_of_any_scale(op):
    case = Elementwise(4)
    rng = np.random.default_rng(4)
    tables = 0
    for _ in range(30):
        scale_a, scale_b = 10 ** rng.uniform(-4, 1, 2)
        natural = {"MUL": scale_a * scale_b, "SQUARED_DIFFERENCE": max(scale_a, scale_b) ** 2}
        scale = natural.get(op, max(scale_a, scale_b)) * 10 ** rng.uniform(-1, 2)
        zeros = rng.integers(-128, 128, 3)
        a = case.take((1, 8, 40), scale=scale_a, zero=zeros[0])
        b = case.take((1, 8, 40), scale=scale_b, zero=zeros[1])
        single = case.fixed((), scale=scale_b, zero=zeros[1])
        case.apply(op, a, b, scale=scale, zero=zeros[2])
        for x, y in ((a, a), (a, single), (single, a)):
            case.apply(op, x, y, scale=scale, zero=zeros[2])
            tables += 1
    data = case.file()
    assert_layers_equal(data, count=8)
    assert compile_model(data).files["tml_model.c"].count("    tml_lookup_s8(") == tables


def test_relu_n1_to_1_equals_litert():
    """TFLite Micro does not have it."""
    litert = pytest.importorskip("ai_edge_litert.interpreter", reason="LiteRT is not for Windows")
    case = Elementwise(6)
    for scale, zero in ((0.011, 5), (0.05, -100), (0.0007, 0)):
        x = case.take(MANY, scale=scale, zero=zero)
        for factor, out_zero in ((1.0, zero), (0.37, 3), (1.9, -128)):
            case.apply("RELU_N1_TO_1", x, scale=scale * factor, zero=out_zero)
    case.apply("RELU_N1_TO_1", case.take((50,), "float32"))
    data = case.file()
    reference = litert.Interpreter(
        model_content=data, experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF
    )
    reference.allocate_tensors()
    model = HostModel(compile_model(data))
    xs = [inputs_for(info, 3, number) for number, info in enumerate(model.compiled.inputs)]
    found = model.run(xs)
    for number, row in enumerate(zip(*xs, strict=True)):
        for info, x in zip(reference.get_input_details(), row, strict=True):
            reference.set_tensor(info["index"], x.reshape(info["shape"]))
        reference.invoke()
        for info, mine in zip(reference.get_output_details(), found, strict=True):
            theirs = reference.get_tensor(info["index"])
            np.testing.assert_array_equal(mine[number], theirs.reshape(-1))
