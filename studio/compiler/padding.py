"""What PAD, PADV2 and MIRROR_PAD have in common."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.movement import width
from studio.compiler.quantization import affine

TYPES = ("int8", "uint8", "int16", "int32", "float32")
DIMENSIONS = 4
"""That the kernels' inner loops take."""
_MAX_AMOUNT = 1 << 24


class Padded(NamedTuple):
    """One dimension: its size in the input, and values before and after it."""

    size: int
    before: int = 0
    after: int = 0

    @property
    def whole(self) -> int:
        """The size in the output."""
        return self.before + self.size + self.after


def amounts(node: Node, source: Tensor) -> list[Padded]:
    """Return the paddings, one per dimension of the input, with the output's shape checked."""
    rank = len(source.shape)
    found = node.constant(1, ("int32", "int64"))
    if rank < 1 or found.shape != (rank, 2):
        raise node.fail(f"amounts of shape {found.shape} do not fit an input {source.shape}")
    pairs = [(int(before), int(after)) for before, after in found.tolist()]
    if any(n < 0 or n > _MAX_AMOUNT for pair in pairs for n in pair):
        raise node.fail(f"its amounts are {pairs}; each must be 0 or more")
    padded = [Padded(n, *pair) for n, pair in zip(source.shape, pairs, strict=True)]
    node.expect_output(tuple(one.whole for one in padded))
    return padded


def fill_dimensions(node: Node, groups: Sequence[Padded], most: int) -> list[Padded]:
    """Return as many dimensions as the kernels take, with ones in front.

    That is `DIMENSIONS`, or `most` where there are more.
    """
    if len(groups) > most:
        raise node.fail(f"it pads in {len(groups)} dimensions; supported are {most}")
    count = DIMENSIONS if len(groups) <= DIMENSIONS else most
    return [Padded(1)] * (count - len(groups)) + list(groups)


def constant_pad(node: Node, value: int | float | None) -> Layer:
    """Return the layer of a PAD or PADV2; without a value it pads with zero."""
    source, output = node.input(0, TYPES), node.output(TYPES)
    if source.dtype != output.dtype:
        raise node.fail(f"its input is {source.dtype}, but its output {output.dtype}")
    groups: list[Padded] = []
    for one in amounts(node, source):
        if groups and one.whole == one.size:  # it lies together with its outer neighbour
            groups[-1] = Padded(*(n * one.size for n in groups[-1]))
        else:
            groups.append(one)
    filled = fill_dimensions(node, groups, DIMENSIONS + 1)
    if value is None:
        value = _zero(node, source, output)
    pattern: dict[str, Value] = {"value": bits(value, output.dtype), "width": width(source)}
    members = _members(filled[-DIMENSIONS:], width(source)) | pattern
    name = "tml_pad"
    if len(filled) > DIMENSIONS:
        members, name = _around(filled[0], filled[1:], width(source), members), "tml_pad_5d"
    call = Call("nn_pad.h", name, f"{name}_layer", members)
    return Layer(node.op, (source,), (output,), call)


def _members(four: Sequence[Padded], n_bytes: int) -> dict[str, Value]:
    apart = [prod(one.whole for one in four[n + 1 :]) * n_bytes for n in range(DIMENSIONS)]
    return {
        "size": tuple(one.size for one in four[:-1]),
        "run": four[-1].size * n_bytes,
        "before": tuple(one.before * step for one, step in zip(four, apart, strict=True)),
        "after": tuple(one.after * step for one, step in zip(four, apart, strict=True)),
    }


def _around(
    outer: Padded, four: Sequence[Padded], n_bytes: int, members: Mapping[str, Value]
) -> dict[str, Value]:
    """Return the members of the kernel with one more loop around that of `members`."""
    step = prod(one.whole for one in four) * n_bytes
    return {
        **{f"inner.{name}": value for name, value in members.items()},
        "size": outer.size,
        "step": prod(one.size for one in four) * n_bytes,
        "out_step": step,
        "before": outer.before * step,
        "after": outer.after * step,
    }


def _zero(node: Node, source: Tensor, output: Tensor) -> int:
    """Return what stands for zero: in TFLite Micro the zero point, but of 8-bit types only."""
    plain = source.scales.size == output.scales.size == 0
    if plain or output.dtype not in ("int8", "uint8"):
        return 0
    before, after = affine(node, source), affine(node, output)
    if before != after:
        raise node.fail("its input and output are quantized differently")
    return after.zero_point


def bits(value: int | float, dtype: str) -> int:
    """Return a value's bits as a whole number."""
    raw = np.array([value], np.dtype(dtype).newbyteorder("<")).tobytes()
    return int.from_bytes(raw, "little")
