"""The compiler: a .tflite file becomes C text that computes the same bytes.

Order of work, one module each: `flatbuffer` and `tflite` read the file without trusting it,
`verify` checks the graph, `passes` improve it, `ops` turns each operator into a layer (all
constants are computed here: multipliers, folded biases), `planning` (`views`, `memory`, `packing`)
lays the values into one arena, `printer` writes C.
It owns nothing but text: building and running it is the runtime's and the firmware's business.
Its contract is equality, byte for byte, with TensorFlow Lite for Microcontrollers.
"""

import hashlib

from studio.compiler.cgen import is_identifier
from studio.compiler.explain import memory_places, pass_gains
from studio.compiler.graph import Graph, Tensor
from studio.compiler.layer import Layer
from studio.compiler.ops import require_supported, supported_ops
from studio.compiler.passes import improve
from studio.compiler.planning import planned
from studio.compiler.printer import Program, end_quantization, print_files, weights_bytes
from studio.compiler.target import OPTIMISE, TARGETS, Target
from studio.compiler.tflite import read_graph
from studio.compiler.variables import resolve
from studio.compiler.verify import verify_ends, verify_graph
from studio.errors import ConfigError
from studio.types import CompiledModel, LayerSummary, PassGain, Restore, TensorInfo

__all__ = ["OPTIMISE", "TARGETS", "compile_model", "explain_model", "supported_ops"]


def compile_model(
    data: bytes,
    *,
    name: str = "model",
    target: str = "generic",
    optimise: str = "speed",
    ram_bytes: int | None = None,
) -> CompiledModel:
    """Compile a .tflite file to C.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        Part of every C name and file name: a small letter, then small letters, digits, `_`.
    target : str
        One of `TARGETS`: decides kernels and the layout of weights. The code is C99 that gives the
        same bytes everywhere, on other cores only later.
    optimise : str
        One of `OPTIMISE`; the results are the same. What `size` saves of the flash beyond the
        constants, measured with the models of MLPerf Tiny on the Cortex-M4 and M0+: with
        arm-none-eabi-gcc 10 to 20 % for up to 5 % more instructions, with clang 20 to 46 % for up
        to 2.3 %; 0.4 to 8 % where all layers are fully connected.
    ram_bytes : int, optional
        What the arena may take. Where it is more, layers run together row by row, which takes
        longer; 0 asks for the smallest arena that can be reached. No error if it is not reached.

    Raises
    ------
    ModelError
        If the file is damaged, or uses an operator, type or size that is not supported.
    ConfigError
        If `name`, `target` or `optimise` is not usable.
    """
    aim = Target(target, optimise)
    if not is_identifier(name):
        raise ConfigError(
            f"The model name {name!r} cannot be used in C.",
            "Use small letters, digits and underscores, beginning with a letter.",
        )
    graph = _read(data)
    for _, better in improve(graph):
        graph = better
    layers, plan = planned(graph, aim, ram_bytes=ram_bytes)
    program = Program(name, aim, hashlib.sha256(data).hexdigest(), graph, layers, plan)
    return CompiledModel(
        name=name,
        target=target,
        files=print_files(program),
        inputs=tuple(_info(tensor) for tensor in graph.inputs),
        outputs=tuple(_info(tensor) for tensor in graph.outputs),
        arena_bytes=plan.arena_bytes,
        weights_bytes=weights_bytes(layers),
        macs=sum(layer.macs for layer in layers),
        layers=tuple(_summary(graph, layer) for layer in layers),
        bound_bytes=plan.bound_bytes,
        places=memory_places(plan),
    )


def explain_model(
    data: bytes,
    *,
    target: str = "generic",
    optimise: str = "speed",
    ram_bytes: int | None = None,
) -> tuple[PassGain, ...]:
    """Return what each pass gained; takes as long as compiling once per pass.

    Raises
    ------
    ModelError, ConfigError
        As `compile_model` does.
    """
    return pass_gains(_read(data), Target(target, optimise), ram_bytes=ram_bytes)


def _read(data: bytes) -> Graph:
    graph = read_graph(data)
    require_supported(graph.nodes)
    graph = resolve(graph)
    verify_graph(graph)
    verify_ends((*graph.inputs, *graph.outputs))
    return graph


def _info(tensor: Tensor, restore: Restore | None = None) -> TensorInfo:
    scale, zero_point = end_quantization(tensor)
    return TensorInfo(
        tensor.name, tensor.shape, tensor.dtype, scale, zero_point, tensor.index, restore
    )


def _summary(graph: Graph, layer: Layer) -> LayerSummary:
    written = tuple(_info(tensor, graph.restored.get(tensor.index)) for tensor in layer.outputs)
    name, shape = (written[0].name, written[0].shape) if written else ("", ())
    size = sum(tensor.bytes for tensor in layer.outputs)
    return LayerSummary(layer.op, name, shape, layer.macs, size, written, layer.parameters)
