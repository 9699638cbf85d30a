"""MEAN: the mean over some axes."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.reductions import total
from studio.compiler.target import Target

NAME = "MEAN"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    return total(node, mean=True)
