"""From real scales to the integer multipliers, shifts and limits that the kernels use.

All formulas follow TensorFlow Lite for Microcontrollers step by step, including where it computes
in float32 and where in float64, since the results must be equal to the last bit.
"""

from math import floor, frexp, isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.compiler.graph import Node, Tensor

ACTIVATIONS = {0: "NONE", 1: "RELU", 2: "RELU_N1_TO_1", 3: "RELU6", 4: "TANH", 5: "SIGN_BIT"}
_BOUNDS: dict[str, tuple[float | None, float | None]] = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU6": (0.0, 6.0),
}
_RANGES = {
    "int8": (-128, 127),
    "uint8": (0, 255),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
}


class Affine(NamedTuple):
    """Real value = scale * (stored value - zero_point)."""

    scale: np.float32
    zero_point: int


class Factor(NamedTuple):
    """A positive real factor as `multiplier * 2**(shift - 31)`."""

    multiplier: int
    shift: int


def affine(node: Node, tensor: Tensor) -> Affine:
    """Return a tensor's scale and zero point, which must be one each and usable."""
    if tensor.scales.size != 1:
        raise node.fail(
            f"tensor {tensor.name!r} has {tensor.scales.size} scales instead of one",
            "Convert the model with full int8 quantization.",
        )
    scale, zero_point = tensor.scales[0], int(tensor.zero_points[0])
    low, high = _RANGES[tensor.dtype]
    if not (isfinite(scale) and scale > 0 and low <= zero_point <= high):
        raise node.fail(
            f"tensor {tensor.name!r} has scale {scale} and zero point {zero_point}",
            "Scales must be positive and zero points within the type's range.",
        )
    return Affine(scale, zero_point)


def factor(node: Node, real: float) -> Factor:
    """Split a real factor into multiplier and shift; factors below 2**-32 become 0."""
    if not isfinite(real) or real < 0:
        raise node.fail(f"its scales give the factor {real}")
    if real == 0:
        return Factor(0, 0)
    fraction, shift = frexp(real)
    multiplier = floor(fraction * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    if shift < -31:
        return Factor(0, 0)
    if shift > 30:
        raise node.fail(f"its scales give the factor {real:g}; supported is up to 2^30")
    return Factor(multiplier, shift)


def weight_scales(node: Node, weights: Tensor, axis: int) -> NDArray[np.float32]:
    """Return one scale per channel along `axis`, or a single one, checked."""
    scales, channels = weights.scales, weights.shape[axis]
    if scales.size not in (1, channels):
        raise node.fail(
            f"its weights have {scales.size} scales for {channels} output channels",
            "Convert the model with per-channel or per-tensor int8 weights.",
        )
    if scales.size > 1 and weights.axis != axis:
        raise node.fail(f"its weights are quantized along axis {weights.axis} instead of {axis}")
    if not (np.isfinite(scales).all() and (scales >= 0).all()):
        raise node.fail("its weights have a scale that is negative or not a number")
    if weights.zero_points.any():
        raise node.fail(
            "its weights have a zero point other than 0",
            "Convert the model with symmetric int8 weights.",
        )
    return scales


def activation_range(node: Node, code: int, output: Tensor) -> tuple[int, int]:
    """Return the limits of a quantized output under its fused activations."""
    low, high = _limits(node, code, output)
    if node.fused.activation:
        below, above = _limits(node, node.fused.activation, output)
        low, high = max(low, below), min(high, above)
    if low > high:
        raise node.fail("its fused activation leaves no value in the output's range")
    return low, high


def float_activation_range(node: Node, code: int) -> tuple[float, float]:
    """Return the limits of a float output under its fused activations; infinities are cut too."""
    most = float(np.finfo(np.float32).max)
    pairs = [_bounds(node, number) for number in (code, node.fused.activation)]
    low = max(-most if below is None else below for below, _ in pairs)
    return low, min(most if above is None else above for _, above in pairs)


def _bounds(node: Node, code: int) -> tuple[float | None, float | None]:
    name = ACTIVATIONS.get(code, f"number {code}")
    if name not in _BOUNDS:
        raise node.fail(
            f"the fused activation {name} is not supported",
            f"Supported are {', '.join(_BOUNDS)}.",
        )
    return _BOUNDS[name]


def _limits(node: Node, code: int, output: Tensor) -> tuple[int, int]:
    scale, zero_point = affine(node, output)
    low, high = _RANGES[output.dtype]
    below, above = _bounds(node, code)
    if below is not None:
        low = max(low, zero_point + _quantized(node, below, scale))
    if above is not None:
        high = min(high, zero_point + _quantized(node, above, scale))
    return low, high


def _quantized(node: Node, real: float, scale: np.float32) -> int:
    with np.errstate(over="ignore"):
        steps = float(np.float32(real) / scale)
    if not abs(steps) < 2**31:
        raise node.fail(f"its output's scale {scale} is too small for its activation")
    return int(np.sign(steps)) * floor(abs(steps) + 0.5)
