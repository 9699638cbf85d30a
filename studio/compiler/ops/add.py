"""ADD, with broadcasting; one of its inputs may be a constant."""

from math import isfinite

import numpy as np

from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Value, four
from studio.compiler.quantization import Factor, activation_range, affine, factor
from studio.compiler.target import Target

NAME = "ADD"
LEFT_SHIFT = 20
"""Extra bits carried through the addition; the kernel has the same number."""


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    a, b, output = node.input(0), node.input(1), node.output()
    if len(node.inputs) != 2 or (a.data is not None and b.data is not None):
        raise node.fail("it must have two inputs, not both constant")
    if max(len(a.shape), len(b.shape)) > 4:
        raise node.fail(f"inputs {a.shape} and {b.shape} have more than four dimensions")
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise node.fail(f"inputs {a.shape} and {b.shape} do not fit") from None
    node.expect_output(shape)
    quant_a, quant_b, quant_out = (affine(node, tensor) for tensor in (a, b, output))
    twice = 2 * max(float(quant_a.scale), float(quant_b.scale))
    factor_a = _shifted_right(node, _below_one(node, float(quant_a.scale) / twice))
    factor_b = _shifted_right(node, _below_one(node, float(quant_b.scale) / twice))
    factor_out = _shifted_right(
        node, _below_one(node, twice / ((1 << LEFT_SHIFT) * float(quant_out.scale)))
    )
    low, high = activation_range(
        node, node.options.integer(0, "b") if node.options is not None else 0, output
    )
    size, steps_a, steps_b = _loops(shape, a, b)
    members: dict[str, Value] = {
        "size": size,
        "step_a": steps_a,
        "step_b": steps_b,
        "zero_point_a": quant_a.zero_point,
        "multiplier_a": factor_a.multiplier,
        "right_a": -factor_a.shift,
        "zero_point_b": quant_b.zero_point,
        "multiplier_b": factor_b.multiplier,
        "right_b": -factor_b.shift,
        "out_multiplier": factor_out.multiplier,
        "out_right": -factor_out.shift,
        "out_zero_point": quant_out.zero_point,
        "out_low": low,
        "out_high": high,
    }
    call = Call("nn_add_s8.h", "tml_add_s8", "tml_add_s8_layer", members)
    return Layer(node.op, (a, b), (output,), call)


def _below_one(node: Node, real: float) -> Factor:
    if not isfinite(real) or not 0 < real < 1:
        raise node.fail(
            f"its scales give the factor {real:g}; it must lie between 0 and 1",
            "The output's scale is too small for the inputs' scales.",
        )
    return factor(node, real)


def _shifted_right(node: Node, scale: Factor) -> Factor:
    """Return a factor whose shift goes right by at least 1, as the kernel wants it.

    A half, the usual factor of the input with the larger scale, is nearly one shifted by 1: for
    sums below 2**30 the product is rounded to the same.
    """
    if scale.shift < 0:
        return scale
    if scale == Factor(1 << 30, 0):
        return Factor(2**31 - 1, -1)
    raise node.fail("its output's scale is too small for the inputs' scales")


def _loops(
    shape: tuple[int, ...], a: Tensor, b: Tensor
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    if a.shape == b.shape:
        return (1, 1, 1, a.elements), (0, 0, 0, 1), (0, 0, 0, 1)
    return four(shape), _steps(a), _steps(b)


def _steps(tensor: Tensor) -> tuple[int, ...]:
    """Return elements to the next value along each of four dimensions, 0 where it repeats."""
    steps: list[int] = []
    step = 1
    for size in reversed(four(tensor.shape)):
        steps.insert(0, step if size > 1 else 0)
        step *= size
    return tuple(steps)
