"""Finding signals that are nearly the same among very many, without comparing all with all.

Each signal is hashed at its loud moments: what lies around a moment becomes a few short codes that
are the same after a change of gain, a shift, a cut or some noise. Signals that share a code at one
distance in time are then laid over each other and correlated, reading by reading.

Signals that are played faster or slower are not found: they do not lie over each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.signals.codes import Candidates, Wanted, Whitening, candidates
from studio.signals.landmarks import MOST_RATE_HZ, SOUND_HZ, landmarks
from studio.signals.resampling import resample
from studio.types import FloatArray

ALIKE = 0.92
"""Correlation from which sound counts as the same: a copy with noise 8 dB below it."""
_ALIKE_SHORT = 0.97
_SHORT_S = 0.5
"""Short sounds, such as vowels, look alike by chance."""
ALIKE_SLOW = 0.988
"""The same for slow sensors (noise 16 dB below), whose movements are alike to some degree."""
_BETTER = 0.5
"""Signals that repeat themselves must differ by at most this part of what they differ from
themselves a moment later."""
_LONGEST_S = 4.0
"""How much of two signals is compared at most."""
_SHARE = 0.5
_ENOUGH_S = 2.0
"""Two signals are compared only over this share of the shorter one, or so many seconds."""
_SLACK_S = 0.03
_EVENTFUL = 8.0
"""Readings at which something must happen: one jump is like every other one."""
_NEAR = 6
_BETWEEN = np.arange(-3, 4) / 8
"""Parts of a reading by which signals are shifted when they are aligned."""
_PER_SIGNAL, _MOST, _PER_MANY = 24, 16_000, 3
"""How many candidates are compared at most: so many for each signal, or so many and a few more for
each signal where there are very many. Those that share the most come first; when as many as
`_MOST` in a row are no copies, the rest are none either."""
_SAMPLED = 1500
"""Signals, evenly spread, from which is learned in which directions all vary."""

Item = tuple[NDArray[np.generic], float]
"""Values `(n_readings, n_axes)` and their rate in Hz."""
Read = Callable[[int], Item]
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two signals that are nearly the same."""

    first: int
    second: int
    similarity: float
    """Correlation where they lie over each other, 0..1."""
    shift_s: float
    """How much later the same is in the first one."""


def common_rates(rates: Sequence[float]) -> list[float]:
    """Return the rate at which each signal is compared: one for all that can be compared.

    Sound is compared at up to `MOST_RATE_HZ`; sensors at the lowest rate among those that are
    within a factor of four.
    """
    order = sorted(set(rates), reverse=True)
    at: dict[float, float] = {}
    while order:
        top = order[0]
        family = [rate for rate in order if rate >= (SOUND_HZ if top >= SOUND_HZ else top / 4)]
        order = order[len(family) :]
        at |= dict.fromkeys(family, min(family[-1], MOST_RATE_HZ))
    return [at[rate] for rate in rates]


def near_duplicates(
    kinds: Sequence[tuple[float, int]],
    read: Read,
    *,
    wanted: Wanted = lambda first, second: np.ones(len(first), bool),
    progress: Progress = lambda fraction: None,
) -> list[Pair]:
    """Return pairs of signals that are nearly the same, the most similar first.

    Parameters
    ----------
    kinds : sequence of (float, int)
        Rate in Hz and number of axes of each signal; only those with as many axes are compared.
    read : callable
        Returns a signal by its number; called about twice for each.
    wanted : callable
        Given the first numbers of pairs and their second ones, both as arrays: whether each pair
        is of interest; others are not compared.
    progress : callable
        Called with the share of the work that is done; what it raises ends the search.

    Returns
    -------
    list of Pair
        `first` is below `second`.
    """
    rates = common_rates([rate for rate, _ in kinds])
    families: dict[tuple[float, int], list[int]] = {}
    for number, (rate, (_, axes)) in enumerate(zip(rates, kinds, strict=True)):
        families.setdefault((rate, axes), []).append(number)
    found: list[Pair] = []
    done = 0
    for (rate, _), members in sorted(families.items()):
        share = len(members) / len(kinds)
        start = done / len(kinds)

        def part(fraction: float, start: float = start, share: float = share) -> None:
            progress(start + share * fraction)

        found += _Family(members, rate, read).pairs(wanted, part)
        done += len(members)
    return sorted(found, key=lambda pair: (-pair.similarity, pair.first, pair.second))


class _Family:
    """Signals that can be compared with each other, at one rate."""

    def __init__(self, members: Sequence[int], rate: float, read: Read) -> None:
        self._members = members
        self._rate = rate
        self._read = read
        self._scale: FloatArray = np.ones(1, np.float32)
        self._kept: dict[int, FloatArray] = {}

    def pairs(self, wanted: Wanted, progress: Progress) -> list[Pair]:
        if len(self._members) < 2:
            return []
        owners, times, vectors = self._landmarks(lambda part: progress(0.4 * part))
        if len(owners) < 2:
            return []
        count = len(self._members)
        most = min(_PER_SIGNAL * count, _MOST + _PER_MANY * count)
        best = candidates(
            owners, times, vectors, wanted, most, lambda part: progress(0.4 + 0.3 * part)
        )
        return self._all_compared(best, lambda part: progress(0.7 + 0.3 * part))

    def _all_compared(self, best: Candidates, progress: Progress) -> list[Pair]:
        """Compare candidates, those that share the most first, while it is worth it."""
        found: list[Pair] = []
        for start in range(0, len(best.first), _MOST):
            stop, before = start + _MOST, len(found)
            # in order of their numbers, so that what was read is still there
            order = np.lexsort((best.second[start:stop], best.first[start:stop])) + start
            for number, at in enumerate(order.tolist(), start):
                if number % 64 == 0:
                    progress(number / len(best.first))
                one, other = int(best.first[at]), int(best.second[at])
                pair = self._compared(one, other, float(best.shift[at]))
                if pair is not None:
                    found.append(pair)
            if len(found) == before:
                break
        return found

    def _landmarks(
        self, progress: Progress
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], FloatArray]:
        """Return whose each loud moment is, when, and what lies around it."""
        self._scale = self._spread()
        count = len(self._members)
        step = max(1, count // _SAMPLED)
        order = [*range(0, count, step), *(at for at in range(count) if at % step)]
        sampled = len(order[: -(-count // step)])
        times: dict[int, NDArray[np.float64]] = {}
        around: dict[int, FloatArray] = {}
        white: Whitening | None = None
        for done, at in enumerate(order):
            if done % 16 == 0:
                progress(done / count)
            moments, patches = landmarks(self._signal(self._members[at]), self._rate)
            if not len(moments):
                continue
            times[at], around[at] = moments, white(patches) if white else patches
            if white is None and done >= sampled - 1 and len(around) > 1:
                white = Whitening(np.concatenate(list(around.values())))
                around = {place: white(part) for place, part in around.items()}
        if white is None:
            return np.empty(0, np.int64), np.empty(0), np.empty((0, 0), np.float32)
        places = sorted(around)
        owners = [np.full(len(times[at]), self._members[at], np.int64) for at in places]
        return (
            np.concatenate(owners),
            np.concatenate([times[at] for at in places]),
            np.concatenate([around.pop(at) for at in places]),
        )

    def _spread(self) -> FloatArray:
        """Return how far each axis moves, from some of the signals."""
        some = self._members[:: max(1, len(self._members) // 64)]
        spread = np.median([self._raw(number).std(axis=0) for number in some], axis=0)
        return np.where(spread > 0, spread, 1.0).astype(np.float32)

    def _raw(self, number: int) -> FloatArray:
        values, rate = self._read(number)
        exact = np.asarray(values, np.float32)
        if round(len(exact) * self._rate / rate) < 1:
            return exact[:0]
        return np.asarray(resample(exact, from_hz=rate, to_hz=self._rate), np.float32)

    def _signal(self, number: int) -> FloatArray:
        if number not in self._kept:
            if len(self._kept) > 512:
                self._kept.pop(next(iter(self._kept)))
            self._kept[number] = self._raw(number) / self._scale
        return self._kept[number]

    def _compared(self, first: int, second: int, shift_s: float) -> Pair | None:
        one, other = self._signal(first), self._signal(second)
        shift = round(shift_s * self._rate)
        start, stop = max(0, shift), min(len(one), len(other) + shift)
        length = stop - start
        enough = min(_SHARE * min(len(one), len(other)), _ENOUGH_S * self._rate)
        slack = max(2, round(_SLACK_S * self._rate))
        if length < max(enough, 4 * slack):
            return None
        # within, so that the place can be sought to both sides
        start, stop = start + slack, stop - slack
        if stop - start > _LONGEST_S * self._rate:
            start += int(stop - start - _LONGEST_S * self._rate) // 2
            stop = start + int(_LONGEST_S * self._rate)
        similarity, lag = _aligned(one[start:stop], other, start - shift, slack=slack)
        short = _ALIKE_SHORT if stop - start < _SHORT_S * self._rate else ALIKE
        limit = short if self._rate >= SOUND_HZ else ALIKE_SLOW
        part = one[start:stop]
        if similarity < limit or _eventful(part) < _EVENTFUL:
            return None
        if 1 - similarity > _BETTER * (1 - _repeats(part)):
            return None
        return Pair(first, second, min(similarity, 1.0), (shift - lag) / self._rate)


def _aligned(one: FloatArray, other: FloatArray, at: int, *, slack: int) -> tuple[float, float]:
    """Return the best correlation of one signal with another near a place, and its distance.

    Parts of a reading are tried too. The distance, in readings, is positive if it lies later.
    """
    from scipy.fft import irfft, next_fast_len, rfft
    from scipy.interpolate import CubicSpline

    length = len(one)
    lags = np.arange(max(-slack, -at), min(slack, len(other) - at - length) + 1)
    if not len(lags):
        start = min(max(at, 0), len(other) - length)
        if start < 0:
            return 0.0, 0.0
        lags = np.array([start - at])
    first = at + int(lags[0])
    reach = _level(other[first : at + int(lags[-1]) + length])
    mine = _level(one)
    size = next_fast_len(len(reach), real=True)
    product = rfft(reach, size, axis=0) * np.conj(rfft(mine, size, axis=0))
    sums = irfft(product.sum(axis=1), size)[: len(lags)].astype(np.float64)
    power = _energy(reach, length)[: len(lags)] * float((mine.astype(np.float64) ** 2).sum())
    match = np.where(power > 0, sums / np.sqrt(np.maximum(power, 1e-30)), 0.0)
    turned = -1.0 if one.shape[1] == 1 and -match.min() > match.max() else 1.0
    best = int(np.argmax(match * turned))
    near = np.arange(max(0, best - _NEAR), min(len(match), best + _NEAR + 1))
    if len(near) < 4:
        return float(match[best] * turned), float(lags[0] + best)
    between = best + _BETWEEN[(best + _BETWEEN >= near[0]) & (best + _BETWEEN <= near[-1])]
    exact = CubicSpline(near, match[near] * turned)(between)
    finest = int(np.argmax(exact))
    return float(exact[finest]), float(lags[0] + between[finest])


def _level(values: FloatArray) -> FloatArray:
    """Return values around zero, whatever they were around."""
    exact = values.astype(np.float64)
    return np.asarray(exact - exact.mean(axis=0), np.float32)


def _energy(values: FloatArray, length: int) -> NDArray[np.float64]:
    """Return how much each stretch of a length moves around its mean."""
    nothing = np.zeros((1, values.shape[1]))
    exact = values.astype(np.float64)
    totals = np.concatenate([nothing, np.cumsum(exact, axis=0)])
    squares = np.concatenate([nothing, np.cumsum(exact**2, axis=0)])
    sums = totals[length:] - totals[:-length]
    found = ((squares[length:] - squares[:-length]) - sums**2 / length).sum(axis=1)
    return np.asarray(np.maximum(found, 0.0), np.float64)


def _eventful(one: FloatArray) -> float:
    """Return at how many readings the signal changes, counted by their share of the change."""
    steps = (np.diff(one.astype(np.float64), axis=0) ** 2).sum(axis=1)
    total = float(steps.sum())
    return total**2 / float((steps**2).sum()) if total > 0 else 0.0


def _repeats(one: FloatArray) -> float:
    """Return how much a signal is like itself a moment later, 0..1."""
    from scipy.fft import irfft, next_fast_len, rfft

    mine = _level(one)
    length = len(mine)
    size = next_fast_len(length + length // 2 + 1, real=True)
    power = (np.abs(rfft(mine, size, axis=0)) ** 2).sum(axis=1)
    again = irfft(power, size)[: length // 2 + 1].astype(np.float64)
    if again[0] <= 0:
        return 1.0
    energy = np.concatenate([[0.0], np.cumsum((mine.astype(np.float64) ** 2).sum(axis=1))])
    lags = np.arange(len(again))
    both = np.sqrt(energy[length - lags] * (energy[-1] - energy[lags]))
    ratio = again / np.maximum(both, 1e-30)
    below = np.flatnonzero(ratio <= 0)
    if not len(below):
        return 0.0
    return float(np.clip(ratio[below[0] :].max(), 0.0, 1.0))
