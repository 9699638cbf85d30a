"""TFLite's fixed-point arithmetic in Python integers, for tables that are computed beforehand.

"Qa.b" is a 32-bit number of a integer and b fraction bits beside the sign. Every function repeats
the rounding and saturation of gemmlowp, step by step, so that a table holds the very bytes that
TensorFlow Lite for Microcontrollers would compute at run time.
"""

from math import floor

from studio.compiler.quantization import Factor

HIGHEST, LOWEST = 2**31 - 1, -(2**31)
_EXP_OF_MINUS_EIGHTH = 1895147668
_THIRD = 715827883
_EXP_OF_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""exp(-2^k) in Q0.31 for k = -2 to 4."""


def wrapped(x: int, bits: int = 32) -> int:
    """Return what is left of a number in a signed integer of so many bits.

    >>> wrapped(2**31), wrapped(-3), wrapped(40000, 16)
    (-2147483648, -3, -25536)
    """
    half = 1 << (bits - 1)
    return (x + half) % (2 * half) - half


def saturated(x: int, bits: int = 32) -> int:
    """Return the nearest number that a signed integer of so many bits can hold."""
    half = 1 << (bits - 1)
    return min(max(x, -half), half - 1)


def high_multiply(a: int, b: int, bits: int = 32) -> int:
    """Return a * b / 2^(bits - 1), rounded to nearest, ties upwards, saturated."""
    return saturated((a * b + (1 << (bits - 2))) >> (bits - 1), bits)


def shift_right(x: int, by: int) -> int:
    """Return x / 2^by, rounded to nearest, ties away from zero."""
    if by == 0:
        return x
    half = 1 << (by - 1)
    return (x + half) >> by if x >= 0 else -((-x + half) >> by)


def rescale(x: int, factor: Factor) -> int:
    """Return x times a factor, rounded twice, as `tml_nn_rescale` in the kernels."""
    if factor.shift > 0:
        return high_multiply(wrapped(x << factor.shift), factor.multiplier)
    return shift_right(high_multiply(x, factor.multiplier), -factor.shift)


def round_half_away(x: float) -> int:
    """Return the nearest integer, ties away from zero, as C's round()."""
    return floor(abs(x) + 0.5) * (1 if x >= 0 else -1)


def _exp_of_quarter(x: int) -> int:
    """Return exp(x) in Q0.31 for x in Q0.31 from -1/4 to 0: a polynomial around -1/8."""
    d = x + (1 << 28)
    d2 = high_multiply(d, d)
    d3 = high_multiply(d2, d)
    d4 = high_multiply(d2, d2)
    cubic = high_multiply(shift_right(d4, 2) + d3, _THIRD)
    tail = shift_right(cubic + d2, 1)
    return saturated(_EXP_OF_MINUS_EIGHTH + high_multiply(_EXP_OF_MINUS_EIGHTH, d + tail))


def exp_of_negative(x: int, integer_bits: int) -> int:
    """Return exp(x) in Q0.31 for x <= 0 with so many integer bits, 4 or 5."""
    quarter = 1 << (29 - integer_bits)
    within = (x & (quarter - 1)) - quarter
    rest = within - x
    result = _exp_of_quarter(within << integer_bits)
    for k, power in enumerate(_EXP_OF_POWERS[: integer_bits + 2]):
        if rest & (quarter << k):
            result = high_multiply(result, power)
    return HIGHEST if x == 0 else result


def _twice_reciprocal(x: int) -> int:
    """Return 2 / (1 + x) in Q2.29 for x in Q0.31 from 0 to 1: three Newton steps."""
    half = (x + HIGHEST + 1) // 2
    y = 1515870810 + high_multiply(half, -1010580540)
    for _ in range(3):
        error = (1 << 29) - high_multiply(half, y)
        y += saturated(high_multiply(y, error) << 2)
    return y


def reciprocal(x: int) -> int:
    """Return 1 / (1 + x) in Q0.31 for x in Q0.31 from 0 to 1."""
    return saturated(_twice_reciprocal(x) << 1)


def logistic(x: int) -> int:
    """Return 1 / (1 + exp(-x)) in Q0.31 for x in Q4.27."""
    if x == 0:
        return 1 << 30
    positive = reciprocal(exp_of_negative(-abs(x), 4))
    return positive if x > 0 else HIGHEST - positive


def tanh(x: int) -> int:
    """Return the hyperbolic tangent in Q0.31 of x in Q4.27."""
    if x == 0:
        return 0
    # of twice the number, which needs one integer bit more: (1 - e) / (1 + e)
    positive = saturated((_twice_reciprocal(exp_of_negative(-abs(x), 5)) - (1 << 29)) << 2)
    return positive if x > 0 else -positive


def inverse_square_root(x: int) -> Factor:
    """Return 1 / sqrt(x) for x > 0, by five Newton steps, as L2_NORMALIZATION and RSQRT do."""
    if x <= 1:
        return Factor(HIGHEST, 0)
    right = 11
    while x >= 1 << 29:
        x //= 4
        right += 1
    pairs = (31 - x.bit_length()) // 2 - 1
    right -= pairs
    x = (x << (2 * pairs)) >> 1
    half = shift_right(x, 1)
    y = 1 << 28
    for _ in range(5):
        cube = saturated(high_multiply(high_multiply(y, y), y) << 6)
        y = saturated((high_multiply((1 << 28) + (1 << 27), y) - high_multiply(half, cube)) << 3)
    y = high_multiply(y, 1518500250)
    if right < 0:
        return Factor(wrapped(y << -right), 0)
    return Factor(y, -right)
