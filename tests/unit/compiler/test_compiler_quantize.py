"""QUANTIZE and DEQUANTIZE in every pair of types, byte for byte equal to TFLite Micro."""

import numpy as np
import pytest
from cases import Cases
from oracle import assert_layers_equal

from studio.compiler import compile_model
from studio.errors import ModelError

PAIRS = {
    "float32": ("int8", "int16"),
    "int8": ("int8", "uint8", "int16", "int32"),
    "uint8": ("int8",),
    "int16": ("int8", "int16", "int32"),
    "int32": ("int8", "int16"),
}
ZERO = {"int8": -37, "uint8": 140, "int16": 0, "int32": 0, "float32": 0}
SCALES = (0.05, 0.0501, 0.025, 3e-4, 0.9, 2e6, 1e-9)


def _cases(source: str) -> Cases:
    case = Cases(40)
    scale = None if source == "float32" else 0.05
    case.start((1, 300), dtype=source, scale=scale, zero=ZERO[source])
    return case


@pytest.mark.parametrize("source", PAIRS)
def test_every_pair_of_types(source):
    case = _cases(source)
    y = 0
    for dtype in PAIRS[source]:
        # a float over 2^31 steps is undefined in TFLite Micro; we saturate
        for scale in SCALES if source != "float32" else SCALES[:-1]:
            for zero in (0, ZERO[dtype], 127):
                y = case.quantize(0, scale=scale, zero=zero, dtype=dtype)
    assert_layers_equal(case.model(y), count=20)


@pytest.mark.parametrize("source", ["int8", "uint8", "int16"])
def test_dequantize(source):
    case = Cases(41)
    case.start((2, 3, 50), dtype=source, scale=0.037, zero=ZERO[source] + 5)
    y = case.dequantize(0)
    for scale, zero in ((1e-6, 0), (3e4, 9)):
        x = case.quantize(0, scale=scale, zero=zero)
        y = case.dequantize(x)
    assert_layers_equal(case.model(y), count=20)


def test_a_chain_through_all_types_in_one_arena():
    """Each value dies at once, so the outputs that may lie over their inputs do."""
    case = Cases(42)
    case.start((1, 64), dtype="float32", scale=None)
    y = case.quantize(0, scale=0.9, zero=3, dtype="int16")
    y = case.quantize(y, scale=0.7, zero=0, dtype="int16")
    y = case.quantize(y, scale=0.01, zero=0, dtype="int32")
    y = case.quantize(y, scale=0.8, zero=-9)
    y = case.quantize(y, scale=0.6, zero=100, dtype="uint8")
    y = case.quantize(y, scale=0.6, zero=-20)
    data = case.model(case.dequantize(y))
    assert_layers_equal(data, count=20)
    assert compile_model(data).arena_bytes < 64 * 9


@pytest.mark.parametrize(
    ("source", "wanted"),
    [("float32", "uint8"), ("uint8", "int16"), ("int32", "int32"), ("int64", "int8")],
)
def test_pairs_that_tflite_micro_lacks_are_refused(source, wanted):
    case = Cases()
    case.start((1, 4), dtype=source, scale=0.1, zero=0)
    y = case.quantize(0, scale=0.1, zero=0, dtype=wanted)
    with pytest.raises(ModelError, match="supported is"):
        compile_model(case.model(y))


@pytest.mark.parametrize("zero", [-(2**31), 2**31 - 1])
def test_extreme_zero_points_of_whole_numbers(zero):
    case = Cases()
    case.start((1, 16), dtype="int32", scale=0.1, zero=zero)
    y = case.quantize(0, scale=0.1, zero=0)
    model = assert_layers_equal(case.model(y), count=3)
    assert model.invoke(np.full((1, 16), zero, np.int32)).tolist() == [[0] * 16]
