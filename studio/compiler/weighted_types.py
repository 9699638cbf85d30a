"""Convolutions and fully connected layers in other types than int8 throughout.

Which are: int16 values with int8 weights, floats, and floats with int8 weights ("hybrid", what
dynamic range quantization makes). All share the kernels that slide over a picture.
"""

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from studio.compiler.flatbuffer import Table
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.weighted_f32 import read_f32
from studio.compiler.weighted_s8 import read_s8
from studio.compiler.weighted_s16 import read_s16
from studio.compiler.window import Window, window

TYPES = ("int8", "int16", "float32")
"""Of values that a layer with weights takes."""


def is_int8(node: Node, position: int = 0) -> bool:
    """Tell whether a node computes on int8 values; the other types are this module's work."""
    return node.input(position, TYPES).dtype == "int8"


def lower_convolution(node: Node) -> Layer:
    """Check a CONV_2D and return its layer. Weights are (out, height, width, in)."""
    source, weights, options = convolution_parts(node)
    channels = source.shape[3]
    if weights.shape[3] != channels:
        raise node.fail(f"its weights take {weights.shape[3]} channels, its input has {channels}")
    slide = read_slide(node, options, source, weights, dilation=4)
    shape = (source.shape[0], slide.y.out, slide.x.out, weights.shape[0])
    node.expect_output(shape)
    members = slide_members(source.shape, shape, slide)
    activation = options.integer(3, "b")
    return weighted_layer(node, "conv2d", members, axis=0, activation=activation, narrow=True)


def lower_depthwise(node: Node) -> Layer:
    """Check a DEPTHWISE_CONV_2D and return its layer. Weights are (1, height, width, out)."""
    source, weights, options = convolution_parts(node)
    channels, multiplier = source.shape[3], options.integer(3, "i")
    if weights.shape[0] != 1 or weights.shape[3] != channels * multiplier:
        raise node.fail(
            f"weights {weights.shape} do not fit {channels} input channels"
            f" and the depth multiplier {multiplier}"
        )
    slide = read_slide(node, options, source, weights, dilation=5)
    shape = (source.shape[0], slide.y.out, slide.x.out, weights.shape[3])
    node.expect_output(shape)
    members = slide_members(source.shape, shape, slide)
    activation = options.integer(4, "b")
    return weighted_layer(node, "depthwise_conv2d", members, axis=3, activation=activation)


def factor_of(node: Node, dtypes: Sequence[str] = TYPES) -> Tensor:
    """Return input 0: a computed value, or a constant where the weights are computed."""
    weights = node.input(1, TYPES)
    return node.input(0, dtypes) if weights.data is None else node.value(0, dtypes)


def constant_weights(node: Node) -> NDArray[np.generic]:
    """Return the weights for a kernel that has no way to take them at run time."""
    data = node.input(1, TYPES).data
    if data is None:
        raise node.fail(
            "its weights are computed by the model",
            "FULLY_CONNECTED, BATCH_MATMUL and CONV_2D without groups can do that.",
        )
    return data


def checked_dense(
    node: Node, dtypes: Sequence[str] = ("int8",)
) -> tuple[Tensor, Tensor, Tensor, int]:
    """Return input, output, weights (out, in) and rows of a FULLY_CONNECTED whose shapes fit."""
    source, output, weights = factor_of(node, dtypes), node.output(dtypes), node.input(1, dtypes)
    if len(weights.shape) != 2 or source.elements % weights.shape[1]:
        raise node.fail(f"input {source.shape} and weights {weights.shape} do not fit")
    options = node.options
    if options is not None and options.integer(1, "b"):
        raise node.fail("its weights are shuffled", "Convert the model without that option.")
    out_size, in_size = weights.shape
    batches = source.elements // in_size
    if output.elements != batches * out_size or output.shape[-1:] != (out_size,):
        raise node.fail(
            f"its output has shape {output.shape}, but it computes {(batches, out_size)}"
        )
    return source, output, weights, batches


def lower_dense(node: Node) -> Layer:
    """Check a FULLY_CONNECTED and return its layer: a kernel of 1x1 over a row of pixels."""
    _, _, weights, batches = checked_dense(node, TYPES)
    out_size, in_size = weights.shape
    options = node.options
    slide = window(node, (1, batches), kernel=(1, 1), stride=(1, 1), padding=1)
    members = slide_members((1, 1, batches, in_size), (1, 1, batches, out_size), slide)
    activation = options.integer(0, "b") if options is not None else 0
    return weighted_layer(node, "conv2d", members, axis=0, activation=activation, narrow=True)


def convolution_parts(node: Node) -> tuple[Tensor, Tensor, Table]:
    """Return input, weights and options of a (depthwise) convolution."""
    source, weights, options = node.value(0, TYPES), node.input(1, TYPES), node.options
    if options is None or len(source.shape) != 4 or len(weights.shape) != 4:
        raise node.fail(f"input {source.shape} and weights {weights.shape} do not fit")
    return source, weights, options


def read_slide(
    node: Node, options: Table, source: Tensor, weights: Tensor, *, dilation: int
) -> Window:
    """Return the slide of a (depthwise) convolution; `dilation` is its first option of them."""
    return window(
        node,
        (source.shape[1], source.shape[2]),
        kernel=(weights.shape[1], weights.shape[2]),
        stride=(options.integer(2, "i"), options.integer(1, "i")),
        dilation=(options.integer(dilation + 1, "i", 1), options.integer(dilation, "i", 1)),
        padding=options.integer(0, "b"),
    )


def slide_members(
    source: tuple[int, ...], output: tuple[int, ...], slide: Window
) -> dict[str, Value]:
    """Return the members of the kernels' `tml_nn_slide`."""
    batches, height, width, channels = source
    members = {
        "batches": batches,
        "in_height": height,
        "in_width": width,
        "in_channels": channels,
        "out_height": output[1],
        "out_width": output[2],
        "out_channels": output[3],
        **slide.members(),
        **slide.dilations(),
    }
    return {f"slide.{name}": value for name, value in members.items()}


def weighted_layer(
    node: Node,
    kernel: str,
    slide: Mapping[str, Value],
    *,
    axis: int,
    activation: int,
    narrow: bool = False,
) -> Layer:
    """Return the layer of a node whose inputs are a value, weights and perhaps a bias."""
    source, weights = factor_of(node), node.input(1, TYPES)
    output = node.output((source.dtype,))
    kind, data, others = read_constants(node, axis=axis, activation=activation, narrow=narrow)
    inputs: tuple[Tensor, ...] = (source,)
    if kernel != "conv2d":
        data = constant_weights(node)
    if data is None:
        kernel, inputs = f"{kernel}_computed", (source, weights)
    call = Call(
        f"nn_{kernel}_{kind.removeprefix('wide_')}.h",
        f"tml_{kernel}_{kind}",
        f"tml_nn_weighted_{kind.removeprefix('wide_')}_layer",
        {**slide, "weights": 0 if data is None else data, **others},
    )
    macs = multiplications(kernel, source, output, weights)
    return Layer(node.op, inputs, (output,), call, macs)


def read_constants(
    node: Node, *, axis: int, activation: int, narrow: bool
) -> tuple[str, NDArray[np.generic] | None, Mapping[str, Value]]:
    """Return the kind of kernel, the weights if constant, and the members beside them."""
    dtype = node.input(0, TYPES).dtype
    if dtype == "int8":
        return "s8", *read_s8(node, axis=axis, activation=activation)
    if dtype == "int16":
        return read_s16(node, axis=axis, activation=activation, narrow=narrow)
    data, members = read_f32(node, axis=axis, activation=activation)
    return "hybrid" if node.input(1, TYPES).dtype == "int8" else "f32", data, members


def multiplications(kernel: str, source: Tensor, output: Tensor, weights: Tensor) -> int:
    """Return the multiplications; a transposed convolution's are counted from its input."""
    if kernel == "transpose_conv":
        return source.elements * prod(weights.shape[:3])
    if kernel == "depthwise_conv2d":
        return output.elements * weights.shape[1] * weights.shape[2]
    return output.elements * prod(weights.shape[1:])
