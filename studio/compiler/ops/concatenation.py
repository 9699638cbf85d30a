"""CONCATENATION along any axis; some of its inputs may be constants."""

from math import prod

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.movement import ANY, axis_of, joined, option
from studio.compiler.target import Target
from studio.compiler.uses import same_quantization

NAME = "CONCATENATION"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    output = node.output(ANY)
    if option(node, 1, "b"):
        raise node.fail("it has a fused activation")
    parts = [node.input(position, ANY) for position in range(len(node.inputs))]
    if not parts:
        raise node.fail("it has no inputs")
    axis = axis_of(node, option(node, 0), len(output.shape))
    around = {(part.shape[:axis], part.shape[axis + 1 :]) for part in (*parts, output)}
    if len(around) > 1 or any(len(part.shape) != len(output.shape) for part in parts):
        shapes = ", ".join(str(part.shape) for part in parts)
        raise node.fail(f"{shapes} do not join to {output.shape} along axis {axis}")
    quantized = output.dtype in ("int8", "uint8", "int16") and output.scales.size
    if quantized and not all(same_quantization(part, output) for part in parts):
        raise node.fail("its inputs and output are quantized differently")
    return joined(node, parts, prod(output.shape[:axis]))
