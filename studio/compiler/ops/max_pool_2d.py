"""MAX_POOL_2D."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.pooling import lower_pool
from studio.compiler.target import Target

NAME = "MAX_POOL_2D"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    return lower_pool(node, "tml_max_pool2d_s8")
