"""REDUCE_MIN: the smallest value over some axes."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.reductions import extreme
from studio.compiler.target import Target

NAME = "REDUCE_MIN"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    return extreme(node, "min")
