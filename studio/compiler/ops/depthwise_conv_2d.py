"""DEPTHWISE_CONV_2D, with any depth multiplier."""

from dataclasses import dataclass

from studio.compiler import v6m
from studio.compiler.channels import settled, shifted_right_form
from studio.compiler.depthwise_rows import read_ahead, rows
from studio.compiler.dsp import Choice
from studio.compiler.flatbuffer import Table
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Overlap, Value
from studio.compiler.target import Target
from studio.compiler.weighted import Weighted, read_weighted
from studio.compiler.weighted_types import is_int8, lower_depthwise, read_slide
from studio.compiler.window import Window

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


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. Weights are (1, height, width, out)."""
    if not is_int8(node):
        return lower_depthwise(node)
    source, output, weights = node.value(0), node.output(), node.input(1)
    options = _checked_options(node, source, weights)
    batches, channels = source.shape[0], source.shape[3]
    out_channels = weights.shape[3]
    slide = read_slide(node, options, source, weights, dilation=5)
    node.expect_output((batches, slide.y.out, slide.x.out, out_channels))
    constants = read_weighted(node, axis=3, activation=options.integer(4, "b"))
    if target.family == "v6m" and (layer := v6m.depthwise_conv_2d(node, slide, constants)):
        return layer
    constants = settled(constants)
    row = _Row.under(slide)
    members: dict[str, Value] = {
        **_sizes(source, output),
        "depth_multiplier": options.integer(3, "i"),
        **slide.members(),
        "pad_left": row.pad_left,
        **slide.dilations(),
        "pad_value": constants.pad_value,
        "row_width": row.width,
        "row_used": row.used,
        "right_form": shifted_right_form(constants),
        "weights": constants.weights.reshape(-1, out_channels).T,
        **constants.members(),
    }
    name = "depthwise_conv2d_s8"
    call = Call(f"nn_{name}.h", f"tml_{name}", "tml_depthwise_conv2d_s8_layer", members)
    in_place = out_channels == channels and read_ahead(slide, batches)
    choice = Choice(call, row.ring_bytes, (Overlap(0),) if in_place else ())
    if target.family == "dsp":
        choice = _dsp(node, slide, constants, choice)
    macs = output.elements * weights.shape[1] * weights.shape[2]
    return Layer(
        node.op, (source,), (output,), choice.call, macs, choice.scratch_bytes, choice.overlaps
    )


def _sizes(source: Tensor, output: Tensor) -> dict[str, Value]:
    names = ("height", "width", "channels")
    before = {f"in_{name}": size for name, size in zip(names, source.shape[1:], strict=True)}
    after = {f"out_{name}": size for name, size in zip(names, output.shape[1:], strict=True)}
    return {"batches": source.shape[0], **before, **after}


def _dsp(node: Node, slide: Window, constants: Weighted, choice: Choice) -> Choice:
    """Return the kernel for cores with the DSP extension, or what was chosen for any core."""
    members = choice.call.members
    if members["right_form"] and _is_3x3(slide) and members["row_used"]:
        row = _Row.under(slide)
        function = f"tml_depthwise_conv2d_3x3_{'' if members['outputs.form'] else 'rare_'}s8"
        call = Call("nn_depthwise_conv2d_3x3_s8.h", function, choice.call.struct, members)
        return Choice(call, 32 * row.width + 5 * 60, choice.overlaps)
    multiplier = constants.bias.size // node.value(0).shape[3]
    return rows(node, slide, constants, multiplier=multiplier) or choice


@dataclass(frozen=True, slots=True)
class _Row:
    """A gathered row of the input."""

    width: int
    """Of an even length."""
    pad_left: int
    used: int
    """Values that come from the input."""
    ring_bytes: int
    """All rows under the kernel, and a row of sums, of an even length too."""

    @classmethod
    def under(cls, slide: Window) -> "_Row":
        reached = (slide.x.out - 1) * slide.x.stride + slide.x.reach
        pad_left = min(slide.x.pad, reached)
        width = -(-reached // 2) * 2
        ring_bytes = 2 * slide.y.reach * width + 4 * (-(-slide.x.out // 2) * 2)
        return cls(width, pad_left, min(slide.x.size, reached - pad_left), ring_bytes)


def _is_3x3(slide: Window) -> bool:
    return (
        slide.y.kernel == slide.x.kernel == 3
        and slide.y.dilation == slide.x.dilation == 1
        and slide.y.stride == slide.x.stride < 3
        and slide.x.out > 1
    )
