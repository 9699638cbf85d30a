"""The layout of DEPTHWISE_CONV_2D by rows of taps, for cores with the DSP extension.

Rows and columns may change places: taps are paired along a row, so a kernel of one column is
turned. It costs nothing, since a step between values is a number for the kernel either way.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.compiler.depthwise_across import across
from studio.compiler.depthwise_across import cost as across_cost
from studio.compiler.dsp import Choice
from studio.compiler.graph import Node
from studio.compiler.layer import Call, Overlap, Value
from studio.compiler.weighted import Weighted
from studio.compiler.window import Axis, Window

MANY_BYTES = 4096
"""Four channels are not gathered at once where their rows take more."""

WORTH = 0.95
"""A kernel that cannot work in place must take such a part of the other one's time at most."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """One of the two ways to see a picture; `x` is the direction of rows."""

    y: Axis
    x: Axis
    turned: bool
    lanes: int

    @property
    def dilation(self) -> int:
        return self.x.dilation if self.x.kernel > 1 else 1

    @property
    def pairs(self) -> int:
        """Return the pairs of taps in a row."""
        return -(-self.x.kernel // 2)

    @property
    def quads(self) -> int:
        """Return the fours that hold all pairs of a channel."""
        return -(-self.y.kernel * self.pairs // 2)

    @property
    def reached(self) -> int:
        """Return the values of a padded row that the kernel reaches."""
        return (self.x.out - 1) * self.x.stride + self.x.reach

    @property
    def part_width(self) -> int:
        """Return the values of a part of a row, of which there are as many as the dilation."""
        return -(-self.reached // (2 * self.dilation)) * 2

    @property
    def lane_bytes(self) -> int:
        return 2 * self.y.reach * self.part_width * self.dilation

    @property
    def cost(self) -> float:
        """Return about how many instructions a channel takes."""
        parts = min(self.dilation, self.x.out)
        blocks = parts * -(-self.x.out // (4 * parts))
        row = 30 + 40 * parts + blocks * (44 + 23 * self.quads)
        if self.y.kernel == self.x.stride == 1:
            row = 30 + 40 * parts + blocks * (44 + 18 * self.quads)
            if self.quads == 1:  # two outputs at a time
                row = 30 + 40 * parts + 24 * parts * -(-self.x.out // (2 * parts))
        places = 9 * self.y.kernel * self.pairs
        gather = self.y.size * self.reached * (2 if self.lanes == 4 else 8)
        return self.y.out * (row + places / self.lanes) + gather


def rows(node: Node, slide: Window, constants: Weighted, *, multiplier: int) -> Choice | None:
    """Return the kernel for a layer, or None where none of this module fits it.

    That by rows, or `across` channels where that is quicker.
    """
    outputs = constants.members()
    plan = _plan(slide, four=multiplier == 1 and node.value(0).shape[3] >= 4)
    other = across(node, slide, constants) if multiplier == 1 else None
    if plan is None or not outputs["outputs.form"]:
        return other
    if other is not None and across_cost(slide, constants.bias.size) < WORTH * plan.cost:
        return other
    members = {
        **_shape(node, plan),
        "depth_multiplier": multiplier,
        **_steps(plan, node.value(0).shape[3], constants.bias.size),
        "pad_value": constants.pad_value,
        "weights": _weights(plan, constants),
        **outputs,
    }
    name = "depthwise_conv2d_rows_s8"
    call = Call(f"nn_{name}.h", f"tml_{name}", f"tml_{name}_layer", members)
    # what is loaded with the last taps may lie behind the rows
    scratch_bytes = plan.lanes * plan.lane_bytes + max(4 * plan.quads, 16)
    in_place = multiplier == 1 and _in_place(plan, node.value(0).shape[0])
    return Choice(call, scratch_bytes, (Overlap(0),) if in_place else ())


def _plan(slide: Window, *, four: bool) -> _Plan | None:
    """Return the cheaper way to see the picture; of about equal ones that with shorter rows."""
    found = []
    for y, x, turned in ((slide.y, slide.x, False), (slide.x, slide.y, True)):
        plan = _Plan(y, x, turned, 1)
        fits = plan.lane_bytes < 1 << 16  # places in it have 16 bits
        if fits and (plan.dilation == 1 or x.stride == 1):
            many = plan.lane_bytes * 4 > MANY_BYTES
            found.append(_Plan(y, x, turned, 4 if four and not many else 1))
    if not found:
        return None
    limit = 1.1 * min(plan.cost for plan in found)
    return min((p for p in found if p.cost <= limit), key=lambda p: (p.lane_bytes, p.turned))


def _shape(node: Node, plan: _Plan) -> Mapping[str, Value]:
    y, x = plan.y, plan.x
    batches, _, _, channels = node.value(0).shape
    return {
        "batches": batches,
        "in_height": y.size,
        "in_width": x.size,
        "in_channels": channels,
        "out_height": y.out,
        "out_width": x.out,
        "out_channels": node.output().shape[3],
    }


def _steps(plan: _Plan, channels: int, out_channels: int) -> Mapping[str, Value]:
    y, x = plan.y, plan.x
    members: dict[str, Value] = {
        "kernel_height": y.kernel,
        "kernel_width": x.kernel,
        "stride_height": y.stride,
        "stride_width": x.stride,
        "pad_top": y.pad,
        "pad_left": min(x.pad, plan.reached),
        "dilation_height": y.dilation if y.kernel > 1 else 1,
        "dilation_width": plan.dilation,
    }
    for end, step, width, height in (
        ("in", channels, x.size, y.size),
        ("out", out_channels, x.out, y.out),
    ):
        members[f"{end}_step_y"] = step if plan.turned else step * width
        members[f"{end}_step_x"] = step * height if plan.turned else step
    members["reached"] = plan.reached
    members["part_width"] = plan.part_width
    members["lanes"] = plan.lanes
    members["pairs"] = plan.pairs
    members["taps"] = 4 * plan.quads
    return members


def _weights(plan: _Plan, constants: Weighted) -> NDArray[np.int8]:
    """Return (channels, taps) as `tml_depthwise_conv2d_rows_s8_layer` wants them."""
    taps = constants.weights[0].transpose(2, 0, 1)
    if plan.turned:
        taps = taps.transpose(0, 2, 1)
    channels = len(taps)
    even = np.zeros((*taps.shape[:2], 2 * plan.pairs), np.int8)
    even[:, :, : plan.x.kernel] = taps
    filled = np.zeros((channels, 4 * plan.quads), np.int8)
    filled[:, : even[0].size] = even.reshape(channels, -1)
    return filled.reshape(channels, -1, 4)[:, :, [0, 2, 1, 3]].reshape(channels, -1)


def _in_place(plan: _Plan, batches: int) -> bool:
    """Return whether no output lies on an input that is still to be read; see `read_ahead`."""
    y, x = plan.y, plan.x
    if not plan.turned:
        return read_ahead(Window(y, x), batches)
    # columns are read and written one after the other: they must be the same ones
    same = x.out == 1 or y.out == y.size
    whole = batches == 1 or y.out * x.out == y.size * x.size
    return same and whole and max(y.reach, y.stride) > y.pad


def read_ahead(slide: Window, batches: int) -> bool:
    """Return whether each output row lies before the input rows that are still to be read.

    Channels are worked on one after the other, so only values of the same channel meet. Before
    output row n is written, the input is read up to row n * stride - pad + max(reach, stride).
    """
    y, x = slide.y, slide.x
    ahead = max(y.reach, y.stride) - y.pad
    if batches > 1 and y.out * x.out > y.size * x.size:
        return False
    last = min(y.out, -(-(y.size - ahead) // y.stride)) - 1  # row before which some are unread
    return all((n * y.stride + ahead) * x.size >= (n + 1) * x.out for n in (0, last) if n <= last)
