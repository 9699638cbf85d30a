"""BATCH_MATMUL: both sides computed, or one of them a constant."""

from math import prod

from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.quantization import affine, factor
from studio.compiler.target import Target
from studio.compiler.weighted_s16 import SUM_LIMIT, wide_factor

NAME = "BATCH_MATMUL"
_TYPES = ("int8", "int16", "float32")
_MAX_RANK = 5


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer: (..., rows, depth) x (..., depth, columns)."""
    left = node.input(0, _TYPES)
    right, output = node.input(1, (left.dtype,)), node.output((left.dtype,))
    if len(node.inputs) != 2:
        raise node.fail(f"it has {len(node.inputs)} inputs instead of two")
    if left.data is not None and right.data is not None:
        raise node.fail("both of its inputs are constants")
    members, depth = _product(node, left, right)
    macs = output.elements * depth
    if left.dtype == "float32":
        call = Call("nn_batch_matmul.h", "tml_batch_matmul_f32", "tml_nn_product", members)
    else:
        wide = left.dtype == "int16"
        numbers = {f"product.{name}": value for name, value in members.items()}
        call = Call(
            "nn_batch_matmul.h",
            "tml_batch_matmul_s16" if wide else "tml_batch_matmul_s8",
            "tml_batch_matmul_layer",
            {**numbers, **_scaling(node, left, right, depth=depth)},
        )
    return Layer(node.op, (left, right), (output,), call, macs)


def _product(node: Node, left: Tensor, right: Tensor) -> tuple[dict[str, Value], int]:
    """Check the shapes and return the members of `tml_nn_product`, and the depth."""
    options = node.options
    if not all(2 <= len(tensor.shape) <= _MAX_RANK for tensor in (left, right)):
        raise node.fail(
            f"its inputs have shapes {left.shape} and {right.shape};"
            f" supported are 2 to {_MAX_RANK} dimensions"
        )
    turned = [options is not None and options.integer(n, "?") for n in (0, 1)]
    rows, depth = left.shape[-2:][:: -1 if turned[0] else 1]
    other_depth, columns = right.shape[-2:][:: -1 if turned[1] else 1]
    a, b = (_outer(tensor.shape) for tensor in (left, right))
    if depth != other_depth or any(n != m and 1 not in (n, m) for n, m in zip(a, b, strict=True)):
        raise node.fail(f"its inputs of shapes {left.shape} and {right.shape} do not fit")
    outer = tuple(max(pair) for pair in zip(a, b, strict=True))
    rank = max(len(left.shape), len(right.shape))
    node.expect_output((*outer[5 - rank :], rows, columns))
    members: dict[str, Value] = {
        "outer": outer,
        "left_outer": _steps(a, rows * depth),
        "right_outer": _steps(b, columns * depth),
        "rows": rows,
        "columns": columns,
        "depth": depth,
        "left_row": 1 if turned[0] else depth,
        "left_depth": rows if turned[0] else 1,
        "right_column": depth if turned[1] else 1,
        "right_depth": 1 if turned[1] else columns,
    }
    return members, depth


def _outer(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return all but the last two dimensions, three with ones in front."""
    return (1,) * (_MAX_RANK - len(shape)) + shape[:-2]


def _steps(outer: tuple[int, ...], matrix: int) -> tuple[int, ...]:
    """Return how many values lie from one matrix to the next along each dimension."""
    return tuple(0 if n == 1 else prod(outer[at + 1 :]) * matrix for at, n in enumerate(outer))


def _scaling(node: Node, left: Tensor, right: Tensor, *, depth: int) -> dict[str, Value]:
    a, b, after = (affine(node, tensor) for tensor in (left, right, node.outputs[0]))
    # the product of the scales is taken in double precision, as for fully connected layers
    scale = factor(node, float(a.scale) * float(b.scale) / float(after.scale))
    if left.dtype == "int16":
        if a.zero_point or b.zero_point or after.zero_point:
            raise node.fail("its int16 inputs or output have a zero point other than 0")
        if depth * 2**30 >= SUM_LIMIT:
            raise node.fail(f"its sums of {depth} products of int16 are too large")
        scale = wide_factor(node, scale)
    return {
        "left_zero_point": a.zero_point,
        "right_zero_point": b.zero_point,
        "out_zero_point": after.zero_point,
        "multiplier": scale.multiplier,
        "shift": scale.shift,
    }
