"""LOGISTIC and TANH: a table for int8, a table with interpolation for int16."""

from collections.abc import Callable, Sequence
from math import floor, frexp, log

import numpy as np

from studio.compiler import fixedpoint
from studio.compiler.elementwise import symmetric, unary
from studio.compiler.fixedpoint import Ints
from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Overlap
from studio.compiler.lookup import lookup
from studio.compiler.quantization import Affine, Factor
from studio.compiler.unary_f32 import lower_f32

_INTEGER_BITS = 4
"""Of the fixed-point input of the int8 functions."""


def lower_sigmoid(
    node: Node,
    name: str,
    function: Callable[[Ints], Ints],
    *,
    output: tuple[float, int],
    shifts: Sequence[int],
) -> Layer:
    """Return the layer of LOGISTIC or TANH.

    Parameters
    ----------
    node : Node
    name : str
        Of the kernels.
    function : callable
        From Q4.27 to the int8 output.
    output : tuple of float, int
        Scale and zero point that the int8 output must have.
    shifts : sequence of int
        Powers of two, above 2^-12, that the int16 kernel takes for an input scale as they are.
    """
    source, result = unary(node, ("int8", "int16", "float32"))
    if source.dtype == "float32":
        return lower_f32(node, name)
    before, after = symmetric(node, source, result)
    wanted = output if source.dtype == "int8" else (2.0**-15, 0)
    if (float(after.scale), after.zero_point) != wanted:
        raise node.fail(
            f"its output has scale {after.scale} and zero point {after.zero_point}"
            f" instead of {wanted[0]} and {wanted[1]}"
        )
    if source.dtype == "int8":
        return lookup(node, _answers(node, before, function))
    scale = _int16_factor(node, before.scale, shifts)
    members = {
        "count": result.elements,
        "multiplier": scale.multiplier,
        "right": -scale.shift,
    }
    call = Call("nn_sigmoid_s16.h", f"tml_{name}_s16", "tml_sigmoid_s16_layer", members)
    return Layer(node.op, (source,), (result,), call, overlaps=(Overlap(input=0),))


def _answers(
    node: Node, before: Affine, function: Callable[[Ints], Ints]
) -> Callable[[Ints], Ints]:
    """Return the answer to a stored value; far from zero it is the smallest or the largest."""
    fraction, shift = frexp(float(before.scale) * 2.0 ** (31 - _INTEGER_BITS))
    if not 0 <= shift <= 31:
        raise node.fail(f"its input's scale {before.scale} is too small or too large")
    scale = Factor(int(fraction * 2**31), shift)
    radius = floor((2**_INTEGER_BITS - 1) * 2.0 ** (31 - _INTEGER_BITS) / 2**shift)

    def answer(x: Ints) -> Ints:
        distance = x - before.zero_point
        y = function(fixedpoint.rescale(distance, scale))
        return np.where(distance <= -radius, -128, np.where(distance >= radius, 127, y))

    return answer


def _int16_factor(node: Node, scale: np.float32, shifts: Sequence[int]) -> Factor:
    """Return what brings an input to steps of 1 / 12288, as TFLite chooses it."""
    exponent = np.float32(log(scale)) * (np.float32(1) / np.float32(log(2)))
    nearest = round(float(exponent))
    if abs(exponent - np.float32(nearest)) < np.float32(1e-3) and nearest + 12 in shifts:
        return Factor(3 << (nearest + 12), 0)
    real, right = float(scale) * 4096 * 3, 0
    while real <= 32767 / 2 and right <= 30:
        real *= 2
        right += 1
    if real >= 2**16:
        raise node.fail(f"its input's scale {scale} is too large")
    return Factor(int(real), -right)
