"""DEQUANTIZE: from integers to float32."""

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer
from studio.compiler.quantization import affine
from studio.compiler.target import Target

NAME = "DEQUANTIZE"
_SHORT = {"int8": "s8", "uint8": "u8", "int16": "s16"}


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = node.value(0, tuple(_SHORT)), node.output(("float32",))
    node.expect_output(source.shape)
    scale, zero_point = affine(node, source)
    members = {"count": output.elements, "scale": float(scale), "zero_point": zero_point}
    function = f"tml_affine_dequantize_{_SHORT[source.dtype]}_f32"
    call = Call("nn_quantize.h", function, "tml_affine_layer", members)
    return Layer(node.op, (source,), (output,), call)
