"""What operators that move values make of constants, as where shapes are computed from shapes."""

from collections.abc import Callable
from math import prod

import numpy as np
from numpy.typing import NDArray

from studio.compiler.graph import Node, Tensor
from studio.compiler.movement import axis_of, integers, option
from studio.compiler.ops.strided_slice import taken

Array = NDArray[np.generic]


def _constant(node: Node, position: int) -> tuple[Tensor, Array]:
    tensor = node.inputs[position]
    if tensor is None or tensor.data is None:
        raise node.fail(f"input {position} is not a constant")
    return tensor, tensor.data


def _moved(node: Node, position: int = 0) -> tuple[Tensor, Array]:
    """Return an input whose values the output gets, so that their types must be equal."""
    tensor, values = _constant(node, position)
    if tensor.dtype != node.outputs[0].dtype:
        raise node.fail(f"its input is {tensor.dtype}, but its output {node.outputs[0].dtype}")
    return tensor, values


def _strided(node: Node) -> Array | None:
    source, values = _moved(node)
    axes, shape = taken(node, source)
    if prod(shape) != node.outputs[0].elements:
        return None
    for n, axis in enumerate(axes):
        values = values.take(axis.first + axis.stride * np.arange(axis.size), n)
    return values.reshape(shape)


def _slice(node: Node) -> Array | None:
    source, values = _moved(node)
    begin, sizes = integers(node, 1), integers(node, 2)
    if not len(begin) == len(sizes) == len(source.shape) or any(first < 0 for first in begin):
        return None
    ends = [first + size if size >= 0 else None for first, size in zip(begin, sizes, strict=True)]
    return values[tuple(slice(*pair) for pair in zip(begin, ends, strict=True))]


def _joined(node: Node) -> Array | None:
    parts = [_moved(node, n)[1] for n in range(len(node.inputs))]
    axis = axis_of(node, option(node, 0), parts[0].ndim)
    around = {(part.shape[:axis], part.shape[axis + 1 :], part.ndim) for part in parts}
    fits = sum(part.size for part in parts) == node.outputs[0].elements
    return np.concatenate(parts, axis) if len(around) == 1 and fits else None


def _gathered(node: Node) -> Array | None:
    source, values = _moved(node)
    _, indices = _constant(node, 1)
    axis = axis_of(node, option(node, 0), len(source.shape))
    fits = values.size // source.shape[axis] * indices.size == node.outputs[0].elements
    if option(node, 1) or not fits or indices.dtype.kind != "i":
        return None
    places = indices.astype(np.int64)
    inside = bool(((places >= 0) & (places < source.shape[axis])).all())
    return values.take(places, axis) if inside else None


FOLD: dict[str, Callable[[Node], Array | None]] = {
    "STRIDED_SLICE": _strided,
    "SLICE": _slice,
    "CONCATENATION": _joined,
    "GATHER": _gathered,
}
"""Operator -> its result of constants, or None where that is left to others."""
