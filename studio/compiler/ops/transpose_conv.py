"""TRANSPOSE_CONV."""

from dataclasses import replace

from studio.compiler.flatbuffer import Table
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.target import Target
from studio.compiler.weighted_s8 import read_s8
from studio.compiler.weighted_types import (
    TYPES,
    constant_weights,
    is_int8,
    slide_members,
    weighted_layer,
)
from studio.compiler.window import Window, window

NAME = "TRANSPOSE_CONV"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. Weights are (out, height, width, in)."""
    options, source, weights = node.options, node.value(2, TYPES), node.input(1, TYPES)
    output = node.output((source.dtype,))
    ranks = {len(tensor.shape) for tensor in (source, weights, output)}
    if options is None or ranks != {4} or weights.shape[3] != source.shape[3]:
        raise node.fail(f"input {source.shape} and weights {weights.shape} do not fit")
    _check_wanted_shape(node, output)
    slide = _slide(node, options, source, weights, output)
    members = slide_members(source.shape, output.shape, slide)
    activation = options.integer(3, "b")
    # from here on as if it were a convolution: value, weights, bias
    plain = replace(node, inputs=(source, weights, *node.inputs[3:]))
    if is_int8(plain):
        return _lower_int8(plain, members, activation=activation)
    return weighted_layer(plain, "transpose_conv", members, axis=0, activation=activation)


def _check_wanted_shape(node: Node, output: Tensor) -> None:
    """Check input 0, the output's shape, where it is a constant."""
    wanted = node.inputs[0]
    if wanted is None or wanted.data is None or wanted.dtype != "int32":
        return
    if tuple(wanted.data.reshape(-1).tolist()) != output.shape:
        raise node.fail(
            f"its output has shape {output.shape}, but is to have {wanted.data.tolist()}"
        )


def _slide(node: Node, options: Table, source: Tensor, weights: Tensor, output: Tensor) -> Window:
    """Return the slide over the output, which must lead back to the input's shape."""
    slide = window(
        node,
        (output.shape[1], output.shape[2]),
        kernel=(weights.shape[1], weights.shape[2]),
        stride=(options.integer(2, "i"), options.integer(1, "i")),
        padding=options.integer(0, "b"),
    )
    fitting = (output.shape[0], slide.y.out, slide.x.out, weights.shape[0])
    if fitting != (*source.shape[:3], output.shape[3]):
        raise node.fail(
            f"input {source.shape} and weights {weights.shape} do not make {output.shape}"
        )
    return slide


def _lower_int8(node: Node, slide: dict[str, Value], *, activation: int) -> Layer:
    source, output, weights = node.value(0), node.output(), node.input(1)
    _, others = read_s8(node, axis=0, activation=activation)
    kernel = "transpose_conv_s8"
    members = {**slide, "weights": constant_weights(node), **others}
    call = Call(f"nn_{kernel}.h", f"tml_{kernel}", f"tml_{kernel}_layer", members)
    macs = source.elements * weights.elements // weights.shape[3]
    return Layer(node.op, (source,), (output,), call, macs)
