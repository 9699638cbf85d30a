"""Operators on two values: arithmetic without quantization, and in a common scale."""

from studio.compiler.elementwise import (
    below_one,
    binary,
    broadcast,
    fused_activation,
    overlaps,
    shifted_right,
)
from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.quantization import Factor, affine, float_activation_range

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


def lower_common_scale(
    node: Node, name: str, reals: tuple[float, float], out: Factor, limits: tuple[int, int]
) -> Layer:
    """Return the layer of a kernel of `nn_common_scale.h`.

    Parameters
    ----------
    node : Node
    name : str
        Of the kernel, without prefix and type.
    reals : tuple of two floats
        What brings both inputs to their common scale.
    out : Factor
        What brings the result to the output's scale.
    limits : tuple of two integers
        Of the output.
    """
    a, b, output = binary(node, ("int8", "int16"))
    factors = [below_one(node, real) for real in reals]
    if a.dtype == "int8":
        factors = [shifted_right(node, scale) for scale in factors]
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
    function = f"tml_{name}_{SHORT[a.dtype]}"
    return lower_binary(node, "nn_common_scale.h", function, "tml_common_scale_layer", numbers)
