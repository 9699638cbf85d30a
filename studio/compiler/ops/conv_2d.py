"""CONV_2D."""

from dataclasses import dataclass, replace
from math import prod

from studio.compiler import v6m
from studio.compiler.dsp import (
    Choice,
    dense,
    in_quads,
    over_input,
    pixelwise,
    product_members,
    taps_bytes,
)
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Overlap, Value
from studio.compiler.residual import can_add, own_output, with_addition
from studio.compiler.target import Target
from studio.compiler.weighted import Weighted, read_weighted
from studio.compiler.weighted_grouped import is_grouped, lower_grouped
from studio.compiler.weighted_types import is_int8, lower_convolution, read_slide
from studio.compiler.window import Window, trailing

NAME = "CONV_2D"


@dataclass(frozen=True, slots=True, eq=False)
class _Convolution:
    """The operator, checked."""

    node: Node
    source: Tensor
    output: Tensor
    slide: Window
    constants: Weighted

    @property
    def plain(self) -> bool:
        """A single tap per pixel, all pixels in order: they need not be gathered."""
        y, x = self.slide.y, self.slide.x
        single = y.kernel == x.kernel == y.stride == x.stride == 1
        return single and self.output.shape[1:3] == self.source.shape[1:3]

    @property
    def whole(self) -> bool:
        """A single output pixel that sees the whole input, tap by tap in its order."""
        y, x = self.slide.y, self.slide.x
        plain = y.dilation == x.dilation == 1 and y.pad == x.pad == 0
        covers = self.constants.weights.shape[1:3] == self.source.shape[1:3]
        return plain and covers and self.output.shape[:3] == (1, 1, 1)

    @property
    def taps(self) -> int:
        return prod(self.constants.weights.shape[1:])

    def members(self) -> dict[str, Value]:
        """Return the members that all kernels' structs share."""
        batches, height, width, channels = self.source.shape
        return {
            "batches": batches,
            "in_height": height,
            "in_width": width,
            "in_channels": channels,
            "out_height": self.slide.y.out,
            "out_width": self.slide.x.out,
            **self.slide.members(),
            **self.slide.dilations(),
            "pad_value": self.constants.pad_value,
        }

    def layer(self, call: Call, scratch_bytes: int, overlaps: tuple[Overlap, ...] = ()) -> Layer:
        """Return the layer that computes it."""
        macs = self.output.elements * self.taps
        return Layer(
            self.node.op, (self.source,), (self.output,), call, macs, scratch_bytes, overlaps
        )

    def chosen(self, choice: Choice) -> Layer:
        """Return the layer that computes it as chosen."""
        return self.layer(choice.call, choice.scratch_bytes, choice.overlaps)


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. Weights are (out, height, width, in)."""
    if is_grouped(node):
        return lower_grouped(node)
    if not is_int8(node) or node.input(1).data is None:
        return lower_convolution(node)
    own = node
    if node.fused.add is not None:
        own = replace(node, inputs=node.inputs[:3], outputs=(own_output(node),))
    return with_addition(node, _lower(own, target), target)


def _lower(node: Node, target: Target) -> Layer:
    source, output, weights = node.value(0), node.output(), node.input(1)
    options = node.options
    if options is None or len(source.shape) != 4 or len(weights.shape) != 4:
        raise node.fail(f"input {source.shape} and weights {weights.shape} do not fit")
    batches, channels = source.shape[0], source.shape[3]
    if weights.shape[3] != channels:
        raise node.fail(f"its weights take {weights.shape[3]} channels, its input has {channels}")
    slide = read_slide(node, options, source, weights, dilation=4)
    node.expect_output((batches, slide.y.out, slide.x.out, weights.shape[0]))
    constants = read_weighted(node, axis=0, activation=options.integer(3, "b"))
    if target.family == "v6m":
        layer = v6m.conv_2d(node, slide, constants)
        if layer is not None and can_add(node, layer):
            return layer
    convolution = _Convolution(node, source, output, slide, constants)
    return (_dsp if target.family == "dsp" else _portable)(convolution)


def _portable(c: _Convolution) -> Layer:
    """Two pixels' taps are widened to 16 bits."""
    product = {
        "product.taps": c.taps,
        "product.out_channels": c.output.shape[3],
        "product.weights": c.constants.weights,
        **{f"product.{name}": value for name, value in c.constants.members().items()},
    }
    header, scratch_bytes = "nn_conv2d_s8.h", 4 * c.taps
    if c.plain:
        pixels = prod(c.output.shape[:3])
        members = {"pixels": pixels, "backward": 0, **product}
        call = Call(header, "tml_conv2d_1x1_s8", "tml_conv2d_1x1_s8_layer", members)
        overlaps = over_input(pixels, c.taps, c.output.shape[3], block=2)
        return c.layer(call, scratch_bytes, overlaps)
    call = Call(header, "tml_conv2d_s8", "tml_conv2d_s8_layer", {**c.members(), **product})
    return c.layer(call, scratch_bytes, trailing(c.slide, c.source, c.output))


def _dsp(c: _Convolution) -> Layer:
    """Three pixels' taps are widened to 16 bits; a pixel at the edge is first copied."""
    if c.whole and c.node.fused.add is None:
        return c.chosen(dense(c.constants))
    if c.plain:
        return c.chosen(pixelwise(c.constants, prod(c.output.shape[:3])))
    channels, rows, width, size = c.constants.weights.shape
    ordered = in_quads(c.constants.weights.reshape(channels, rows, width * size))
    product = product_members(c.constants, ordered)
    members = {**c.members(), **product}
    call = Call("nn_conv2d_s8_dsp.h", "tml_conv2d_s8_dsp", "tml_conv2d_s8_dsp_layer", members)
    return c.layer(call, taps_bytes(ordered) + c.taps, trailing(c.slide, c.source, c.output))
