"""CONV_2D."""

from math import prod

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer
from studio.compiler.weighted import read_weighted
from studio.compiler.window import Window, window

NAME = "CONV_2D"


def lower(node: Node) -> Layer:
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
    slide = window(
        node,
        (height, width),
        kernel=(weights.shape[1], weights.shape[2]),
        stride=(options.integer(2, "i"), options.integer(1, "i")),
        dilation=(options.integer(5, "i", 1), options.integer(4, "i", 1)),
        padding=options.integer(0, "b"),
    )
    node.expect_output((batches, slide.y.out, slide.x.out, weights.shape[0]))
    constants = read_weighted(node, axis=0, activation=options.integer(3, "b"))
    members = {
        **_shape(source.shape, output.shape, slide),
        **slide.members(),
        **slide.dilations(),
        **_runs(slide, channels),
        "pad_value": constants.pad_value,
        **constants.members(),
    }
    call = Call("nn_conv2d_s8.h", "tml_conv2d_s8", "tml_conv2d_s8_layer", members)
    macs = output.elements * prod(weights.shape[1:])
    return Layer(node.op, (source,), output, call, macs)


def _shape(source: tuple[int, ...], output: tuple[int, ...], slide: Window) -> dict[str, int]:
    batches, height, width, channels = source
    out_height, out_width = output[1], output[2]
    if (slide.y.kernel, slide.x.kernel, slide.y.stride, slide.x.stride) == (1, 1, 1, 1):
        # pixels are independent: one long row lets the kernel pair all of them
        height, width, batches = 1, batches * height * width, 1
        out_height, out_width = height, width
    return {
        "batches": batches,
        "in_height": height,
        "in_width": width,
        "in_channels": channels,
        "out_height": out_height,
        "out_width": out_width,
        "out_channels": output[3],
    }


def _runs(slide: Window, channels: int) -> dict[str, int]:
    if slide.x.dilation == 1:
        return {"runs": 1, "run_length": slide.x.kernel * channels}
    return {"runs": slide.x.kernel, "run_length": channels}
