"""The compiler: a .tflite file becomes C text that computes the same bytes.

Order of work, one module each: `flatbuffer` and `tflite` read the file without trusting it,
`verify` checks the graph, `ops` turns each operator into a layer (all constants are computed
here: multipliers, folded biases), `memory` lays the values into one arena, `printer` writes C.
It owns nothing but text: building and running it is the runtime's and the firmware's business.
Its contract is equality, byte for byte, with TensorFlow Lite for Microcontrollers.
"""

import hashlib

from studio.compiler.cgen import is_identifier
from studio.compiler.graph import Tensor
from studio.compiler.layer import Layer
from studio.compiler.memory import plan_memory
from studio.compiler.ops import lower, require_supported, supported_ops
from studio.compiler.printer import Program, end_quantization, print_files, weights_bytes
from studio.compiler.tflite import read_graph
from studio.compiler.verify import verify_ends, verify_graph, verify_size
from studio.errors import ConfigError
from studio.types import CompiledModel, LayerSummary, TensorInfo

__all__ = ["TARGETS", "compile_model", "supported_ops"]

TARGETS = ("generic", "cortex-m0plus", "cortex-m4", "cortex-m7")


def compile_model(data: bytes, *, name: str = "model", target: str = "generic") -> CompiledModel:
    """Compile a .tflite file to C.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        Part of every C name and file name: a small letter, then small letters, digits, `_`.
    target : str
        One of `TARGETS`. Recorded in the header; the code is the same C99 for all of them.

    Raises
    ------
    ModelError
        If the file is damaged, or uses an operator, type or size that is not supported.
    ConfigError
        If `name` or `target` is not usable.
    """
    if target not in TARGETS:
        raise ConfigError(
            f"There is no target {target!r}.", f"Choose one of {', '.join(TARGETS)}."
        )
    if not is_identifier(name):
        raise ConfigError(
            f"The model name {name!r} cannot be used in C.",
            "Use small letters, digits and underscores, beginning with a letter.",
        )
    graph = read_graph(data)
    require_supported(graph.nodes)
    verify_graph(graph)
    verify_ends((graph.input, graph.output))
    layers: list[Layer] = []
    for node in graph.nodes:
        layers.append(lower(node))
        verify_size(layers)
    plan = plan_memory(graph, layers)
    program = Program(name, target, hashlib.sha256(data).hexdigest(), graph, tuple(layers), plan)
    return CompiledModel(
        name=name,
        target=target,
        files=print_files(program),
        input=_info(graph.input),
        output=_info(graph.output),
        arena_bytes=plan.arena_bytes,
        weights_bytes=weights_bytes(layers),
        macs=sum(layer.macs for layer in layers),
        layers=tuple(_summary(layer) for layer in layers),
    )


def _info(tensor: Tensor) -> TensorInfo:
    return TensorInfo(tensor.name, tensor.shape, tensor.dtype, *end_quantization(tensor))


def _summary(layer: Layer) -> LayerSummary:
    output = layer.output
    return LayerSummary(layer.op, output.name, output.shape, layer.macs, output.bytes)
