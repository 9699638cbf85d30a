"""DEQUANTIZE: from int8 to float32."""

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer
from studio.compiler.quantization import affine
from studio.compiler.target import Target

NAME = "DEQUANTIZE"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = node.value(0), node.output(("float32",))
    node.expect_output(source.shape)
    scale, zero_point = affine(node, source)
    members = {"count": output.elements, "scale": float(scale), "zero_point": zero_point}
    call = Call("nn_quantize.h", "tml_affine_dequantize_s8_f32", "tml_affine_layer", members)
    return Layer(node.op, (source,), (output,), call)
