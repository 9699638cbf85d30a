"""float32 operators on one value."""

from studio.compiler.elementwise import unary
from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Overlap, Value


def lower_f32(node: Node, name: str, **numbers: float) -> Layer:
    """Return the layer of the kernel `tml_<name>_f32`, with the numbers that it needs."""
    source, output = unary(node, ("float32",))
    members: dict[str, Value] = {"count": output.elements, **numbers}
    struct = f"tml_{name}_f32_layer" if numbers else "tml_unary_f32_layer"
    call = Call("nn_unary_f32.h", f"tml_{name}_f32", struct, members)
    return Layer(node.op, (source,), (output,), call, overlaps=(Overlap(input=0),))


def clamp_f32(node: Node, low: float, high: float) -> Layer:
    """Return the layer that keeps values within limits."""
    return lower_f32(node, "clamp", low=low, high=high)
