"""TANH."""

from studio.compiler import fixedpoint
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.sigmoids import lower_sigmoid
from studio.compiler.target import Target

NAME = "TANH"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    return lower_sigmoid(
        node,
        "tanh",
        lambda x: fixedpoint.shift_right(fixedpoint.tanh(x), 24),
        output=(1 / 128, 0),
        shifts=(0, 1),
    )
