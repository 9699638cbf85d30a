"""Layers with weights, and poolings, on floats; the public float models."""

import numpy as np
import pytest
from cases import NONE, RELU, RELU6, RELU_N1_TO_1, SAME, VALID
from cases_weighted import Weighted
from oracle import assert_layers_equal

from studio.compiler import compile_model
from studio.errors import ModelError
from studio.runtime.model import HostModel

MODELS = [
    "mlperf_tiny/pretrainedResnet",
    "mlperf_tiny/ad01_fp32",
    "tflm/hello_world_float",
]
TOLERANCE = 1e-5
"""Of a tensor's range; no more than the order of a sum should change."""


@pytest.mark.parametrize("shape", [(1, 9, 7, 6), (2, 8, 5, 2), (1, 1, 11, 1)])
@pytest.mark.parametrize("multiplier", [0, 1, 3])
def test_convolutions(shape, multiplier):
    case = Weighted("float32", 1)
    x = case.begin(shape)
    for kernel, stride in (((1, 1), (1, 1)), ((3, 3), (2, 2)), ((2, 5), (3, 1)), ((1, 4), (1, 2))):
        sizes = {"multiplier": multiplier, "stride": stride}
        case.convolve(x, 4, kernel, **sizes)
        if kernel[0] <= shape[1]:
            case.convolve(x, 3, kernel, padding=VALID, bias=False, **sizes)
    for act in (RELU, RELU6, RELU_N1_TO_1):
        case.convolve(x, 3, (2, 2), multiplier=multiplier, act=act)
    case.convolve(x, 3, (3, 2), multiplier=multiplier, dilation=(2, 3))
    y = case.convolve(x, 2, (2, 3), multiplier=multiplier, dilation=(3, 1), stride=(2, 1))
    assert_layers_equal(case.model(y), count=3, tolerance=TOLERANCE)


def test_fully_connected():
    case = Weighted("float32", 2)
    x = case.begin((3, 2, 337))
    y = x
    for out in (1, 3, 18):
        for act in (NONE, RELU, RELU6):
            y = case.full(x, out, act=act, bias=out != 3)
    assert_layers_equal(case.model(y), tolerance=TOLERANCE)


@pytest.mark.parametrize("kind", ["AVERAGE", "MAX"])
@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_pools(dtype, kind):
    case = Weighted(dtype, 3)
    x = case.begin((2, 9, 7, 3))
    y = x
    for kernel in ((1, 1), (2, 2), (3, 5), (9, 7)):
        for stride in ((1, 1), (2, 3)):
            for padding in (SAME, VALID):
                y = case.pooled(x, kind, kernel, stride=stride, padding=padding)
    y = case.pooled(x, kind, (20, 20), padding=SAME)
    for act in (RELU, RELU6, RELU_N1_TO_1):
        y = case.pooled(x, kind, (3, 3), act=act)
    assert_layers_equal(case.model(y), tolerance=TOLERANCE)


def test_pools_of_too_many_values_of_int16_are_refused():
    case = Weighted("int16")
    y = case.pooled(case.begin((1, 256, 256, 1)), "AVERAGE", (256, 256))
    with pytest.raises(ModelError, match="covers 65536 values"):
        compile_model(case.model(y))


def test_infinities_are_cut_and_nan_stays():
    case = Weighted("float32", 4)
    y = case.full(case.begin((1, 3)), 2, bias=False)
    case.tensors[1]["data"][:] = 1
    model = HostModel(compile_model(case.model(y)))
    most = np.finfo(np.float32).max
    for values, expected in (
        ((np.inf, 0, 0), most),
        ((-np.inf, 0, 0), -most),
        ((np.nan, 0, 0), np.nan),
    ):
        np.testing.assert_array_equal(model.invoke(np.float32([values])), [[expected] * 2])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.ops[0][3].update({1: ("Int32", 0)}), "stride"),
        (lambda c: c.ops[0][3].update({3: ("Int8", 4)}), "TANH"),
        (lambda c: c.tensors[0].update(shape=(1, 6, 6, 3)), "channels"),
        (lambda c: c.tensors[1].update(data=None), "before it is made"),
        (lambda c: c.tensors[1].update(dtype="int32"), "int32"),
        (lambda c: c.tensors[2].update(dtype="int32"), "int32"),
        (lambda c: c.tensors[2].update(shape=(2,), data=np.zeros(2, np.float32)), "bias"),
        (lambda c: c.tensors[3].update(dtype="int32"), "int32"),
        (lambda c: c.tensors[3].update(shape=(1, 6, 6, 4)), "shape"),
        (lambda c: c.ops[0][1].append(2), "inputs"),
    ],
)
def test_wrong_convolutions_are_refused(change, said):
    case = Weighted("float32")
    y = case.convolve(case.begin((1, 6, 6, 4)), 3, (3, 3))
    change(case)
    with pytest.raises(ModelError) as caught:
        compile_model(case.model(y))
    assert said in str(caught.value)


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_of_public_models_equals_the_oracle(shared_data, name):
    data = (shared_data / "models" / f"{name}.tflite").read_bytes()
    assert_layers_equal(data, count=8, tolerance=TOLERANCE)
