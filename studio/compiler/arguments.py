"""What ARG_MAX and ARG_MIN have in common."""

from math import prod

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer
from studio.compiler.movement import axis_of, integers

_INPUTS = {"int8": "s8", "int16": "s16", "float32": "f32"}
_OUTPUTS = {"int32": "s32", "int64": "s64"}


def place(node: Node, which: str) -> Layer:
    """Check an ARG_MAX or ARG_MIN and return its layer."""
    source, output = node.input(0, tuple(_INPUTS)), node.output(tuple(_OUTPUTS))
    axes = integers(node, 1)
    if len(axes) != 1:
        raise node.fail(f"it has {len(axes)} axes")
    axis = axis_of(node, axes[0], len(source.shape))
    outer, inner = source.shape[:axis], source.shape[axis + 1 :]
    node.expect_output(outer + inner)
    members = {"outer": prod(outer), "size": source.shape[axis], "inner": prod(inner)}
    kernel = f"tml_arg_{which}_{_INPUTS[source.dtype]}_{_OUTPUTS[output.dtype]}"
    return Layer(node.op, (source,), (output,), Call("nn_arg.h", kernel, "tml_arg_layer", members))
