"""QUANTIZE: from float32 to integers, or between integers of different scales."""

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Overlap, Value
from studio.compiler.quantization import affine, factor
from studio.compiler.target import Target

NAME = "QUANTIZE"
_SHORT = {"float32": "f32", "int8": "s8", "uint8": "u8", "int16": "s16", "int32": "s32"}
_TARGETS = {
    "float32": ("int8", "int16"),
    "int8": ("int8", "uint8", "int16", "int32"),
    "uint8": ("int8",),
    "int16": ("int8", "int16", "int32"),
    "int32": ("int8", "int16"),
}


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source = node.value(0, tuple(_TARGETS))
    output = node.output(_TARGETS[source.dtype])
    node.expect_output(source.shape)
    after = affine(node, output)
    short = f"{_SHORT[source.dtype]}_{_SHORT[output.dtype]}"
    members: dict[str, Value] = {"count": output.elements}
    if source.dtype == "float32":
        members |= {"scale": float(after.scale), "zero_point": after.zero_point}
        call = Call("nn_quantize.h", f"tml_affine_quantize_{short}", "tml_affine_layer", members)
    else:
        before = affine(node, source)
        scaled = factor(node, float(before.scale) / float(after.scale))
        members |= {
            "in_zero_point": before.zero_point,
            "multiplier": scaled.multiplier,
            "shift": scaled.shift,
            "out_zero_point": after.zero_point,
        }
        call = Call("nn_quantize.h", f"tml_requantize_{short}", "tml_requantize_layer", members)
    # bytes may lie over any type that was read before, other types over their own only
    over = output.dtype in ("int8", "uint8", source.dtype)
    return Layer(node.op, (source,), (output,), call, overlaps=(Overlap(0),) if over else ())
