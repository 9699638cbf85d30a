"""What must hold for any graph, whatever its operators: every value is made once, before its use.

Run before layers are built (so that operators may rely on it); sizes are checked on the layers.
"""

from collections.abc import Sequence

from studio.compiler.cgen import C_TYPES
from studio.compiler.flatbuffer import damaged
from studio.compiler.graph import Graph, Tensor
from studio.compiler.layer import Layer
from studio.errors import ModelError

MAX_WEIGHTS_BYTES = 16 << 20
MAX_MACS = 10**11


def verify_graph(graph: Graph) -> None:
    """Check order and uniqueness of all values.

    Raises
    ------
    ModelError
        If a value is used before it is made, made twice, or never made.
    """
    made: set[int] = set()
    for tensor in graph.inputs:
        if tensor.data is not None or tensor.variable or tensor.index in made:
            raise damaged(f"its input {tensor.name!r} is a constant, a variable or named twice")
        made.add(tensor.index)
    for node in graph.nodes:
        for used in node.inputs:
            if used is None or used.data is not None or used.variable:
                continue
            if used.index not in made:
                raise damaged(
                    f"operator {node.index} ({node.op}) uses {used.name!r} before it is made"
                )
        for tensor in node.outputs:
            if tensor.data is not None or tensor.variable or tensor.index in made:
                raise damaged(
                    f"operator {node.index} ({node.op}) writes {tensor.name!r} a second time"
                )
            made.add(tensor.index)
    for tensor in graph.outputs:
        if tensor.index not in made or not graph.nodes:
            raise damaged(f"no operator makes its output {tensor.name!r}")


def verify_size(layers: Sequence[Layer]) -> None:
    """Check that what has been lowered so far could run on some microcontroller.

    Raises
    ------
    ModelError
        If constants or work exceed any sensible size; keeps hostile files from costing minutes.
    """
    weights = sum(layer.weights_bytes for layer in layers)
    macs = sum(layer.macs for layer in layers)
    if weights > MAX_WEIGHTS_BYTES or macs > MAX_MACS:
        raise ModelError(
            f"The model has {weights} bytes of constants and {macs} multiplications"
            f" up to operator {len(layers) - 1}.",
            f"The limits are {MAX_WEIGHTS_BYTES} bytes and {MAX_MACS}.",
        )


def verify_ends(tensors: Sequence[Tensor]) -> None:
    """Check the types of the model's inputs and outputs.

    Raises
    ------
    ModelError
        If one of them has no type in C.
    """
    for tensor in tensors:
        if tensor.dtype not in C_TYPES:
            raise ModelError(
                f"The model's tensor {tensor.name!r} is {tensor.dtype}.",
                f"Inputs and outputs must be {', '.join(C_TYPES)}.",
            )
