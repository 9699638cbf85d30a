"""Channels that have the same value for every input are removed, with all that computes them.

What a removed channel adds to the sums of the next layer is a constant and goes into its bias.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.compiler.graph import Graph, Node, Tensor
from studio.compiler.intervals import TIED, WEIGHTED, Interval, intervals, padded, plain
from studio.types import Restore

NAME = "channels that never change"

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Analysis:
    """What is known of a graph's channels."""

    known: Mapping[int, Interval]
    keep: dict[int, Mask]
    """Tensor -> channels that stay; tensors that are not here stay whole."""


def run(graph: Graph) -> Graph:
    """Remove channels between convolutions, depthwise convolutions, pools and dense layers."""
    known = intervals(graph)
    if not any(interval.fixed.any() for interval in known.values()):
        return graph
    analysis = _Analysis(known, _kept(graph, known))
    if not analysis.keep:
        return graph
    tensors: dict[int, Tensor] = {}
    nodes = tuple(_rewritten(node, analysis, tensors) for node in graph.nodes)
    restored = dict(graph.restored)
    for index, mask in analysis.keep.items():
        restored[index] = _restore(mask, known.get(index))
    return replace(graph, nodes=nodes, restored=restored)


def _restore(mask: Mask, interval: Interval | None) -> Restore:
    kept = tuple(int(n) for n in np.flatnonzero(mask))
    if interval is None or not interval.fixed[~mask].all():
        return Restore(mask.size, kept, ())
    return Restore(mask.size, kept, tuple(int(n) for n in interval.low))


def _kept(graph: Graph, known: Mapping[int, Interval]) -> dict[int, Mask]:
    """Return the channels that must stay, of tensors that can lose some."""
    keep = _candidates(graph)
    _spread(graph, known, keep)
    for mask in keep.values():
        mask[0] |= not mask.any()
    _spread(graph, known, keep)  # a channel that stays for its own sake needs others too
    return {index: mask for index, mask in keep.items() if not mask.all()}


def _spread(graph: Graph, known: Mapping[int, Interval], keep: dict[int, Mask]) -> None:
    """Keep what the channels that stay are made of."""
    changed = True
    while changed:
        changed = False
        for node in reversed(graph.nodes):
            wanted = _wanted(node, known, keep)
            source = node.inputs[0] if node.inputs else None
            if wanted is not None and source is not None and (wanted & ~keep[source.index]).any():
                keep[source.index] |= wanted
                changed = True
            changed |= _tie(node, keep)
        for node in graph.nodes:  # what is tied branches, but never joins: once each way is all
            changed |= _tie(node, keep)


def _candidates(graph: Graph) -> dict[int, Mask]:
    """Return an empty mask per tensor that only nodes make and read which can do with less."""
    fixed = {tensor.index for tensor in (*graph.inputs, *graph.outputs)}
    made = set()
    for node in graph.nodes:
        simple = plain(node)
        if simple:
            made |= {tensor.index for tensor in node.outputs}
        for position, tensor in enumerate(node.inputs):
            if tensor is not None and not (simple and position == 0):
                fixed.add(tensor.index)
    shapes = {t.index: t.shape for node in graph.nodes for t in node.outputs}
    keep = {n: np.zeros(shapes[n][-1], bool) for n in made - fixed}
    # values between tied nodes of which one end stays whole stay whole too
    changed = True
    while changed:
        changed = False
        for node in (*reversed(graph.nodes), *graph.nodes):
            if node.op not in TIED or not node.inputs or node.inputs[0] is None:
                continue
            ends = node.inputs[0].index, node.outputs[0].index
            if (ends[0] in keep) != (ends[1] in keep):
                for end in ends:
                    changed |= keep.pop(end, None) is not None
    return keep


def _wanted(node: Node, known: Mapping[int, Interval], keep: Mapping[int, Mask]) -> Mask | None:
    """Return the input channels that a node needs; None if its input stays whole anyway."""
    source = node.inputs[0] if node.inputs else None
    if source is None or source.index not in keep:
        return None
    interval = known.get(source.index)
    fixed = interval.fixed if interval else np.zeros(source.shape[-1], bool)
    if node.op in TIED:
        groups: Mask = keep[node.outputs[0].index].reshape(fixed.size, -1)
        return np.array(groups.any(axis=1))
    weights = node.inputs[1]
    if weights is None or weights.data is None:
        return np.ones_like(fixed)
    rows = keep.get(node.outputs[0].index)
    used = weights.data if rows is None else weights.data[rows]
    touched = (used != 0).reshape(-1, fixed.size).any(axis=0)
    if interval is not None and padded(node):
        fixed = fixed & (interval.low == source.zero_points[0])
    return np.array(touched & ~fixed)


def _tie(node: Node, keep: Mapping[int, Mask]) -> bool:
    """Let a node that keeps channels apart have the same ones before and after it."""
    source = node.inputs[0] if node.inputs else None
    if node.op not in TIED or source is None or source.index not in keep:
        return False
    before, after = keep[source.index], keep[node.outputs[0].index]
    group = after.size // before.size
    merged = before | after.reshape(before.size, group).any(axis=1)
    changed = bool((merged & ~before).any() or (merged.repeat(group) & ~after).any())
    before |= merged
    after |= merged.repeat(group)
    return changed


def _rewritten(node: Node, analysis: _Analysis, tensors: dict[int, Tensor]) -> Node:
    """Return the node with fewer channels before and after it; notes the tensors it makes."""
    source = node.inputs[0] if node.inputs else None
    current = tuple(tensors.get(t.index, t) if t is not None else None for t in node.inputs)
    outputs = tuple(_smaller(t, analysis.keep.get(t.index)) for t in node.outputs)
    tensors.update({tensor.index: tensor for tensor in outputs})
    if source is None or node.op not in WEIGHTED or not plain(node):
        return replace(node, inputs=current, outputs=outputs)
    before = analysis.keep.get(source.index)
    after = analysis.keep.get(node.outputs[0].index)
    if before is None and after is None:
        return replace(node, inputs=current, outputs=outputs)
    weights, bias = _sliced(node, analysis, before, after)
    return replace(node, inputs=(current[0], weights, bias), outputs=outputs)


def _smaller(tensor: Tensor, mask: Mask | None) -> Tensor:
    if mask is None:
        return tensor
    return replace(tensor, shape=(*tensor.shape[:-1], int(mask.sum())))


def _sliced(
    node: Node, analysis: _Analysis, before: Mask | None, after: Mask | None
) -> tuple[Tensor, Tensor]:
    """Return weights and bias of the channels that stay."""
    source, weights = node.inputs[0], node.inputs[1]
    if source is None or weights is None or weights.data is None:
        raise node.fail("its weights are missing")
    data = weights.data
    axis = 3 if node.op == "DEPTHWISE_CONV_2D" else 0
    out = np.ones(data.shape[axis], bool) if after is None else after
    bias = _bias(node, data.shape[axis])
    if before is not None and axis == 0:
        interval = analysis.known.get(source.index)
        value = interval.low if interval is not None else np.zeros(before.size, np.int64)
        steps = np.where(before, 0, value - int(source.zero_points[0]))
        gone = data.astype(np.int64).reshape(data.shape[0], -1, before.size).sum(axis=1)
        bias = bias + gone @ steps
        data = data[..., before]
    data = np.ascontiguousarray(data.compress(out, axis=axis))
    each = out if weights.scales.size > 1 else np.ones(weights.scales.size, bool)
    fewer = replace(
        weights,
        data=data,
        shape=data.shape,
        scales=weights.scales[each],
        zero_points=weights.zero_points[each],
    )
    kept = bias[out].astype(np.uint64).astype(np.uint32).view(np.int32)  # wraps as sums do
    old = node.inputs[2] if len(node.inputs) > 2 else None
    template = old if old is not None else replace(weights, index=-weights.index - 2)
    none = np.zeros(0)
    new = replace(
        template,
        name=f"{node.outputs[0].name} bias",
        dtype="int32",
        data=kept,
        shape=kept.shape,
        scales=none.astype(np.float32),
        zero_points=none.astype(np.int64),
    )
    return fewer, new


def _bias(node: Node, channels: int) -> NDArray[np.int64]:
    bias = node.inputs[2] if len(node.inputs) > 2 else None
    if bias is None or bias.data is None:
        return np.zeros(channels, np.int64)
    return bias.data.reshape(-1).astype(np.int64)
