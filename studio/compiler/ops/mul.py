"""MUL, with broadcasting; one of its inputs may be a constant."""

import numpy as np

from studio.compiler.arithmetic import lower_binary, lower_plain
from studio.compiler.elementwise import binary, fused_activation, symmetric
from studio.compiler.fixedpoint import Ints, rescale
from studio.compiler.graph import Node
from studio.compiler.layer import Layer, Value
from studio.compiler.lookup import folded
from studio.compiler.quantization import activation_range, factor
from studio.compiler.target import Target

NAME = "MUL"
MAX_RIGHT = 22
"""So far the zero point can be shifted to the left within 31 bits."""


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    a, b, output = binary(node, ("int8", "int16", "int32", "float32"))
    if a.dtype in ("int32", "float32"):
        return lower_plain(node, "mul")
    quant_a, quant_b, after = symmetric(node, a, b, output)
    scale = factor(node, float(quant_a.scale) * float(quant_b.scale) / float(after.scale))
    low, high = activation_range(node, fused_activation(node), output)
    if a.dtype == "int8":

        def answer(x: Ints, y: Ints) -> Ints:
            product = (x - quant_a.zero_point) * (y - quant_b.zero_point)
            return np.clip(rescale(product, scale) + after.zero_point, low, high)

        table = folded(node, target, answer)
        if table is not None:
            return table
    right = -scale.shift
    if a.dtype == "int8" and 1 <= right <= MAX_RIGHT and (low, high) == (-128, 127):
        fast: dict[str, Value] = {
            "zero_point_a": quant_a.zero_point,
            "twice_zero_point_b": 2 * quant_b.zero_point,
            "multiplier": scale.multiplier,
            "right": right,
            "offset": (2 * after.zero_point + 1) << (right - 1),
        }
        return lower_binary(node, "nn_mul.h", "tml_mul_s8", "tml_mul_s8_layer", fast)
    numbers: dict[str, Value] = {
        "zero_point_a": quant_a.zero_point,
        "zero_point_b": quant_b.zero_point,
        "multiplier": scale.multiplier,
        "shift": scale.shift,
        "out_zero_point": after.zero_point,
        "low": low,
        "high": high,
    }
    function = "tml_mul_s16" if a.dtype == "int16" else "tml_mul_any_s8"
    return lower_binary(node, "nn_mul.h", function, "tml_mul_layer", numbers)
