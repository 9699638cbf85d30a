"""PACK: several tensors of one shape into one, along a new axis."""

from math import prod

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.movement import ANY, axis_of, joined, option
from studio.compiler.target import Target

NAME = "PACK"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    output = node.output(ANY)
    parts = [node.input(position, ANY) for position in range(len(node.inputs))]
    if not parts:
        raise node.fail("it has no inputs")
    if len({part.shape for part in parts}) > 1:
        raise node.fail(f"its inputs have shapes {[part.shape for part in parts]}")
    shape = parts[0].shape
    axis = axis_of(node, option(node, 1), len(shape) + 1)
    node.expect_output((*shape[:axis], len(parts), *shape[axis:]))
    return joined(node, parts, prod(output.shape[:axis]))
