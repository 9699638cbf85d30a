"""TRANSPOSE: dimensions in another order."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.movement import Dimension, copied, integers, moved, steps
from studio.compiler.target import Target

NAME = "TRANSPOSE"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = moved(node)
    rank = len(source.shape)
    order = integers(node, 1)
    if sorted(order) != list(range(rank)):
        raise node.fail(f"its order {order} is none of {rank} dimensions")
    node.expect_output(tuple(source.shape[axis] for axis in order))
    apart = steps(source.shape)
    dimensions = [Dimension(source.shape[axis], apart[axis]) for axis in order]
    return copied(node, source, output, dimensions)
