"""The ADD of a residual connection becomes the last step of the convolution before it.

The convolution's own output is never stored, and the sum may lie where the other summand was: at
the busiest moment one value less is alive.
"""

from dataclasses import replace

from studio.compiler.graph import Fused, Graph, Node, Tensor
from studio.compiler.uses import makers, read_counts

NAME = "residual additions into convolutions"


def run(graph: Graph) -> Graph:
    """Merge int8 additions of equal shapes with the later of their convolutions.

    The merged node stands where the addition was: by then the other summand is there.
    """
    made, reads = makers(graph), read_counts(graph)
    place = {node.index: number for number, node in enumerate(graph.nodes)}
    merged: dict[int, Node] = {}
    gone: set[int] = set()
    for node in graph.nodes:
        pair = _summands(node)
        if pair is None:
            continue
        found = [
            (place[made[a.index].index], made[a.index], b)
            for a, b in (pair, pair[::-1])
            if a.index in made and reads[a.index] == 1 and _can_add(made[a.index])
        ]
        found = [entry for entry in found if entry[1].index not in gone]
        if found:
            _, conv, other = max(found, key=lambda entry: entry[0])
            gone.add(conv.index)
            fused = Fused(conv.fused.pad, conv.fused.activation, node)
            bias = conv.inputs[2] if len(conv.inputs) > 2 else None
            inputs = (conv.inputs[0], conv.inputs[1], bias, other)
            merged[node.index] = replace(conv, inputs=inputs, outputs=node.outputs, fused=fused)
    nodes = (merged.get(node.index, node) for node in graph.nodes if node.index not in gone)
    return replace(graph, nodes=tuple(nodes))


def _summands(node: Node) -> tuple[Tensor, Tensor] | None:
    if node.op != "ADD" or len(node.inputs) != 2 or len(node.outputs) != 1:
        return None
    a, b = node.inputs
    if a is None or b is None or a.data is not None or b.data is not None or a.index == b.index:
        return None
    same = a.shape == b.shape == node.outputs[0].shape
    return (a, b) if same and a.dtype == b.dtype == node.outputs[0].dtype == "int8" else None


def _can_add(node: Node) -> bool:
    """Tell whether the node is an int8 convolution of all channels without an addition yet."""
    if node.op != "CONV_2D" or len(node.inputs) not in (2, 3) or node.fused.add is not None:
        return False
    source, weights = node.inputs[:2]
    if source is None or weights is None or weights.data is None:
        return False
    return weights.dtype == "int8" and source.shape[-1:] == weights.shape[-1:]
