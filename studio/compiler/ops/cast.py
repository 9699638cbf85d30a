"""CAST: the same numbers in another type."""

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer
from studio.compiler.movement import Dimension, copied
from studio.compiler.target import Target

NAME = "CAST"
_SUFFIX = {
    "int8": "s8",
    "uint8": "u8",
    "bool": "b8",
    "int16": "s16",
    "int32": "s32",
    "int64": "s64",
    "float32": "f32",
}


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. The types are those of its tensors."""
    source, output = node.input(0, tuple(_SUFFIX)), node.output(tuple(_SUFFIX))
    node.expect_output(source.shape)
    if source.dtype == output.dtype:
        return copied(node, source, output, [Dimension(source.elements, 1)])
    kernel = f"tml_cast_{_SUFFIX[source.dtype]}_{_SUFFIX[output.dtype]}"
    call = Call("nn_cast.h", kernel, "tml_cast_layer", {"count": source.elements})
    return Layer(node.op, (source,), (output,), call)
