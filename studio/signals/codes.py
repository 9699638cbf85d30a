"""Which of very many signals share what lies around their loud moments, in bounded memory.

The codes are signs of random projections (Charikar 2002, "Similarity estimation techniques from
rounding algorithms") of whitened patches; the codes next to them, where a sign was uncertain, are
looked up too (Lv and others 2007, "Multi-probe LSH").
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from studio.types import FloatArray

_TABLES = 6
_BITS, _MANY = 20, 150_000
"""Length of a code; one more bit for each doubling beyond so many moments."""
_PROBES = 3
_BUCKET = 48
_ROWS = 8192
"""Moments that are looked up at once."""
_SPARE = 4
"""How many times as many candidates are kept as will be compared, before all are known."""
_TOGETHER_S = 0.03
_LEARNED = 20_000

Ints = NDArray[np.int64]
Wanted = Callable[[Ints, Ints], NDArray[np.bool_]]


class Whitening:
    """Turns patches so that all vary equally in all directions, each of length 1."""

    def __init__(self, patches: FloatArray) -> None:
        some = patches[:: max(1, len(patches) // _LEARNED)].astype(np.float64)
        middle = some.mean(axis=0)
        values, vectors = np.linalg.eigh(np.cov(some - middle, rowvar=False))
        kept = min(32, int((values > 1e-3 * values[-1]).sum()))
        # the square root of whitening: faint directions are noise
        self._turn = (vectors[:, -kept:] / values[-kept:] ** 0.25).astype(np.float32)
        self._middle = middle.astype(np.float32)

    def __call__(self, patches: FloatArray) -> FloatArray:
        """Return patches turned."""
        white = (patches - self._middle) @ self._turn
        length = np.linalg.norm(white, axis=1, keepdims=True)
        return np.asarray(white / np.maximum(length, 1e-12), np.float32)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of signals that share codes; those that share the most come first."""

    first: Ints
    second: Ints
    """Above `first`."""
    shift: NDArray[np.float64]
    """By how many seconds the same is later in the first one."""
    votes: Ints
    """How many shared codes agree on that."""

    def at(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> "Candidates":
        """Return some of them."""
        return Candidates(
            self.first[chosen], self.second[chosen], self.shift[chosen], self.votes[chosen]
        )


class _Table:
    """The codes of all moments by one set of projections, and those next to them."""

    def __init__(self, vectors: FloatArray, directions: FloatArray) -> None:
        bits = directions.shape[1]
        powers = (1 << np.arange(bits)).astype(np.uint32)
        self._code = np.empty(len(vectors), np.uint32)
        self._unsure = np.empty((len(vectors), _PROBES), np.uint32)
        for start in range(0, len(vectors), _ROWS):
            rows = slice(start, start + _ROWS)
            turned = vectors[rows] @ directions
            self._code[rows] = ((turned > 0) * powers).sum(axis=1, dtype=np.uint32)
            self._unsure[rows] = powers[np.argsort(np.abs(turned), axis=1)[:, :_PROBES]]
        self._order = np.argsort(self._code, kind="stable").astype(np.int32)
        self._ranked = self._code[self._order]
        self._place = np.empty(len(vectors), np.int32)
        self._place[self._order] = np.arange(len(vectors), dtype=np.int32)

    def shared(self, start: int, stop: int) -> Ints:
        """Return as `low * n + high` who shares codes with the moments of a range."""
        rows = np.arange(start, stop)
        found = [self._with(rows, self._code[rows])]
        for count in range(1, _PROBES + 1):
            for flips in combinations(range(_PROBES), count):
                flipped = self._unsure[rows][:, list(flips)].sum(axis=1, dtype=np.uint32)
                found.append(self._with(rows, self._code[rows] ^ flipped))
        return np.concatenate(found)

    def _with(self, rows: Ints, wish: NDArray[np.uint32]) -> Ints:
        left = np.searchsorted(self._ranked, wish)
        right = np.searchsorted(self._ranked, wish, "right")
        # of a very common code only the neighbours in the list are taken
        left = np.maximum(left, np.minimum(self._place[rows], right - _BUCKET))
        counts = np.maximum(np.minimum(right, left + _BUCKET) - left, 0)
        who = np.repeat(rows, counts)
        starts = np.repeat(left - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
        others = self._order[starts + np.arange(len(who))].astype(np.int64)
        pairs = np.minimum(who, others) * len(self._order) + np.maximum(who, others)
        return np.asarray(pairs[who != others], np.int64)


def candidates(
    owners: Ints,
    times: NDArray[np.float64],
    vectors: FloatArray,
    wanted: Wanted,
    most: int,
    progress: Callable[[float], None],
) -> Candidates:
    """Return the pairs of signals that share the most codes at one distance in time.

    Parameters
    ----------
    owners : ndarray
        The number of the signal that each moment is of, rising.
    times : ndarray
        When each moment is, in seconds.
    vectors : ndarray
        `(n, d)`: what lies around each, as `Whitening` turns it.
    most : int
        How many are returned at most.
    """
    count = len(owners)
    bits = _BITS + max(0, int(np.ceil(np.log2(count / _MANY))))
    rng = np.random.default_rng(20)
    tables = []
    for number in range(_TABLES):
        progress(0.1 * number / _TABLES)
        directions = rng.standard_normal((vectors.shape[1], bits)).astype(np.float32)
        tables.append(_Table(vectors, directions))
    quota = -(-_SPARE * most // -(-count // _ROWS))
    found = []
    for start in range(0, count, _ROWS):
        progress(0.1 + 0.9 * start / count)
        stop = min(start + _ROWS, count)
        pairs = np.unique(np.concatenate([table.shared(start, stop) for table in tables]))
        one, other = np.divmod(pairs, count)
        apart = owners[one] != owners[other]
        one, other = one[apart], other[apart]
        voted = _voted(owners[one], owners[other], times[one] - times[other])
        voted = voted.at(wanted(voted.first, voted.second))
        found.append(voted.at(np.argsort(-voted.votes, kind="stable")[:quota]))
    return _best(found, np.bincount(owners), most)


def _best(found: list[Candidates], had: Ints, most: int) -> Candidates:
    """Return the best of what was found, each pair once."""
    every = Candidates(
        *(
            np.concatenate([getattr(one, name) for one in found])
            for name in ("first", "second", "shift", "votes")
        )
    )
    order = np.lexsort((-every.votes, every.second, every.first))
    every = every.at(order)
    again = (np.diff(every.first) == 0) & (np.diff(every.second) == 0)
    every = every.at(np.concatenate([np.ones(min(1, len(order)), bool), ~again]))
    fewer = np.minimum(had[every.first], had[every.second])
    return every.at(np.lexsort((fewer, -every.votes))[:most])


def _voted(mine: Ints, theirs: Ints, shift: NDArray[np.float64]) -> Candidates:
    """Return for each pair of signals the shift that most shared codes agree on."""
    order = np.lexsort((shift, theirs, mine))
    mine, theirs, shift = mine[order], theirs[order], shift[order]
    if not len(order):
        return Candidates(mine, theirs, shift, mine)
    new = np.concatenate([[True], (np.diff(mine) != 0) | (np.diff(theirs) != 0)])
    rank = np.cumsum(new) - 1
    # all pairs on one line, each far from the others
    line = rank * (float(np.ptp(shift)) + 1.0) + shift
    reach = np.searchsorted(line, line + _TOGETHER_S, "right") - np.arange(len(line))
    starts = np.flatnonzero(new)
    votes = np.maximum.reduceat(reach, starts)
    at = np.flatnonzero(reach == votes[rank])
    at = at[np.concatenate([[True], np.diff(rank[at]) != 0])]
    sums = np.concatenate([[0.0], np.cumsum(shift)])
    middle = (sums[at + votes] - sums[at]) / votes
    return Candidates(mine[starts], theirs[starts], middle, votes)
