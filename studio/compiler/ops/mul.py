"""MUL, with broadcasting; one of its inputs may be a constant."""

from studio.compiler.arithmetic import SHORT, lower_binary, lower_plain
from studio.compiler.elementwise import binary, fused_activation, symmetric
from studio.compiler.graph import Node
from studio.compiler.layer import Layer, Value
from studio.compiler.quantization import activation_range, factor
from studio.compiler.target import Target

NAME = "MUL"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    a, b, output = binary(node, ("int8", "int16", "int32", "float32"))
    if a.dtype in ("int32", "float32"):
        return lower_plain(node, "mul")
    quant_a, quant_b, after = symmetric(node, a, b, output)
    scale = factor(node, float(quant_a.scale) * float(quant_b.scale) / float(after.scale))
    low, high = activation_range(node, fused_activation(node), output)
    numbers: dict[str, Value] = {
        "zero_point_a": quant_a.zero_point,
        "zero_point_b": quant_b.zero_point,
        "multiplier": scale.multiplier,
        "shift": scale.shift,
        "out_zero_point": after.zero_point,
        "low": low,
        "high": high,
    }
    fast = a.dtype != "int8" or scale.shift < 0
    function = f"tml_mul_{SHORT[a.dtype]}" if fast else "tml_mul_any_s8"
    return lower_binary(node, "nn_mul.h", function, "tml_mul_layer", numbers)
