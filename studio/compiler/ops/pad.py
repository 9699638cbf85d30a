"""PAD with the value zero."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.padding import constant_pad
from studio.compiler.target import Target

NAME = "PAD"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    return constant_pad(node, None)
