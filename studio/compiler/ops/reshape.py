"""RESHAPE: no code, the output is its input in the same memory."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.movement import reshaped
from studio.compiler.target import Target

NAME = "RESHAPE"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. The wanted shape is the output's own."""
    return reshaped(node)
