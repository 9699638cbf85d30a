"""The true rate of a stream, from the times at which its readings arrived.

Counting what comes within a second is wrong by a reading or two, and by more when the computer is
busy. Here a line is laid through (arrival time, readings so far). Arrivals are late now and then
(the computer was busy, the cable carries bursts), never early, so that points far off the line
weigh less: iterated least squares with Tukey's weights, begun at the line of Theil and Sen over
a few of the points.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_POINTS = 512
MIN_POINTS = 5
MIN_SPAN_S = 0.2
CLOCK_ERROR = 2e-5
"""Clocks of computers are seldom better; no rate is known better than that."""
_TUKEY = 4.685
_MAD = 1.4826
_ROUNDS = 8
_DECADES = range(-3, 7)
_NICE = (
    (1.0, 2.0, 5.0),
    (2.5, 4.0, 8.0, 1.25, 1.6, 3.2, 6.25, 1.5, 3.0, 6.0, 1.2),
)
_USUAL = (
    (11025.0, 22050.0, 44100.0, 48000.0, 12000.0, 24000.0, 96000.0),
    (12.5, 26.0, 52.0, 104.0, 208.0, 416.0, 833.0, 1660.0, 3330.0, 6660.0),
    (119.0, 238.0, 476.0, 952.0, 31.25, 62.5, 15.625, 7.8125),
)


@dataclass(frozen=True, slots=True)
class Rate:
    """A measured rate."""

    rate_hz: float
    uncertainty_hz: float
    """Half the width of the interval that holds the true rate with 95 %."""
    jitter_s: float
    """Typical (median) deviation of arrivals from an even spacing."""
    span_s: float
    """How long it was measured."""

    @property
    def nice_hz(self) -> float:
        """The roundest rate within the uncertainty, or the measured one if none is within it."""
        return nice(self.rate_hz, self.uncertainty_hz)

    def __str__(self) -> str:
        return f"{self.rate_hz:.6g} ± {self.uncertainty_hz:.2g} Hz, measured"


def nice(rate_hz: float, uncertainty_hz: float) -> float:
    """Return the roundest rate within `rate_hz ± uncertainty_hz`, or `rate_hz` itself.

    Round are 1, 2 and 5 times a power of ten, then a few more such steps and the rates of sound
    cards and of common sensors, then whole numbers.
    """
    tiers = [[step * 10.0**decade for decade in _DECADES for step in steps] for steps in _NICE]
    tiers[1] += [value for values in _USUAL for value in values]
    tiers.append([float(round(rate_hz))])
    for tier in tiers:
        nearest = min(tier, key=lambda value: abs(value - rate_hz))
        if nearest > 0 and abs(nearest - rate_hz) <= uncertainty_hz:
            return nearest
    return rate_hz


class RateEstimator:
    """Collects arrivals; holds at most `MOST_POINTS` of them, evenly thinned."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._counts: list[int] = []
        self._step = 1
        self._skipped = 0

    def add(self, readings: int, at_s: float) -> None:
        """Note that `readings` readings (those lost included) have come up to `at_s`.

        Times and counts that do not rise are ignored.
        """
        if self._times and (at_s <= self._times[-1] or readings <= self._counts[-1]):
            return
        self._skipped += 1
        if self._skipped < self._step:
            return
        self._skipped = 0
        self._times.append(at_s)
        self._counts.append(readings)
        if len(self._times) >= MOST_POINTS:
            self._times = self._times[::2]
            self._counts = self._counts[::2]
            self._step *= 2

    def begun(self) -> tuple[float, float] | None:
        """Return when reading 0 was taken, by these arrivals, and the 95 % uncertainty, both in s.

        What all arrivals of a link are late by in the same way cannot be seen in them.
        """
        rate = self.estimate()
        if rate is None:
            return None
        times, counts = np.array(self._times), np.array(self._counts, np.float64)
        late = times - (counts - 1) / rate.rate_hz  # the last of them came just then
        reach = counts.mean() * rate.uncertainty_hz / rate.rate_hz**2
        return float(np.median(late)), float(2 * rate.jitter_s + reach)

    def estimate(self) -> Rate | None:
        """Return the rate; None while there are fewer than five arrivals or 0.2 s of them."""
        if len(self._times) < MIN_POINTS or self._times[-1] - self._times[0] < MIN_SPAN_S:
            return None
        times = np.array(self._times) - self._times[0]
        counts = np.array(self._counts, np.float64) - self._counts[0]
        slope, scale, weights = _fit(times, counts)
        if slope <= 0:
            return None
        return Rate(
            slope, _uncertainty(times, slope, scale, weights), scale / slope, float(times[-1])
        )


def _theil_sen(times: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[float, float]:
    chosen = np.unique(np.linspace(0, len(times) - 1, 64).astype(int))
    t, n = times[chosen], counts[chosen]
    first, second = np.triu_indices(len(t), 1)
    slope = float(np.median((n[second] - n[first]) / (t[second] - t[first])))
    return slope, float(np.median(counts - slope * times))


def _fit(
    times: NDArray[np.float64], counts: NDArray[np.float64]
) -> tuple[float, float, NDArray[np.float64]]:
    """Return slope, scale of the residuals (in readings) and weights of the points."""
    slope, offset = _theil_sen(times, counts)
    weights = np.ones(len(times))
    scale = 0.0
    for _ in range(_ROUNDS):
        residuals = counts - slope * times - offset
        scale = _MAD * float(np.median(np.abs(residuals - np.median(residuals))))
        if scale <= 1e-9 * counts[-1]:
            break
        far = np.clip(np.abs(residuals) / (_TUKEY * scale), 0.0, 1.0)
        weights = (1.0 - far**2) ** 2
        total = weights.sum()
        t0, n0 = float(weights @ times) / total, float(weights @ counts) / total
        spread = float(weights @ (times - t0) ** 2)
        slope = float(weights @ ((times - t0) * (counts - n0))) / spread
        offset = n0 - slope * t0
    return slope, scale, weights


def _uncertainty(
    times: NDArray[np.float64], slope: float, scale: float, weights: NDArray[np.float64]
) -> float:
    """Return half the 95 % interval of the slope.

    Lateness persists (a busy computer is late for a while), so neighbouring points count as one:
    as many independent points as there are, but never more than 30. A reading more or less at
    the ends is never excluded either unless arrivals are that regular.
    """
    total = float(weights.sum())
    t0 = float(weights @ times) / total
    spread = math.sqrt(float(weights @ (times - t0) ** 2) / total)
    independent = min(total, 30.0)
    return max(2.0 * scale / (spread * math.sqrt(independent)), CLOCK_ERROR * slope)
