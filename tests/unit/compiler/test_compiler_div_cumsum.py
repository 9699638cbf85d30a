"""DIV on int8, and CUMSUM."""

import shutil
import subprocess

import numpy as np
import pytest
from cases import RELU, RELU6, RELU_N1_TO_1
from cases_elementwise import Elementwise
from oracle import assert_layers_equal, inputs_for, interpreter
from test_compiler_weighted_c import COMPILERS, STRICT

from studio.compiler import compile_model
from studio.errors import ModelError
from studio.events import Quiet
from studio.runtime.model import HostModel

FLOAT = 1e-5
ALL = np.arange(-128, 128).astype(np.int8)


def _divided(scales, zeros, *, act=0, target="generic"):
    """Return what we and TFLite Micro make of all pairs of bytes, and the quotients' shifts."""
    case = Elementwise()
    a = case.take((256, 1), scale=scales[0], zero=zeros[0])
    b = case.take((1, 256), scale=scales[1], zero=zeros[1])
    case.apply("DIV", a, b, scale=scales[2], zero=zeros[2], act=act)
    data = case.file()
    mine = HostModel(compile_model(data, target=target)).invoke(ALL[None], ALL[None])
    reference = interpreter(data)
    for position, shape in enumerate([(256, 1), (1, 256)]):
        reference.set_input(ALL.reshape(shape), position)
    reference.invoke()
    return mine.reshape(256, 256), reference.get_output(0)


def _defined(scales, zeros) -> np.ndarray:
    """Tell for which pairs the reference's last shift is by 31 bits at most."""
    x = ALL.astype(np.int64)[:, None] - zeros[0]
    y = ALL.astype(np.int64)[None] - zeros[1]
    x = np.where(y < 0, -x, x)
    room = np.where(x > 0, 31 - np.frexp(x)[1], 32 - np.frexp(2 * abs(x) - 1)[1])
    shift = np.frexp(scales[0] / (scales[1] * scales[2]))[1]
    return (y != 0) & (x != 0) & (np.frexp(abs(y))[1] - 1 + room - shift <= 31)


@pytest.mark.parametrize("act", [0, RELU, RELU6, RELU_N1_TO_1])
@pytest.mark.parametrize(
    ("scales", "zeros"),
    [
        ((0.05, 0.02, 0.1), (0, -128, 0)),
        ((0.05, 0.05, 1 / 32), (3, -20, 5)),
        ((0.9, 0.011, 0.6), (-128, 127, -128)),
        ((1.0, 0.001, 0.001), (127, 0, 127)),
        ((0.001, 0.9, 0.01), (-7, 3, 20)),
    ],
)
def test_all_pairs_of_bytes(scales, zeros, act):
    mine, theirs = _divided(scales, zeros, act=act)
    where = _defined(scales, zeros)
    assert where.mean() > 0.05
    np.testing.assert_array_equal(mine[where], theirs[where])


def test_what_the_reference_leaves_open():
    """Divisions by zero end at the limits, and quotients that are too small at zero."""
    scales, zeros = (0.001, 0.9, 0.01), (-7, 3, 20)
    mine, _ = _divided(scales, zeros)
    by_zero = mine[:, 131]
    assert (by_zero[ALL > -7] == 127).all()
    assert (by_zero[ALL < -7] == -128).all()
    assert by_zero[121] == 20
    rest = ~_defined(scales, zeros)
    rest[:, 131] = False
    assert rest.sum() > 1000
    assert (mine[rest] == 20).all()


def _quotients(seed: int = 1) -> bytes:
    """Divisors that are constants or repeated; none is 0."""
    case = Elementwise(seed)
    x = case.take((2, 3, 4, 5), scale=0.05, zero=3)
    for shape in ((5,), (2, 3, 4, 5), (3, 1, 1), (1, 4, 1), ()):
        for zero, low, high in ((-128, -127, 127), (127, -128, 126), (0, 1, 100)):
            data = case.rng.integers(low, high, shape, endpoint=True)
            divisor = case.tensor(shape, scale=0.01, zero=zero, data=data)
            case.apply("DIV", x, divisor, scale=0.03, zero=-5)
    bounded = case.apply("MAXIMUM", x, case.tensor((), scale=0.05, zero=3, data=4))
    case.apply("DIV", x, bounded, scale=0.005, zero=9)
    constant = case.tensor((4, 1), scale=0.02, zero=9, data=[[-100], [9], [10], [127]])
    case.apply("DIV", constant, bounded, scale=0.002, zero=9)
    case.apply("DIV", bounded, bounded, scale=0.005, zero=9)
    return case.file()


@pytest.mark.parametrize("target", ["generic", "cortex-m0plus", "cortex-m4", "avr"])
def test_broadcast_quotients(target):
    assert_layers_equal(_quotients(), target=target)


class _Sums(Elementwise):
    def sums(self, x, axis, *, exclusive=False, reverse=False, **quant) -> int:
        first = self.tensors[x]
        if first["scale"] is not None:
            quant = {"scale": first["scale"], "zero": first["zero"]} | quant
        y = self.tensor(first["shape"], first["dtype"], **quant)
        options = {0: ("Bool", exclusive), 1: ("Bool", reverse)}
        axes = self.tensor((1,), "int32", data=[axis])
        return self.op("CUMSUM", [x, axes], [y], options)


def _sums(kind: str, shape=(2, 3, 4, 5)) -> bytes:
    case = _Sums(2)
    x = case.take(shape, kind, scale=0.01, zero=-20)
    quants = [{}] if kind == "float32" else [{}, {"scale": 0.03, "zero": 9}, {"scale": 1e-6}]
    for axis in range(-len(shape), len(shape)):
        for exclusive, reverse in ((0, 0), (0, 1), (1, 0), (1, 1)):
            for quant in quants if axis < 0 else quants[:1]:
                case.sums(x, axis, exclusive=bool(exclusive), reverse=bool(reverse), **quant)
    return case.file()


@pytest.mark.parametrize("target", ["generic", "cortex-m4", "avr"])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (7,), (1, 9)])
@pytest.mark.parametrize("kind", ["int8", "float32"])
def test_sums(kind, shape, target):
    assert_layers_equal(_sums(kind, shape), target=target, count=4, tolerance=FLOAT)


@pytest.mark.parametrize("scale", [0.002, 0.4, 60.0])
@pytest.mark.parametrize("zero", [-128, 127])
def test_long_sums(scale, zero):
    """Sums of more than 16 extreme values wrap, in the reference too."""
    case = _Sums(3)
    x = case.take((3, 70), scale=0.01, zero=zero)
    case.sums(x, 1, scale=scale, zero=-1 - zero)
    case.sums(x, 0, scale=scale)
    assert_layers_equal(case.file())


def test_sums_in_place():
    case = _Sums(4)
    x = case.take((1, 6, 7), scale=0.01, zero=4)
    y = case.apply("ADD", x, x)
    for axis, reverse in ((1, True), (2, False), (1, False)):
        y = case.sums(y, axis, reverse=reverse, exclusive=not reverse, scale=0.05)
    data = case.file()
    assert_layers_equal(data)
    assert compile_model(data).arena_bytes < 100  # two values at once, of 42 bytes


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m0plus"])
def test_virtual_boards_give_the_same_bytes(core):
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    bench = pytest.importorskip("studio.services.bench")
    case = _Sums(5)
    x = case.take((4, 8), scale=0.05, zero=3)
    y = case.apply("DIV", x, case.fixed((8,), scale=0.013, zero=-128), scale=0.02)
    case.apply("ADD", case.sums(y, 0, scale=0.04), case.sums(x, 1, reverse=True), scale=0.1)
    compiled = compile_model(case.file(), target=core)
    values = inputs_for(compiled.input, 4, seed=6)
    expected = HostModel(compiled).invoke(values)
    assert len(np.unique(expected)) > 20
    found = bench.run_on_virtual_board(compiled, values, Quiet(), board=f"virtual-{core}")
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["gcc", "zig", "cortex-m4", "avr"])
def test_no_warnings(name, tmp_path):
    if not shutil.which(COMPILERS[name][0]):
        pytest.skip(f"{COMPILERS[name][0]} is not installed")
    models = {
        "sums": _sums("int8", (3, 4)),
        "reals": _sums("float32", (2, 3)),
        "div": _quotients(),
    }
    for model, data in models.items():
        for file, text in compile_model(data, name=model).files.items():
            (tmp_path / file).write_text(text, encoding="utf-8")
    command = [*COMPILERS[name], *STRICT, "-c", *(f"tml_{model}.c" for model in models)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[:2000]


@pytest.mark.parametrize(
    ("number", "change", "said"),
    [
        (0, {"dtype": "int16"}, "int16"),
        (0, {"scale": np.ones(1, np.float32) * 1e9}, "must lie between 0 and 1"),
        (0, {"zero": np.array([-129])}, "zero point"),
        (1, {"shape": (2, 6)}, "its output has shape"),
        (1, {"scale": np.zeros(1, np.float32)}, "scale"),
        (2, {"data": np.array([2], np.int32)}, "its axes are [2]"),
        (2, {"data": np.array([-3], np.int32)}, "its axes are [-3]"),
        (2, {"data": np.array([0, 1], np.int32), "shape": (2,)}, "its axes are [0, 1]"),
        (2, {"data": None}, "before it is made"),
    ],
)
def test_wrong_sums_are_refused(number, change, said):
    case = _Sums()
    y = case.sums(case.take((3, 5)), 1)
    case.tensors[number].update(change)
    with pytest.raises(ModelError) as caught:
        compile_model(case.finish([0], [y]))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("number", "change", "said"),
    [
        (2, {"scale": np.full(1, 1e-12, np.float32)}, "supported is up to 2^"),
        (2, {"scale": np.full(1, 1e-38, np.float32)}, "supported is up to 2^"),
        (1, {"zero": np.array([128])}, "zero point"),
        (1, {"dtype": "int16"}, "int16"),
        (0, {"dtype": "int16"}, "int16"),
        (2, {"shape": (3, 4)}, "its output has shape"),
        (1, {"shape": (4,)}, "do not fit"),
    ],
)
def test_wrong_quotients_are_refused(number, change, said):
    case = Elementwise()
    y = case.apply("DIV", case.take((3, 5)), case.take((5,), scale=1e-3))
    case.tensors[number].update(change)
    with pytest.raises(ModelError) as caught:
        compile_model(case.finish([0, 1], [y]))
    assert "(DIV)" in str(caught.value)
    assert said in str(caught.value)
