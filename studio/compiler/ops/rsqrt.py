"""RSQRT: 1 / sqrt(x). What is not positive gives the largest output."""

from functools import cache
from math import sqrt

import numpy as np

from studio.compiler.elementwise import symmetric, unary
from studio.compiler.fixedpoint import Ints, inverse_square_root, rescale
from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Overlap
from studio.compiler.lookup import lookup
from studio.compiler.quantization import Factor, factor
from studio.compiler.target import Target
from studio.compiler.unary_f32 import lower_f32

NAME = "RSQRT"
SHIFT = 20
"""Bits carried through both multiplications; the int16 kernel has the same number."""
LARGEST = 2**31 - 1


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = unary(node, ("int8", "int16", "float32"))
    if source.dtype == "float32":
        return lower_f32(node, "rsqrt")
    before, after = symmetric(node, source, output)
    scale = factor(node, 1 / (sqrt(float(before.scale)) * float(after.scale)))
    shifted = Factor(scale.multiplier, scale.shift - SHIFT)
    if not -31 <= shifted.shift <= 30:
        raise node.fail(f"its scales {before.scale} and {after.scale} do not fit each other")

    def answer(x: Ints) -> Ints:
        distances = x - before.zero_point
        raised = np.array([_raised(d) for d in distances.tolist()], np.int64)
        y = rescale(raised, shifted) + after.zero_point
        return np.where(distances > 0, y, LARGEST)

    if source.dtype == "int8":
        return lookup(node, answer)
    members = {
        "count": output.elements,
        "zero_point": before.zero_point,
        "multiplier": shifted.multiplier,
        "shift": shifted.shift,
        "out_zero_point": after.zero_point,
    }
    call = Call("nn_rsqrt_s16.h", "tml_rsqrt_s16", "tml_rsqrt_s16_layer", members)
    return Layer(node.op, (source,), (output,), call, overlaps=(Overlap(input=0),))


@cache
def _raised(distance: int) -> int:
    """Return 1 / sqrt(distance) with extra bits."""
    inverse = inverse_square_root(max(distance, 1))
    return int(rescale(np.array(1), Factor(inverse.multiplier, inverse.shift + SHIFT)))
