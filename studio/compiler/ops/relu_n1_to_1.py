"""RELU_N1_TO_1."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.slopes import lower_relu
from studio.compiler.target import Target

NAME = "RELU_N1_TO_1"
_CODE = 2
"""Of the same activation fused into another operator."""


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    return lower_relu(node, _CODE)
