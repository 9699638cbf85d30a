"""Where each value lies in the arena: values that never live at the same time share bytes.

The problem is bin packing; several greedy orders are tried and the smallest result kept. No plan
can need less than the bytes alive during the busiest layer, so reaching that ends the search.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from studio.compiler.graph import Graph, Tensor
from studio.compiler.layer import Layer
from studio.errors import ModelError

ALIGNMENT = 4
MAX_ARENA_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Block:
    """Memory that is needed from layer `first` to layer `last`, both included."""

    size: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The finished arena."""

    offsets: Mapping[int, int]
    """Tensor index -> offset in bytes."""
    scratch: Mapping[int, int]
    """Layer number -> offset of its scratch memory, for layers that need some."""
    arena_bytes: int
    bound_bytes: int
    """What the busiest layer alone needs."""


def plan_memory(graph: Graph, layers: Sequence[Layer]) -> Plan:
    """Place all values of a model. The input is alive from the start, the output to the end.

    Raises
    ------
    ModelError
        If no microcontroller could hold them.
    """
    owner = _owners(graph.input, layers)
    blocks = _blocks(graph, layers, owner)
    bound = lower_bound(tuple(blocks.values()))
    if bound > MAX_ARENA_BYTES:
        raise ModelError(
            f"The model needs {bound} bytes for its values; the limit is {MAX_ARENA_BYTES}.",
            "Use a smaller input or fewer channels.",
        )
    places = place(tuple(blocks.values()))
    starts = dict(zip(blocks, places, strict=True))
    size = max(start + block.size for start, block in zip(places, blocks.values(), strict=True))
    offsets = {index: starts[block] for index, block in owner.items()}
    scratch = {n: starts[_scratch_key(n)] for n in range(len(layers)) if _scratch_key(n) in starts}
    return Plan(offsets, scratch, size, bound)


def _scratch_key(layer: int) -> int:
    """Return a number for a layer's scratch memory that no tensor has."""
    return -1 - layer


def _owners(source: Tensor, layers: Sequence[Layer]) -> dict[int, int]:
    """Return for each value the value whose memory it uses (its own, but for RESHAPE)."""
    owner = {source.index: source.index}
    for layer in layers:
        shared = layer.inputs[0].index if layer.call is None else layer.output.index
        owner[layer.output.index] = owner.get(shared, shared)
    return owner


def _blocks(graph: Graph, layers: Sequence[Layer], owner: Mapping[int, int]) -> dict[int, Block]:
    size = {graph.input.index: graph.input.bytes}
    first = {graph.input.index: 0}
    last = {graph.input.index: 0}
    for index, layer in enumerate(layers):
        block = owner[layer.output.index]
        size.setdefault(block, layer.output.bytes)
        first.setdefault(block, index)
        if layer.scratch_bytes:
            key = _scratch_key(index)
            size[key], first[key], last[key] = layer.scratch_bytes, index, index
        for tensor in (*layer.inputs, layer.output):
            if tensor.data is None:
                last[owner[tensor.index]] = index
    last[owner[graph.output.index]] = len(layers)
    return {n: Block(-(-size[n] // ALIGNMENT) * ALIGNMENT, first[n], last[n]) for n in size}


def lower_bound(blocks: Sequence[Block]) -> int:
    """Return the most bytes that are alive at one time."""
    change: dict[int, int] = {}
    for block in blocks:
        change[block.first] = change.get(block.first, 0) + block.size
        change[block.last + 1] = change.get(block.last + 1, 0) - block.size
    alive = most = 0
    for _, delta in sorted(change.items()):
        alive += delta
        most = max(most, alive)
    return most


_ORDERS: tuple[Callable[[Block], tuple[int, ...]], ...] = (
    lambda b: (-b.size, b.first),
    lambda b: (-b.size * (b.last - b.first + 1), b.first),
    lambda b: (b.first, -b.size),
    lambda b: (-b.last, -b.size),
    lambda b: (b.first - b.last, -b.size),
)


def place(blocks: Sequence[Block]) -> list[int]:
    """Return an offset per block; blocks alive at the same time never overlap."""
    bound = lower_bound(blocks)
    best: list[int] = []
    best_size = 0
    for order in _ORDERS:
        offsets = _greedy(blocks, sorted(range(len(blocks)), key=lambda n: order(blocks[n])))
        size = max(start + b.size for start, b in zip(offsets, blocks, strict=True))
        if not best or size < best_size:
            best, best_size = offsets, size
        if best_size == bound:
            break
    return best


def _greedy(blocks: Sequence[Block], order: Sequence[int]) -> list[int]:
    """Give each block in turn the lowest gap that is free during its life."""
    offsets = [0] * len(blocks)
    placed: list[int] = []
    for n in order:
        block = blocks[n]
        taken = sorted(
            (offsets[m], offsets[m] + blocks[m].size)
            for m in placed
            if blocks[m].first <= block.last and block.first <= blocks[m].last
        )
        at = 0
        for start, stop in taken:
            if start - at >= block.size:
                break
            at = max(at, stop)
        offsets[n] = at
        placed.append(n)
    return offsets
