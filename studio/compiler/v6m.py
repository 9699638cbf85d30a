"""Layouts of weights for ARMv6-M (Cortex-M0, M0+), where one multiplication serves two sums.

Two sums share a word as long as the lower one stays within 16 bits. An input is at most 128 in
size, so a group of taps whose weights are together at most 255 in size keeps it there, whatever
the input. What exceeds that is cut from the largest weights and kept as a list beside them, from
which the kernel adds it on its own: the result is exact for every input.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.compiler.depthwise_rows import read_ahead
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Overlap, Value
from studio.compiler.weighted import Weighted
from studio.compiler.window import Window, trailing

GROUP_LIMIT = 255
"""Of the sizes of a group's weights: 255 * 128 < 2**15."""
ROOM_BYTES = 1024
"""Packed inputs take so much memory, but for one block of pixels, or more in large layers."""
ROOM_PART = 24
"""Such a part of what a layer reads and writes."""
MOST_BLOCKS = 16
"""Of four pixels; more would save little."""
MOST_TAPS = 1 << 19
PIXELS = 3
"""Fewer than so many do not pay for packing them."""
FIXED = 127
"""Instead of a shift, as the kernels know it: the channel's output is always its bias."""
BAND = 192
"""Outputs of a channel that a depthwise convolution computes at once, but a row at least."""
MOST_SCRATCH_BYTES = 1 << 16
FEW_OUTPUTS = 2
"""So many outputs of a channel, or less, do not pay for preparing rows of the channel."""
TILE_BYTES = 320
"""Of the inputs of a product with all of an input, as they are prepared, or all that such a layer
leaves of `ROOM_BYTES`."""
DENSE_ROWS = 32
"""Outputs of such a product that are computed at once, as the kernel knows it."""


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """Weights that fit their groups, and what was cut from them."""

    group: int
    weights: NDArray[np.int16]
    """(rows, taps) like the original."""
    counts: NDArray[np.int64]
    """Cut taps per row."""
    tap: NDArray[np.int64]
    """Of each cut, row after row."""
    part: NDArray[np.int16]
    """What was cut."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Instructions of a kernel, to choose among group sizes."""

    tap: Mapping[int, float]
    """Per row and tap, by group size."""
    extra: float
    """Per cut tap."""


CONV_COST = Cost({2: 9, 4: 7.5, 8: 6.75, 16: 6.4}, 20)
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
    counts = np.bincount(at_row, minlength=rows)
    return Grouped(group, left.reshape(rows, taps), counts, at_tap, gone[at_row, at_tap])


def grouped(weights: NDArray[np.int16], cost: Cost) -> Grouped:
    """Return weights in the groups that cost least; `taps` is a multiple of 4."""
    sizes = [size for size in cost.tap if weights.shape[1] % size == 0]
    choices = [cut(weights, size) for size in sizes]
    return min(choices, key=lambda c: cost.tap[c.group] * weights.size + cost.extra * c.tap.size)


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """From sums to outputs."""

    fixed: NDArray[np.bool_]
    """Channels whose output is the same for every input; they need no sums."""
    narrow: bool
    """All other sums that are shifted to the right by 1 to 14 are below 2**22."""
    members: dict[str, Value]
    """Those of the kernels' `tml_nn_outputs`."""


def scaling(constants: Weighted, axis: int) -> Scaling:
    """Return the scaling of a layer whose output channels lie along `axis` of the weights."""
    flat = np.moveaxis(constants.weights, axis, 0).reshape(constants.bias.size, -1)
    up, down = (
        part.sum(axis=1, dtype=np.int64) for part in (np.maximum(flat, 0), flat.clip(max=0))
    )
    bias = constants.bias.astype(np.int64)
    sums = np.stack([bias - 128 * up + 127 * down, bias + 127 * up - 128 * down])
    factors = np.array(constants.factors * (bias.size // len(constants.factors)), np.int64)
    right = -factors[:, 1]
    ends = _outputs(constants, sums, factors[:, 0], np.maximum(right, 1))
    fixed = (ends[0] == ends[1]) & (right >= 1) & (np.abs(sums) < 1 << 31).all(axis=0)
    fixed &= len(constants.factors) > 1
    shifted = ~fixed & (right >= 1) & (right <= 14)
    narrow = np.abs(sums)[:, shifted].max(initial=0) < 1 << 22
    members = constants.members(per_channel=False)
    if fixed.any():
        members["outputs.bias"] = np.where(fixed, ends[0], constants.bias).astype(np.int32)
        members["outputs.right"] = np.where(fixed, FIXED, right).astype(np.int8)
    return Scaling(fixed, bool(narrow), members)


def _outputs(
    constants: Weighted,
    sums: NDArray[np.int64],
    multiplier: NDArray[np.int64],
    right: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the outputs of sums, rounded twice as the kernels do."""
    scaled = (sums * multiplier + (1 << 30)) >> 31
    scaled = (((scaled - (scaled < 0)) >> (right - 1)) + 1) >> 1
    return (scaled + constants.out_zero_point).clip(*constants.out_range)


def _padded(weights: NDArray[np.generic], rows: int, taps: int) -> NDArray[np.int16]:
    """Return weights (out, in) with zeros up to multiples of `rows` and `taps`."""
    more = [(0, -size % to) for size, to in zip(weights.shape, (rows, taps), strict=True)]
    return np.pad(weights, more).astype(np.int16)


def conv_2d(node: Node, slide: Window, constants: Weighted) -> Layer | None:
    """Return a convolution's layer, or None where the portable kernel is the better one."""
    source, output = node.value(0), node.output()
    batches, height, width, channels = source.shape
    y, x = slide.y, slide.x
    inside = y.pad == x.pad == 0 and y.reach <= height and x.reach <= width
    if output.shape[:3] == (1, 1, 1) and (y.kernel, x.kernel) == (height, width) and inside:
        return fully_connected(node, constants)
    place: dict[str, Value] = {
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
    }
    single = y.kernel == x.kernel == y.stride == x.stride == 1
    plain = single and output.shape[1:3] == (height, width)
    overlaps = () if plain else trailing(slide, source, output)
    return _pixels(node, constants, place, plain=plain, overlaps=overlaps)


def fully_connected(node: Node, constants: Weighted, *, few_kernels: bool = False) -> Layer | None:
    """Return the layer of a product with all of an input, or None for the portable kernel.

    With `few_kernels` it is that of convolutions, which takes longer for a single input.
    """
    source, output = node.value(0), node.output()
    weights = constants.weights.reshape(constants.bias.size, -1)
    out_size, in_size = weights.shape
    batches = source.elements // in_size
    if batches >= PIXELS or few_kernels:
        place = _row_of_pixels(batches, in_size, out_size)
        return _pixels(node, constants, place, plain=True, fewest=1)
    scaled = scaling(constants, 0)
    cuts = grouped(_padded(weights, 4, 4), DENSE_COST)
    if in_size > MOST_TAPS or cuts.counts.max() > 255:
        return None
    row = cuts.weights.shape[1]
    values_bytes = batches * (in_size + out_size)
    tile = _tile(row, cuts.group, max(TILE_BYTES, ROOM_BYTES - values_bytes))
    members: dict[str, Value] = {
        "batches": batches,
        "in_size": in_size,
        "out_size": out_size,
        "row": row,
        "tile": tile,
        "weights": _tiles(cuts.weights, tile),
        **_layout_members(cuts, cuts.tap, scaled),
        **scaled.members,
    }
    name = "fully_connected_s8_v6m"
    call = Call(f"nn_{name}.h", f"tml_{name}", f"tml_{name}_layer", members)
    scratch_bytes = 4 * (tile + tile // cuts.group)
    # all is read before the first output is written
    overlaps = (Overlap(0, None, None),) if batches == 1 and out_size <= DENSE_ROWS else ()
    macs = output.elements * in_size
    return Layer(node.op, (source,), (output,), call, macs, scratch_bytes, overlaps)


def _tile(row: int, group: int, room: int) -> int:
    """Return how many inputs of a product are prepared at once: tiles of about the same size."""
    most = room // 4 * group // (group + 1)
    tiles = -(-row // (most // 16 * 16))
    return min(row, -(-row // tiles // 16) * 16)


def _tiles(weights: NDArray[np.int16], tile: int) -> NDArray[np.int32]:
    """Return weights (out, in) in the order in which the kernel reads them."""
    row = weights.shape[1]
    # each byte 128 more than the weight; four rows to a word
    quads = (weights + 128).astype(np.uint8).reshape(-1, 4, row).swapaxes(1, 2)
    words = np.ascontiguousarray(quads).view("<i4").reshape(-1, row).astype(np.int32)
    parts = [
        words[first : first + DENSE_ROWS // 4, at : at + tile].reshape(-1)
        for first in range(0, len(words), DENSE_ROWS // 4)
        for at in range(0, row, tile)
    ]
    return np.concatenate(parts)


def _row_of_pixels(pixels: int, channels: int, out_channels: int) -> dict[str, Value]:
    """Return where a matrix product takes place, as a convolution of a row of pixels."""
    ones = ("batches", "in_height", "out_height", "kernel_height", "kernel_width")
    steps = ("stride_height", "stride_width", "dilation_height", "dilation_width")
    return {
        **dict.fromkeys((*ones, *steps), 1),
        **dict.fromkeys(("pad_top", "pad_left", "pad_value"), 0),
        "in_width": pixels,
        "in_channels": channels,
        "out_width": pixels,
        "out_channels": out_channels,
    }


def _pixels(
    node: Node,
    constants: Weighted,
    place: dict[str, Value],
    *,
    plain: bool,
    overlaps: tuple[Overlap, ...] = (),
    fewest: int = PIXELS,
) -> Layer | None:
    """Return the layer of a kernel that slides; a `plain` one sees one pixel after the other."""
    source, output = node.value(0), node.output()
    flat = constants.weights.reshape(constants.bias.size, -1)
    channels, taps = flat.shape
    pixels = output.elements // channels
    scaled = scaling(constants, 0)
    live = flat[~scaled.fixed] if not scaled.fixed.all() else flat[:1]
    cuts = grouped(_padded(live, 1, 4), CONV_COST)
    if pixels < fewest or taps > MOST_TAPS or cuts.counts.max() > 255:
        return None
    row = cuts.weights.shape[1]
    interleaved = _padded(cuts.weights, 8, 1).reshape(-1, 8, row).swapaxes(1, 2)
    blocks = max(1, min(MOST_BLOCKS, _room(source, output) // (8 * row), -(-pixels // 4)))
    members: dict[str, Value] = {
        **place,
        "taps": taps,
        "row": row,
        "blocks": blocks,
        "backward": 0,
        "weights": interleaved.astype(np.int8),
        **_layout_members(cuts, 8 * cuts.tap, scaled),
        **scaled.members,
    }
    function = "tml_conv2d_1x1_s8_v6m" if plain else "tml_conv2d_s8_v6m"
    call = Call("nn_conv2d_s8_v6m.h", function, "tml_conv2d_s8_v6m_layer", members)
    pad_bytes = 0 if plain else taps // constants.weights.shape[1]
    overlaps = (_over_input(4 * blocks, taps, channels),) if plain else overlaps
    scratch_bytes = (8 * row + 16) * blocks + pad_bytes
    macs = output.elements * taps
    return Layer(node.op, (source,), (output,), call, macs, scratch_bytes, overlaps)


def _layout_members(cuts: Grouped, place: NDArray[np.int64], scaled: Scaling) -> dict[str, Value]:
    """Return the members of `tml_v6m_layout`; `place`: bytes to each cut tap's input."""
    extra = (place * 256 + (cuts.part & 255)).astype(np.int32)
    return {
        "layout.narrow": int(scaled.narrow),
        "layout.group": cuts.group,
        "layout.extra_counts": cuts.counts.astype(np.uint8),
        "layout.extra": extra if extra.size else np.zeros(1, np.int32),
    }


def depthwise_conv_2d(node: Node, slide: Window, constants: Weighted) -> Layer | None:
    """Return a depthwise convolution's layer, or None where its rows are too wide to copy."""
    source, output = node.value(0), node.output()
    batches, height, width, channels = source.shape
    scaled = scaling(constants, 3)
    if output.shape[3] == channels and (layer := _across(node, slide, constants, scaled)):
        return layer
    row_width = (slide.x.out - 1) * slide.x.stride + slide.x.reach
    band = _band(slide, row_width, _room(source, output))
    rows = (band - 1) * slide.y.stride + slide.y.reach
    taps = -(-slide.y.kernel * slide.x.kernel // 3) * 3
    scratch_bytes = 8 * (-(-band * slide.x.out // 4) * 4) + 8 * taps + rows * row_width
    if scratch_bytes > MOST_SCRATCH_BYTES:
        return None
    members: dict[str, Value] = {
        "batches": batches,
        "in_height": height,
        "in_width": width,
        "in_channels": channels,
        "out_height": slide.y.out,
        "out_width": slide.x.out,
        "out_channels": output.shape[3],
        "depth_multiplier": output.shape[3] // channels,
        **slide.members(),
        **slide.dilations(),
        "pad_value": constants.pad_value,
        "row_width": row_width,
        "row_used": min(width, row_width - slide.x.pad),
        "band": band,
        "taps": taps,
        "narrow": int(scaled.narrow),
        "weights": constants.weights.reshape(-1, output.shape[3]).T,
        **scaled.members,
    }
    name = "depthwise_conv2d_s8_v6m"
    call = Call(f"nn_{name}.h", f"tml_{name}", f"tml_{name}_layer", members)
    # one band holds all rows: of a channel all is read before its outputs overwrite it
    once = band == slide.y.out and (batches == 1 or output.bytes <= source.bytes)
    in_place = output.shape[3] == channels and (once or read_ahead(slide, batches))
    overlaps = (Overlap(0),) if in_place else ()
    macs = output.elements * slide.y.kernel * slide.x.kernel
    return Layer(node.op, (source,), (output,), call, macs, scratch_bytes, overlaps)


def _across(node: Node, slide: Window, constants: Weighted, scaled: Scaling) -> Layer | None:
    """Return the layer of a depthwise convolution whose channels have few outputs, or None."""
    source, output = node.value(0), node.output()
    batches, height, width, channels = source.shape
    y, x = slide.y, slide.x
    kernel = y.kernel * x.kernel
    pads = (y.pad, y.pad_end, x.pad, x.pad_end)
    in_order = y.kernel == 1 or (y.dilation == 1 and x.kernel == width)
    copied = any(pads) or not in_order or (x.dilation > 1 and x.kernel > 1)
    scratch_bytes = kernel * channels if copied else 4
    if y.out * x.out > FEW_OUTPUTS or scratch_bytes > _room(source, output):
        return None
    members: dict[str, Value] = {
        "batches": batches,
        "in_height": height,
        "in_width": width,
        "in_channels": channels,
        "out_height": y.out,
        "out_width": x.out,
        **slide.members(),
        **slide.dilations(),
        "pad_value": constants.pad_value,
        "narrow": int(scaled.narrow),
        "weights": constants.weights.reshape(-1, channels).T,
        **scaled.members,
    }
    name = "depthwise_conv2d_across_s8_v6m"
    call = Call(f"nn_{name}.h", f"tml_{name}", f"tml_{name}_layer", members)
    overlaps = (Overlap(0),) if y.out == x.out == 1 else trailing(slide, source, output)
    macs = output.elements * kernel
    return Layer(node.op, (source,), (output,), call, macs, scratch_bytes, overlaps)


def _room(source: Tensor, output: Tensor) -> int:
    """Return how much scratch memory is little beside a layer's values."""
    return max(ROOM_BYTES, (source.bytes + output.bytes) // ROOM_PART)


def _band(slide: Window, row_width: int, room: int) -> int:
    """Return how many rows of outputs a depthwise convolution computes at once, a row at least.

    A row takes two words per output, and the values of the input that the kernel reaches anew.
    """
    above = (slide.y.reach - slide.y.stride) * row_width
    row_bytes = 8 * slide.x.out + slide.y.stride * row_width
    most = min((room - above) // row_bytes, BAND // slide.x.out, slide.y.out)
    return max(1, most)


def _over_input(block: int, channels: int, out_channels: int) -> Overlap:
    """How the output of a 1x1 kernel, which reads whole blocks, may lie over its input."""
    less = block * (channels - out_channels)
    if less >= 0:
        return Overlap(0, low=None, high=less)
    return Overlap(0, low=less, high=None, members={"backward": 1})
