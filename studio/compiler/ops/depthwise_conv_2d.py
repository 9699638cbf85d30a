"""DEPTHWISE_CONV_2D, with any depth multiplier."""

from studio.compiler.flatbuffer import Table
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer
from studio.compiler.target import Target
from studio.compiler.weighted import read_weighted
from studio.compiler.window import Window, window

NAME = "DEPTHWISE_CONV_2D"


def _checked_options(node: Node, source: Tensor, weights: Tensor) -> Table:
    """Return the operator's options if the input and the weights fit them and each other."""
    options = node.options
    if options is None or len(source.shape) != 4 or len(weights.shape) != 4:
        raise node.fail(f"input {source.shape} and weights {weights.shape} do not fit")
    channels = source.shape[3]
    multiplier = options.integer(3, "i")
    if weights.shape[0] != 1 or weights.shape[3] != channels * multiplier:
        raise node.fail(
            f"weights {weights.shape} do not fit {channels} input channels"
            f" and the depth multiplier {multiplier}"
        )
    return options


def _slide(
    node: Node, options: Table, picture: tuple[int, int], *, kernel: tuple[int, ...]
) -> Window:
    return window(
        node,
        picture,
        kernel=(kernel[0], kernel[1]),
        stride=(options.integer(2, "i"), options.integer(1, "i")),
        dilation=(options.integer(6, "i", 1), options.integer(5, "i", 1)),
        padding=options.integer(0, "b"),
    )


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. Weights are (1, height, width, out)."""
    source, output, weights = node.value(0), node.output(), node.input(1)
    options = _checked_options(node, source, weights)
    batches, height, width, channels = source.shape
    out_channels = weights.shape[3]
    slide = _slide(node, options, (height, width), kernel=weights.shape[1:3])
    node.expect_output((batches, slide.y.out, slide.x.out, out_channels))
    constants = read_weighted(node, axis=3, activation=options.integer(4, "b"))
    # the input rows under the kernel, and a row of sums, each of an even length
    reached = (slide.x.out - 1) * slide.x.stride + slide.x.reach
    row_width = -(-reached // 2) * 2
    scratch_bytes = 2 * slide.y.reach * row_width + 4 * (-(-slide.x.out // 2) * 2)
    members = {
        "batches": batches,
        "in_height": height,
        "in_width": width,
        "in_channels": channels,
        "out_height": slide.y.out,
        "out_width": slide.x.out,
        "out_channels": out_channels,
        "depth_multiplier": options.integer(3, "i"),
        **slide.members(),
        **slide.dilations(),
        "pad_value": constants.pad_value,
        "row_width": row_width,
        "row_used": min(width, reached - slide.x.pad),
        "weights": constants.weights.reshape(-1, out_channels).T,
        **constants.members(),
    }
    call = Call(
        "nn_depthwise_conv2d_s8.h",
        "tml_depthwise_conv2d_s8",
        "tml_depthwise_conv2d_s8_layer",
        members,
    )
    macs = output.elements * weights.shape[1] * weights.shape[2]
    return Layer(node.op, (source,), (output,), call, macs, scratch_bytes)
