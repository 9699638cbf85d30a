"""PRELU: a slope of its own below zero for every channel; int16 inputs have int8 slopes."""

from studio.compiler.arithmetic import SHORT, lower_binary
from studio.compiler.elementwise import broadcast
from studio.compiler.graph import Node
from studio.compiler.layer import Layer, Value
from studio.compiler.quantization import affine, factor
from studio.compiler.target import Target

NAME = "PRELU"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source = node.input(0, ("int8", "int16", "float32"))
    output = node.output((source.dtype,))
    slopes = node.input(1, ("float32",) if source.dtype == "float32" else ("int8",))
    broadcast(node)
    if source.dtype == "float32":
        return lower_binary(
            node, "nn_prelu.h", "tml_prelu_f32", "tml_prelu_f32_layer", {"above": 1.0}
        )
    before, alpha, after = (affine(node, tensor) for tensor in (source, slopes, output))
    above = factor(node, float(before.scale) / float(after.scale))
    below = factor(node, float(before.scale) * float(alpha.scale) / float(after.scale))
    numbers: dict[str, Value] = {
        "zero_point": before.zero_point,
        "alpha_zero_point": alpha.zero_point,
        "multiplier_above": above.multiplier,
        "shift_above": above.shift,
        "multiplier_below": below.multiplier,
        "shift_below": below.shift,
        "out_zero_point": after.zero_point,
    }
    function = f"tml_prelu_{SHORT[source.dtype]}"
    return lower_binary(node, "nn_prelu.h", function, "tml_prelu_layer", numbers)
