"""Packing blocks with lives into as few bytes as possible, where some may lie over each other."""

import random
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

SEARCHED_BLOCKS = 12
"""Of so few blocks all orders are searched, as far as `SEARCH_STEPS` reach."""
SEARCH_STEPS = 4000
MOVES = 300
"""Of single blocks in the order of placing, where there are too many orders."""
MOVES_OF_PAIRS = 300_000
"""Pairs of blocks that are alive at once times moves: what all moves may cost together."""
MANY_BLOCKS = 500
"""So many are placed in one order only: more would take seconds."""
_STEP = 8


@dataclass(frozen=True, slots=True)
class Block:
    """Memory that is needed from layer `first` to layer `last`, both included."""

    size: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Share:
    """How the later of two blocks may start relative to the earlier; None sets no limit."""

    low: int | None
    high: int | None

    def allows(self, shift: int) -> bool:
        """Tell whether the later block may start `shift` bytes after the earlier."""
        above = self.low is None or shift >= self.low
        return above and (self.high is None or shift <= self.high)

    def nearest(self) -> Iterator[int]:
        """Yield the shifts, in steps of the alignment, that are worth trying."""
        if self.high is not None:
            yield self.high // _STEP * _STEP
        if self.low is not None:
            yield -(-self.low // _STEP) * _STEP
        if self.allows(0):
            yield 0


Shares = Mapping[tuple[int, int], tuple[Share, ...]]
"""(Earlier block, later block) -> ways in which they may overlap."""


def lower_bound(blocks: Sequence[Block], shares: Shares) -> int:
    """Return the most bytes that are needed at one time, however well blocks are placed."""
    savings: dict[int, int] = {}
    for (a, b), ways in shares.items():
        # only the output of a layer may lie over something, and over one thing
        now = max(blocks[a].first, blocks[b].first)
        saved = blocks[a].size + blocks[b].size - _joint(blocks[a], blocks[b], ways)
        savings[now] = max(savings.get(now, 0), saved)
    return max((n - savings.get(now, 0) for now, n in _loads(blocks).items()), default=0)


def _loads(blocks: Sequence[Block]) -> dict[int, int]:
    """Return the bytes that are alive whenever a block begins or has just ended."""
    change: dict[int, int] = {}
    for block in blocks:
        change[block.first] = change.get(block.first, 0) + block.size
        change[block.last + 1] = change.get(block.last + 1, 0) - block.size
    alive, loads = 0, {}
    for now, delta in sorted(change.items()):
        alive += delta
        loads[now] = alive
    return loads


def _joint(before: Block, after: Block, ways: Sequence[Share]) -> int:
    """Return the least bytes that hold both of a pair."""
    sizes = [before.size + after.size]
    for way in ways:
        for shift in way.nearest():
            low, high = min(0, shift), max(before.size, shift + after.size)
            sizes.append(high - low)
    return min(sizes)


_ORDERS: tuple[Callable[[Block], tuple[int, ...]], ...] = (
    lambda b: (-b.size, b.first),
    lambda b: (-b.size * (b.last - b.first + 1), b.first),
    lambda b: (b.first, -b.size),
    lambda b: (-b.last, -b.size),
    lambda b: (b.first - b.last, -b.size),
    lambda b: (-b.first, -b.size),
)


def place(blocks: Sequence[Block], shares: Shares, *, thorough: bool = True) -> list[int]:
    """Return an offset per block; blocks alive at the same time overlap only as they may.

    `thorough` searches on where simple orders leave the plan above its lower bound.

    Of few blocks the result is the best there is: in the order of the addresses of a best plan,
    the lowest free place for each is nowhere worse than that plan's.
    """
    bound = lower_bound(blocks, shares)
    best: list[int] = []
    best_size = 0
    for order in _orders(blocks):
        offsets = _greedy(blocks, shares, order)
        size = _size(blocks, offsets)
        if not best or size < best_size:
            best, best_size = offsets, size
        if best_size <= bound:
            return best
    if not thorough:
        return best
    if len(blocks) <= SEARCHED_BLOCKS:
        search = _Search(blocks, shares, best, bound)
        search.visit([], [0] * len(blocks), 0)
        return search.best
    return _moved(blocks, shares, best, bound)


def _moved(blocks: Sequence[Block], shares: Shares, best: list[int], bound: int) -> list[int]:
    """Return a plan at least as good, by placing single blocks earlier or later than before."""
    if len(blocks) > MANY_BLOCKS:
        return best
    chance = random.Random(1)  # the same moves everywhere
    order = sorted(range(len(blocks)), key=lambda n: best[n])
    best_size = _size(blocks, best)
    pairs = sum(_meet(a, b) for a, b in combinations(blocks, 2))
    for _ in range(min(MOVES, MOVES_OF_PAIRS // max(1, pairs))):
        moved = order[:]
        moved.insert(chance.randrange(len(order)), moved.pop(chance.randrange(len(order))))
        offsets = _greedy(blocks, shares, moved)
        size = _size(blocks, offsets)
        if size <= best_size:
            order = moved
            if size < best_size:
                best, best_size = offsets, size
        if best_size <= bound:
            break
    return best


def _size(blocks: Sequence[Block], offsets: Sequence[int]) -> int:
    return max((start + b.size for start, b in zip(offsets, blocks, strict=True)), default=0)


class _Search:
    """All orders of placing, given up where they cannot beat the best plan so far."""

    def __init__(
        self, blocks: Sequence[Block], shares: Shares, best: list[int], bound: int
    ) -> None:
        self.best = best
        self._blocks = blocks
        self._shares = shares
        self._best_size = _size(blocks, best)
        self._bound = bound
        self._steps = SEARCH_STEPS

    def visit(self, placed: list[int], offsets: list[int], size: int) -> None:
        """Try every block that is left as the next one."""
        if size >= self._best_size or self._best_size <= self._bound or self._steps <= 0:
            return
        self._steps -= 1
        if len(placed) == len(self._blocks):
            self.best, self._best_size = offsets[:], size
            return
        left = [n for n in range(len(self._blocks)) if n not in placed]
        for n in sorted(left, key=lambda n: -self._blocks[n].size):
            at = _lowest(self._blocks, self._shares, offsets, placed, n)
            offsets[n] = at
            self.visit([*placed, n], offsets, max(size, at + self._blocks[n].size))


def _orders(blocks: Sequence[Block]) -> Iterator[Sequence[int]]:
    numbers = range(len(blocks))
    for order in _ORDERS[: 1 if len(blocks) > MANY_BLOCKS else None]:
        yield sorted(numbers, key=lambda n: order(blocks[n]))
    if len(blocks) > MANY_BLOCKS:
        return
    # the blocks of the busiest moment decide: from there to both ends, and by turns
    at = _loads(blocks)
    loads = [at[block.first] for block in blocks]
    busy = blocks[loads.index(max(loads))].first if blocks else 0
    yield sorted(numbers, key=lambda n: (abs(blocks[n].first - busy), -blocks[n].size))
    yield sorted(numbers, key=lambda n: (-loads[n], -blocks[n].size, blocks[n].first))


def _greedy(blocks: Sequence[Block], shares: Shares, order: Sequence[int]) -> list[int]:
    """Give each block in turn the lowest place that it may have."""
    offsets = [0] * len(blocks)
    placed: list[int] = []
    for n in order:
        offsets[n] = _lowest(blocks, shares, offsets, placed, n)
        placed.append(n)
    return offsets


def _lowest(
    blocks: Sequence[Block], shares: Shares, offsets: Sequence[int], placed: Sequence[int], n: int
) -> int:
    """Return the lowest place that block `n` may have beside those that are placed."""
    first, last, size = blocks[n].first, blocks[n].last, blocks[n].size
    rivals = [m for m in placed if blocks[m].first <= last and first <= blocks[m].last]
    partners = [m for m in rivals if (m, n) in shares or (n, m) in shares]
    taken = _taken(blocks, offsets, [m for m in rivals if m not in partners])
    if not partners:
        return _first_gap(taken, size)
    starts = [start for start, _ in taken]
    for at in sorted(_candidates(blocks, shares, offsets, partners, n) | {b for _, b in taken}):
        before = bisect_left(starts, at + size) - 1  # the last one that begins before its end
        if before >= 0 and taken[before][1] > at:
            continue
        if all(_fits(blocks, shares, offsets, m, (n, at)) for m in partners):
            return at
    return max(offsets[m] + blocks[m].size for m in rivals)


def _taken(
    blocks: Sequence[Block], offsets: Sequence[int], rivals: Sequence[int]
) -> list[tuple[int, int]]:
    """Return the stretches that rivals lie in, `(start, end)`, rising and apart."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((offsets[m], offsets[m] + blocks[m].size) for m in rivals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif end > start:
            merged.append((start, end))
    return merged


def _first_gap(taken: Sequence[tuple[int, int]], size: int) -> int:
    """Return the lowest place beside these stretches."""
    at = 0
    for start, end in taken:
        if start - at >= size:
            break
        at = end
    return at


def _meet(a: Block, b: Block) -> bool:
    return a.first <= b.last and b.first <= a.last


def _candidates(
    blocks: Sequence[Block], shares: Shares, offsets: Sequence[int], rivals: Sequence[int], n: int
) -> set[int]:
    """Return places worth a look: the start, behind each rival, and over those it may cover."""
    found = {0, *(offsets[m] + blocks[m].size for m in rivals)}
    for m in rivals:
        for way in shares.get((m, n), ()):
            found |= {offsets[m] + shift for shift in way.nearest()}
        for way in shares.get((n, m), ()):
            found |= {offsets[m] - shift for shift in way.nearest()}
    return {at for at in found if at >= 0}


def _fits(
    blocks: Sequence[Block],
    shares: Shares,
    offsets: Sequence[int],
    rival: int,
    wanted: tuple[int, int],
) -> bool:
    n, at = wanted
    if at + blocks[n].size <= offsets[rival] or offsets[rival] + blocks[rival].size <= at:
        return True
    later = any(way.allows(at - offsets[rival]) for way in shares.get((rival, n), ()))
    return later or any(way.allows(offsets[rival] - at) for way in shares.get((n, rival), ()))
