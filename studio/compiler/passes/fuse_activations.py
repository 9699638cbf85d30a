"""An activation behind an operator that can clamp its own output becomes a limit of that one."""

from dataclasses import replace

from studio.compiler.graph import Fused, Graph, Node
from studio.compiler.uses import makers, read_counts, same_quantization

NAME = "activations into the operators before them"
_CODES = {"RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3}
_CLAMPING = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "SUB", "MUL"}


def run(graph: Graph) -> Graph:
    """Merge int8 activations that do not rescale: all that they do then is clamp."""
    made, reads = makers(graph), read_counts(graph)
    merged: dict[int, Node] = {}
    gone: set[int] = set()
    for node in graph.nodes:
        source = node.inputs[0] if node.op in _CODES and node.inputs else None
        before = made.get(source.index) if source is not None else None
        if before is None or source is None or before.index in merged:
            continue
        alone = reads[source.index] == 1 and not before.fused.activation
        fits = source.dtype == "int8" and same_quantization(source, node.outputs[0])
        if before.op in _CLAMPING and alone and fits and source.shape == node.outputs[0].shape:
            fused = Fused(before.fused.pad, _CODES[node.op], before.fused.add)
            merged[before.index] = replace(before, outputs=node.outputs, fused=fused)
            gone.add(node.index)
    nodes = (merged.get(node.index, node) for node in graph.nodes if node.index not in gone)
    return replace(graph, nodes=tuple(nodes))
