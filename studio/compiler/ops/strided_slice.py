"""STRIDED_SLICE: every so many values between two ends, forwards or backwards, per dimension.

The masks are bits per entry of the lists: begin and end (the list's number is left out), ellipsis
(as many whole dimensions as are missing), new axis (one of size 1), shrink (one value, and the
dimension goes away).
"""

from dataclasses import dataclass
from typing import NamedTuple

from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Layer
from studio.compiler.movement import Dimension, copied, integers, moved, option, steps
from studio.compiler.target import Target

NAME = "STRIDED_SLICE"
_END_IS_LENGTH = 5
"""Field of the options: each end is counted from its begin."""


@dataclass(frozen=True, slots=True)
class _Masks:
    begin: int
    end: int
    ellipsis: int
    new_axis: int
    shrink: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the lists say about one dimension; a number left out is None."""

    begin: int | None
    end: int | None
    stride: int
    shrink: bool = False


_WHOLE = _Entry(None, None, 1)


class Axis(NamedTuple):
    """What is taken along one dimension of the input."""

    first: int
    size: int
    stride: int


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = moved(node)
    axes, shape = taken(node, source)
    node.expect_output(shape)
    apart = steps(source.shape)
    start = sum(axis.first * step for axis, step in zip(axes, apart, strict=True))
    dimensions = [
        Dimension(axis.size, axis.stride * step) for axis, step in zip(axes, apart, strict=True)
    ]
    return copied(node, source, output, dimensions, start)


def taken(node: Node, source: Tensor) -> tuple[list[Axis], tuple[int, ...]]:
    """Return what is taken of each dimension, and the output's shape."""
    masks = _Masks(*(option(node, field) for field in range(5)))
    axes: list[Axis] = []
    shape: list[int] = []
    for entry in _entries(node, masks, len(source.shape)):
        if entry is None:
            shape.append(1)
            continue
        axes.append(_axis(node, entry, source.shape[len(axes)]))
        if not entry.shrink:
            shape.append(axes[-1].size)
    return axes, tuple(shape)


def _entries(node: Node, masks: _Masks, rank: int) -> list[_Entry | None]:
    """Return one entry per dimension of the input, and None for new ones."""
    begin, end, strides = (integers(node, position) for position in (1, 2, 3))
    if not len(begin) == len(end) == len(strides):
        raise node.fail(f"its lists {begin}, {end}, {strides} differ in length")
    relative = bool(option(node, _END_IS_LENGTH, "?"))
    listed: list[_Entry | None] = []
    gap = -1
    for n, (first, last, stride) in enumerate(zip(begin, end, strides, strict=True)):
        bit = 1 << n
        if masks.ellipsis & bit:
            if gap >= 0:
                raise node.fail("it has more than one ellipsis")
            gap = len(listed)
        elif masks.new_axis & bit:
            listed.append(None)
        else:
            if stride == 0:
                raise node.fail("one of its strides is 0")
            stop = first + last if relative else last
            listed.append(
                _Entry(
                    None if masks.begin & bit else first,
                    None if masks.end & bit else stop,
                    stride,
                    bool(masks.shrink & bit),
                )
            )
    missing = rank - sum(entry is not None for entry in listed)
    if missing < 0:
        raise node.fail(f"its lists have {len(begin)} entries for {rank} dimensions")
    at = len(listed) if gap < 0 else gap
    return [*listed[:at], *([_WHOLE] * missing), *listed[at:]]


def _axis(node: Node, entry: _Entry, size: int) -> Axis:
    low, high = (0, size) if entry.stride > 0 else (-1, size - 1)
    if entry.shrink:
        first = entry.begin if entry.begin is not None else low
        first = first + size if first < 0 else first
        if not 0 <= first < size:
            raise node.fail(f"it picks place {entry.begin} of {size}")
        return Axis(first, 1, 1)
    start = low if entry.stride > 0 else high
    stop = high if entry.stride > 0 else low
    if entry.begin is not None:
        start = min(max(entry.begin + size * (entry.begin < 0), low), high)
    if entry.end is not None:
        stop = min(max(entry.end + size * (entry.end < 0), low), high)
    count = -((start - stop) // entry.stride)
    if count < 1:
        raise node.fail("nothing is left of its input")
    return Axis(start, count, entry.stride if count > 1 else 1)
