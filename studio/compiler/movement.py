"""What the operators that only move values have in common: one copy kernel, joins, splits.

Types do not matter to them but for their size, so each takes all types that have a name. Steps and
offsets are counted in bytes of the input; neighbouring dimensions that lie together are merged, so
that most copies end up as a few long runs.
"""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from studio.compiler.cgen import C_TYPES
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Overlap, Value, View

ANY = tuple(C_TYPES)
OUTER = 5
"""Dimensions of the copy kernel around the innermost one."""
MAX_LIST = 64
"""Numbers in a list of sizes, axes or the like; more cannot be meant."""


class Dimension(NamedTuple):
    """One loop of a copy: how often, and values of the input from one turn to the next."""

    size: int
    step: int


def width(tensor: Tensor) -> int:
    """Return the bytes of one value."""
    return np.dtype(tensor.dtype).itemsize


def moved(node: Node, position: int = 0) -> tuple[Tensor, Tensor]:
    """Return the input that is moved and the only output, which must be of one type."""
    source = node.input(position, ANY)
    output = node.output(ANY)
    if source.dtype != output.dtype:
        raise node.fail(f"its input is {source.dtype}, but its output {output.dtype}")
    return source, output


def integers(node: Node, position: int) -> list[int]:
    """Return the numbers of a constant list, or a single one."""
    found = node.constant(position, ("int32", "int64"))
    if found.ndim > 2 or found.size > MAX_LIST:
        raise node.fail(f"its list of parameters (input {position}) has shape {found.shape}")
    return [int(number) for number in found.reshape(-1).tolist()]


def option(node: Node, field: int, code: str = "i") -> int:
    """Return an integer of the node's options; 0 where they leave it out."""
    return node.options.integer(field, code) if node.options is not None else 0


def axis_of(node: Node, axis: int, rank: int) -> int:
    """Return an axis counted from the front."""
    if not -rank <= axis < rank:
        raise node.fail(f"its axis is {axis}; its tensor has {rank} dimensions")
    return axis % rank


def steps(shape: Sequence[int]) -> list[int]:
    """Return how many values lie between neighbours along each dimension."""
    return [prod(shape[axis + 1 :]) for axis in range(len(shape))]


def merged(dimensions: Sequence[Dimension]) -> list[Dimension]:
    """Drop dimensions of size 1 and join those that lie together in input and output."""
    result: list[Dimension] = []
    for dimension in dimensions:
        if dimension.size == 1:
            continue
        if result and result[-1].step == dimension.size * dimension.step:
            result[-1] = Dimension(result[-1].size * dimension.size, dimension.step)
        else:
            result.append(dimension)
    return result


def copied(
    node: Node, source: Tensor, output: Tensor, dimensions: Sequence[Dimension], start: int = 0
) -> Layer:
    """Return a layer that reads the input by `dimensions` and writes the output in order.

    What lies together in the input needs no copy; the layer says so with a view.
    """
    n_bytes, loops = width(source), merged(dimensions)
    together = not loops or (len(loops) == 1 and loops[0].step == 1)
    views: tuple[View, ...] = ()
    if together and source.data is None and not source.variable:
        views = (View(output, source, start * n_bytes),)
        if output.elements == source.elements:
            return Layer(node.op, (source,), (output,), None, views=views)
    # read in ascending order, so that no value is overwritten before it has been read
    overlaps = (Overlap(0, None, start * n_bytes),) if _ascending(loops) else ()
    inner = loops.pop() if loops else Dimension(1, 1)
    if len(loops) > OUTER:
        raise node.fail(f"it moves values in {len(loops) + 1} dimensions")
    around = [Dimension(1, 0)] * (OUTER - len(loops)) + loops
    members: dict[str, Value] = {
        "start": start * n_bytes,
        "size": tuple(loop.size for loop in around),
        "step": tuple(loop.step * n_bytes for loop in around),
        "count": inner.size,
        "every": inner.step * n_bytes,
        "width": n_bytes,
    }
    call = Call("nn_copy.h", "tml_copy", "tml_copy_layer", members)
    return Layer(node.op, (source,), (output,), call, overlaps=overlaps, views=views)


def _ascending(loops: Sequence[Dimension]) -> bool:
    """Tell whether every value read lies behind the one read before it."""
    reach = 1
    for size, step in reversed(loops):
        if step < reach:
            return False
        reach += (size - 1) * step
    return True


def reshaped(node: Node) -> Layer:
    """Return a layer whose output is its input in another shape."""
    source, output = moved(node)
    if source.elements != output.elements:
        raise node.fail(f"{source.shape} cannot become {output.shape}")
    return copied(node, source, output, [Dimension(source.elements, 1)])


def joined(node: Node, parts: Sequence[Tensor], rows: int) -> Layer:
    """Return a layer that writes a row of every part in turn, `rows` times."""
    output = node.outputs[0]
    starts = _starts(node, parts, output, rows)
    seen: set[int] = set()
    views = []
    for part, start in zip(parts, starts, strict=True):
        once = part.index not in seen and part.data is None and not part.variable
        if rows == 1 and once:
            views.append(View(part, output, start))
        seen.add(part.index)
    members = _rows(parts, output, rows)
    call = Call("nn_join.h", "tml_join", "tml_join_layer", members)
    return Layer(node.op, tuple(parts), (output,), call, views=tuple(views))


def split(node: Node, source: Tensor, rows: int) -> Layer:
    """Return a layer that gives every output its part of each of the input's `rows`."""
    starts = _starts(node, node.outputs, source, rows)
    views: tuple[View, ...] = ()
    if rows == 1 and source.data is None and not source.variable:
        placed = zip(node.outputs, starts, strict=True)
        views = tuple(View(part, source, start) for part, start in placed)
    members = _rows(node.outputs, source, rows)
    call = Call("nn_join.h", "tml_split", "tml_join_layer", members)
    return Layer(node.op, (source,), node.outputs, call, views=views)


def _starts(node: Node, parts: Sequence[Tensor], whole: Tensor, rows: int) -> list[int]:
    """Return the bytes of a row that lie before each part."""
    if any(part.dtype != whole.dtype for part in parts):
        found = sorted({tensor.dtype for tensor in (*parts, whole)})
        raise node.fail(f"its tensors are {' and '.join(found)}; all must be of one type")
    if sum(part.elements for part in parts) != whole.elements:
        raise node.fail(f"its parts do not fill {whole.shape}")
    starts, at = [], 0
    for part in parts:
        starts.append(at)
        at += part.bytes // rows
    return starts


def _rows(parts: Sequence[Tensor], whole: Tensor, rows: int) -> dict[str, Value]:
    return {
        "rows": rows,
        "parts": len(parts),
        "row": whole.bytes // rows,
        "bytes": np.array([part.bytes // rows for part in parts], np.int32),
    }
