"""SOFTMAX over the last dimension."""

from math import exp, isclose, isfinite

import numpy as np

from studio.compiler.fixed import scaled_differences
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Overlap, Value, rows
from studio.compiler.quantization import affine, factor
from studio.compiler.tables import interpolated
from studio.compiler.target import Target

NAME = "SOFTMAX"
MAX_DEPTH = {"int8": 8191, "int16": 65535, "float32": 1 << 24}
"""More values could overflow the kernel's sum of exponentials."""
_OUTPUTS = {"int8": ("int8", "int16"), "int16": ("int16",), "float32": ("float32",)}
_QUANTIZATION = {
    ("int8", "int8"): ("1/256", 1 / 256, -128, 0.0),
    ("int8", "int16"): ("1/65536", 1 / 65536, -32768, 0.001),
    ("int16", "int16"): ("1/32768", 1 / 32768, 0, 0.001),
}
"""Types -> the output's scale and zero point, and how far off the scale may be."""
_STEPS = np.float32(65535)


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source = node.value(0, tuple(_OUTPUTS))
    output = node.output(_OUTPUTS[source.dtype])
    node.expect_output(source.shape)
    limit = MAX_DEPTH[source.dtype]
    if not source.shape or source.shape[-1] > limit:
        raise node.fail(f"its input has shape {source.shape}; the limit is {limit} classes")
    beta = node.options.real(0) if node.options is not None else 1.0
    if source.dtype == "float32":
        call = _real(node, source, beta)
    else:
        _check_output(node, source, output)
        whole = source.dtype == "int8"
        call = _bytes(node, source, beta, output) if whole else _halves(node, source, beta)
    over = (Overlap(0),) if source.dtype == output.dtype else ()
    return Layer(node.op, (source,), (output,), call, overlaps=over)


def _check_output(node: Node, source: Tensor, output: Tensor) -> None:
    said, scale, zero_point, tolerance = _QUANTIZATION[source.dtype, output.dtype]
    after = affine(node, output)
    near = isclose(float(after.scale), scale, rel_tol=tolerance, abs_tol=0.0)
    if not near or after.zero_point != zero_point:
        raise node.fail(
            f"its output has scale {after.scale} and zero point {after.zero_point}"
            f" instead of {said} and {zero_point}"
        )


def _sizes(source: Tensor) -> dict[str, Value]:
    return {"rows": rows(source.shape), "depth": source.shape[-1]}


def _bytes(node: Node, source: Tensor, beta: float, output: Tensor) -> Call:
    name = "softmax_s8" if output.dtype == "int8" else "softmax_s8_s16"
    members = _sizes(source) | scaled_differences(node, source, beta)
    return Call(f"nn_{name}.h", f"tml_{name}", f"tml_{name}_layer", members)


def _halves(node: Node, source: Tensor, beta: float) -> Call:
    scaled = factor(node, float(affine(node, source).scale) * beta / (10.0 / 65535.0))
    one = np.float32(1)
    members = _sizes(source) | {
        "multiplier": scaled.multiplier,
        "shift": scaled.shift,
        "exp": interpolated(_exp, np.float32(10) / _STEPS, 32767, np.float32(2) / _STEPS),
        "reciprocal": interpolated(
            lambda x: one / (one + x), one / _STEPS, -32768, np.float32(2) / _STEPS
        ),
    }
    return Call("nn_softmax_s16.h", "tml_softmax_s16", "tml_softmax_s16_layer", members)


def _exp(x: np.float32) -> np.float32:
    return np.float32(exp(float(x)))


def _real(node: Node, source: Tensor, beta: float) -> Call:
    if not isfinite(beta):
        raise node.fail(f"beta is {beta}")
    members = _sizes(source) | {"beta": beta}
    return Call("nn_softmax_f32.h", "tml_softmax_f32", "tml_softmax_f32_layer", members)
