"""ADD, with broadcasting; one of its inputs may be a constant."""

import operator
from dataclasses import replace

from studio.compiler.arithmetic import CommonScale, answers, lower_common_scale, lower_plain
from studio.compiler.elementwise import (
    below_one,
    binary,
    broadcast_four,
    fused_activation,
    halved_right,
    overlaps,
    shifted_right,
)
from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.lookup import folded
from studio.compiler.quantization import activation_range, affine
from studio.compiler.target import Target

NAME = "ADD"
EXTRA_BITS = {"int8": 20, "int16": 15}
"""Bits carried through the addition; the kernels have the same numbers."""


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    a, b, output = binary(node, ("int8", "int16", "int32", "float32"))
    if a.dtype in ("int32", "float32"):
        # TFLite Micro adds int32 without looking at the activation
        return lower_plain(node, "add", activation=a.dtype == "float32")
    quant_a, quant_b, quant_out = (affine(node, tensor) for tensor in (a, b, output))
    twice = 2 * max(float(quant_a.scale), float(quant_b.scale))
    reals = (float(quant_a.scale) / twice, float(quant_b.scale) / twice)
    bits = EXTRA_BITS[a.dtype]
    factor_out = below_one(node, twice / ((1 << bits) * float(quant_out.scale)))
    low, high = activation_range(node, fused_activation(node), output)
    scales = CommonScale("add", bits, operator.add, reals, factor_out, (low, high))
    if a.dtype == "int16":
        return lower_common_scale(node, target, scales)
    factor_out = shifted_right(node, factor_out)
    table, loops = folded(node, target, answers(node, scales)), broadcast_four(node)
    if table is not None:
        return table
    if loops is None:
        deep = replace(scales, kernel="add_deep", out=factor_out)
        return lower_common_scale(node, target, deep)
    factor_a, factor_b = (halved_right(node, below_one(node, real)) for real in reals)
    size, steps_a, steps_b = loops
    members: dict[str, Value] = {
        "size": size,
        "step_a": steps_a,
        "step_b": steps_b,
        "zero_point_a": quant_a.zero_point,
        "multiplier_a": factor_a.multiplier,
        "right_a": -factor_a.shift,
        "zero_point_b": quant_b.zero_point,
        "multiplier_b": factor_b.multiplier,
        "right_b": -factor_b.shift,
        "out_multiplier": factor_out.multiplier,
        "out_right": -factor_out.shift,
        "out_zero_point": quant_out.zero_point,
        "out_low": low,
        "out_high": high,
    }
    kernel = "add_s8_v6m" if target.family == "v6m" else "add_s8"
    call = Call(f"nn_{kernel}.h", f"tml_{kernel}", "tml_add_s8_layer", members)
    return Layer(node.op, (a, b), (output,), call, overlaps=overlaps((a, b), output))
