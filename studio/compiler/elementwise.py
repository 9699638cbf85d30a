"""What operators that work value by value have in common: checks, broadcasting, overlaps."""

from collections.abc import Sequence
from math import isfinite, prod

import numpy as np

from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Overlap, Value
from studio.compiler.quantization import Affine, Factor, affine, factor


def unary(node: Node, dtypes: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return the input and the output of an operator on one value, of equal shape and type."""
    if len(node.inputs) != 1:
        raise node.fail(f"it has {len(node.inputs)} inputs instead of one")
    source = node.value(0, dtypes)
    output = node.output((source.dtype,))
    node.expect_output(source.shape)
    return source, output


def binary(node: Node, dtypes: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
    """Return both inputs and the output of an operator on two values, all of one type."""
    a = node.input(0, dtypes)
    b = node.input(1, (a.dtype,))
    broadcast(node)
    return a, b, node.output((a.dtype,))


def broadcast(node: Node) -> dict[str, Value]:
    """Return the loops over a node's two inputs for the kernels' `tml_nn_broadcast`.

    Dimensions that neither input repeats are joined with their neighbours, so that there is
    nearly always one long row.
    """
    groups = _groups(node)
    row, step_a, step_b = groups[-1]
    loops = np.array(groups[:-1] or [(1, 0, 0)], np.int32)
    return {
        "shape.row": row,
        "shape.step_a": step_a,
        "shape.step_b": step_b,
        "shape.depth": len(groups) - 1,
        "shape.loops": loops,
    }


def broadcast_four(
    node: Node,
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]] | None:
    """Return sizes and both inputs' steps of exactly four loops, or None if there are more."""
    groups = _groups(node)
    if len(groups) > 4:
        return None
    size, step_a, step_b = zip(*([(1, 0, 0)] * (4 - len(groups)) + groups), strict=True)
    return size, step_a, step_b


def _groups(node: Node) -> list[tuple[int, int, int]]:
    """Return (turns, step of a, step of b) of the loops that are needed, the outermost first.

    There are at most six, as the reader takes no tensor of more dimensions.
    """
    a, b = node.inputs[0], node.inputs[1] if len(node.inputs) == 2 else None
    if a is None or b is None or (a.data is not None and b.data is not None):
        raise node.fail("it must have two inputs, not both constant")
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise node.fail(f"inputs {a.shape} and {b.shape} do not fit") from None
    node.expect_output(shape)
    dims = [(1,) * (len(shape) - len(t.shape)) + t.shape for t in (a, b)]
    groups: list[tuple[int, int, int]] = []
    for size, n_a, n_b in zip(shape, *dims, strict=True):
        if size == 1:
            continue
        if groups and (groups[-1][1], groups[-1][2]) == (n_a > 1, n_b > 1):
            groups[-1] = (groups[-1][0] * size, n_a > 1, n_b > 1)
        else:
            groups.append((size, n_a > 1, n_b > 1))
    groups = groups or [(1, 0, 0)]
    return [
        (
            size,
            prod(n for n, in_a, _ in groups[number + 1 :] if in_a) * moves_a,
            prod(n for n, _, in_b in groups[number + 1 :] if in_b) * moves_b,
        )
        for number, (size, moves_a, moves_b) in enumerate(groups)
    ]


def overlaps(inputs: Sequence[Tensor], output: Tensor) -> tuple[Overlap, ...]:
    """Return the inputs that the output may lie over: those with as many bytes, read in order."""
    return tuple(
        Overlap(input=position)
        for position, tensor in enumerate(inputs)
        if tensor.data is None
        and (tensor.elements, tensor.dtype) == (output.elements, output.dtype)
    )


def fused_activation(node: Node) -> int:
    """Return the activation among the operator's options, by TFLite's number."""
    return node.options.integer(0, "b") if node.options is not None else 0


def symmetric(node: Node, *tensors: Tensor) -> list[Affine]:
    """Return the tensors' scales; int16 ones must have the zero point 0."""
    found = [affine(node, tensor) for tensor in tensors]
    for tensor, quantized in zip(tensors, found, strict=True):
        if tensor.dtype == "int16" and quantized.zero_point:
            raise node.fail(
                f"tensor {tensor.name!r} has the zero point {quantized.zero_point} instead of 0",
                "int16 values are quantized without a zero point.",
            )
    return found


def below_one(node: Node, real: float) -> Factor:
    """Split a factor that must lie between 0 and 1."""
    if not isfinite(real) or not 0 < real < 1:
        raise node.fail(
            f"its scales give the factor {real:g}; it must lie between 0 and 1",
            "The output's scale is too small for the inputs' scales.",
        )
    return factor(node, real)


def shifted_right(node: Node, scale: Factor) -> Factor:
    """Return a factor whose shift goes right by at least 1, as fast kernels want it."""
    if scale.multiplier == 0:
        return Factor(0, -1)
    if scale.shift < 0:
        return scale
    raise node.fail("its output's scale is too small for the inputs' scales")


def halved_right(node: Node, scale: Factor) -> Factor:
    """Return the same for the factor of an input with extra bits.

    A half, the usual factor of the input with the larger scale, is nearly one shifted by 1: for
    even numbers below 2**30 the product is rounded to the same.
    """
    return Factor(2**31 - 1, -1) if scale == Factor(1 << 30, 0) else shifted_right(node, scale)
