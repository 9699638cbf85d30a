"""LOGISTIC: 1 / (1 + exp(-x))."""

from studio.compiler import fixedpoint
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.sigmoids import lower_sigmoid
from studio.compiler.target import Target

NAME = "LOGISTIC"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    return lower_sigmoid(
        node,
        "logistic",
        lambda x: fixedpoint.shift_right(fixedpoint.logistic(x), 23) - 128,
        output=(1 / 256, -128),
        shifts=(0,),
    )
