"""Activations that are two straight lines through zero, each with its own factor, and limits."""

from dataclasses import dataclass
from math import inf, isfinite

import numpy as np

from studio.compiler import fixedpoint
from studio.compiler.elementwise import symmetric, unary
from studio.compiler.fixedpoint import Ints
from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Overlap
from studio.compiler.lookup import lookup
from studio.compiler.quantization import Factor, activation_range, affine, factor
from studio.compiler.unary_f32 import clamp_f32

TYPES = ("int8", "int16", "float32")
ONE = Factor(1 << 30, 1)
"""The factor that changes nothing."""
_REAL_LIMITS = {1: (0.0, inf), 2: (-1.0, 1.0), 3: (0.0, 6.0)}


@dataclass(frozen=True, slots=True)
class Slopes:
    """`out_zero + (x - zero) * factor`, clamped; below the zero point with a factor of its own."""

    zero_point: int
    out_zero_point: int
    above: Factor
    below: Factor
    low: int
    high: int

    def answer(self, x: Ints) -> Ints:
        """Return the outputs for stored values."""
        distance = x - self.zero_point
        above = fixedpoint.rescale(distance, self.above)
        below = fixedpoint.rescale(distance, self.below)
        y = np.where(distance < 0, below, above) + self.out_zero_point
        clamped: Ints = np.clip(y, self.low, self.high)
        return clamped


def lower_slopes(node: Node, slopes: Slopes) -> Layer:
    """Return the layer: a table for int8, arithmetic for int16."""
    source, output = unary(node, ("int8", "int16"))
    if source.dtype == "int8":
        return lookup(node, slopes.answer)
    members = {
        "count": output.elements,
        "zero_point": slopes.zero_point,
        "out_zero_point": slopes.out_zero_point,
        "multiplier_above": slopes.above.multiplier,
        "shift_above": slopes.above.shift,
        "multiplier_below": slopes.below.multiplier,
        "shift_below": slopes.below.shift,
        "low": slopes.low,
        "high": slopes.high,
    }
    call = Call("nn_slopes_s16.h", "tml_slopes_s16", "tml_slopes_s16_layer", members)
    return Layer(node.op, (source,), (output,), call, overlaps=(Overlap(input=0),))


def lower_relu(node: Node, code: int) -> Layer:
    """Return the layer of a clamping activation, given by its number as a fused one."""
    source, output = unary(node, TYPES)
    if source.dtype == "float32":
        return clamp_f32(node, *_REAL_LIMITS[code])
    before, after = symmetric(node, source, output)
    scale = factor(node, float(before.scale) / float(after.scale))
    low, high = activation_range(node, code, output)
    return lower_slopes(node, Slopes(before.zero_point, after.zero_point, scale, scale, low, high))


def lower_clamp(node: Node, code: int) -> Layer:
    """Return the layer of an activation that does not rescale: its limits are the input's."""
    source, _ = unary(node, TYPES)
    if source.dtype == "float32":
        return clamp_f32(node, *_REAL_LIMITS[code])
    zero_point = affine(node, source).zero_point
    low, high = activation_range(node, code, source)
    return lower_slopes(node, Slopes(zero_point, zero_point, ONE, ONE, low, high))


def signed_factor(node: Node, real: float) -> Factor:
    """Split a factor that may be negative."""
    if not isfinite(real):
        raise node.fail(f"its scales give the factor {real}")
    scale = factor(node, abs(real))
    return Factor(-scale.multiplier, scale.shift) if real < 0 else scale
