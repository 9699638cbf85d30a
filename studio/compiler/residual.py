"""A convolution that adds what lies beside its output: the end of a residual connection."""

from collections.abc import Mapping
from dataclasses import replace

from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Overlap, Value
from studio.compiler.ops import add
from studio.compiler.target import Target

_PIXELS = {
    "tml_conv2d_s8": 2,
    "tml_conv2d_1x1_s8": 2,
    "tml_conv2d_s8_dsp": 3,
    "tml_conv2d_1x1_s8_dsp": 3,
    "tml_conv2d_s8_v6m": 4,
    "tml_conv2d_1x1_s8_v6m": 4,
}
"""Kernel -> how many pixels of its output, in each of its blocks, wait in the scratch memory."""


def own_output(node: Node) -> Tensor:
    """Return what the convolution of a node with an addition writes, which is stored nowhere."""
    if node.fused.add is None:
        return node.output()
    other = node.value(3)
    summands = [tensor for tensor in node.fused.add.inputs if tensor is not None]
    return next(tensor for tensor in summands if tensor.index != other.index)


def can_add(node: Node, layer: Layer) -> bool:
    """Tell whether the kernel of a convolution's layer can do the node's addition, if any."""
    return node.fused.add is None or (layer.call is not None and layer.call.function in _PIXELS)


def with_addition(node: Node, layer: Layer, target: Target) -> Layer:
    """Return a convolution's layer with the node's addition as its last step."""
    addition, call = node.fused.add, layer.call
    if addition is None or call is None:
        return layer
    other = node.value(3)
    added = add.lower(addition, target).call
    swapped = addition.inputs[0] is not None and addition.inputs[0].index == other.index
    members = {f"conv.{name}": value for name, value in call.members.items()}
    members |= {f"add.{name}": value for name, value in _sum(added, swapped=swapped).items()}
    header, function, struct = map(_named, (call.header, call.function, call.struct))
    blocks = int(call.members.get("blocks", 1))  # type: ignore[arg-type]  # a number, always
    pixels = _PIXELS[call.function] * blocks
    return replace(
        layer,
        inputs=(*layer.inputs, other),
        outputs=node.outputs,
        call=Call(header, function, struct, members),
        scratch_bytes=layer.scratch_bytes + pixels * node.output().shape[-1],
        overlaps=(*(_inner(overlap) for overlap in layer.overlaps), Overlap(1)),
    )


def _named(name: str) -> str:
    return name.replace("1x1_s8", "1x1_add_s8").replace("conv2d_s8", "conv2d_add_s8")


def _inner(overlap: Overlap) -> Overlap:
    return replace(overlap, members={f"conv.{k}": v for k, v in overlap.members.items()})


def _sum(call: Call | None, *, swapped: bool) -> Mapping[str, Value]:
    """Return the members of the addition, the convolution's output as its input a, as one row."""
    members = dict(call.members) if call is not None else {}
    if swapped:
        other = {"a": "b", "b": "a"}
        members = {
            name[:-1] + other[name[-1]] if name[-2:] in ("_a", "_b") else name: value
            for name, value in members.items()
        }
    row = (0, 0, 0, 1)
    return members | {"size": (1, 1, 1, 0), "step_a": row, "step_b": row}
