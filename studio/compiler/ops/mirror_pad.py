"""MIRROR_PAD: the values at the borders once more, in reverse."""

from itertools import groupby
from math import prod

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.movement import moved, option, width
from studio.compiler.padding import Padded, amounts, fill_dimensions
from studio.compiler.target import Target

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
    four = fill_dimensions(node, groups)
    steps = [run * prod(one.size for one in four[n + 1 :]) for n in range(len(four))]
    table: dict[str, Value] = {
        "size": tuple(one.size for one in four),
        "before": tuple(one.before for one in four),
        "after": tuple(one.after for one in four),
        "step": tuple(steps),
        "skip": skip,
    }
    call = Call("nn_mirror_pad.h", "tml_mirror_pad", "tml_mirror_pad_layer", table)
    return Layer(node.op, (source,), (output,), call)
