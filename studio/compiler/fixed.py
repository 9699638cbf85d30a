"""Arguments of the exponential in fixed point, as softmax and its kin compute it."""

from math import floor, isfinite

from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Value
from studio.compiler.quantization import affine, factor

INTEGER_BITS = 5
FRACTION_BITS = 31 - INTEGER_BITS
LARGE = 2**30
"""From this factor on only a row's largest value counts."""


def scaled_differences(node: Node, source: Tensor, beta: float) -> dict[str, Value]:
    """Return how differences of int8 inputs become Q5.26, and the lowest one that counts."""
    real = beta * float(affine(node, source).scale) * 2**FRACTION_BITS
    if not isfinite(real) or real <= 1:
        raise node.fail(f"beta {beta:g} and its input's scale give the factor {real:g}")
    if real >= LARGE:
        # only the largest input counts then; shifts above 30 would not fit the kernel
        scaled, lowest = factor(node, 1.0), 0
    else:
        scaled = factor(node, real)
        lowest = -floor((2**INTEGER_BITS - 1) * 2**FRACTION_BITS / 2**scaled.shift)
    return {"multiplier": scaled.multiplier, "shift": scaled.shift, "lowest": lowest}
