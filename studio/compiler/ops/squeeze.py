"""SQUEEZE: no code, the output is its input with dimensions of size 1 left out."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.movement import reshaped
from studio.compiler.target import Target

NAME = "SQUEEZE"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. The dimensions are those of the output."""
    layer = reshaped(node)
    before, after = layer.inputs[0].shape, layer.output.shape
    if [n for n in before if n != 1] != [n for n in after if n != 1]:
        raise node.fail(f"its output has shape {after}, its input {before}")
    return layer
