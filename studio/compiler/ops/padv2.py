"""PADV2 with a value of its own."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.padding import TYPES, constant_pad
from studio.compiler.quantization import affine
from studio.compiler.target import Target

NAME = "PADV2"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. The value is in the output's quantization."""
    tensor, output = node.input(2, TYPES), node.output(TYPES)
    value = node.constant(2, TYPES)
    if value.size != 1 or tensor.dtype != output.dtype:
        raise node.fail(f"its value is {tensor.dtype} of shape {tensor.shape}")
    quantized = output.dtype in ("int8", "uint8")
    if quantized and affine(node, tensor) != affine(node, output):
        raise node.fail("its value and output are quantized differently")
    return constant_pad(node, value.reshape(-1)[0].item())
