"""CAST between all types, against LiteRT, which knows more of them than TFLite Micro."""

import numpy as np
import pytest
from cases_movement import Moves
from oracle import interpreter

from studio.compiler import compile_model
from studio.errors import ModelError
from studio.runtime.model import HostModel

TYPES = ("int8", "int16", "int32", "int64", "uint8", "bool", "float32")
MICRO = ("int8", "int16", "int32", "bool", "float32")
COUNT = 300


def _values(dtype: str) -> np.ndarray:
    """Return values of which those of float32 fit everywhere but for the sign."""
    rng = np.random.default_rng(0)
    if dtype == "bool":
        return rng.integers(0, 2, COUNT).astype(bool)
    if dtype == "float32":
        return rng.normal(0, 60, COUNT).clip(-127.9, 127.9).astype(np.float32)
    limits = np.iinfo(dtype)
    values = rng.integers(limits.min, limits.max, COUNT, dtype=dtype)
    values[:100] = rng.integers(0, 100, 100)
    values[-2:] = limits.min, limits.max
    return values


def _case(source: str, targets) -> tuple[Moves, list[int]]:
    case = Moves(source)
    x = case.begin((COUNT,))
    return case, [case.cast(x, dtype) for dtype in targets if dtype != source]


@pytest.mark.parametrize("source", TYPES)
def test_casts_as_in_lite(source):
    litert = pytest.importorskip("ai_edge_litert.interpreter", reason="LiteRT is not for Windows")
    case, results = _case(source, TYPES)
    data, x = case.everything(), _values(source)
    reference = litert.Interpreter(
        model_content=data, experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF
    )
    reference.allocate_tensors()
    reference.set_tensor(0, x)
    reference.invoke()
    found = HostModel(compile_model(data)).trace(x)
    for y in results:
        np.testing.assert_array_equal(found[y], reference.get_tensor(y), err_msg=f"tensor {y}")


@pytest.mark.parametrize("source", MICRO)
def test_casts_as_in_micro(source):
    case, results = _case(source, MICRO)
    data, x = case.everything(), _values(source)
    reference = interpreter(data)
    reference.set_input(x, 0)
    reference.invoke()
    found = HostModel(compile_model(data)).trace(x)
    for y in results:
        theirs = reference.GetTensor(y, 0)["tensor_data"]
        np.testing.assert_array_equal(found[y], theirs, err_msg=f"tensor {y}")


def test_what_does_not_fit_is_defined():
    case = Moves("float32")
    x = case.begin((6,))
    whole, large, true = (case.cast(x, dtype) for dtype in ("int32", "int64", "bool"))
    model = HostModel(compile_model(case.everything()))
    found = model.trace(np.array([3e9, -3e9, np.nan, np.inf, -np.inf, -0.0], np.float32))
    low, high = -(2**31), 2**31 - 1
    assert found[whole].tolist() == [high, low, 0, high, low, 0]
    assert found[large].tolist() == [3000000000, -3000000000, 0, 2**63 - 1, -(2**63), 0]
    assert found[true].tolist() == [True, True, True, True, True, False]


def test_another_shape_is_refused():
    case, results = _case("int8", ("int16",))
    case.tensors[results[0]]["shape"] = (COUNT - 1,)
    with pytest.raises(ModelError, match="shape"):
        compile_model(case.everything())
