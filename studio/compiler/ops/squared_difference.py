"""SQUARED_DIFFERENCE, with broadcasting; one of its inputs may be a constant."""

import numpy as np

from studio.compiler.arithmetic import CommonScale, lower_common_scale, lower_plain
from studio.compiler.elementwise import binary, symmetric
from studio.compiler.fixedpoint import Ints
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.quantization import factor
from studio.compiler.target import Target

NAME = "SQUARED_DIFFERENCE"
EXTRA_BITS = {"int8": 7, "int16": 0}
"""Bits carried through the subtraction; the kernels have the same numbers."""


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    a, b, output = binary(node, ("int8", "int16", "int32", "float32"))
    if a.dtype in ("int32", "float32"):
        return lower_plain(node, "squared_difference", activation=False)
    scales = [float(quantized.scale) for quantized in symmetric(node, a, b, output)]
    twice, bits = 2 * max(scales[:2]), EXTRA_BITS[a.dtype]
    reals = (scales[0] / twice, scales[1] / twice)
    out = factor(node, twice * twice / ((1 << 2 * bits) * scales[2]))
    limits = (int(np.iinfo(a.dtype).min), int(np.iinfo(a.dtype).max))
    scaled = CommonScale("squared_difference", bits, _joined, reals, out, limits)
    return lower_common_scale(node, target, scaled)


def _joined(x: Ints, y: Ints) -> Ints:
    return (x - y) ** 2
