"""Passes: each one a pure function from a graph to a better graph that computes the same bytes.

One module per pass with NAME (what it is called in `compile --explain`) and `run`. They run in the
order of `PASSES`, and `verify_graph` checks the graph after each: a pass that leaves an illegal
graph is found at once, with the node that is illegal. What depends on kernels and memory (weight
layouts, values that lie in others) is decided later, on layers.
"""

from collections.abc import Callable, Iterator

from studio.compiler.graph import Graph
from studio.compiler.passes import (
    fold_constants,
    fuse_activations,
    fuse_additions,
    fuse_paddings,
    remove_channels,
    remove_unused,
)
from studio.compiler.verify import verify_graph

PASSES: tuple[tuple[str, Callable[[Graph], Graph]], ...] = tuple(
    (module.NAME, module.run)
    for module in (
        fold_constants,
        remove_unused,
        fuse_paddings,
        fuse_activations,
        remove_channels,
        fuse_additions,
    )
)


def improve(graph: Graph) -> Iterator[tuple[str, Graph]]:
    """Yield the graph after each pass, with the pass's name.

    Raises
    ------
    ModelError
        If a constant part of the model cannot be computed.
    """
    for name, run in PASSES:
        graph = run(graph)
        verify_graph(graph)
        yield name, graph
