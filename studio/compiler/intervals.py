"""What values each channel of a tensor can take, proven from the weights.

Trained networks hold channels that ReLU never lets through. Interval arithmetic over the integer
sums finds the channels that have the same value for every input there is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.compiler.graph import Graph, Node, Tensor
from studio.compiler.quantization import activation_range, affine
from studio.compiler.weighted import read_weighted
from studio.compiler.window import SAME
from studio.errors import ModelError

Ints = NDArray[np.int64]

MIXING = ("CONV_2D", "FULLY_CONNECTED")
"""Operators that make every output channel of all input channels."""
TIED = ("DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D", "RESHAPE")
"""Operators that keep the channels apart."""
WEIGHTED = (*MIXING, "DEPTHWISE_CONV_2D")


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """The least and the largest value of each channel (the last dimension), both included."""

    low: Ints
    high: Ints

    @property
    def fixed(self) -> NDArray[np.bool_]:
        """Channels that have one value only."""
        return np.array(self.low == self.high)

    def with_value(self, value: int) -> "Interval":
        """Return intervals that contain one more value, such as padding."""
        return Interval(np.minimum(self.low, value), np.maximum(self.high, value))


def intervals(graph: Graph) -> dict[int, Interval]:
    """Return intervals of the int8 values that are more than the type's own."""
    known: dict[int, Interval] = {}
    for node in graph.nodes:
        source = node.inputs[0] if node.inputs else None
        if source is None or not plain(node):
            continue
        found = _of_node(node, known.get(source.index) or _any(source))
        if found is not None:
            known[node.outputs[0].index] = found
    return known


def plain(node: Node) -> bool:
    """Tell whether the node is a known one on int8, with constant weights of fitting shapes."""
    if node.op not in (*TIED, *MIXING) or len(node.outputs) != 1:
        return False
    source, output = node.inputs[0] if node.inputs else None, node.outputs[0]
    if source is None or source.dtype != "int8" or output.dtype != "int8" or node.fused.add:
        return False
    if source.data is not None or not source.shape or not output.shape or source.variable:
        return False
    if node.op == "RESHAPE":
        return source.shape[-1] == output.shape[-1]
    if node.op in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
        return len(source.shape) == 4 and source.shape[-1] == output.shape[-1]
    weights = node.inputs[1] if len(node.inputs) > 1 else None
    if weights is None or weights.data is None or weights.dtype != "int8" or len(node.inputs) > 3:
        return False
    bias = node.inputs[2] if len(node.inputs) > 2 else None
    if bias is not None and (bias.data is None or bias.dtype != "int32"):
        return False
    return _fits(node, source, output, weights, bias)


def _fits(
    node: Node, source: Tensor, output: Tensor, weights: Tensor, bias: Tensor | None
) -> bool:
    rank = 2 if node.op == "FULLY_CONNECTED" else 4
    if len(weights.shape) != rank or (bias is not None and bias.elements != output.shape[-1]):
        return False
    if node.op == "DEPTHWISE_CONV_2D":
        axis = 3
        whole = weights.shape[3] % source.shape[-1] == 0 and weights.shape[3] == output.shape[-1]
    else:
        axis = 0
        whole = (weights.shape[-1], weights.shape[0]) == (source.shape[-1], output.shape[-1])
    scaled = weights.scales.size == 1 or (
        weights.scales.size == weights.shape[axis] and weights.axis == axis
    )
    return whole and scaled and not weights.zero_points.any()


def _any(tensor: Tensor) -> Interval:
    channels = tensor.shape[-1]
    return Interval(np.full(channels, -128, np.int64), np.full(channels, 127, np.int64))


def _of_node(node: Node, source: Interval) -> Interval | None:
    """Return the output's intervals, or None where nothing is known or the node is not valid."""
    try:
        if node.op == "CONV_2D":
            return _product(node, source, axis=0, field=3)
        if node.op == "FULLY_CONNECTED":
            return _product(node, source, axis=0, field=0)
        if node.op == "DEPTHWISE_CONV_2D":
            return _depthwise(node, source)
        if node.op in ("AVERAGE_POOL_2D", "MAX_POOL_2D") and node.options is not None:
            low, high = activation_range(node, node.options.integer(5, "b"), node.outputs[0])
            return Interval(source.low.clip(low, high), source.high.clip(low, high))
    except (ModelError, ValueError):
        return None  # lowering says what is wrong with it
    return source if node.op == "RESHAPE" else None


def padded(node: Node) -> bool:
    """Tell whether a convolution may read values outside its input."""
    if node.op == "FULLY_CONNECTED" or node.options is None:
        return False
    return node.fused.pad is not None or node.options.integer(0, "b") == SAME


def _product(node: Node, source: Interval, *, axis: int, field: int) -> Interval | None:
    """Return the intervals of sums over all channels."""
    activation = node.options.integer(field, "b") if node.options is not None else 0
    constants = read_weighted(node, axis=axis, activation=activation)
    weights = constants.weights.astype(np.int64)
    taps = weights.reshape(weights.shape[0], -1, weights.shape[-1])
    inside = source.with_value(constants.pad_value) if padded(node) else source
    up, down = np.maximum(taps, 0).sum(axis=1), np.minimum(taps, 0).sum(axis=1)
    low = constants.bias + up @ inside.low + down @ inside.high
    high = constants.bias + up @ inside.high + down @ inside.low
    return _outputs(node, constants.factors, (low, high), constants.out_range)


def _depthwise(node: Node, source: Interval) -> Interval | None:
    if node.options is None:
        return None
    constants = read_weighted(node, axis=3, activation=node.options.integer(4, "b"))
    weights = constants.weights.astype(np.int64).reshape(-1, constants.bias.size)
    multiplier = constants.bias.size // len(source.low)
    inside = source.with_value(constants.pad_value) if padded(node) else source
    first, last = inside.low.repeat(multiplier), inside.high.repeat(multiplier)
    up, down = np.maximum(weights, 0).sum(axis=0), np.minimum(weights, 0).sum(axis=0)
    low = constants.bias + up * first + down * last
    high = constants.bias + up * last + down * first
    return _outputs(node, constants.factors, (low, high), constants.out_range)


def _outputs(
    node: Node,
    factors: tuple[tuple[int, int], ...],
    sums: tuple[Ints, Ints],
    limits: tuple[int, int],
) -> Interval:
    """Return the outputs of the least and largest sums; scaling never turns their order round.

    Sums that could leave 32 bits, and factors that shift left, may give anything.
    """
    pairs = np.array(factors * (sums[0].size // len(factors)), np.int64)
    multiplier, right = pairs[:, 0], -pairs[:, 1]
    zero_point = affine(node, node.outputs[0]).zero_point
    known = (right >= 0) & (np.abs(np.stack(sums)) < 1 << 31).all(axis=0)
    ends = []
    for total in sums:
        bounded = np.where(known, total, 0)
        scaled = (bounded * multiplier + (1 << 30)) >> 31
        step = np.maximum(right, 1)
        rounded = (((scaled - (scaled < 0)) >> (step - 1)) + 1) >> 1
        ends.append((np.where(right >= 1, rounded, scaled) + zero_point).clip(*limits))
    low, high = limits
    return Interval(np.where(known, ends[0], low), np.where(known, ends[1], high))
