"""Operators on one value or two: on virtual boards, over their inputs, and refused."""

import numpy as np
import pytest
from cases_elementwise import Elementwise

from studio.compiler import compile_model
from studio.errors import ModelError
from studio.events import Quiet
from studio.runtime import HostModel
from studio.services import bench, boards

ONE = ("RELU", "RELU6", "RELU_N1_TO_1", "ABS", "LEAKY_RELU", "LOGISTIC", "TANH")
TWO = ("ADD", "SUB", "MUL", "SQUARED_DIFFERENCE", "MAXIMUM", "MINIMUM")


def _quantized() -> bytes:
    case = Elementwise(1)
    for dtype, scale, zero in (("int8", 0.03, -20), ("int16", 2.0**-12, 0)):
        a = case.take((1, 3, 5, 8), dtype, scale=scale, zero=zero)
        b = case.take((8,), dtype, scale=scale * 1.7, zero=zero)
        for op in TWO:
            case.apply(op, a, b)
        case.apply("MUL", b, a, scale=scale / 400)
        steps = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)} if dtype == "int8" else {}
        for op in ONE:
            out_scale, out_zero = steps.get(op, (2.0**-15 if op in ONE[-2:] else scale, zero))
            case.apply(op, a, scale=out_scale, zero=out_zero)
        case.apply("PRELU", a, case.fixed((8,), scale=0.01, zero=3))
    case.apply("HARD_SWISH", 0)
    case.apply("RSQRT", case.apply("ABS", a), scale=0.0001)
    return case.file()


def _real() -> bytes:
    case = Elementwise(2)
    a, b = case.take((1, 3, 5, 8), "float32"), case.take((8,), "float32")
    c, d = case.take((1, 3, 5, 8), "int32"), case.take((8,), "int32")
    for op in (*TWO, "DIV"):
        case.apply(op, a, b)
        case.apply(op, c, d)
    narrow = case.apply("MUL", a, case.tensor((), "float32", data=0.05))
    for op in (*ONE, "ELU", "HARD_SWISH", "SQUARE", "NEG", "EXP"):
        case.apply(op, narrow)
    positive = case.apply("ABS", a)
    for op in ("LOG", "SQRT", "RSQRT"):
        case.apply(op, positive)
    return case.file()


@pytest.mark.parametrize("board", [boards.VIRTUAL, "virtual-cortex-m0plus", "virtual-cortex-m7"])
@pytest.mark.parametrize("model", [_quantized, _real])
def test_a_board_computes_the_same_bytes(model, board):
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    compiled = compile_model(model(), target=boards.board(board).core)
    rng = np.random.default_rng(3)
    xs = []
    for info in compiled.inputs:
        values = rng.normal(0, 40, (2, info.elements))
        if info.dtype != "float32":
            limits = np.iinfo(info.dtype)
            values = rng.integers(limits.min, limits.max, values.shape, endpoint=True)
        xs.append(values.astype(info.dtype))
    expected = HostModel(compiled).run(xs)
    found = bench.run_all(compiled, xs, Quiet(), board=board)
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.tobytes() == theirs.tobytes()


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
