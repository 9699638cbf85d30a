"""L2_NORMALIZATION: rows of the last dimension divided by their length."""

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Overlap, rows
from studio.compiler.quantization import affine
from studio.compiler.target import Target

NAME = "L2_NORMALIZATION"
MAX_DEPTH = {"int8": 33025, "float32": 1 << 24}
"""More squares of int8 could overflow the kernel's sum."""


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source = node.value(0, tuple(MAX_DEPTH))
    output = node.output((source.dtype,))
    node.expect_output(source.shape)
    limit = MAX_DEPTH[source.dtype]
    if not source.shape or len(source.shape) > 4 or source.shape[-1] > limit:
        raise node.fail(
            f"its input has shape {source.shape}; the limit are 4 dimensions, {limit} in the last"
        )
    activation = node.options.integer(0, "b") if node.options is not None else 0
    if activation:
        raise node.fail("it has a fused activation, which is not supported")
    members = {"rows": rows(source.shape), "depth": source.shape[-1]}
    call = Call("nn_softmax_f32.h", "tml_l2_normalization_f32", "tml_rows_f32_layer", members)
    if source.dtype == "int8":
        members["zero_point"] = affine(node, source).zero_point
        struct = "tml_l2_normalization_s8_layer"
        call = Call("nn_l2_normalization_s8.h", "tml_l2_normalization_s8", struct, members)
    return Layer(node.op, (source,), (output,), call, overlaps=(Overlap(0),))
