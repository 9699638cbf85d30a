"""A PAD before a convolution becomes the convolution's own padding."""

from dataclasses import replace

import numpy as np

from studio.compiler.graph import Fused, Graph, Node
from studio.compiler.uses import makers, read_counts, same_quantization

NAME = "pad into convolutions"
_PADDING_FIELD = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 0}
_VALID = 1


def run(graph: Graph) -> Graph:
    """Let convolutions without padding read an unpadded input."""
    made, reads = makers(graph), read_counts(graph)
    nodes: list[Node] = []
    gone: set[int] = set()
    for node in graph.nodes:
        source = node.inputs[0] if node.inputs else None
        pad = made.get(source.index) if source is not None else None
        amounts = _amounts(pad) if pad is not None and _takes_padding(node) else None
        if pad is None or source is None or amounts is None or reads[source.index] != 1:
            nodes.append(node)
            continue
        gone.add(pad.index)
        fused = Fused(amounts, node.fused.activation, node.fused.add)
        nodes.append(replace(node, inputs=(pad.inputs[0], *node.inputs[1:]), fused=fused))
    return replace(graph, nodes=tuple(node for node in nodes if node.index not in gone))


def _takes_padding(node: Node) -> bool:
    field = _PADDING_FIELD.get(node.op)
    if field is None or node.options is None or node.fused.pad is not None:
        return False
    return node.options.integer(field, "b") == _VALID


def _amounts(pad: Node) -> tuple[int, int, int, int] | None:
    """Return (above, below, left, right) if the node pads a picture with zeros."""
    if pad.op not in ("PAD", "PADV2") or len(pad.inputs) < 2:
        return None
    source, table = pad.inputs[0], pad.inputs[1]
    if source is None or source.data is not None or table is None or table.data is None:
        return None
    if table.shape != (4, 2) or table.dtype not in ("int32", "int64") or len(source.shape) != 4:
        return None
    (n0, n1), (top, bottom), (left, right), (c0, c1) = table.data.tolist()
    if n0 or n1 or c0 or c1 or not all(0 <= n < 1 << 15 for n in (top, bottom, left, right)):
        return None
    output = pad.outputs[0]
    grown = (source.shape[0], source.shape[1] + top + bottom, source.shape[2] + left + right)
    if output.shape != (*grown, source.shape[3]) or not _pads_with_zero(pad):
        return None
    return top, bottom, left, right


def _pads_with_zero(pad: Node) -> bool:
    source, output = pad.inputs[0], pad.outputs[0]
    quantized = output.dtype != "float32"
    if source is None or (quantized and not same_quantization(source, output)):
        return False
    if source.dtype != output.dtype:
        return False
    value = pad.inputs[2] if len(pad.inputs) > 2 else None
    if value is None:
        return pad.op == "PAD"
    zero = output.zero_points[0] if quantized else 0
    return value.data is not None and value.elements == 1 and bool(np.all(value.data == zero))
