"""int8 operators on one value: a table of the answers to all 256 inputs, computed here.

The tables hold what TensorFlow Lite for Microcontrollers computes, byte for byte; the board only
looks them up, whatever the operator.
"""

from collections.abc import Callable
from math import exp, isnan

import numpy as np

from studio.compiler.fixedpoint import round_half_away
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Overlap
from studio.compiler.quantization import affine
from studio.compiler.target import Target

WORTHWHILE = 256
"""From so many values on a table is looked up instead of computing with a constant."""


def lookup(node: Node, answer: Callable[[int], int]) -> Layer:
    """Return a layer that gives `answer(x)`, saturated to int8, for each stored value x."""
    source, output = node.value(0), node.output()
    node.expect_output(source.shape)
    return _table(node, source, output, answer)


def folded(node: Node, target: Target, answer: Callable[[int, int], int]) -> Layer | None:
    """Return a table's layer for an int8 operator on two values of which only one varies.

    One input is a single constant then, or both are the same. None otherwise, and where a table
    would cost more than it saves.
    """
    a, b, output = node.input(0), node.input(1), node.output()
    if target.optimise == "size" or output.elements < WORTHWHILE:
        return None
    if a.index == b.index:
        return _table(node, a, output, lambda x: answer(x, x))
    if b.data is not None and b.elements == 1:
        right = int(b.data.reshape(-1)[0])
        return _table(node, a, output, lambda x: answer(x, right))
    if a.data is not None and a.elements == 1:
        left = int(a.data.reshape(-1)[0])
        return _table(node, b, output, lambda x: answer(left, x))
    return None


def _table(node: Node, source: Tensor, output: Tensor, answer: Callable[[int], int]) -> Layer:
    answers = np.array([answer(x) for x in (*range(128), *range(-128, 0))], object)
    table = np.clip(answers, -128, 127).astype(np.int8)
    members = {"count": output.elements, "table": table}
    call = Call("nn_lookup_s8.h", "tml_lookup_s8", "tml_lookup_s8_layer", members)
    return Layer(node.op, (source,), (output,), call, overlaps=(Overlap(input=0),))


def real_lookup(node: Node, function: Callable[[np.float32], np.float32]) -> Layer:
    """Return a layer whose table is computed in float32, as TFLite fills its own tables."""
    before, after = affine(node, node.value(0)), affine(node, node.output())
    inverse = np.float32(1) / after.scale
    zero_point = np.float32(after.zero_point)

    def answer(x: int) -> int:
        with np.errstate(all="ignore"):
            real = before.scale * np.float32(x - before.zero_point)
            steps = float(function(real) * inverse)
        if isnan(steps):
            raise node.fail(f"its output's scale {after.scale} is too small")
        whole = round_half_away(min(max(steps, -(2.0**30)), 2.0**30))
        return int(np.float32(whole) + zero_point)

    return lookup(node, answer)


def exp_f32(x: np.float32) -> np.float32:
    """Return exp(x) rounded to float32 once; infinite where it is too large."""
    return np.float32(exp(x)) if x < 89 else np.float32(np.inf)
