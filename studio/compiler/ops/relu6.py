"""RELU6, in the input's own scale: the output's is not looked at, as in TFLite."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.slopes import lower_clamp
from studio.compiler.target import Target

NAME = "RELU6"
_CODE = 3
"""Of the same activation fused into another operator."""


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    return lower_clamp(node, _CODE)
