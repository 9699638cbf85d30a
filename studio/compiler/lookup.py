"""int8 operators on one value: a table of the answers to all 256 inputs, computed here.

The tables hold what TensorFlow Lite for Microcontrollers computes, byte for byte; the board only
looks them up, whatever the operator.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from studio.compiler.fixedpoint import Ints
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Overlap, Value
from studio.compiler.quantization import affine
from studio.compiler.target import Target

WORTHWHILE = 256
"""From so many values on a table is looked up instead of computing with a constant."""
_INPUTS = np.array([*range(128), *range(-128, 0)], np.int64)
"""In the order of the kernel's table."""


def lookup(node: Node, answer: Callable[[Ints], Ints]) -> Layer:
    """Return a layer that gives `answer(x)`, saturated to int8, for each stored value x."""
    source, output = node.value(0), node.output()
    node.expect_output(source.shape)
    return _table(node, source, output, answer)


def folded(node: Node, target: Target, answer: Callable[[Ints, Ints], Ints]) -> Layer | None:
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
        right = b.data.reshape(1).astype(np.int64)
        return _table(node, a, output, lambda x: answer(x, right))
    if a.data is not None and a.elements == 1:
        left = a.data.reshape(1).astype(np.int64)
        return _table(node, b, output, lambda x: answer(left, x))
    return None


def _table(node: Node, source: Tensor, output: Tensor, answer: Callable[[Ints], Ints]) -> Layer:
    table = np.clip(answer(_INPUTS), -128, 127).astype(np.int8)
    members: dict[str, Value] = {"count": output.elements, "table": table}
    call = Call("nn_lookup_s8.h", "tml_lookup_s8", "tml_lookup_s8_layer", members)
    return Layer(node.op, (source,), (output,), call, overlaps=(Overlap(input=0),))


def real_lookup(
    node: Node, function: Callable[[NDArray[np.float32]], NDArray[np.float32]]
) -> Layer:
    """Return a layer whose table is computed in float32, as TFLite fills its own tables."""
    before, after = affine(node, node.value(0)), affine(node, node.output())

    def answer(x: Ints) -> Ints:
        with np.errstate(all="ignore"):
            real = before.scale * (x - before.zero_point).astype(np.float32)
            steps = function(real) * (np.float32(1) / after.scale)
        if np.isnan(steps).any():
            raise node.fail(f"its output's scale {after.scale} is too small")
        steps = np.clip(steps, np.float32(-(2**30)), np.float32(2**30))
        # ties go away from zero; the zero point is added in float32
        whole = np.trunc(steps + np.copysign(np.float64(0.5), steps)).astype(np.float32)
        found: Ints = (whole + np.float32(after.zero_point)).astype(np.int64)
        return found

    return lookup(node, answer)


def exp_f32(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return exp(x) rounded to float32 once."""
    return np.exp(x.astype(np.float64)).astype(np.float32)
