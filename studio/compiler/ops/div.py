"""DIV, with broadcasting; one of its inputs may be a constant."""

from studio.compiler.arithmetic import lower_binary, lower_plain
from studio.compiler.elementwise import binary, fused_activation
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.quantization import activation_range, affine, factor
from studio.compiler.target import Target

NAME = "DIV"
MAX_SHIFT = 23
"""To the left. What else is shifted goes right by at least as much."""


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    if node.input(0, ("int8", "int32", "float32")).dtype != "int8":
        return lower_plain(node, "div")
    a, b, output = binary(node, ("int8",))
    before, by, after = (affine(node, tensor) for tensor in (a, b, output))
    # the reference divides in double precision, where no product of scales is 0
    real = float(before.scale) / (float(by.scale) * float(after.scale))
    scale = factor(node, real)
    if scale.shift > MAX_SHIFT:
        raise node.fail(
            f"its scales give the factor {real:g}; supported is up to 2^{MAX_SHIFT}",
            "Its output's scale is too small for the inputs' scales.",
        )
    low, high = activation_range(node, fused_activation(node), output)
    return lower_binary(
        node,
        "nn_div_s8.h",
        "tml_div_s8",
        "tml_div_s8_layer",
        {
            "zero_point_a": before.zero_point,
            "zero_point_b": by.zero_point,
            "multiplier": scale.multiplier,
            "shift": scale.shift,
            "out_zero_point": after.zero_point,
            "low": low,
            "high": high,
        },
    )
