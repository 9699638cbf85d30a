"""Joining and splitting in place: parts that are made, or read, where the whole lies."""

from collections.abc import Sequence
from dataclasses import replace

from studio.compiler.layer import Layer, View

ALIGNMENT = 4
"""Of parts, so that kernels may load words."""


def views_in_place(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Drop the calls of layers whose values can lie in each other instead of being copied."""
    parts = {view.part.index for layer in layers if layer.call is None for view in layer.views}
    result: list[Layer] = []
    for layer in layers:
        if layer.call is not None and layer.views and _possible(layer, parts):
            parts |= {view.part.index for view in layer.views}
            result.append(replace(layer, call=None, scratch_bytes=0, overlaps=()))
        else:
            result.append(layer)
    return tuple(result)


def _possible(layer: Layer, parts: set[int]) -> bool:
    """Tell whether every value of the layer lies in, or holds, another one of it."""
    values = [tensor.index for tensor in (*layer.inputs, *layer.outputs)]
    wanted = {view.part.index for view in layer.views}
    free = all(_usable(view) for view in layer.views) and not wanted & parts
    whole = {view.whole.index for view in layer.views}
    complete = set(values) == wanted | whole and len(values) == len(wanted) + len(whole)
    return free and complete and len(layer.views) == len(wanted)


def _usable(view: View) -> bool:
    ends = (view.part, view.whole)
    kept = any(tensor.data is not None or tensor.variable for tensor in ends)
    inside = view.offset >= 0 and view.offset + view.part.bytes <= view.whole.bytes
    return not kept and inside and view.offset % ALIGNMENT == 0
