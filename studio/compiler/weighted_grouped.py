"""Convolutions in groups: each group of output channels sees its own group of input channels."""

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer
from studio.compiler.weighted_types import (
    TYPES,
    constant_weights,
    convolution_parts,
    multiplications,
    read_constants,
    read_slide,
    slide_members,
)


def is_grouped(node: Node) -> bool:
    """Tell whether the weights of a CONV_2D take less channels than its input has."""
    source, weights = node.input(0, TYPES), node.input(1, TYPES)
    return (
        len(source.shape) == len(weights.shape) == 4
        and weights.shape[3] < source.shape[3]
        and source.data is None
    )


def lower_grouped(node: Node) -> Layer:
    """Check a CONV_2D in groups and return its layer. Weights are (out, height, width, in)."""
    source, weights, options = convolution_parts(node)
    output = node.output((source.dtype,))
    channels, depth, filters = source.shape[3], weights.shape[3], weights.shape[0]
    groups = channels // depth
    if channels % depth or filters % groups:
        raise node.fail(
            f"its weights {weights.shape} do not part the {channels} channels of its input"
            " into groups",
            "Input and output channels must be multiples of the number of groups.",
        )
    slide = read_slide(node, options, source, weights, dilation=4)
    shape = (source.shape[0], slide.y.out, slide.x.out, filters)
    node.expect_output(shape)
    kind, _, others = read_constants(node, axis=0, activation=options.integer(3, "b"), narrow=True)
    whole = {
        **slide_members(source.shape, shape, slide),
        "weights": constant_weights(node),
        **others,
    }
    members = {f"whole.{name}": value for name, value in whole.items()}
    function = f"tml_grouped_conv2d_{kind}"
    call = Call(
        f"nn_grouped_conv2d_{kind.removeprefix('wide_')}.h",
        function,
        f"{function}_layer",
        {"depth": depth, "filters": filters // groups, **members},
    )
    macs = multiplications("conv2d", source, output, weights)
    return Layer(node.op, (source,), (output,), call, macs)
