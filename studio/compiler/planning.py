"""From a graph to layers with places in the arena."""

from dataclasses import replace

from studio.compiler.graph import Graph
from studio.compiler.layer import Layer
from studio.compiler.memory import Plan, plan_memory
from studio.compiler.ops import lower
from studio.compiler.stripes import fit
from studio.compiler.target import Target
from studio.compiler.verify import verify_size
from studio.compiler.views import views_in_place

KERNEL_BYTES = 500
"""Of flash that a kernel less saves at least; its layers' constants may grow by as much."""
SLOWER_PART = 10
"""Made for size, layers that do one in so many multiplications may use a slower kernel."""


def lowered(graph: Graph, target: Target) -> tuple[Layer, ...]:
    """Turn every node into a layer, as far as the whole stays of a sensible size."""
    layers: list[Layer] = []
    weights = macs = 0
    for number, node in enumerate(graph.nodes):
        layer = lower(node, target)
        layers.append(layer)
        weights, macs = weights + layer.weights_bytes, macs + layer.macs
        verify_size(weights, macs, number)
    return tuple(layers)


def planned(
    graph: Graph, target: Target, *, ram_bytes: int | None = None
) -> tuple[tuple[Layer, ...], Plan]:
    """Lower a graph and place its values.

    Joins and splits happen in place unless that takes more memory; where the arena exceeds
    `ram_bytes`, layers run together in stripes.
    """
    result, plan = _best_views(graph, lowered(graph, target))
    if target.optimise == "size":
        other, other_plan = _best_views(graph, lowered(graph, replace(target, few_kernels=True)))
        if other_plan.arena_bytes <= plan.arena_bytes and _worthwhile(result, other):
            result, plan = other, other_plan
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


def _worthwhile(layers: tuple[Layer, ...], fewer: tuple[Layer, ...]) -> bool:
    """Tell whether `fewer` needs less kernels and does but little of the work with others."""
    slower = set(_headers(layers)) - set(_headers(fewer))
    work = sum(n.macs for n in layers if n.call is not None and n.call.header in slower)
    more = sum(n.weights_bytes for n in fewer) - sum(n.weights_bytes for n in layers)
    return (
        set(_headers(fewer)) < set(_headers(layers))
        and more <= KERNEL_BYTES
        and SLOWER_PART * work <= sum(n.macs for n in layers)
    )


def _headers(layers: tuple[Layer, ...]) -> list[str]:
    return [layer.call.header for layer in layers if layer.call is not None]
