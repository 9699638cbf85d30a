"""LOG_SOFTMAX over the last dimension."""

from studio.compiler.fixed import FRACTION_BITS, LARGE, scaled_differences
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Overlap, Value, rows
from studio.compiler.quantization import affine, factor
from studio.compiler.target import Target

NAME = "LOG_SOFTMAX"
MAX_DEPTH = {"int8": 4095, "float32": 1 << 24}
"""More values could overflow the kernel's sum of exponentials."""


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source = node.value(0, tuple(MAX_DEPTH))
    output = node.output((source.dtype,))
    node.expect_output(source.shape)
    limit = MAX_DEPTH[source.dtype]
    if not source.shape or source.shape[-1] > limit:
        raise node.fail(f"its input has shape {source.shape}; the limit is {limit} classes")
    members: dict[str, Value] = {"rows": rows(source.shape), "depth": source.shape[-1]}
    call = Call("nn_softmax_f32.h", "tml_log_softmax_f32", "tml_rows_f32_layer", members)
    if source.dtype == "int8":
        members |= _quantized(node, source, output)
        struct = "tml_log_softmax_s8_layer"
        call = Call("nn_log_softmax_s8.h", "tml_log_softmax_s8", struct, members)
    return Layer(node.op, (source,), (output,), call, overlaps=(Overlap(0),))


def _quantized(node: Node, source: Tensor, output: Tensor) -> dict[str, Value]:
    after = affine(node, output)
    if float(after.scale) != 1 / 16 or after.zero_point != 127:
        raise node.fail(
            f"its output has scale {after.scale} and zero point {after.zero_point}"
            " instead of 1/16 and 127"
        )
    members = scaled_differences(node, source, 1.0)
    real = float(affine(node, source).scale) * 2.0**FRACTION_BITS
    if real >= LARGE:
        back = factor(node, 0.5)  # so that nothing but the largest value counts
    else:
        forward = factor(node, real)
        back = factor(node, 2.0 ** (31 - forward.shift) / forward.multiplier)
    return members | {"back_multiplier": back.multiplier, "back": back.shift}
