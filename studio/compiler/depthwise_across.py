"""The layout of DEPTHWISE_CONV_2D pixel by pixel, for cores with the DSP extension.

Four channels of an output are computed at once, straight from the input: better than rows of each
channel (see `depthwise_rows`) where there are few outputs or few taps.
"""

import numpy as np
from numpy.typing import NDArray

from studio.compiler.dsp import Choice, words
from studio.compiler.graph import Node
from studio.compiler.layer import Call, Overlap, Value
from studio.compiler.weighted import Weighted
from studio.compiler.window import Axis, Window, trailing

MOST_TAPS = 1 << 10
"""More would take much memory for where they lie."""


def across(node: Node, slide: Window, constants: Weighted) -> Choice | None:
    """Return the kernel for a layer whose depth multiplier is 1, or None where it does not fit."""
    source, output = node.value(0), node.output()
    batches, height, width, channels = source.shape
    taps = slide.y.kernel * slide.x.kernel
    wide = slide.x.reach * channels >= 1 << 28  # so that no position leaves 32 bits
    if channels < 4 or taps > MOST_TAPS or wide or not constants.steps_right:
        return None
    low, high = constants.out_range
    members: dict[str, Value] = {
        "batches": batches,
        "in_height": height,
        "in_width": width,
        "in_channels": channels,
        "out_height": slide.y.out,
        "out_width": slide.x.out,
        **slide.members(),
        **slide.dilations(),
        "pad_value": constants.pad_value,
        "low": low,
        "high": high,
        "half": 2 * constants.out_zero_point + 1,
        "fours": _fours(constants),
    }
    name = "depthwise_conv2d_across_s8"
    call = Call(f"nn_{name}.h", f"tml_{name}", f"tml_{name}_layer", members)
    scratch_bytes = 4 * (taps + taps % 2) + channels
    overlaps = trailing(slide, source, output)
    if slide.y.out == slide.x.out == 1 and channels % 4 == 0:
        overlaps = (Overlap(0),)  # four channels are read before they are written
    return Choice(call, scratch_bytes, overlaps)


def cost(slide: Window, channels: int) -> float:
    """Return about how many instructions a channel takes."""
    taps = slide.y.kernel * slide.x.kernel
    outputs = slide.y.out * slide.x.out
    inner = _inside(slide.y) * _inside(slide.x)
    pixels = outputs * (50 + 3 * taps) + (outputs - inner) * 10 * taps
    fours = -(-channels // 4)
    return (pixels + outputs * fours * (37 + 20 * -(-taps // 2))) / channels


def _inside(axis: Axis) -> int:
    """Return how many outputs' taps all lie inside the picture."""
    first = -(-axis.pad // axis.stride)
    last = (axis.size + axis.pad - axis.reach) // axis.stride
    return max(0, min(last, axis.out - 1) - first + 1)


def _fours(constants: Weighted) -> NDArray[np.int32]:
    """Return all constants as `tml_depthwise_conv2d_across_s8_layer` wants them."""
    channels = constants.bias.size
    scaling = constants.scaling()
    weights = constants.weights.reshape(-1, channels) * scaling.alive.astype(np.int8)
    paired = np.pad(weights, ((0, len(weights) % 2), (0, 0)))
    bias = constants.bias * scaling.alive
    doubled = (scaling.multiplier.astype(np.uint32) * np.uint32(2)).view(np.int32)
    starts = [*range(0, channels - 4, 4), channels - 4]
    parts = []
    for four in (slice(start, start + 4) for start in starts):
        # pair, half of the channels, tap, channel
        quads = paired[:, four].reshape(-1, 2, 2, 2).transpose(0, 2, 1, 3)
        parts += [bias[four], words(quads.reshape(1, -1))[0], doubled[four]]
        parts.append(words((scaling.right[four] - 1).reshape(1, -1))[0])
    return np.concatenate(parts)
