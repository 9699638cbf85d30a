"""Who makes and who reads the values of a graph."""

from collections import Counter

from studio.compiler.graph import Graph, Node, Tensor


def makers(graph: Graph) -> dict[int, Node]:
    """Return for each computed value the node that makes it."""
    return {tensor.index: node for node in graph.nodes for tensor in node.outputs}


def read_counts(graph: Graph) -> Counter[int]:
    """Return how often each value is read; being an output of the model counts as well."""
    counts = Counter(tensor.index for tensor in graph.outputs)
    for node in graph.nodes:
        counts.update(tensor.index for tensor in node.inputs if tensor is not None)
    return counts


def same_quantization(a: Tensor, b: Tensor) -> bool:
    """Tell whether two tensors give every stored value the same meaning, as one scale does."""
    single = a.scales.size == b.scales.size == 1
    same = single and a.scales[0] == b.scales[0] and a.zero_points[0] == b.zero_points[0]
    return bool(same) and a.dtype == b.dtype
