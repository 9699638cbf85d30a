"""Tables of functions over int16, with 512 steps between whose values the kernels interpolate."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

STEPS = 512


def interpolated(
    function: Callable[[np.float32], np.float32],
    in_scale: np.float32,
    in_zero_point: int,
    out_scale: np.float32,
    out_zero_point: int = 0,
) -> NDArray[np.int16]:
    """Return the function's values at 513 points from the lowest to the highest int16.

    Each is moved so that the error in the middle of its step is halved. All steps are in float32,
    in the order of TensorFlow Lite for Microcontrollers.
    """
    half = np.float32(0.5)
    first = in_scale * np.float32(-32768 - in_zero_point)
    last = in_scale * np.float32(32767 - in_zero_point)
    lowest = out_scale * np.float32(-32768 - out_zero_point)
    highest = out_scale * np.float32(32767 - out_zero_point)
    step = (last - first) / np.float32(STEPS)
    per_unit = np.float32(65536) / (highest - lowest)
    table = np.empty(STEPS + 1, np.float32)
    for n in range(STEPS):
        here = first + np.float32(n) * step
        value = function(here) * per_unit
        middle = function(here + step * half) * per_unit
        following = function(first + np.float32(n + 1) * step) * per_unit
        between = _round((following + _round(value)) * half)
        table[n] = _round(value) - _round((between - _round(middle)) * half)
    table[STEPS] = _round(function(last) * per_unit)
    return np.clip(table, -32768, 32767).astype(np.int16)


def _round(x: np.float32) -> np.float32:
    """Return the nearest whole number, ties away from zero."""
    whole = np.trunc(x)
    up = np.float32(1 if abs(x - whole) >= np.float32(0.5) else 0)
    rounded: np.float32 = whole + np.copysign(up, x)
    return rounded
