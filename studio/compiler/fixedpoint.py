"""TFLite's fixed-point arithmetic on arrays, for tables that are computed beforehand.

"Qa.b" is a 32-bit number of a integer and b fraction bits beside the sign. Every function repeats
the rounding and saturation of gemmlowp, step by step, so that a table holds the very bytes that
TensorFlow Lite for Microcontrollers would compute at run time. Numbers are kept in 64 bits.
"""

import numpy as np
from numpy.typing import NDArray

from studio.compiler.quantization import Factor

Ints = NDArray[np.int64]
HIGHEST = 2**31 - 1
_EXP_OF_MINUS_EIGHTH = 1895147668
_THIRD = 715827883
_EXP_OF_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""exp(-2^k) in Q0.31 for k = -2 to 4."""


def wrapped(x: Ints, bits: int = 32) -> Ints:
    """Return what is left of numbers in signed integers of so many bits.

    >>> wrapped(np.array([2**31, -3])).tolist(), wrapped(np.array([40000]), 16).tolist()
    ([-2147483648, -3], [-25536])
    """
    half = 1 << (bits - 1)
    return ((x + half) & (2 * half - 1)) - half


def saturated(x: Ints, bits: int = 32) -> Ints:
    """Return the nearest numbers that signed integers of so many bits can hold."""
    half = 1 << (bits - 1)
    return np.clip(x, -half, half - 1)


def high_multiply(a: Ints, b: Ints | int, bits: int = 32) -> Ints:
    """Return a * b / 2^(bits - 1), rounded to nearest, ties upwards, saturated."""
    return saturated((a * b + (1 << (bits - 2))) >> (bits - 1), bits)


def shift_right(x: Ints, by: int) -> Ints:
    """Return x / 2^by, rounded to nearest, ties away from zero."""
    if by == 0:
        return x
    return (x + (x >> 63) + (1 << (by - 1))) >> by


def rescale(x: Ints, factor: Factor) -> Ints:
    """Return x times a factor, rounded twice, as `tml_nn_rescale` in the kernels."""
    if factor.shift > 0:
        return high_multiply(wrapped(x << factor.shift), factor.multiplier)
    return shift_right(high_multiply(x, factor.multiplier), -factor.shift)


def _exp_of_quarter(x: Ints) -> Ints:
    """Return exp(x) in Q0.31 for x in Q0.31 from -1/4 to 0: a polynomial around -1/8."""
    d = x + (1 << 28)
    d2 = high_multiply(d, d)
    d3 = high_multiply(d2, d)
    d4 = high_multiply(d2, d2)
    cubic = high_multiply(shift_right(d4, 2) + d3, _THIRD)
    tail = shift_right(cubic + d2, 1)
    return saturated(_EXP_OF_MINUS_EIGHTH + high_multiply(d + tail, _EXP_OF_MINUS_EIGHTH))


def exp_of_negative(x: Ints, integer_bits: int) -> Ints:
    """Return exp(x) in Q0.31 for x <= 0 with so many integer bits, 4 or 5."""
    quarter = 1 << (29 - integer_bits)
    within = (x & (quarter - 1)) - quarter
    rest = within - x
    result = _exp_of_quarter(within << integer_bits)
    for k, power in enumerate(_EXP_OF_POWERS[: integer_bits + 2]):
        result = np.where(rest & (quarter << k), high_multiply(result, power), result)
    return np.where(x == 0, HIGHEST, result)


def _twice_reciprocal(x: Ints) -> Ints:
    """Return 2 / (1 + x) in Q2.29 for x in Q0.31 from 0 to 1: three Newton steps."""
    half = (x + HIGHEST + 1) >> 1
    y = 1515870810 + high_multiply(half, -1010580540)
    for _ in range(3):
        error = (1 << 29) - high_multiply(half, y)
        y = y + saturated(high_multiply(y, error) << 2)
    return y


def logistic(x: Ints) -> Ints:
    """Return 1 / (1 + exp(-x)) in Q0.31 for x in Q4.27."""
    positive = saturated(_twice_reciprocal(exp_of_negative(-abs(x), 4)) << 1)
    return np.where(x == 0, 1 << 30, np.where(x > 0, positive, HIGHEST - positive))


def tanh(x: Ints) -> Ints:
    """Return the hyperbolic tangent in Q0.31 of x in Q4.27."""
    # of twice the number, which needs one integer bit more: (1 - e) / (1 + e)
    positive = saturated((_twice_reciprocal(exp_of_negative(-abs(x), 5)) - (1 << 29)) << 2)
    return np.where(x == 0, 0, np.where(x > 0, positive, -positive))


def inverse_square_root(x: int) -> Factor:
    """Return 1 / sqrt(x) for x from 1 to 255, by five Newton steps, as RSQRT does."""
    if x == 1:
        return Factor(HIGHEST, 0)
    pairs = (31 - x.bit_length()) // 2 - 1
    half = shift_right(np.array((x << (2 * pairs)) >> 1), 1)
    y = np.array(1 << 28)
    for _ in range(5):
        cube = saturated(high_multiply(high_multiply(y, y), y) << 6)
        y = saturated((high_multiply(y, 3 << 27) - high_multiply(half, cube)) << 3)
    right = 11 - pairs
    root = int(high_multiply(y, 1518500250))
    return Factor(root, -right) if right >= 0 else Factor(root << -right, 0)
