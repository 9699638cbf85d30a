"""From a graph to layers with places in the arena."""

from studio.compiler.graph import Graph
from studio.compiler.layer import Layer
from studio.compiler.memory import Plan, plan_memory
from studio.compiler.ops import lower
from studio.compiler.target import Target
from studio.compiler.verify import verify_size
from studio.compiler.views import views_in_place


def planned(graph: Graph, target: Target) -> tuple[tuple[Layer, ...], Plan]:
    """Lower a graph and place its values; joins and splits in place unless that takes more."""
    layers: list[Layer] = []
    for node in graph.nodes:
        layers.append(lower(node, target))
        verify_size(layers)
    plan = plan_memory(graph, layers)
    in_place = views_in_place(layers)
    if in_place == tuple(layers):
        return tuple(layers), plan
    other = plan_memory(graph, in_place)
    if other.arena_bytes <= plan.arena_bytes:
        return in_place, other
    return tuple(layers), plan
