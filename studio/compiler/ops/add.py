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
    scale_a, scale_b, scale_out = (float(affine(node, t).scale) for t in (a, b, output))
    twice, bits = 2 * max(scale_a, scale_b), EXTRA_BITS[a.dtype]
    out = below_one(node, twice / ((1 << bits) * scale_out))
    limits = activation_range(node, fused_activation(node), output)
    reals = (scale_a / twice, scale_b / twice)
    scales = CommonScale("add", bits, operator.add, reals, out, limits)
    if a.dtype == "int16":
        return lower_common_scale(node, target, scales)
    scales = replace(scales, out=shifted_right(node, out))
    table = folded(node, target, answers(node, scales))
    return _lower_s8(node, target, scales) if table is None else table


def _lower_s8(node: Node, target: Target, scales: CommonScale) -> Layer:
    a, b, output = binary(node, ("int8",))
    loops = broadcast_four(node)
    if loops is None:
        return lower_common_scale(node, target, replace(scales, kernel="add_deep"))
    factor_a, factor_b = (halved_right(node, below_one(node, real)) for real in scales.inputs)
    size, steps_a, steps_b = loops
    members: dict[str, Value] = {
        "size": size,
        "step_a": steps_a,
        "step_b": steps_b,
        "zero_point_a": affine(node, a).zero_point,
        "multiplier_a": factor_a.multiplier,
        "right_a": -factor_a.shift,
        "zero_point_b": affine(node, b).zero_point,
        "multiplier_b": factor_b.multiplier,
        "right_b": -factor_b.shift,
        "out_multiplier": scales.out.multiplier,
        "out_right": -scales.out.shift,
        "out_zero_point": affine(node, output).zero_point,
        "out_low": scales.limits[0],
        "out_high": scales.limits[1],
    }
    kernel = "add_s8_v6m" if target.family == "v6m" else "add_s8"
    call = Call(f"nn_{kernel}.h", f"tml_{kernel}", "tml_add_s8_layer", members)
    return Layer(node.op, (a, b), (output,), call, overlaps=overlaps((a, b), output))
