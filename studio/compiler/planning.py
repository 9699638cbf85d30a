"""From a graph to layers with places in the arena."""

from studio.compiler.graph import Graph
from studio.compiler.layer import Layer
from studio.compiler.memory import Plan, plan_memory
from studio.compiler.ops import lower
from studio.compiler.stripes import fit
from studio.compiler.target import Target
from studio.compiler.verify import verify_size
from studio.compiler.views import views_in_place


def lowered(graph: Graph, target: Target) -> tuple[Layer, ...]:
    """Turn every node into a layer, as far as the whole stays of a sensible size."""
    layers: list[Layer] = []
    for node in graph.nodes:
        layers.append(lower(node, target))
        verify_size(layers)
    return tuple(layers)


def planned(
    graph: Graph, target: Target, *, ram_bytes: int | None = None
) -> tuple[tuple[Layer, ...], Plan]:
    """Lower a graph and place its values.

    Joins and splits happen in place unless that takes more memory; where the arena exceeds
    `ram_bytes`, layers run together in stripes.
    """
    result, plan = _best_views(graph, lowered(graph, target))
    if ram_bytes is not None and plan.arena_bytes > ram_bytes:
        return fit(graph, result, plan, ram_bytes=ram_bytes)
    return result, plan


def _best_views(graph: Graph, layers: tuple[Layer, ...]) -> tuple[tuple[Layer, ...], Plan]:
    plan = plan_memory(graph, layers)
    in_place = views_in_place(layers)
    if in_place == layers:
        return layers, plan
    other = plan_memory(graph, in_place)
    return (in_place, other) if other.arena_bytes <= plan.arena_bytes else (layers, plan)
