"""LEAKY_RELU."""

import numpy as np

from studio.compiler.elementwise import unary
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.quantization import affine
from studio.compiler.slopes import TYPES, Slopes, lower_slopes, signed_factor
from studio.compiler.target import Target
from studio.compiler.unary_f32 import lower_f32

NAME = "LEAKY_RELU"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. The slope below zero may be negative."""
    source, output = unary(node, TYPES)
    alpha = node.options.real(0) if node.options is not None else 0.0
    if not np.isfinite(alpha):
        raise node.fail(f"its slope is {alpha}")
    if source.dtype == "float32":
        return lower_f32(node, "leaky_relu", alpha=alpha)
    before, after = affine(node, source), affine(node, output)
    above = signed_factor(node, float(before.scale) / float(after.scale))
    below = signed_factor(node, float(before.scale) * alpha / float(after.scale))
    whole = np.iinfo(source.dtype)
    zeros = (before.zero_point, after.zero_point)
    return lower_slopes(node, Slopes(*zeros, above, below, int(whole.min), int(whole.max)))
