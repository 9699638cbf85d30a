"""CONV_2D."""

from math import prod

import numpy as np

from studio.compiler.flatbuffer import Table
from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer
from studio.compiler.target import Target
from studio.compiler.weighted import read_weighted
from studio.compiler.window import Window, window

NAME = "CONV_2D"


def _slide(
    node: Node, options: Table, picture: tuple[int, int], *, kernel: tuple[int, ...]
) -> Window:
    return window(
        node,
        picture,
        kernel=(kernel[0], kernel[1]),
        stride=(options.integer(2, "i"), options.integer(1, "i")),
        dilation=(options.integer(5, "i", 1), options.integer(4, "i", 1)),
        padding=options.integer(0, "b"),
    )


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. Weights are (out, height, width, in)."""
    source, output, weights = node.value(0), node.output(), node.input(1)
    options = node.options
    if options is None or len(source.shape) != 4 or len(weights.shape) != 4:
        raise node.fail(f"input {source.shape} and weights {weights.shape} do not fit")
    batches, height, width, channels = source.shape
    if weights.shape[3] != channels:
        raise node.fail(
            f"its weights take {weights.shape[3]} channels, its input has {channels}",
            "Grouped convolutions are not supported; depthwise ones are.",
        )
    slide = _slide(node, options, (height, width), kernel=weights.shape[1:3])
    node.expect_output((batches, slide.y.out, slide.x.out, weights.shape[0]))
    constants = read_weighted(node, axis=0, activation=options.integer(3, "b"))
    taps = prod(weights.shape[1:])
    row = -(-taps // 4) * 4
    flat = constants.weights.reshape(-1, taps)
    members = {
        "batches": batches,
        "in_height": height,
        "in_width": width,
        "in_channels": channels,
        "out_height": slide.y.out,
        "out_width": slide.x.out,
        "out_channels": weights.shape[0],
        **slide.members(),
        **slide.dilations(),
        "pad_value": constants.pad_value,
        "taps": taps,
        "row": row,
        "weights": np.pad(flat, ((0, 0), (0, row - taps))),
        **constants.members(),
    }
    # a single tap per pixel, all pixels in order: they need not be gathered
    plain = taps == channels and slide.y.stride == slide.x.stride == 1
    function = "tml_conv2d_1x1_s8" if plain else "tml_conv2d_s8"
    call = Call("nn_conv2d_s8.h", function, "tml_conv2d_s8_layer", members)
    # two pixels' taps: widened to 16 bits, and where they are gathered also as bytes
    scratch_bytes = 4 * row if plain else 6 * row
    return Layer(node.op, (source,), (output,), call, output.elements * taps, scratch_bytes)
