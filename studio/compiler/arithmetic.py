"""Operators on two values: arithmetic without quantization, and in a common scale."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from studio.compiler.elementwise import (
    below_one,
    binary,
    broadcast,
    fused_activation,
    halved_right,
    overlaps,
)
from studio.compiler.fixedpoint import Ints, rescale
from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.lookup import folded
from studio.compiler.quantization import Factor, affine, float_activation_range
from studio.compiler.target import Target

SHORT = {"int8": "s8", "int16": "s16", "int32": "s32", "int64": "s64", "float32": "f32"}
_LIMITS_S32 = {
    0: (-(2**31), 2**31 - 1),
    1: (0, 2**31 - 1),
    2: (-1, 1),
    3: (0, 6),
}


def lower_binary(
    node: Node, header: str, function: str, struct: str, numbers: dict[str, Value]
) -> Layer:
    """Return the layer of a kernel made by `TML_NN_BINARY`."""
    a, b, output = node.input(0, tuple(SHORT)), node.input(1, tuple(SHORT)), node.outputs[0]
    members = {**broadcast(node), **{f"numbers.{key}": v for key, v in numbers.items()}}
    call = Call(header, function, struct, members)
    return Layer(node.op, (a, b), (output,), call, overlaps=overlaps((a, b), output))


def lower_plain(node: Node, name: str, *, activation: bool = True) -> Layer:
    """Return the layer of arithmetic on float32 or int32, clamped by the fused activation."""
    dtype = binary(node, ("int32", "float32"))[0].dtype
    code = fused_activation(node) if activation else 0
    if dtype == "float32":
        low, high = float_activation_range(node, code)
    elif code in _LIMITS_S32:
        low, high = _LIMITS_S32[code]
    else:
        raise node.fail(f"the fused activation number {code} is not supported")
    kind = SHORT[dtype]
    return lower_binary(
        node,
        "nn_arithmetic.h",
        f"tml_{name}_{kind}",
        f"tml_arithmetic_{kind}_layer",
        {"low": low, "high": high},
    )


@dataclass(frozen=True, slots=True)
class CommonScale:
    """How two values are brought to a common scale, joined and brought to the output's scale."""

    kernel: str
    """Without prefix and type."""
    bits: int
    """Extra bits of the inputs; the kernel has the same number."""
    join: Callable[[Ints, Ints], Ints]
    inputs: tuple[float, float]
    """What brings each input to the common scale."""
    out: Factor
    limits: tuple[int, int]
    """Of the output."""


def answers(node: Node, scales: CommonScale) -> Callable[[Ints, Ints], Ints]:
    """Return the output for two stored values, as a function."""
    zeros = [affine(node, t).zero_point for t in (*node.inputs, *node.outputs) if t is not None]
    a, b = (below_one(node, real) for real in scales.inputs)
    low, high = scales.limits

    def answer(x: Ints, y: Ints) -> Ints:
        left = rescale((x - zeros[0]) << scales.bits, a)
        right = rescale((y - zeros[1]) << scales.bits, b)
        z = rescale(scales.join(left, right), scales.out) + zeros[2]
        return np.clip(z, low, high)

    return answer


def lower_common_scale(node: Node, target: Target, scales: CommonScale) -> Layer:
    """Return the layer of a kernel of `nn_common_scale.h`, or a table where one value varies."""
    a, b, output = binary(node, ("int8", "int16"))
    factors = [below_one(node, real) for real in scales.inputs]
    if a.dtype == "int8":
        table = folded(node, target, answers(node, scales))
        if table is not None:
            return table
        factors = [halved_right(node, scale) for scale in factors]
    out, limits = scales.out, scales.limits
    quant_a, quant_b, quant_out = (affine(node, tensor) for tensor in (a, b, output))
    numbers: dict[str, Value] = {
        "zero_point_a": quant_a.zero_point,
        "multiplier_a": factors[0].multiplier,
        "right_a": -factors[0].shift,
        "zero_point_b": quant_b.zero_point,
        "multiplier_b": factors[1].multiplier,
        "right_b": -factors[1].shift,
        "out_multiplier": out.multiplier,
        "out_shift": out.shift,
        "out_zero_point": quant_out.zero_point,
        "low": limits[0],
        "high": limits[1],
    }
    function = f"tml_{scales.kernel}_{SHORT[a.dtype]}"
    return lower_binary(node, "nn_common_scale.h", function, "tml_common_scale_layer", numbers)
