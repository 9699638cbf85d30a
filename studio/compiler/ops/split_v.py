"""SPLIT_V: one tensor into several of given sizes."""

from math import prod

from studio.compiler import movement
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.target import Target

NAME = "SPLIT_V"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source = node.input(0, movement.ANY)
    sizes, axes = movement.integers(node, 1), movement.integers(node, 2)
    if len(axes) != 1 or len(sizes) != len(node.outputs):
        raise node.fail(f"it has axes {axes}, sizes {sizes} and {len(node.outputs)} outputs")
    axis = movement.axis_of(node, axes[0], len(source.shape))
    if sizes.count(-1) == 1:  # what the others leave
        sizes[sizes.index(-1)] = source.shape[axis] - sum(size for size in sizes if size >= 0)
    shapes = [(*source.shape[:axis], size, *source.shape[axis + 1 :]) for size in sizes]
    found = [output.shape for output in node.outputs]
    if found != shapes or sum(sizes) != source.shape[axis]:
        raise node.fail(
            f"it splits {source.shape} along axis {axis} by {sizes} into shapes {found}"
        )
    return movement.split(node, source, prod(source.shape[:axis]))
