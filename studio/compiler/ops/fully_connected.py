"""FULLY_CONNECTED."""

from studio.compiler import v6m
from studio.compiler.dsp import dense, pixelwise
from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer
from studio.compiler.target import Target
from studio.compiler.weighted import read_weighted
from studio.compiler.weighted_computed import lower_whole_product, needs_whole_product
from studio.compiler.weighted_types import checked_dense, is_int8, lower_dense

NAME = "FULLY_CONNECTED"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. Weights are (out, in)."""
    if not is_int8(node):
        return lower_dense(node)
    if needs_whole_product(node):
        return lower_whole_product(node)
    source, output, weights, batches = checked_dense(node)
    out_size, in_size = weights.shape
    options = node.options
    constants = read_weighted(
        node, axis=0, activation=options.integer(0, "b") if options is not None else 0
    )
    if target.family == "v6m":
        layer = v6m.fully_connected(node, constants, few_kernels=target.few_kernels)
        if layer is not None:
            return layer
    macs = output.elements * in_size
    if target.family == "dsp":
        alone = batches == 1 and not target.few_kernels
        choice = dense(constants) if alone else pixelwise(constants, batches)
        return Layer(
            node.op, (source,), (output,), choice.call, macs, choice.scratch_bytes, choice.overlaps
        )
    members = {
        "batches": batches,
        "in_size": in_size,
        "out_size": out_size,
        "weights": constants.weights,
        **constants.members(per_channel=False),
    }
    call = Call(
        "nn_fully_connected_s8.h",
        "tml_fully_connected_s8",
        "tml_fully_connected_s8_layer",
        members,
    )
    return Layer(node.op, (source,), (output,), call, macs)
