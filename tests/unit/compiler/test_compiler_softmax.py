"""SOFTMAX, LOG_SOFTMAX and L2_NORMALIZATION in all types, equal to TFLite Micro."""

import numpy as np
import pytest
from cases import Cases
from oracle import assert_layers_equal

from studio.compiler import compile_model
from studio.errors import ModelError

SHAPES = [(3, 30), (1, 2, 3, 7), (90,)]
SCALES = (1e-7, 2.1e-5, 0.003, 0.0625, 0.31, 2.0, 15.0, 17.0, 4000.0)


class Rows(Cases):
    """A writer of operators over rows."""

    def rows(self, op, x, shape, dtype, scale, zero, options=None) -> int:
        """Add one of the operators; the output has the input's shape."""
        quantization = {} if scale is None else {"scale": scale, "zero": zero}
        return self.op(op, [x], [self.tensor(shape, dtype, **quantization)], options or {})

    def softmax_of(self, x, to, beta=1.0) -> int:
        """Add SOFTMAX with the output that TFLite wants for a type."""
        scale, zero = {
            "int8": (1 / 256, -128),
            "wide": (1 / 65536, -32768),
            "int16": (1 / 32768, 0),
            "float32": (None, 0),
        }[to]
        dtype = "int16" if to == "wide" else to
        shape = self.tensors[x]["shape"]
        return self.rows("SOFTMAX", x, shape, dtype, scale, zero, {0: ("Float32", beta)})


def _parts(source: str, operators) -> list[Rows]:
    """Return one model per shape, with all scales."""
    found = []
    for shape in SHAPES:
        case = Rows(50)
        for number, scale in enumerate(SCALES):
            zero = 0 if source == "int16" else 5
            quantization = {} if source == "float32" else {"scale": scale, "zero": zero}
            case.tensor(shape, source, name=f"input {number}", **quantization)
        for number in range(len(SCALES)):
            operators(case, number)
        found.append(case)
    return found


def _check(source: str, operators, count: int) -> None:
    for case in _parts(source, operators):
        read = {n for _, inputs, _, _ in case.ops for n in inputs}
        made = [n for _, _, outputs, _ in case.ops for n in outputs]
        inputs = [n for n in range(len(SCALES)) if n in read]
        assert_layers_equal(case.finish(inputs, made), count=count)


def _usable(case: Rows, x: int, beta: float = 1.0) -> bool:
    return float(case.tensors[x]["scale"][0]) * beta * 2**26 > 1


def test_softmax_of_bytes():
    def operators(case, x):
        for beta in (1.0, 0.3, 2.5):
            if _usable(case, x, beta):
                case.softmax_of(x, "int8", beta)
                case.softmax_of(x, "wide", beta)

    _check("int8", operators, 12)


def test_softmax_of_halves():
    def operators(case, x):
        for beta in (1.0, 0.3):
            case.softmax_of(x, "int16", beta)

    _check("int16", operators, 12)


def test_log_softmax_of_bytes():
    def operators(case, x):
        if case.tensors[x]["scale"] * 2**26 > 2 and case.tensors[x]["scale"] < 32:
            case.rows("LOG_SOFTMAX", x, case.tensors[x]["shape"], "int8", 1 / 16, 127)

    _check("int8", operators, 20)


def test_l2_normalization_of_bytes():
    def operators(case, x):
        case.tensors[x]["zero"] = np.array([(-128, -3, 0, 7, 127)[x % 5]])
        case.rows("L2_NORMALIZATION", x, case.tensors[x]["shape"], "int8", 1 / 128, 0)

    _check("int8", operators, 20)


@pytest.mark.parametrize("op", ["SOFTMAX", "LOG_SOFTMAX", "L2_NORMALIZATION"])
def test_reals(op):
    case = Rows(53)
    made = []
    for number, shape in enumerate(SHAPES):
        case.tensor(shape, "float32", name=f"input {number}")
    for number, shape in enumerate(SHAPES):
        for beta in (1.0, 0.02, 3.0) if op == "SOFTMAX" else (1.0,):
            options = {0: ("Float32", beta)} if op == "SOFTMAX" else {}
            made.append(case.rows(op, number, shape, "float32", None, 0, options))
    data = case.finish(range(len(SHAPES)), made)
    assert_layers_equal(data, count=30, tolerance=1e-5)


def test_small_lengths():
    """Rows of few values around the zero point: lengths 0, 1 and a little more."""
    case = Rows(51)
    x = case.start((1, 3), scale=0.1, zero=2)
    y = case.rows("L2_NORMALIZATION", x, (1, 3), "int8", 1 / 128, 0)
    model = assert_layers_equal(case.model(y), count=2)
    near = np.array([[2, 2, 2], [3, 2, 2], [1, 2, 2], [3, 1, 2], [4, 2, 2], [5, 5, 5]], np.int8)
    assert model.invoke(near).tolist()[:4] == [[0, 0, 0], [127, 0, 0], [-128, 0, 0], [91, -91, 0]]


def test_many_classes():
    case = Rows(52)
    case.tensor((1, 4095), scale=0.3, zero=0)
    case.tensor((1, 4095), "int16", scale=1e-3)
    made = [case.softmax_of(0, "wide"), case.softmax_of(0, "int8"), case.softmax_of(1, "int16")]
    made.append(case.rows("LOG_SOFTMAX", 0, (1, 4095), "int8", 1 / 16, 127))
    compiled = compile_model(case.finish([0, 1], made))
    assert compiled.arena_bytes > 0


@pytest.mark.parametrize(
    ("op", "dtype", "scale", "zero"),
    [
        ("SOFTMAX", "int16", 1 / 32768, 0),
        ("SOFTMAX", "int8", 1 / 128, -128),
        ("LOG_SOFTMAX", "int8", 1 / 16, 0),
        ("LOG_SOFTMAX", "int16", 1 / 16, 0),
        ("L2_NORMALIZATION", "int16", 1 / 128, 0),
    ],
)
def test_other_outputs_are_refused(op, dtype, scale, zero):
    case = Rows()
    y = case.rows(op, case.start((1, 4)), (1, 4), dtype, scale, zero)
    with pytest.raises(ModelError, match="output"):
        compile_model(case.model(y))


@pytest.mark.parametrize("depth", [8192, 4096, 33026])
def test_too_many_values_are_refused(depth):
    op = {8192: "SOFTMAX", 4096: "LOG_SOFTMAX", 33026: "L2_NORMALIZATION"}[depth]
    case = Rows()
    y = case.rows(op, case.start((1, depth)), (1, depth), "int8", 1 / 16, 127)
    with pytest.raises(ModelError, match="limit"):
        compile_model(case.model(y))
