"""GATHER: places along one axis, in any order and number."""

from dataclasses import replace
from math import prod

import numpy as np

from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer
from studio.compiler.movement import ANY, axis_of, option, width
from studio.compiler.target import Target

NAME = "GATHER"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer. Either input may be a constant."""
    source, indices, output = node.input(0, ANY), _indices(node), node.output(ANY)
    if source.dtype != output.dtype:
        raise node.fail(f"its input is {source.dtype}, but its output {output.dtype}")
    axis = axis_of(node, option(node, 0), len(source.shape))
    rank = len(indices.shape)
    batch = option(node, 1)
    batch = batch + rank if batch < 0 else batch
    if not 0 <= batch <= min(axis, rank) or source.shape[:batch] != indices.shape[:batch]:
        raise node.fail(f"its {batch} batch dimensions do not fit {source.shape}")
    shape = source.shape
    node.expect_output((*shape[:axis], *indices.shape[batch:], *shape[axis + 1 :]))
    listed = indices.data.reshape(-1).tolist() if indices.data is not None else [0]
    if not all(0 <= index < shape[axis] for index in listed):
        raise node.fail(f"some of its indices are not within 0 to {shape[axis] - 1}")
    members = {
        "batches": prod(shape[:batch]),
        "outer": prod(shape[batch:axis]),
        "count": prod(indices.shape[batch:]),
        "size": shape[axis],
        "run": prod(shape[axis + 1 :]) * width(source),
    }
    call = Call("nn_gather.h", "tml_gather", "tml_gather_layer", members)
    return Layer(node.op, (source, indices), (output,), call)


def _indices(node: Node) -> Tensor:
    """Return the indices as 32-bit numbers, which constants of 64 bits may become."""
    found = node.input(1, ("int32", "int64"))
    if found.dtype == "int32":
        return found
    listed = node.constant(1, ("int64",)).astype(np.int64).clip(-1, 2**31 - 1)
    return replace(found, dtype="int32", data=listed.astype(np.int32))
