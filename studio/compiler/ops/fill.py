"""FILL: one value, as often as the output has places."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.movement import Dimension, copied, moved
from studio.compiler.target import Target

NAME = "FILL"
_VALUE = 1
"""Which input; the other one is the wanted shape, which is the output's own."""


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = moved(node, _VALUE)
    if source.elements != 1:
        raise node.fail(f"its value has shape {source.shape}")
    return copied(node, source, output, [Dimension(output.elements, 0)])
