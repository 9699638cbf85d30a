"""Round numbers for scales: 1, 2 or 5 times a power of ten, and as many digits as they need."""

import math

from studio.gui.texts import grouped


def reach_of(peak: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten, so that a scale rarely moves."""
    if not peak > 0:
        return 1.0
    power = 10.0 ** int(f"{peak:e}".partition("e")[2])
    return power * next(step for step in (1, 2, 5, 10) if step * power >= peak * 0.999)


def ticks(low: float, high: float, most: int) -> tuple[list[float], float]:
    """Return at most about so many round values between two, and their distance."""
    if not high > low:
        return [low], 1.0
    step = reach_of((high - low) / max(1, most))
    return multiples(low, high, step), step


def multiples(low: float, high: float, step: float) -> list[float]:
    """Return the multiples of a step between two values, the ends included."""
    first = math.ceil(low / step - 1e-6)
    return [place * step for place in range(first, math.floor(high / step + 1e-6) + 1)]


def figure(value: float, step: float) -> str:
    """Return a tick's or read-out's number with the digits that its step needs."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    near = round(value, digits) or 0.0  # never a zero with a sign
    return grouped(near, f".{min(digits, 9)}f")
