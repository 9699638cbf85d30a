"""Dead code: operators whose results nobody reads."""

from dataclasses import replace

from studio.compiler.graph import Graph, Node

NAME = "remove unused operators"


def run(graph: Graph) -> Graph:
    """Drop nodes that neither outputs nor variables depend on."""
    wanted = {tensor.index for tensor in graph.outputs}
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        remembers = any(tensor is not None and tensor.variable for tensor in node.inputs)
        if remembers or wanted.intersection(tensor.index for tensor in node.outputs):
            kept.append(node)
            wanted |= {tensor.index for tensor in node.inputs if tensor is not None}
    return replace(graph, nodes=tuple(reversed(kept)))
