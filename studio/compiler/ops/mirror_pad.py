"""MIRROR_PAD: the values at the borders once more, in reverse."""

from collections.abc import Sequence
from itertools import groupby
from math import prod

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.movement import moved, option, width
from studio.compiler.padding import DIMENSIONS, Padded, amounts, fill_dimensions
from studio.compiler.target import Target
from studio.compiler.tflite import MAX_RANK

NAME = "MIRROR_PAD"
REFLECT = 0


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. REFLECT leaves the border itself out."""
    source, output = moved(node)
    mode = option(node, 0, "b")
    if mode not in (REFLECT, 1):
        raise node.fail(f"its mode is {mode}; supported are 0 (reflect) and 1 (symmetric)")
    skip = int(mode == REFLECT)
    padded = amounts(node, source)
    if any(max(one.before, one.after) > one.size - skip for one in padded):
        raise node.fail(f"its amounts {padded} exceed what can be mirrored")
    run = width(source)
    while padded and padded[-1].whole == padded[-1].size:
        run *= padded.pop().size
    groups: list[Padded] = []
    for plain, members in groupby(padded, lambda one: one.whole == one.size):
        found = list(members)
        groups += [Padded(prod(one.size for one in found))] if plain else found
    filled = fill_dimensions(node, groups, MAX_RANK)
    steps = [run * prod(one.size for one in filled[n + 1 :]) for n in range(len(filled))]
    table = _members(filled[-DIMENSIONS:], steps[-DIMENSIONS:]) | {"skip": skip}
    name = "tml_mirror_pad"
    if len(filled) > DIMENSIONS:
        inner: dict[str, Value] = {f"inner.{key}": value for key, value in table.items()}
        outer = _members(filled[:-DIMENSIONS], steps[:-DIMENSIONS])
        out_step = run * prod(one.whole for one in filled[-DIMENSIONS:])
        table, name = {**inner, **outer, "out_step": out_step}, "tml_mirror_pad_6d"
    call = Call("nn_mirror_pad.h", name, f"{name}_layer", table)
    return Layer(node.op, (source,), (output,), call)


def _members(padded: Sequence[Padded], steps: Sequence[int]) -> dict[str, Value]:
    return {
        "size": tuple(one.size for one in padded),
        "before": tuple(one.before for one in padded),
        "after": tuple(one.after for one in padded),
        "step": tuple(steps),
    }
