"""SUB, with broadcasting; one of its inputs may be a constant."""

import operator

from studio.compiler.arithmetic import CommonScale, lower_common_scale, lower_plain
from studio.compiler.elementwise import below_one, binary, fused_activation, shifted_right
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.quantization import activation_range, affine
from studio.compiler.target import Target

NAME = "SUB"
EXTRA_BITS = {"int8": 20, "int16": 15}
"""Bits carried through the subtraction; the kernels have the same numbers."""


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    a, b, output = binary(node, ("int8", "int16", "int32", "float32"))
    if a.dtype in ("int32", "float32"):
        return lower_plain(node, "sub")
    scales = [float(affine(node, tensor).scale) for tensor in (a, b, output)]
    twice, bits = 2 * max(scales[:2]), EXTRA_BITS[a.dtype]
    out = below_one(node, twice / ((1 << bits) * scales[2]))
    if a.dtype == "int8":
        out = shifted_right(node, out)
    reals = (scales[0] / twice, scales[1] / twice)
    limits = activation_range(node, fused_activation(node), output)
    return lower_common_scale(
        node, target, CommonScale("sub", bits, operator.sub, reals, out, limits)
    )
