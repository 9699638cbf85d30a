"""What MEAN, SUM, REDUCE_MAX and REDUCE_MIN have in common."""

from itertools import groupby
from math import prod

import numpy as np

from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Overlap, Value
from studio.compiler.quantization import affine, factor

TYPES = {"int8": "s8", "int16": "s16", "float32": "f32"}
"""Type -> the end of its kernels' names."""
_IN_PLACE = (Overlap(0, None, 0),)
"""All values of an output lie behind it, and those of later outputs as well."""
_GROUPS = ("outer", "reduced_a", "middle", "reduced_b", "inner")
_ONE_GROUP = ("outer", "reduced_b", "inner")


def reduced(node: Node) -> tuple[Tensor, Tensor, dict[str, Value], int]:
    """Return input, output, the sizes that the kernels loop over, and values per output."""
    source, output = node.input(0, tuple(TYPES)), node.output(tuple(TYPES))
    if source.dtype != output.dtype:
        raise node.fail(f"its input is {source.dtype}, but its output {output.dtype}")
    rank = len(source.shape)
    found = [int(axis) for axis in node.constant(1, ("int32",)).reshape(-1)[:16]]
    if not all(-rank <= axis < rank for axis in found):
        raise node.fail(f"its axes {found} are not within an input of {rank} dimensions")
    axes = {axis % rank for axis in found}
    kept = tuple(n for axis, n in enumerate(source.shape) if axis not in axes)
    if output.elements != prod(kept):
        raise node.fail(f"its output has shape {output.shape}, but it computes {kept}")
    sizes: dict[str, Value] = {"over." + name: 1 for name in _GROUPS}
    sizes |= {"over." + name: size for name, size in _merged(node, source.shape, axes).items()}
    return source, output, sizes, source.elements // prod(kept)


def _merged(node: Node, shape: tuple[int, ...], axes: set[int]) -> dict[str, int]:
    """Fold neighbouring axes of one kind: [outer][reduced_a][middle][reduced_b][inner]."""
    groups = [
        (kind, prod(shape[axis] for axis in members))
        for kind, members in groupby(
            (axis for axis, size in enumerate(shape) if size > 1), lambda axis: axis in axes
        )
    ]
    if groups and groups[0][0]:
        groups.insert(0, (False, 1))
    if len(groups) > len(_GROUPS):
        raise node.fail(f"it reduces axes {sorted(axes)} of {shape}: too many groups of them")
    # a single group goes to the inner loops, which are the quickest
    names = _GROUPS if len(groups) > len(_ONE_GROUP) else _ONE_GROUP
    return {name: size for name, (_, size) in zip(names, groups, strict=False)}


def total(node: Node, *, mean: bool) -> Layer:
    """Check a MEAN or SUM and return its layer."""
    source, output, members, count = reduced(node)
    if source.dtype == "float32":
        members["divisor"] = float(count) if mean else 1.0
        call = Call("nn_reduce.h", "tml_sum_f32", "tml_sum_f32_layer", members)
        return Layer(node.op, (source,), (output,), call, overlaps=_IN_PLACE)
    before, after = affine(node, source), affine(node, output)
    scaled = factor(node, float(before.scale) / float(after.scale))
    # the division by the count goes into the multiplier, as far as its bits allow
    spare = min(count.bit_length() - 1, 32, 31 + scaled.shift) if mean else 0
    members |= {
        "offset": int(np.int64(-before.zero_point * count).astype(np.int32)),
        "multiplier": (scaled.multiplier << spare) // (count if mean else 1),
        "shift": scaled.shift - spare,
        "out_zero_point": after.zero_point,
    }
    kernel = f"tml_sum_{TYPES[source.dtype]}"
    call = Call("nn_reduce.h", kernel, "tml_sum_layer", members)
    return Layer(node.op, (source,), (output,), call, overlaps=_IN_PLACE)


def extreme(node: Node, which: str) -> Layer:
    """Check a REDUCE_MAX or REDUCE_MIN and return its layer."""
    source, output, members, _ = reduced(node)
    if source.dtype != "float32" and affine(node, source) != affine(node, output):
        raise node.fail("its input and output are quantized differently")
    kernel = f"tml_{which}_{TYPES[source.dtype]}"
    call = Call("nn_reduce.h", kernel, "tml_extreme_layer", members)
    return Layer(node.op, (source,), (output,), call, overlaps=_IN_PLACE)
