"""Output channels of DEPTHWISE_CONV_2D with unusual factors, which others should not pay for.

Some channels of real networks are dead: weights and scales of nearly nothing. And where a
channel's factor is 1/2 or more its shift goes left.
"""

from dataclasses import replace

import numpy as np

from studio.compiler.quantization import Factor
from studio.compiler.weighted import Weighted

_SETTLED = Factor(0, -1)
"""Makes every sum the output's zero point, in the arithmetic of bounded sums too."""


def settled(constants: Weighted) -> Weighted:
    """Return the constants with plain factors for channels whose outputs cannot change.

    Both roundings together move a number by less than 1/2 + 1/4, so a sum below 1/4 becomes 0.
    """
    if constants.sum_limit >= 1 << 31:
        return constants
    sizes = np.abs(constants.weights[0].astype(np.int64)).sum(axis=(0, 1))
    limits = np.abs(constants.bias.astype(np.int64)) + 128 * sizes
    limits = limits if len(constants.factors) > 1 else limits.max(keepdims=True)
    factors = tuple(
        _SETTLED if int(limit) * f.multiplier * 2.0 ** (f.shift - 31) < 0.2 else f
        for limit, f in zip(limits, constants.factors, strict=True)
    )
    return replace(constants, factors=factors)


def shifted_right_form(constants: Weighted) -> int:
    """Return which arithmetic is exact for the channels whose shifts go right, as `outputs.form`.

    0 where there are none, or sums are too large.
    """
    factors = tuple(factor for factor in constants.factors if factor.shift < 0)
    form = replace(constants, factors=factors).members()["outputs.form"] if factors else 0
    return int(form) if isinstance(form, int) else 0
