"""HARD_SWISH: x * clamp(x + 3, 0, 6) / 6."""

import numpy as np

from studio.compiler.elementwise import unary
from studio.compiler.fixedpoint import Ints, high_multiply, saturated, wrapped
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.lookup import lookup
from studio.compiler.quantization import Factor, affine, factor
from studio.compiler.target import Target
from studio.compiler.unary_f32 import lower_f32

NAME = "HARD_SWISH"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = unary(node, ("int8", "float32"))
    if source.dtype == "float32":
        return lower_f32(node, "hard_swish")
    before, after = affine(node, source), affine(node, output)
    with np.errstate(over="ignore"):
        fine = np.float32(1 / 128) * before.scale
        to_output = _short(factor(node, float(fine / after.scale)))
        to_unit = _short(factor(node, float(fine / (np.float32(3) / np.float32(32768)))))
    if to_output.shift > 0:
        raise node.fail(f"its output's scale {after.scale} is too small for {before.scale}")

    def answer(x: Ints) -> Ints:
        value = (x - before.zero_point) * 128
        product = high_multiply(value, to_output.multiplier, 16) * _gate(value, to_unit)
        # rounded towards zero, unlike all other products here
        high = np.sign(product) * (abs(product) >> 15)
        return wrapped(_divided(high, -to_output.shift) + after.zero_point, 16)

    return lookup(node, answer)


def _short(scale: Factor) -> Factor:
    """Return a factor with a multiplier of 16 bits."""
    return Factor(min((scale.multiplier + (1 << 15)) >> 16, 2**15 - 1), scale.shift)


def _gate(value: Ints, to_unit: Factor) -> Ints:
    """Return clamp(x + 3, 0, 6) / 6 in 15 bits."""
    if to_unit.shift > 0:
        value = saturated(value << (to_unit.shift - 1), 16)
    value = high_multiply(value, to_unit.multiplier, 16)
    if to_unit.shift > 0:
        value = saturated(value << 1, 16)
    if to_unit.shift < 0:
        value = _divided(value, -to_unit.shift)
    return (value + (1 << 15)) >> 1


def _divided(x: Ints, by: int) -> Ints:
    """Return x / 2^by, ties away from zero. From 16 on TFLite's 16-bit mask has all bits set."""
    mask = int(wrapped(np.array((1 << by) - 1), 16))
    remainder = wrapped(x & mask, 16)
    return (x >> by) + (remainder > (mask >> 1) + (x < 0))
