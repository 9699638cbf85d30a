"""MEAN over any axes of up to four dimensions."""

from itertools import groupby
from math import prod

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.quantization import affine, factor
from studio.compiler.target import Target

NAME = "MEAN"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = node.value(0), node.output()
    rank = len(source.shape)
    if not 1 <= rank <= 4:
        raise node.fail(f"its input has {rank} dimensions; supported are 1 to 4")
    found = [int(axis) for axis in node.constant(1, ("int32",)).reshape(-1)[:16]]
    if not all(-rank <= axis < rank for axis in found):
        raise node.fail(f"its axes {found} are not within an input of {rank} dimensions")
    axes = {axis % rank for axis in found}
    kept = tuple(n for axis, n in enumerate(source.shape) if axis not in axes)
    if output.elements != prod(kept):
        raise node.fail(f"its output has shape {output.shape}, but it computes {kept}")
    sizes = _merged(source.shape, axes)
    members = {**sizes, **_scaling(node, sizes["reduced_a"] * sizes["reduced_b"])}
    call = Call("nn_mean_s8.h", "tml_mean_s8", "tml_mean_s8_layer", members)
    return Layer(node.op, (source,), (output,), call)


def _merged(shape: tuple[int, ...], axes: set[int]) -> dict[str, int]:
    """Fold neighbouring axes of one kind: [outer][reduced_a][middle][reduced_b][inner]."""
    groups = [
        (reduced, prod(shape[axis] for axis in members))
        for reduced, members in groupby(range(len(shape)), lambda axis: axis in axes)
    ]
    outer = 1 if groups[0][0] else groups.pop(0)[1]
    rest = [size for _, size in groups] + [1] * 4
    return {
        "outer": outer,
        "reduced_a": rest[0],
        "middle": rest[1],
        "reduced_b": rest[2],
        "inner": rest[3],
    }


def _scaling(node: Node, count: int) -> dict[str, Value]:
    before, after = affine(node, node.input(0)), affine(node, node.outputs[0])
    scaled = factor(node, float(before.scale) / float(after.scale))
    # the division by the count goes into the multiplier, as far as its bits allow
    spare = min(count.bit_length() - 1, 32, 31 + scaled.shift)
    return {
        "offset": -before.zero_point * count,
        "multiplier": (scaled.multiplier << spare) // count,
        "shift": scaled.shift - spare,
        "out_zero_point": after.zero_point,
    }
