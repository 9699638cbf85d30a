"""Why a model costs what it costs: what each pass gained, and the memory plan."""

from studio.compiler.graph import Graph
from studio.compiler.memory import Plan
from studio.compiler.passes import PASSES
from studio.compiler.planning import planned
from studio.compiler.target import Target
from studio.errors import ModelError
from studio.types import MemoryPlace, PassGain


def pass_gains(graph: Graph, target: Target) -> tuple[PassGain, ...]:
    """Return operators and arena bytes before and after each pass.

    Arena bytes are -1 where the graph cannot be planned yet, as before constants are folded that
    an operator needs.
    """
    gains = []
    count, arena = len(graph.nodes), _arena(graph, target)
    for name, run in PASSES:
        graph = run(graph)
        after = len(graph.nodes), _arena(graph, target)
        gains.append(PassGain(name, count, after[0], arena, after[1]))
        count, arena = after
    return tuple(gains)


def _arena(graph: Graph, target: Target) -> int:
    try:
        return planned(graph, target)[1].arena_bytes
    except ModelError:
        return -1


def memory_places(plan: Plan) -> tuple[MemoryPlace, ...]:
    """Return where each value lies, in the order of addresses."""
    rows = [
        MemoryPlace(p.name, p.offset, p.block.size, p.block.first, p.block.last)
        for p in plan.places
    ]
    return tuple(sorted(rows, key=lambda row: (row.offset_bytes, row.first_layer)))
