"""Why a model costs what it costs: what each pass gained, and the memory plan."""

from dataclasses import replace
from typing import NamedTuple

from studio.compiler.graph import Graph
from studio.compiler.layer import Layer
from studio.compiler.memory import Plan, plan_memory
from studio.compiler.passes import PASSES
from studio.compiler.planning import lowered, planned
from studio.compiler.target import Target
from studio.compiler.views import views_in_place
from studio.errors import ModelError
from studio.types import MemoryPlace, PassGain


class _Cost(NamedTuple):
    """What a state of the model costs; -1 where it cannot be planned yet."""

    operators: int
    macs: int
    constants_bytes: int
    arena_bytes: int


def pass_gains(
    graph: Graph, target: Target, *, ram_bytes: int | None = None
) -> tuple[PassGain, ...]:
    """Return the costs before and after each pass, and each step of the memory plan.

    Until the plan's own steps every value has memory of its own while it lives.
    """
    gains = []
    before = _cost(graph, target)
    for name, run in PASSES:
        graph = run(graph)
        after = _cost(graph, target)
        gains.append(_gain(name, before, after))
        before = after
    layers = lowered(graph, target)
    in_place = views_in_place(layers)
    steps = [
        ("joins and splits in place", tuple(replace(n, overlaps=()) for n in in_place)),
        ("outputs over inputs", planned(graph, target)[0]),
        ("layers row by row", planned(graph, target, ram_bytes=ram_bytes)[0]),
    ]
    for name, state in steps:
        after = _layers_cost(graph, state)
        gains.append(_gain(name, before, after))
        before = after
    return tuple(gains)


def _gain(name: str, before: _Cost, after: _Cost) -> PassGain:
    pairs = zip(before, after, strict=True)
    return PassGain(name, *(number for pair in pairs for number in pair))


def _cost(graph: Graph, target: Target) -> _Cost:
    try:
        layers = lowered(graph, target)
    except ModelError:
        return _Cost(len(graph.nodes), -1, -1, -1)
    return _layers_cost(graph, tuple(replace(layer, overlaps=()) for layer in layers))


def _layers_cost(graph: Graph, layers: tuple[Layer, ...]) -> _Cost:
    constants = sum(layer.weights_bytes for layer in layers)
    macs = sum(layer.macs for layer in layers)
    return _Cost(len(layers), macs, constants, plan_memory(graph, layers).arena_bytes)


def memory_places(plan: Plan) -> tuple[MemoryPlace, ...]:
    """Return where each value lies, in the order of addresses."""
    rows = [
        MemoryPlace(p.name, p.offset, p.block.size, p.block.first, p.block.last)
        for p in plan.places
    ]
    return tuple(sorted(rows, key=lambda row: (row.offset_bytes, row.first_layer)))
