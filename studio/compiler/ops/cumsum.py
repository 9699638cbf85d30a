"""CUMSUM along one dimension, which must be a constant."""

from math import prod

from studio.compiler.elementwise import below_one
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Overlap, Value
from studio.compiler.quantization import affine
from studio.compiler.target import Target

NAME = "CUMSUM"
EXTRA_BITS = 20
"""Of the reference's sums, in a scale twice the input's."""


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source = node.value(0, ("int8", "float32"))
    output = node.output((source.dtype,))
    node.expect_output(source.shape)
    members = _shape(node, source)
    kind = "f32" if source.dtype == "float32" else "s8"
    if kind == "s8":
        members |= _quantized(node, source, output)
    call = Call("nn_cumsum.h", f"tml_cumsum_{kind}", f"tml_cumsum_{kind}_layer", members)
    return Layer(node.op, (source,), (output,), call, overlaps=(Overlap(0),))


def _shape(node: Node, source: Tensor) -> dict[str, Value]:
    axes, rank, options = node.constant(1, ("int32",)).reshape(-1), len(source.shape), node.options
    if len(node.inputs) != 2 or axes.size != 1 or not -rank <= int(axes[0]) < rank:
        raise node.fail(
            f"its axes are {axes[:4].tolist()}; it takes one of {rank} dimensions",
            "Add up along one dimension of the input.",
        )
    axis = int(axes[0]) % rank
    return {
        "shape.outer": prod(source.shape[:axis]),
        "shape.depth": source.shape[axis],
        "shape.inner": prod(source.shape[axis + 1 :]),
        "shape.reverse": int(options is not None and options.integer(1, "?")),
        "shape.exclusive": int(options is not None and options.integer(0, "?")),
    }


def _quantized(node: Node, source: Tensor, output: Tensor) -> dict[str, Value]:
    before, after = affine(node, source), affine(node, output)
    out = below_one(node, 2 * float(before.scale) / (2**EXTRA_BITS * float(after.scale)))
    return {
        "zero_point": before.zero_point,
        "out_multiplier": out.multiplier,
        "out_right": -out.shift,
        "out_zero_point": after.zero_point,
    }
