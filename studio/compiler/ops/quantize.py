"""QUANTIZE: from float32 to int8, or between int8 and uint8 of different scales."""

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer
from studio.compiler.quantization import affine, factor
from studio.compiler.target import Target

NAME = "QUANTIZE"
_SHORT = {"int8": "s8", "uint8": "u8"}


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = node.value(0, ("float32", "int8", "uint8")), node.output(("int8", "uint8"))
    node.expect_output(source.shape)
    after = affine(node, output)
    if output.dtype == "uint8" and source.dtype != "int8":
        raise node.fail(f"from {source.dtype} to uint8 is not supported")
    if source.dtype == "float32":
        members = {
            "count": output.elements,
            "scale": float(after.scale),
            "zero_point": after.zero_point,
        }
        call = Call("nn_quantize.h", "tml_affine_quantize_f32_s8", "tml_affine_layer", members)
        return Layer(node.op, (source,), (output,), call)
    before = affine(node, source)
    scaled = factor(node, float(before.scale) / float(after.scale))
    function = f"tml_requantize_{_SHORT[source.dtype]}_{_SHORT[output.dtype]}"
    members = {
        "count": output.elements,
        "in_zero_point": before.zero_point,
        "multiplier": scaled.multiplier,
        "shift": scaled.shift,
        "out_zero_point": after.zero_point,
    }
    call = Call("nn_quantize.h", function, "tml_requantize_layer", members)
    return Layer(node.op, (source,), (output,), call)
