"""UNPACK: one tensor into several, one for each place along an axis."""

from math import prod

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.movement import ANY, axis_of, option, split
from studio.compiler.target import Target

NAME = "UNPACK"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source = node.input(0, ANY)
    axis = axis_of(node, option(node, 1), len(source.shape))
    shape = source.shape[:axis] + source.shape[axis + 1 :]
    found = [output.shape for output in node.outputs]
    if found != [shape] * source.shape[axis]:
        raise node.fail(f"it takes {source.shape} apart along axis {axis} into shapes {found}")
    return split(node, source, prod(source.shape[:axis]))
