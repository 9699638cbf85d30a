"""FULLY_CONNECTED and CONV_2D whose weights are no constants, or have a zero point."""

import shutil
import subprocess

import numpy as np
import pytest
from cases import NONE, RELU, RELU6, VALID
from cases_weighted import Weighted
from oracle import assert_layers_equal
from test_compiler_weighted_c import COMPILERS, STRICT

from studio.compiler import compile_model
from studio.errors import ModelError

FLOAT = 1e-5
EXACT = ("int8", "int16", "float32")
TARGETS = ("generic", "cortex-m0plus", "cortex-m4", "avr")


class Computed(Weighted):
    """Cases whose weights are inputs of the model."""

    def __init__(self, kind: str, seed: int = 0, *, weights_zero: int = 0, scale=0.01) -> None:
        super().__init__(kind, seed)
        self.weights_zero = weights_zero
        self.scale = scale
        self.ends: list[int] = []

    def kernel(self, shape, axis, *, per_channel=True, spread=1.0):
        if self.kind == "float32":
            w = self.tensor(shape, "float32")
        else:
            count = shape[axis] if per_channel else 1
            scales = self.scale * spread ** self.rng.uniform(-1, 1, count)
            w = self.tensor(shape, scale=scales, axis=axis, zero=self.weights_zero)
        self.ends.append(w)
        return w, np.ones(1) if self.kind == "float32" else scales

    def whole(self) -> bytes:
        """Return the file; all that nobody reads is an output."""
        read = {n for _, inputs, _, _ in self.ops for n in inputs}
        return self.finish([0, *self.ends], sorted({op[2][0] for op in self.ops} - read))


def _dense(kind: str, seed: int = 1, **more) -> Computed:
    """All sizes of rows, columns and sums; also products of products."""
    case = Computed(kind, seed, **more)
    x = case.begin((3, 10), zero=-7)
    for out in (1, 2, 5, 8):
        for act in (NONE, RELU, RELU6):
            case.full(x, out, act=act, bias=act != RELU6, per_channel=False)
    y = case.full(x, 17, per_channel=False)
    z = case.full(y, 4, per_channel=False, out_scale=2)
    case.full(z, 3, per_channel=False, bias=False, out_scale=3)
    return case


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", EXACT)
def test_dense(kind, target):
    assert_layers_equal(_dense(kind).whole(), count=4, target=target, tolerance=FLOAT)


@pytest.mark.parametrize("zero", [-128, 3, 127])
def test_zero_points_of_weights(zero):
    case = _dense("int8", weights_zero=zero)
    assert_layers_equal(case.whole(), count=8)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 1e6])
def test_int8_scales(scale):
    case = _dense("int8", scale=scale, weights_zero=-4)
    assert_layers_equal(case.whole(), count=4)


@pytest.mark.parametrize("bias_type", ["int32", "int64"])
def test_int16_biases(bias_type):
    case = Computed("int16", 3)
    x = case.begin((2, 300))
    case.full(x, 9, per_channel=False, bias_type=bias_type, out_scale=20.0)
    assert_layers_equal(case.whole(), count=8)


def _attention(kind: str) -> bytes:
    """Scores of queries and keys, and what they choose of the values."""
    case = Weighted(kind, 4)
    x = case.begin((9, 12), zero=5)
    query, key, value = (case.full(x, 8, per_channel=False) for _ in range(3))
    scores = case.op("FULLY_CONNECTED", [query, key, -1], [case.result((9, 9), scale=20)], {})
    turned = case.result((8, 9))
    order = case.tensor((2,), "int32", data=[1, 0])
    case.op("TRANSPOSE", [value, order], [turned])
    y = case.op("FULLY_CONNECTED", [scores, turned], [case.result((9, 8), scale=400)], {})
    return case.model(case.full(y, 3, per_channel=False))


@pytest.mark.parametrize("target", TARGETS)
def test_attention(target):
    for kind in ("int8", "float32"):
        assert_layers_equal(_attention(kind), count=3, target=target, tolerance=FLOAT)


@pytest.mark.parametrize("zero", [-128, 9])
@pytest.mark.parametrize("target", ["generic", "cortex-m4", "cortex-m0plus"])
def test_constants_with_a_zero_point(target, zero):
    """As weights, behind channels that never change, which other layers leave out."""
    case = Weighted("int8", 5)
    x = case.begin((1, 20), zero=3)
    y = case.full(x, 10, per_channel=False)
    case.tensors[case.ops[0][1][2]]["data"][[2, 3]] = -(1 << 24)
    z = case.full(y, 7, act=RELU, per_channel=False)
    case.tensors[case.ops[1][1][1]]["zero"] = np.array([zero])
    assert_layers_equal(case.model(case.full(z, 4, per_channel=False)), target=target)


@pytest.mark.parametrize("kind", ["int8", "float32"])
def test_constant_values(kind):
    """Constant values times computed weights."""
    case = Computed(kind, 6)
    x = case.begin((4, 6))
    values = {} if kind == "float32" else {"scale": 0.05, "zero": 7}
    data = case.rng.integers(-100, 100, (3, 6))
    left = case.tensor((3, 6), case.dtype, data=data, **values)
    y = case.op("FULLY_CONNECTED", [left, x, -1], [case.result((3, 4))], {0: ("Int8", RELU)})
    assert_layers_equal(case.model(y), tolerance=FLOAT)


@pytest.mark.parametrize("shape", [(1, 6, 5, 3), (2, 3, 4, 3)])
@pytest.mark.parametrize("kind", EXACT)
def test_convolutions(kind, shape):
    case = Computed(kind, 7)
    x = case.begin(shape, zero=-7)
    for out, kernel in ((1, (1, 1)), (5, (3, 3)), (4, (2, 3))):
        case.convolve(x, out, kernel)
        case.convolve(x, out, kernel, stride=(2, 1), padding=VALID, act=RELU, spread=20)
    y = case.convolve(x, 6, (3, 2), dilation=(2, 3), bias=False, per_channel=False)
    case.convolve(y, 2, (3, 3), act=RELU6, out_scale=3)
    assert_layers_equal(case.whole(), count=4, tolerance=FLOAT)


def test_additions_behind_convolutions():
    case = Computed("int8", 8)
    x = case.begin((1, 5, 5, 4), zero=-7)
    y = case.convolve(x, 4, (3, 3))
    case.add(x, y)
    assert_layers_equal(case.whole(), target="cortex-m4")


@pytest.mark.parametrize("name", ["gcc", "zig", "cortex-m4", "avr"])
def test_no_warnings(name, tmp_path):
    if not shutil.which(COMPILERS[name][0]):
        pytest.skip(f"{COMPILERS[name][0]} is not installed")
    for kind in EXACT:
        case = Computed(kind, 10)
        y = case.convolve(case.begin((1, 6, 5, 3)), 5, (3, 3))
        case.full(y, 2, per_channel=False)
        for file, text in compile_model(case.whole(), name=kind).files.items():
            (tmp_path / file).write_text(text, encoding="utf-8")
    command = [*COMPILERS[name], *STRICT, "-c", *(f"tml_{kind}.c" for kind in EXACT)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[:2000]


def _said(case: Weighted, output: int, *more: int) -> str:
    with pytest.raises(ModelError) as caught:
        compile_model(case.finish([0, *more], [output]))
    return str(caught.value)


def test_what_cannot_be_computed_is_refused():
    case = Computed("int8")
    y = case.convolve(case.begin((1, 4, 4, 6)), 4, (3, 3), groups=2)
    assert "(CONV_2D): its weights are computed" in _said(case, y, *case.ends)
    for kind in EXACT:
        case = Computed(kind)
        y = case.transposed(case.begin((1, 4, 4, 2)), 4, (3, 3))
        assert "(TRANSPOSE_CONV): its weights are computed" in _said(case, y, *case.ends)
        case = Computed(kind)
        y = case.convolve(case.begin((1, 4, 4, 2)), 2, (3, 3), multiplier=1)
        assert "(DEPTHWISE_CONV_2D): " in _said(case, y, *case.ends)
    case = Computed("hybrid")
    y = case.full(case.begin((3, 4)), 2, per_channel=False)
    assert "(FULLY_CONNECTED): input 1" in _said(case, y, *case.ends)


@pytest.mark.parametrize(
    ("number", "change", "said"),
    [
        (1, {"scale": np.ones(4, np.float32)}, "scales"),
        (1, {"scale": np.full(1, np.inf, np.float32)}, "scale inf"),
        (1, {"zero": np.array([128])}, "zero point"),
        (1, {"shape": (4, 7)}, "do not fit"),
        (1, {"shape": (4, 6, 1)}, "do not fit"),
        (1, {"shape": (5, 6)}, "bias has 4 values"),
        (1, {"dtype": "int16"}, "int16"),
        (2, {"data": None}, "before it is made"),
        (3, {"shape": (3, 5)}, "its output has shape"),
    ],
)
def test_wrong_values_are_refused(number, change, said):
    case = Computed("int8")
    y = case.full(case.begin((3, 6)), 4, per_channel=False)
    case.tensors[number].update(change)
    if said.startswith("bias"):
        case.tensors[3]["shape"] = (3, 5)
    assert said in _said(case, y, 1)


def test_both_constants_are_refused():
    case = Weighted("int8")
    x = case.begin((3, 6))
    y = case.full(x, 4, per_channel=False)
    case.tensors[1]["zero"] = np.array([3])
    case.ops[0][1][0] = case.matrix((3, 6))
    assert "is a constant" in _said(case, y)
