"""What must hold for any graph, whatever its operators: every value is made once, before its use.

Run before layers are built (so that operators may rely on it); sizes are checked on the layers.
"""

from collections.abc import Sequence

from studio.compiler.cgen import C_TYPES
from studio.compiler.flatbuffer import damaged
from studio.compiler.graph import Graph, Node, Tensor
from studio.errors import ModelError

MAX_WEIGHTS_BYTES = 16 << 20
MAX_MACS = 10**11
MAX_READ_VALUES = 64 << 20
"""Of constants, counted for each operator that reads them: many may share one."""
MAX_CHANNELS = 1 << 19
"""Of the outputs of all layers with weights; each has a scale of its own, or may have."""
_CHANNELS_AXIS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0, "TRANSPOSE_CONV": 0}
"""Operator -> the dimension of its weights that its output channels are."""


def verify_graph(graph: Graph) -> None:
    """Check order and uniqueness of all values, and the size of constants.

    Raises
    ------
    ModelError
        If a value is used before it is made, made twice, or never made, or if going through the
        constants of every operator takes long.
    """
    made: set[int] = set()
    constants = 0
    for tensor in graph.inputs:
        if tensor.data is not None or tensor.variable or tensor.index in made:
            raise damaged(f"its input {tensor.name!r} is a constant, a variable or named twice")
        made.add(tensor.index)
    for node in graph.nodes:
        constants += read_values(node)
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
    verify_read(constants)
    channels = sum(_channels(node) for node in graph.nodes)
    if channels > MAX_CHANNELS:
        raise ModelError(
            f"The model's layers with weights have {channels} output channels together;"
            f" the limit is {MAX_CHANNELS}.",
            "Choose a smaller network.",
        )


def _channels(node: Node) -> int:
    axis = _CHANNELS_AXIS.get(node.op)
    weights = node.inputs[1] if axis is not None and len(node.inputs) > 1 else None
    if axis is None or weights is None or len(weights.shape) <= axis:
        return 0
    return weights.shape[axis]


def read_values(node: Node) -> int:
    """Return how many values of constants a node reads."""
    return sum(t.elements for t in node.inputs if t is not None and t.data is not None)


def verify_read(values: int) -> None:
    """Check how many values of constants operators read together.

    Raises
    ------
    ModelError
        If they are too many; keeps files in which operators share constants from costing minutes.
    """
    if values > MAX_READ_VALUES:
        raise ModelError(
            f"The model's operators read {values} constant values together;"
            f" the limit is {MAX_READ_VALUES}.",
            "Choose a smaller network.",
        )


def verify_size(weights: int, macs: int, last: int) -> None:
    """Check that what has been lowered so far could run on some microcontroller.

    Parameters
    ----------
    weights : int
        Bytes of constants of all layers so far.
    macs : int
        Their multiplications.
    last : int
        Number of the last of them.

    Raises
    ------
    ModelError
        If constants or work exceed any sensible size; keeps hostile files from costing minutes.
    """
    if weights > MAX_WEIGHTS_BYTES or macs > MAX_MACS:
        raise ModelError(
            f"The model has {weights} bytes of constants and {macs} multiplications"
            f" up to operator {last}.",
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
