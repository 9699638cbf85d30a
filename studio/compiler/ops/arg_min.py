"""ARG_MIN: where along an axis the first smallest value is."""

from studio.compiler.arguments import place
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.target import Target

NAME = "ARG_MIN"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    return place(node, "min")
