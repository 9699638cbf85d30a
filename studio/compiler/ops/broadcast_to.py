"""BROADCAST_TO: values repeated along dimensions of size 1."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.movement import Dimension, copied, moved, steps
from studio.compiler.target import Target

NAME = "BROADCAST_TO"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. The wanted shape is the output's own."""
    source, output = moved(node)
    more = len(output.shape) - len(source.shape)
    shape = (1,) * more + source.shape
    if more < 0 or any(
        n not in (1, wanted) for n, wanted in zip(shape, output.shape, strict=True)
    ):
        raise node.fail(f"{source.shape} cannot be repeated to {output.shape}")
    apart = [step if n > 1 else 0 for n, step in zip(shape, steps(shape), strict=True)]
    dimensions = [Dimension(n, step) for n, step in zip(output.shape, apart, strict=True)]
    return copied(node, source, output, dimensions)
