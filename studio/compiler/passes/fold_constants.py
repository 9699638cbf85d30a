"""Operators on constants are computed here, once, instead of on the board."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from studio.compiler.graph import Graph, Node, Tensor
from studio.compiler.moved_constants import FOLD
from studio.compiler.verify import read_values, verify_read
from studio.errors import ModelError

NAME = "constant folding"
MAX_BYTES = 32 << 20
"""Of all folded values together."""

Array = NDArray[np.generic]


def run(graph: Graph) -> Graph:
    """Replace results that depend on constants only by constants."""
    known: dict[int, Tensor] = {}
    kept: list[Node] = []
    total = read = 0
    ends = {tensor.index for tensor in graph.outputs}
    for node in graph.nodes:
        inputs = tuple(known.get(t.index, t) if t is not None else None for t in node.inputs)
        current = replace(node, inputs=inputs)
        compute = None if ends & {t.index for t in node.outputs} else _known(current)
        if compute is None:
            kept.append(current)
            continue
        # counted before the work, and also where its result turns out not to fit
        total, read = total + node.outputs[0].bytes, read + read_values(current)
        if total > MAX_BYTES:
            raise ModelError(
                f"The model's constant parts need {total} bytes; the limit is {MAX_BYTES}."
            )
        verify_read(read)
        values = _computed(current, compute)
        if values is None:
            kept.append(current)
            continue
        known[node.outputs[0].index] = replace(node.outputs[0], data=values)
    return replace(graph, nodes=tuple(kept))


def _known(node: Node) -> Callable[[Node], Array | None] | None:
    """Return what computes the output's values if they may be known, else None."""
    compute = _FOLD.get(node.op)
    if compute is None or len(node.outputs) != 1 or not node.inputs:
        return None
    if node.op != "SHAPE" and any(t is None or t.data is None for t in node.inputs):
        return None
    output = node.outputs[0]
    if output.data is not None or output.dtype.startswith("type"):
        return None
    first = node.inputs[0]
    same = first is not None and first.elements == output.elements
    return compute if same or node.op not in _SAME_SIZE else None


def _computed(node: Node, compute: Callable[[Node], Array | None]) -> Array | None:
    """Return the output's values; None where they do not fit it or are not known."""
    output, found = node.outputs[0], compute(node)
    if found is None or found.size != output.elements:
        return None
    return found.astype(output.dtype, copy=False).reshape(output.shape)


def _data(node: Node, position: int) -> Array:
    tensor = node.inputs[position]
    if tensor is None or tensor.data is None:
        raise node.fail(f"input {position} is not a constant")
    return tensor.data


def _same(node: Node) -> Array:
    return _data(node, 0)


def _shape(node: Node) -> Array | None:
    source = node.inputs[0]
    return None if source is None else np.array(source.shape, np.int64)


def _transpose(node: Node) -> Array | None:
    source = _data(node, 0)
    order = [int(n) for n in _data(node, 1).reshape(-1).tolist()] if len(node.inputs) > 1 else []
    return source.transpose(order) if sorted(order) == list(range(source.ndim)) else None


def _stacked(node: Node) -> Array | None:
    """PACK of single numbers or equal parts along the first axis, as shapes are put together."""
    axis = node.options.integer(1, "i") if node.options is not None else 0
    parts = [_data(node, n) for n in range(len(node.inputs))]
    fits = sum(part.size for part in parts) == node.outputs[0].elements
    if axis != 0 or len({part.shape for part in parts}) != 1 or not fits:
        return None
    return np.stack(parts)


def _real(node: Node) -> Array | None:
    """DEQUANTIZE of weights."""
    source = node.inputs[0]
    if source is None or source.data is None:
        return None
    if source.dtype == "float16":
        return source.data.astype(np.float32)
    if source.dtype not in ("int8", "uint8", "int16") or not source.scales.size:
        return None
    shape = [1] * source.data.ndim
    if source.scales.size > 1:
        if not 0 <= source.axis < len(shape) or source.shape[source.axis] != source.scales.size:
            return None
        shape[source.axis] = source.scales.size
    zeros, scales = source.zero_points.reshape(shape), source.scales.reshape(shape)
    real: Array = (source.data.astype(np.int64) - zeros).astype(np.float32) * scales
    return real


def _cast(node: Node) -> Array | None:
    source = _data(node, 0)
    return source if source.dtype.kind in "iub" else None


_SAME_SIZE = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE", "DEQUANTIZE", "CAST")
"""Operators whose output has as many values as their first input."""

_FOLD: dict[str, Callable[[Node], Array | None]] = {
    **FOLD,
    "RESHAPE": _same,
    "SQUEEZE": _same,
    "EXPAND_DIMS": _same,
    "SHAPE": _shape,
    "TRANSPOSE": _transpose,
    "PACK": _stacked,
    "DEQUANTIZE": _real,
    "CAST": _cast,
}
