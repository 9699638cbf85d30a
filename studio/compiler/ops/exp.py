"""EXP."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.target import Target
from studio.compiler.unary_f32 import lower_f32

NAME = "EXP"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    return lower_f32(node, "exp")
