"""Every operator in every type on the virtual boards: the bytes of TFLite Micro, or of LiteRT.

The operators are packed into few models, since each costs a C compilation per board.
"""

import copy
import functools

import numpy as np
import pytest
from cases_board_table import ALL, PACKS, TABLE, Case
from cases_boards import Packed
from oracle import assert_values_equal, interpreter
from test_compiler_hybrid import _as_floats

from studio.compiler import compile_model
from studio.compiler.ops import supported_ops
from studio.errors import ModelError
from studio.events import Quiet
from studio.runtime import HostModel
from studio.services import bench

BOARDS = ("cortex-m0plus", "cortex-m4", "cortex-m7")
CLOSE = 1e-5
"""Floats may differ from the oracle by so much of their tensor's range, from the PC not at all."""

LEAST = 2.0**-149
"""The smallest float: zig's software division does not round what is below the normal floats."""


def _inputs(model: Packed, compiled) -> list[np.ndarray]:
    """Return four random inferences, one of lowest and one of highest values."""
    rng = np.random.default_rng(9)
    found = []
    for info in compiled.inputs:
        shape = (6, info.elements)
        if info.dtype == "float32":
            low, high = model.limits.get(info.index, (-90.0, 90.0))
            x = rng.normal(0, (high - low) / 6, shape).clip(low, high)
        else:
            whole = (0, 1) if info.dtype == "bool" else _whole(info.dtype)
            low, high = (int(end) for end in model.limits.get(info.index, whole))
            x = rng.integers(low, high, shape, "int64", endpoint=True)
        x[-2], x[-1] = low, high
        found.append(x.astype(info.dtype))
    return found


def _whole(dtype: str) -> tuple[int, int]:
    limits = np.iinfo(dtype)
    return limits.min, limits.max


def _micro(data: bytes, compiled, inputs) -> list[list[np.ndarray]]:
    reference = interpreter(data)
    rows = []
    for xs in zip(*inputs, strict=True):
        for position, (x, info) in enumerate(zip(xs, compiled.inputs, strict=True)):
            reference.set_input(x.reshape(info.shape), position)
        reference.invoke()
        rows.append(
            [reference.GetTensor(info.index, 0)["tensor_data"] for info in compiled.outputs]
        )
    return rows


def _lite(data: bytes, compiled, inputs) -> list[list[np.ndarray]]:
    litert = pytest.importorskip("ai_edge_litert.interpreter", reason="LiteRT is not for Windows")
    reference = litert.Interpreter(
        model_content=data, experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF
    )
    reference.allocate_tensors()
    rows = []
    for xs in zip(*inputs, strict=True):
        for x, info in zip(xs, compiled.inputs, strict=True):
            reference.set_tensor(info.index, x.reshape(info.shape))
        reference.invoke()
        rows.append([reference.get_tensor(info.index) for info in compiled.outputs])
    return rows


@functools.cache
def _expected(name: str):
    """Return a model's file, inputs, the PC's outputs, the oracle's, and the outputs' makers."""
    oracle, model = PACKS[name]
    data = model.everything()
    compiled = compile_model(data, name="case")
    inputs = _inputs(model, compiled)
    mine = HostModel(compiled).run(inputs)
    makers = {y: f"{op} {y}" for op, _, outputs, _ in model.ops for y in outputs}
    decide = {"lite": _lite, "own": None}.get(oracle, _micro)
    reference = copy.deepcopy(model)
    if oracle == "hybrid":
        _as_floats(reference)
    theirs = decide(reference.everything(), compiled, inputs) if decide else None
    return data, inputs, mine, theirs, [makers[info.index] for info in compiled.outputs]


@pytest.fixture(scope="module")
def boards():
    """Return the three boards, running."""
    pytest.importorskip("unicorn", reason="the virtual boards need unicorn")
    with (
        bench.started(f"virtual-{BOARDS[0]}", report=Quiet()) as first,
        bench.started(f"virtual-{BOARDS[1]}", report=Quiet()) as second,
        bench.started(f"virtual-{BOARDS[2]}", report=Quiet()) as third,
    ):
        yield dict(zip(BOARDS, (first, second, third), strict=True))


def _assert_as_on_the_pc(value, wanted, core: str, where: str) -> None:
    if value.dtype.kind == "f" and core == "cortex-m0plus":  # computed in software
        value, wanted = value.astype(np.float64), wanted.astype(np.float64)
        np.testing.assert_allclose(value, wanted, rtol=0, atol=LEAST, err_msg=where)
    else:
        np.testing.assert_array_equal(value, wanted, err_msg=where)


@pytest.mark.parametrize("core", BOARDS)
@pytest.mark.parametrize("name", PACKS)
def test_a_board_equals_the_oracle(boards, name, core):
    data, inputs, mine, theirs, makers = _expected(name)
    compiled = compile_model(data, name="case", target=core)
    found = bench.run_on(boards[core], core, compiled, inputs, Quiet())
    for number, (values, maker) in enumerate(zip(found, makers, strict=True)):
        for row, value in enumerate(values):
            where = f"{maker}, inference {row}"
            if theirs is not None:
                assert_values_equal(value, theirs[row][number], CLOSE, where)
            _assert_as_on_the_pc(value, mine[number][row], core, f"{where}, the PC")


def test_all_operators_are_run_on_boards():
    """A new operator needs a line in `cases_board_table.TABLE`."""
    written = {op[0] for _, model in PACKS.values() for op in model.ops}
    assert written == set(supported_ops())


def _compiles(case: Case, op: str, kind: str) -> bool:
    model = Packed()
    try:
        case.build(model, op, kind)
    except (KeyError, ValueError):  # the writer of these cases knows no such type either
        return False
    try:
        compile_model(model.everything())
    except ModelError:
        return False
    return True


@pytest.mark.parametrize("op", TABLE)
def test_all_types_are_run_on_boards(op):
    """What the table leaves out, the compiler refuses."""
    for case in TABLE[op]:
        known = {*case.micro, *case.lite, *case.own} & {*ALL}
        if known:
            assert {kind for kind in ALL if _compiles(case, op, kind)} == known
