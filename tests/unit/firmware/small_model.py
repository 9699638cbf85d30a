"""A .tflite file made by hand: one fully connected int8 layer."""

import numpy as np
from numpy.typing import NDArray

INPUT_SCALE, INPUT_ZERO = 0.05, -2
WEIGHT_SCALE = 0.01
OUTPUT_SCALE, OUTPUT_ZERO = 0.25, 3


def write_model(weights: NDArray[np.int8], bias: NDArray[np.int32]) -> bytes:
    """Return a model of `weights` (classes, inputs) by TFLite's own schema."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    classes, inputs = weights.shape

    def tensor(name: str, shape: list[int], kind: int, buffer: int, scale: float, zero: int):
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name.encode(), shape, kind, buffer
        made.quantization = schema.QuantizationParametersT()
        made.quantization.scale, made.quantization.zeroPoint = [scale], [zero]
        return made

    def buffer(data: bytes):
        made = schema.BufferT()
        made.data = np.frombuffer(data, np.uint8) if data else None
        return made

    types = schema.TensorType
    graph = schema.SubGraphT()
    graph.tensors = [
        tensor("x", [1, inputs], types.INT8, 0, INPUT_SCALE, INPUT_ZERO),
        tensor("w", [classes, inputs], types.INT8, 1, WEIGHT_SCALE, 0),
        tensor("b", [classes], types.INT32, 2, INPUT_SCALE * WEIGHT_SCALE, 0),
        tensor("y", [1, classes], types.INT8, 0, OUTPUT_SCALE, OUTPUT_ZERO),
    ]
    node = schema.OperatorT()
    node.opcodeIndex, node.inputs, node.outputs = 0, [0, 1, 2], [3]
    node.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
    node.builtinOptions = schema.FullyConnectedOptionsT()
    graph.operators, graph.inputs, graph.outputs = [node], [0], [3]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.FULLY_CONNECTED
    code.version = 4
    model = schema.ModelT()
    model.version, model.subgraphs, model.operatorCodes = 3, [graph], [code]
    model.buffers = [buffer(b""), buffer(weights.tobytes()), buffer(bias.tobytes())]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run_model(
    weights: NDArray[np.int8], bias: NDArray[np.int32], inputs: NDArray[np.int8]
) -> NDArray[np.float64]:
    """Return the layer's outputs in steps of the output's scale, before rounding."""
    sums = (inputs.astype(np.int64) - INPUT_ZERO) @ weights.T.astype(np.int64) + bias
    return sums * (INPUT_SCALE * WEIGHT_SCALE / OUTPUT_SCALE) + OUTPUT_ZERO
