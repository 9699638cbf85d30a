"""SLICE: a box out of a tensor."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.movement import Dimension, copied, integers, moved, steps
from studio.compiler.target import Target

NAME = "SLICE"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. A size of -1 is all that is left."""
    source, output = moved(node)
    begin, wanted = integers(node, 1), integers(node, 2)
    if not len(begin) == len(wanted) == len(source.shape):
        raise node.fail(f"its begin {begin} and size {wanted} do not fit {source.shape}")
    box = zip(source.shape, begin, wanted, strict=True)
    sizes = [n - first if size == -1 else size for n, first, size in box]
    for n, first, size in zip(source.shape, begin, sizes, strict=True):
        if not (first >= 0 and size >= 1 and first + size <= n):
            raise node.fail(f"its begin {begin} and size {wanted} leave {source.shape}")
    node.expect_output(tuple(sizes))
    apart = steps(source.shape)
    start = sum(first * step for first, step in zip(begin, apart, strict=True))
    dimensions = [Dimension(n, step) for n, step in zip(sizes, apart, strict=True)]
    return copied(node, source, output, dimensions, start)
