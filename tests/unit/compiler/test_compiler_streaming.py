"""Models that remember from one inference to the next: equal to TFLite Micro after each one."""

import time

import numpy as np
import pytest
from cases_streaming import Streaming, random_bytes, wake_word
from oracle import assert_layers_equal, inputs_for, interpreter

from studio.compiler import compile_model
from studio.compiler.tflite import read_graph
from studio.compiler.variables import resolve
from studio.errors import ModelError
from studio.runtime.model import HostModel

FIRST = {
    "none": None,
    "zeros": lambda shape: np.zeros(shape, np.int8),
    "random": random_bytes(70),
}


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("first", FIRST)
def test_a_wake_word_model_over_30_inferences(first, steps):
    assert_layers_equal(wake_word(1, first=FIRST[first], steps=steps), count=28)


@pytest.mark.parametrize("first", FIRST)
def test_reset_brings_the_first_values_back(first):
    data = wake_word(2, first=FIRST[first])
    model = HostModel(compile_model(data))
    x = inputs_for(model.compiled.input, 8, 0)
    once = model.invoke(x)
    again = model.invoke(x)
    assert (once != again).any()
    model.reset()
    np.testing.assert_array_equal(model.invoke(x), once)
    reference = interpreter(data)
    for inputs, mine in zip(x, once, strict=True):
        reference.set_input(inputs.reshape(1, 3, 40), 0)
        reference.invoke()
        np.testing.assert_array_equal(mine, reference.get_output(0).reshape(-1))


def _program(seed: int) -> bytes:
    """Return a model that reads, assigns, adds and reshapes three variables at random."""
    rng = np.random.default_rng(seed)
    case = Streaming(seed)
    x = case.start((1, 4, 2))
    names = ["a", "b", "c"]
    constants = random_bytes(seed)
    if seed % 2:
        case.start_values(
            {name: (constants((1, 4, 2)), 0.05, -3) for name in names[: 1 + seed % 3]}
        )
    handles = [case.handle(name) for name in names]
    values = [x]
    for handle in handles:  # each is assigned somewhere, or TFLite Micro has no memory for it
        values.append(case.read(handle, (1, 4, 2)))
    for _ in range(14):
        handle = handles[rng.integers(3)]
        value = values[rng.integers(max(0, len(values) - 4), len(values))]
        match rng.integers(6):
            case 0:
                values.append(case.read(handle, (1, 4, 2)))
            case 1 | 2:
                case.assign(handle, value)
            case 3:
                values.append(
                    case.add(value, values[rng.integers(len(values))], scale=0.05, zero=-3)
                )
            case 4:
                values.append(case.last(case.join([value, values[-1]], 1), 4))
            case _:
                flat = case.reshape(value, (2, 4))
                values.append(case.reshape(flat, (1, 4, 2)))
    for handle in handles:
        case.assign(handle, values[rng.integers(len(values))])
    return case.model(case.add(values[-1], x))


@pytest.mark.parametrize("seed", range(8))
def test_any_order_of_reads_and_assignments(seed):
    assert_layers_equal(_program(seed), count=10)


def test_a_value_outlives_the_variable_it_was_read_from():
    """A copy where an assignment comes before the last use, none where it does not."""
    for assign_first in (False, True):
        case = Streaming()
        x = case.start((1, 4, 2))
        handle = case.handle("v")
        before = case.read(handle, (1, 4, 2))
        if assign_first:
            case.assign(handle, x)
        y = case.join([before, x], 1)
        if not assign_first:
            case.assign(handle, x)
        compiled = assert_layers_equal(case.model(y), count=4).compiled
        assert ("READ_VARIABLE" in {layer.op for layer in compiled.layers}) == assign_first


@pytest.mark.parametrize("dtype", ["int8", "int16", "float32"])
def test_variables_of_other_types_and_shapes(dtype):
    """One that keeps what came last but one; the two ends see it in different shapes."""
    case = Streaming()
    quantization = {"scale": None} if dtype == "float32" else {"scale": 0.1, "zero": 0}
    x = case.start((2, 3), dtype=dtype, **quantization)
    handle = case.handle("v")
    y = case.read(handle, (1, 6), dtype=dtype, **quantization)
    case.assign(handle, x)
    assert_layers_equal(case.model(y), count=4)


def test_first_values_of_every_type():
    case = Streaming()
    rng = np.random.default_rng(72)
    quantization = {"int8": (0.1, 3), "uint8": (0.1, 3), "int16": (0.1, 0)}
    firsts = {
        dtype: (rng.integers(0, 2, (2, 3)).astype(dtype), *quantization.get(dtype, (None, 0)))
        for dtype in ("int8", "uint8", "int16", "int32", "int64", "float32", "bool")
    }
    x = case.start((2, 3))
    case.start_values(firsts)
    reads = []
    for dtype, (_, scale, zero) in firsts.items():
        handle = case.handle(dtype)
        reads.append(case.read(handle, (2, 3), scale=scale, zero=zero, dtype=dtype))
    y = case.add(x, reads[0])
    case.assign(case.handle("int8"), x)
    assert_layers_equal(case.model(y), count=3)


@pytest.mark.parametrize(
    "board", ["virtual-cortex-m4", "virtual-cortex-m0plus", "virtual-cortex-m7"]
)
def test_the_state_is_kept_on_a_board(board):
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    from studio.events import Quiet
    from studio.services import bench

    target = board.removeprefix("virtual-")
    compiled = compile_model(wake_word(3, first=random_bytes(71)), target=target)
    x = inputs_for(compiled.input, 10, 5)
    expected = HostModel(compiled).invoke(x)
    found = bench.run_on_virtual_board(compiled, x, Quiet(), board=board)
    np.testing.assert_array_equal(found, expected)


def _refused(case: Streaming, y: int) -> str:
    with pytest.raises(ModelError) as error:
        compile_model(case.model(y))
    return str(error.value)


def test_a_variable_that_nobody_assigns_is_refused():
    case = Streaming()
    x = case.start((1, 4))
    y = case.add(x, case.read(case.handle("v"), (1, 4)))
    assert "never assigned" in _refused(case, y)


def test_a_variable_of_two_sizes_is_refused():
    case = Streaming()
    x = case.start((1, 4))
    handle = case.handle("v")
    y = case.add(x, case.read(handle, (1, 1)))
    case.assign(handle, x)
    assert "its value int8 (1, 4)" in _refused(case, y)


def test_a_handle_from_elsewhere_is_refused():
    case = Streaming()
    x = case.start((1, 4))
    case.assign(case.tensor((), "resource"), x)
    assert "VAR_HANDLE" in _refused(case, case.add(x, x))


def test_first_values_after_their_use_are_refused():
    case = Streaming()
    x = case.start((1, 4))
    case.assign(case.handle("v"), x)
    case.start_values({"v": (np.zeros((1, 4), np.int8), 0.05, -3)})
    assert "before its first value" in _refused(case, case.add(x, x))


def test_first_values_that_are_computed_are_refused():
    case = Streaming()
    x = case.start((1, 4))
    case.start_values({"v": (np.zeros((1, 4), np.int8), 0.05, -3)})
    first = case.others[0]
    first.op("SOFTMAX", [1], [first.tensor((1, 4), scale=1 / 256, zero=-128)])
    assert "SOFTMAX" in _refused(case, case.add(x, x))


def test_graphs_that_nothing_runs_once_are_refused():
    case = Streaming()
    x = case.start((1, 4))
    case.start_values({"v": (np.zeros((1, 4), np.int8), 0.05, -3)})
    case.ops.clear()
    assert "2 graphs" in _refused(case, case.add(x, x))
    case.op("CALL_ONCE", [], [], {0: ("Int32", 7)})
    assert "2 graphs" in _refused(case, case.add(x, x))


def test_more_than_any_board_holds_is_refused():
    case = Streaming()
    shape = (1, 1 << 23)
    x = case.start(shape)
    for name in "abc":
        case.assign(case.handle(name), x)
    assert "remembers 25165824 bytes" in _refused(case, case.add(x, x))


def test_thousands_of_reads_cost_no_minutes():
    case = Streaming()
    shape = (1, 1 << 22)
    x = case.start(shape)
    handle = case.handle("v")
    for _ in range(1200):
        case.assign(handle, case.read(handle, shape))
    start = time.process_time()
    resolved = resolve(read_graph(case.model(case.add(x, x))))
    assert time.process_time() - start < 3
    assert len(resolved.nodes) == 2401


def test_a_long_name_is_refused():
    case = Streaming()
    x = case.start((1, 4))
    case.assign(case.handle("v" * 1001), x)
    assert "name" in _refused(case, case.add(x, x))


@pytest.mark.parametrize("settings", [{"ram_bytes": 0}, {"optimise": "size"}])
@pytest.mark.parametrize("target", ["generic", "cortex-m4", "cortex-m0plus"])
def test_other_plans_and_kernels_remember_the_same(target, settings):
    data = wake_word(4, first=random_bytes(73))
    expected = HostModel(compile_model(data))
    other = HostModel(compile_model(data, target=target, name="other", **settings))
    x = inputs_for(expected.compiled.input, 12, 6)
    np.testing.assert_array_equal(other.invoke(x), expected.invoke(x))
