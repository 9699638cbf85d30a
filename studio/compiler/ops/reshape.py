"""RESHAPE: no code, the output is its input in the same memory."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer, View
from studio.compiler.target import Target

NAME = "RESHAPE"
_TYPES = ("int8", "uint8", "float32")


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. The wanted shape is the output's own."""
    source, output = node.value(0, _TYPES), node.output(_TYPES)
    if source.elements != output.elements or source.dtype != output.dtype:
        raise node.fail(f"{source.dtype} {source.shape} cannot be {output.dtype} {output.shape}")
    return Layer(node.op, (source,), (output,), None, views=(View(output, source),))
