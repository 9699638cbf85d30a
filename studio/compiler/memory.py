"""Where each value lies in the arena: values that never live at the same time share bytes.

Three ways to share: values with separate lives may lie anywhere; a view is a part of another
value (RESHAPE, and what is joined or split in place); and a layer's output may lie over an input
that nobody needs afterwards, as far as its kernel reads before it writes (`Overlap`). The rest is
packing: several greedy orders are tried, for small graphs every order, and the smallest result is
kept. No plan can need less than the busiest layer alone, so reaching that ends the search.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from studio.compiler.graph import Graph
from studio.compiler.layer import Layer, Overlap
from studio.compiler.packing import Block, Share, lower_bound, place
from studio.errors import ModelError

ALIGNMENT = 8
MAX_ARENA_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """A block of the arena, for the plan's picture."""

    name: str
    offset: int
    block: Block


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
    members: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    """Layer number -> members of its struct that its place asks for."""
    places: tuple[Place, ...] = ()


def plan_memory(graph: Graph, layers: Sequence[Layer], *, thorough: bool = True) -> Plan:
    """Place all values of a model. Inputs are alive from the start, outputs to the end.

    A plan that is not `thorough` is found sooner, to compare ways of running the layers.

    Raises
    ------
    ModelError
        If no microcontroller could hold them.
    """
    roots = _roots(layers)
    blocks = _blocks(graph, layers, roots)
    keys = list(blocks)
    shares = _shares(layers, roots, blocks, keys)
    listed = tuple(blocks.values())
    bound = lower_bound(listed, shares)
    if bound > MAX_ARENA_BYTES:
        raise ModelError(
            f"The model needs {bound} bytes for its values; the limit is {MAX_ARENA_BYTES}.",
            "Use a smaller input or fewer channels.",
        )
    found = place(listed, shares, thorough=thorough)
    starts = dict(zip(keys, found, strict=True))
    offsets = {index: starts[root] + shift for index, (root, shift) in roots.items()}
    offsets |= {key: start for key, start in starts.items() if key >= 0}
    scratch = {n: starts[_scratch_key(n)] for n in range(len(layers)) if _scratch_key(n) in starts}
    size = max((start + b.size for start, b in zip(found, listed, strict=True)), default=0)
    names = _names(graph, layers)
    places = tuple(Place(names[key], starts[key], blocks[key]) for key in keys)
    return Plan(offsets, scratch, size, bound, _members(layers, offsets), places)


def _scratch_key(layer: int) -> int:
    """Return a number for a layer's scratch memory that no tensor has."""
    return -1 - layer


def _names(graph: Graph, layers: Sequence[Layer]) -> dict[int, str]:
    names = {tensor.index: tensor.name for tensor in graph.inputs}
    for number, layer in enumerate(layers):
        names[_scratch_key(number)] = f"scratch of {number}: {layer.op}"
        names |= {tensor.index: tensor.name for tensor in (*layer.inputs, *layer.outputs)}
    return names


def _roots(layers: Sequence[Layer]) -> dict[int, tuple[int, int]]:
    """Return for each value that is a part of another one that other and the place in it."""
    wholes = {
        view.part.index: (view.whole.index, view.offset)
        for layer in layers
        if layer.call is None
        for view in layer.views
    }
    roots: dict[int, tuple[int, int]] = {}
    for part in wholes:
        at, shift, steps = part, 0, 0
        while at in wholes and steps <= len(wholes):
            shift += wholes[at][1]
            at = wholes[at][0]
            steps += 1
        roots[part] = (at, shift)
    return roots


def _blocks(
    graph: Graph, layers: Sequence[Layer], roots: Mapping[int, tuple[int, int]]
) -> dict[int, Block]:
    size: dict[int, int] = {}
    first: dict[int, int] = {}
    last: dict[int, int] = {}

    def alive(key: int, n_bytes: int, start: int, stop: int) -> None:
        key, shift = roots.get(key, (key, 0))
        size[key] = max(size.get(key, 0), shift + n_bytes)
        first[key] = min(first.get(key, start), start)
        last[key] = max(last.get(key, stop), stop)

    for tensor in graph.inputs:
        alive(tensor.index, tensor.bytes, 0, 0)
    for index, layer in enumerate(layers):
        if layer.scratch_bytes:
            alive(_scratch_key(index), layer.scratch_bytes, index, index)
        for tensor in (*layer.inputs, *layer.outputs):
            if tensor.variable:
                alive(tensor.index, tensor.bytes, 0, len(layers))
            elif tensor.data is None:
                alive(tensor.index, tensor.bytes, index, index)
    for tensor in graph.outputs:
        alive(tensor.index, tensor.bytes, len(layers), len(layers))
    return {n: Block(-(-size[n] // ALIGNMENT) * ALIGNMENT, first[n], last[n]) for n in size}


def _shares(
    layers: Sequence[Layer],
    roots: Mapping[int, tuple[int, int]],
    blocks: Mapping[int, Block],
    keys: Sequence[int],
) -> dict[tuple[int, int], tuple[Share, ...]]:
    """Return which blocks may overlap: (earlier, later), by their numbers, and how.

    Both must be whole blocks, or views at their start, that meet in this one layer only.
    """
    number = {key: n for n, key in enumerate(keys)}
    shares: dict[tuple[int, int], tuple[Share, ...]] = {}
    for index, layer in enumerate(layers):
        for overlap in layer.overlaps:
            source = layer.inputs[overlap.input]
            before, shift_before = roots.get(source.index, (source.index, 0))
            after, shift_after = roots.get(layer.output.index, (layer.output.index, 0))
            if source.data is not None or source.variable or shift_before or shift_after:
                continue
            times = sum(roots.get(t.index, (t.index, 0))[0] == before for t in layer.inputs)
            meets = blocks[before].last == index == blocks[after].first
            if before != after and times == 1 and meets:
                pair = number[before], number[after]
                shares[pair] = (*shares.get(pair, ()), Share(overlap.low, overlap.high))
    return shares


def _members(layers: Sequence[Layer], offsets: Mapping[int, int]) -> dict[int, Mapping[str, int]]:
    """Return what the kernels must know about where their output lies."""
    members: dict[int, Mapping[str, int]] = {}
    for index, layer in enumerate(layers):
        if layer.call is None:
            continue
        for overlap in layer.overlaps:
            if overlap.members and _used(layer, overlap, offsets):
                members[index] = overlap.members
                break
    return members


def _used(layer: Layer, overlap: Overlap, offsets: Mapping[int, int]) -> bool:
    """Tell whether the output lies over the input in the way that `overlap` allows."""
    source, output = layer.inputs[overlap.input], layer.output
    if source.data is not None:
        return False
    start, at = offsets[source.index], offsets[output.index]
    disjoint = at + output.bytes <= start or start + source.bytes <= at
    return not disjoint and Share(overlap.low, overlap.high).allows(at - start)
