"""SOFTMAX over the last dimension."""

from math import floor, isfinite

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, rows
from studio.compiler.quantization import affine, factor
from studio.compiler.target import Target

NAME = "SOFTMAX"
MAX_DEPTH = 4095
"""More values could overflow the kernel's sum of exponentials."""
_INTEGER_BITS = 5


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = node.value(0), node.output()
    node.expect_output(source.shape)
    if not source.shape or source.shape[-1] > MAX_DEPTH:
        raise node.fail(f"its input has shape {source.shape}; the limit is {MAX_DEPTH} classes")
    after = affine(node, output)
    if float(after.scale) != 1 / 256 or after.zero_point != -128:
        raise node.fail(
            f"its output has scale {after.scale} and zero point {after.zero_point}"
            " instead of 1/256 and -128"
        )
    beta = node.options.real(0) if node.options is not None else 1.0
    real = beta * float(affine(node, source).scale) * 2 ** (31 - _INTEGER_BITS)
    if not isfinite(real) or real <= 1:
        raise node.fail(f"beta {beta:g} and its input's scale give the factor {real:g}")
    if real >= 2**30:
        # only the largest input counts then; shifts above 30 would not fit the kernel
        scaled, lowest = factor(node, 1.0), 0
    else:
        scaled = factor(node, real)
        lowest = -floor((2**_INTEGER_BITS - 1) * 2 ** (31 - _INTEGER_BITS) / 2**scaled.shift)
    members = {
        "rows": rows(source.shape),
        "depth": source.shape[-1],
        "multiplier": scaled.multiplier,
        "shift": scaled.shift,
        "lowest": lowest,
    }
    call = Call("nn_softmax_s8.h", "tml_softmax_s8", "tml_softmax_s8_layer", members)
    return Layer(node.op, (source,), (output,), call)
