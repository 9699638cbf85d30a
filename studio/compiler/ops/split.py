"""SPLIT: one tensor into several of one size."""

from math import prod

from studio.compiler import movement
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.target import Target

NAME = "SPLIT"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source = node.input(1, movement.ANY)
    axes = movement.integers(node, 0)
    if len(axes) != 1:
        raise node.fail(f"it has {len(axes)} axes")
    axis = movement.axis_of(node, axes[0], len(source.shape))
    size, rest = divmod(source.shape[axis], len(node.outputs))
    shape = (*source.shape[:axis], size, *source.shape[axis + 1 :])
    found = [output.shape for output in node.outputs]
    if rest or found != [shape] * len(node.outputs):
        raise node.fail(f"it splits {source.shape} along axis {axis} into shapes {found}")
    return movement.split(node, source, prod(source.shape[:axis]))
