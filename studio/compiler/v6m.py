"""Layouts of weights for ARMv6-M (Cortex-M0, M0+), where one multiplication serves two sums.

Two sums share a word as long as the lower one stays within 16 bits. An input is at most 128 in
size, so a group of taps whose weights are together at most 255 in size keeps it there, whatever
the input. What exceeds that is cut from the largest weights and kept as a list beside them, from
which the kernel adds it on its own: the result is exact for every input.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Overlap, Value
from studio.compiler.weighted import Weighted
from studio.compiler.window import Window

GROUP_LIMIT = 255
"""Of the sizes of a group's weights: 255 * 128 < 2**15."""
STREAM_BYTES = 4096
"""Packed inputs may take so much memory where more than one block of pixels shares it."""
MOST_TAPS = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """Weights that fit their groups, and what was cut from them."""

    group: int
    weights: NDArray[np.int16]
    """(rows, taps) like the original."""
    counts: NDArray[np.int64]
    """Cut taps per row."""
    extra: NDArray[np.int32]
    """tap * 256 + cut part as a byte, row after row."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Instructions of a kernel, to choose among group sizes."""

    tap: Mapping[int, float]
    """Per row and tap, by group size."""
    extra: float
    """Per cut tap."""


CONV_COST = Cost({2: 9.5, 4: 8.0, 8: 7.0, 16: 6.5}, 45)
DENSE_COST = Cost({2: 3.6, 4: 2.8, 8: 2.4, 16: 2.2}, 15)


def cut(weights: NDArray[np.int16], group: int) -> Grouped:
    """Cut weights, (rows, taps) with `taps` a multiple of `group`, so that every group fits."""
    rows, taps = weights.shape
    whole = weights.astype(np.int16).reshape(-1, group)
    left = whole.copy()
    while True:
        over = np.abs(left).sum(axis=1) - GROUP_LIMIT
        bad = np.flatnonzero(over > 0)
        if not bad.size:
            break
        largest = np.abs(left[bad]).argmax(axis=1)
        values = left[bad, largest]
        left[bad, largest] -= np.sign(values) * np.minimum(np.abs(values), over[bad])
    gone = (whole - left).reshape(rows, taps)
    at_row, at_tap = np.nonzero(gone)
    extra = at_tap * 256 + (gone[at_row, at_tap] & 255)
    return Grouped(
        group,
        left.reshape(rows, taps),
        np.bincount(at_row, minlength=rows),
        extra.astype(np.int32),
    )


def grouped(weights: NDArray[np.int16], cost: Cost) -> Grouped:
    """Return weights in the groups that cost least; `taps` is a multiple of 4."""
    sizes = [size for size in cost.tap if weights.shape[1] % size == 0]
    choices = [cut(weights, size) for size in sizes]
    return min(choices, key=lambda c: cost.tap[c.group] * weights.size + cost.extra * c.extra.size)


def _layout_members(cuts: Grouped, constants: Weighted) -> dict[str, Value]:
    return {
        "layout.narrow": int(is_narrow(constants)),
        "layout.group": cuts.group,
        "layout.extra_counts": cuts.counts.astype(np.uint8),
        "layout.extra": cuts.extra if cuts.extra.size else np.zeros(1, np.int32),
    }


def is_narrow(constants: Weighted) -> bool:
    """Tell whether the scaling of sums below 2**22 by shifts of 1 to 14 is enough."""
    shifts = [-factor.shift for factor in constants.factors]
    return constants.sum_limit < 1 << 22 and min(shifts) >= 1 and max(shifts) <= 14


def _padded(weights: NDArray[np.generic], rows: int, taps: int) -> NDArray[np.int16]:
    """Return weights (out, in) with zeros up to multiples of `rows` and `taps`."""
    more = [(0, -size % to) for size, to in zip(weights.shape, (rows, taps), strict=True)]
    return np.pad(weights, more).astype(np.int16)


def conv_2d(node: Node, slide: Window, constants: Weighted) -> Layer | None:
    """Return a convolution's layer, or None where the portable kernel is the better one."""
    source, output = node.value(0), node.output()
    batches, height, width, channels = source.shape
    flat = constants.weights.reshape(output.shape[3], -1)
    taps = flat.shape[1]
    if taps > MOST_TAPS or slide.y.out * slide.x.out < 3:
        return None
    cuts = grouped(_padded(flat, 1, 4), CONV_COST)
    if cuts.counts.max() > 255:
        return None
    row = cuts.weights.shape[1]
    interleaved = _padded(cuts.weights, 8, 1).reshape(-1, 8, row).swapaxes(1, 2)
    plain = taps == channels and slide.y.stride == slide.x.stride == 1
    pixels = slide.y.out * slide.x.out * (batches if plain else 1)
    blocks = max(1, min(4, STREAM_BYTES // (8 * row), -(-pixels // 4)))
    members: dict[str, Value] = {
        "batches": batches,
        "in_height": height,
        "in_width": width,
        "in_channels": channels,
        "out_height": slide.y.out,
        "out_width": slide.x.out,
        "out_channels": output.shape[3],
        **slide.members(),
        **slide.dilations(),
        "pad_value": constants.pad_value,
        "taps": taps,
        "row": row,
        "blocks": blocks,
        "backward": 0,
        "weights": interleaved.astype(np.int8),
        **_layout_members(cuts, constants),
        **constants.members(),
    }
    function = "tml_conv2d_1x1_s8_v6m" if plain else "tml_conv2d_s8_v6m"
    call = Call("nn_conv2d_s8_v6m.h", function, "tml_conv2d_s8_v6m_layer", members)
    scratch_bytes = 8 * row * blocks + (0 if plain else slide.x.kernel * channels)
    overlaps = (_over_input(4 * blocks, (channels, output.shape[3])),) if plain else ()
    macs = output.elements * taps
    return Layer(node.op, (source,), (output,), call, macs, scratch_bytes, overlaps)


def _over_input(block: int, channels: Sequence[int]) -> Overlap:
    """How the output of a 1x1 kernel, which reads whole blocks, may lie over its input."""
    less = block * (channels[0] - channels[1])
    if less >= 0:
        return Overlap(0, low=None, high=less)
    return Overlap(0, low=less, high=None, members={"backward": 1})
