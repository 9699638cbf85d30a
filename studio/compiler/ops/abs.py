"""ABS."""

import numpy as np

from studio.compiler.elementwise import symmetric, unary
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.quantization import Factor, factor
from studio.compiler.slopes import ONE, TYPES, Slopes, lower_slopes
from studio.compiler.target import Target
from studio.compiler.unary_f32 import lower_f32

NAME = "ABS"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = unary(node, TYPES)
    if source.dtype == "float32":
        return lower_f32(node, "abs")
    before, after = symmetric(node, source, output)
    scale = ONE
    if before.scale != after.scale:
        scale = factor(node, float(before.scale) / float(after.scale))
    below = Factor(-scale.multiplier, scale.shift)
    whole = np.iinfo(source.dtype)
    zeros = (before.zero_point, after.zero_point)
    return lower_slopes(node, Slopes(*zeros, scale, below, int(whole.min), int(whole.max)))
