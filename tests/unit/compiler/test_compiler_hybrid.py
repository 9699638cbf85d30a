"""Dynamic range quantization: floats with int8 weights.

TFLite Micro refuses such models. It is asked about the same model with its weights as floats,
which is what we compute. LiteRT in turn rounds each layer's input to int8 at run time (so it is
not what the converted model means, but what a desktop computes): with one of 255 steps per value,
sums over dozens of values differ by some thousandths of the output's range, and by up to 0.014 of
it where an activation cuts half of that range off.
"""

import flatbuffers
import numpy as np
import pytest
from cases import RELU, RELU6, VALID
from cases_weighted import Weighted
from oracle import assert_values_equal, interpreter

from studio.compiler import compile_model
from studio.errors import ModelError
from studio.runtime.model import HostModel

AS_FLOATS = 1e-5
"""Of the output's range, against the model with weights as floats."""
AS_LITERT = 0.02
"""Of the output's range for one layer, against LiteRT."""


def _as_floats(case: Weighted) -> None:
    """Replace int8 weights by the floats that they stand for."""
    for tensor in case.tensors:
        if tensor["dtype"] == "int8":
            shape = [1] * len(tensor["shape"])
            shape[tensor["axis"]] = tensor["scale"].size
            data = tensor["data"].astype(np.float32) * tensor["scale"].reshape(shape)
            tensor.update(data=data, dtype="float32", scale=None)


def _layers(case: Weighted, x: int, *, per_channel: bool) -> None:
    weights = {"per_channel": per_channel, "spread": 5}
    for stride in ((1, 1), (2, 3)):
        case.convolve(x, 4, (3, 3), stride=stride, act=RELU, **weights)
        case.convolve(x, 5, (2, 3), stride=stride, padding=VALID, **weights)
        case.transposed(x, 3, (3, 2), stride=stride, **weights)
    case.convolve(x, 5, (2, 3), dilation=(2, 1), act=RELU, **weights)
    case.full(x, 7, **weights)
    case.full(x, 1, bias=False, act=RELU, **weights)
    if per_channel:  # LiteRT has depthwise convolutions with a scale per channel only
        case.convolve(x, 0, (3, 3), multiplier=1, act=RELU, **weights)
        case.convolve(x, 0, (2, 3), multiplier=3, stride=(2, 2), **weights)


def _inputs(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(3).normal(0, 3, (5, *shape)).astype(np.float32)


@pytest.mark.parametrize("per_channel", [True, False])
def test_layers_equal_those_with_weights_as_floats(per_channel):
    case = Weighted("hybrid", 1)
    _layers(case, case.begin((1, 9, 8, 16)), per_channel=per_channel)
    case.convolve(0, 3, (3, 3), per_channel=per_channel, bias=False)
    case.convolve(0, 0, (3, 3), multiplier=2, per_channel=False, bias=False, act=RELU6)
    outputs = [op[2][0] for op in case.ops]
    compiled = compile_model(case.finish([0], outputs))
    _as_floats(case)
    reference = interpreter(case.finish([0], outputs))
    model = HostModel(compiled)
    for x in _inputs((1, 9, 8, 16)):
        reference.set_input(x, 0)
        reference.invoke()
        for index, mine in model.trace(x).items():
            theirs = reference.GetTensor(index, 0)["tensor_data"]
            assert_values_equal(mine, theirs, AS_FLOATS, f"tensor {index}")


def _litert(data: bytes):
    litert = pytest.importorskip("ai_edge_litert.interpreter", reason="LiteRT is not for Windows")
    reference = litert.Interpreter(
        model_content=data,
        experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    reference.allocate_tensors()
    return reference


@pytest.mark.parametrize("per_channel", [True, False])
def test_layers_are_near_those_of_litert(per_channel):
    case = Weighted("hybrid", 2)
    _layers(case, case.begin((1, 9, 8, 16)), per_channel=per_channel)
    data = case.finish([0], [op[2][0] for op in case.ops])
    reference, model = _litert(data), HostModel(compile_model(data))
    for x in _inputs((1, 9, 8, 16)):
        reference.set_tensor(0, x)
        reference.invoke()
        for index, mine in model.trace(x).items():
            theirs = reference.get_tensor(index)
            assert_values_equal(mine, theirs, AS_LITERT, f"tensor {index}")


def test_a_network_is_near_that_of_litert():
    case = Weighted("hybrid", 4)
    y = case.convolve(case.begin((1, 12, 10, 3)), 8, (3, 3), stride=(2, 2), act=RELU)
    y = case.convolve(y, 0, (3, 3), multiplier=1, act=RELU)
    y = case.convolve(y, 12, (1, 1), act=RELU)
    y = case.full(case.pooled(y, "AVERAGE", (6, 5)), 4)
    data = case.model(y)
    reference, model = _litert(data), HostModel(compile_model(data))
    for x in _inputs((1, 12, 10, 3)):
        reference.set_tensor(0, x)
        reference.invoke()
        mine = model.invoke(x)
        # errors of layers add up
        assert_values_equal(mine, reference.get_tensor(y), 2 * AS_LITERT, "the output")


def _with_float_weights(data: bytes) -> bytes:
    """Return a model file with all int8 constants as the floats that they stand for."""
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    for tensor in model.subgraphs[0].tensors:
        buffer = model.buffers[tensor.buffer]
        if tensor.type != schema.TensorType.INT8 or buffer.data is None:
            continue
        scales = np.array(tensor.quantization.scale, np.float32)
        shape = np.ones(len(tensor.shape), int)
        shape[tensor.quantization.quantizedDimension] = scales.size
        weights = np.array(buffer.data, np.uint8).view(np.int8).reshape(tensor.shape)
        reals = weights.astype(np.float32) * scales.reshape(shape)
        buffer.data = np.frombuffer(reals.tobytes(), np.uint8)
        tensor.type, tensor.quantization = schema.TensorType.FLOAT32, None
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_a_public_model(shared_data):
    data = (shared_data / "models/mlperf_tiny/kws_ref_model_float32.tflite").read_bytes()
    compiled = compile_model(data)
    reference, litert, model = (
        interpreter(_with_float_weights(data)),
        _litert(data),
        HostModel(compiled),
    )
    for x in _inputs(compiled.input.shape):
        reference.set_input(x, 0)
        reference.invoke()
        for index, mine in model.trace(x).items():
            theirs = reference.GetTensor(index, 0)["tensor_data"]
            assert_values_equal(mine, theirs, AS_FLOATS, f"tensor {index}")
        litert.set_tensor(0, x)
        litert.invoke()
        scores = litert.get_tensor(compiled.output.index)
        assert_values_equal(model.invoke(x), scores, 5 * AS_LITERT, "the output")


def test_weights_take_a_byte_each():
    case = Weighted("hybrid", 5)
    y = case.full(case.begin((1, 100)), 10, per_channel=True)
    assert compile_model(case.model(y)).weights_bytes == 100 * 10 + 4 * 10 + 4 * 10


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.tensors[1].update(zero=np.array([3])), "zero point"),
        (lambda c: c.tensors[1].update(scale=np.float32([np.nan])), "scale"),
        (lambda c: c.tensors[1].update(scale=np.ones(2, np.float32)), "scales"),
        (lambda c: c.tensors[1].update(scale=None), "scales"),
        (lambda c: c.tensors[1].update(axis=2), "axis"),
        (lambda c: c.tensors[2].update(dtype="int32"), "int32"),
    ],
)
def test_wrong_weights_are_refused(change, said):
    case = Weighted("hybrid")
    y = case.convolve(case.begin((1, 6, 6, 4)), 3, (3, 3))
    change(case)
    with pytest.raises(ModelError) as caught:
        compile_model(case.model(y))
    assert said in str(caught.value)
