"""A kernel sliding over a picture: what convolutions and poolings have in common."""

from dataclasses import dataclass

from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Overlap

SAME = 0
LIMIT = 1 << 15
"""Of strides, dilations and kernel sizes, so that no position leaves 32 bits."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One direction of the slide."""

    size: int
    kernel: int
    stride: int
    dilation: int
    pad: int
    """Values missing before the first input value."""
    pad_end: int
    """Values missing behind the last one."""

    @property
    def reach(self) -> int:
        """Input values from the kernel's first tap to its last, both included."""
        return (self.kernel - 1) * self.dilation + 1

    @property
    def out(self) -> int:
        """Positions of the kernel, 0 or less where it does not fit."""
        return (self.size + self.pad + self.pad_end - self.reach) // self.stride + 1


def same(size: int, kernel: int, stride: int, dilation: int) -> Axis:
    """Return an axis whose output is the input's size, divided by the stride and rounded up.

    An odd value of padding is missing at the end.
    """
    missing = (-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size
    pad = max(0, missing) // 2
    return Axis(size, kernel, stride, dilation, pad, max(0, missing) - pad)


@dataclass(frozen=True, slots=True)
class Window:
    """Both directions."""

    y: Axis
    x: Axis

    def members(self) -> dict[str, int]:
        """Return the members that kernels' structs share."""
        return {
            "kernel_height": self.y.kernel,
            "kernel_width": self.x.kernel,
            "stride_height": self.y.stride,
            "stride_width": self.x.stride,
            "pad_top": self.y.pad,
            "pad_left": self.x.pad,
        }

    def dilations(self) -> dict[str, int]:
        """Return the members of kernels that can be dilated."""
        # of a single tap it means nothing, and is not multiplied by anything
        height, width = (axis.dilation if axis.kernel > 1 else 1 for axis in (self.y, self.x))
        return {"dilation_height": height, "dilation_width": width}


def window(
    node: Node,
    picture: tuple[int, int],
    *,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
    padding: int,
) -> Window:
    """Check a slide and return it; every pair is (height, width)."""
    for name, pair in (("kernel", kernel), ("stride", stride), ("dilation", dilation)):
        if not all(1 <= n <= LIMIT for n in pair):
            raise node.fail(f"its {name} is {pair[0]} x {pair[1]}; each must be 1 to {LIMIT}")
    if padding not in (SAME, 1):
        raise node.fail(f"its padding is number {padding}; supported are SAME and VALID")
    above, below, left, right = node.fused.pad or (0, 0, 0, 0)
    axes = [
        same(*four) if padding == SAME else Axis(*four, *ends)
        for four, ends in zip(
            zip(picture, kernel, stride, dilation, strict=True),
            ((above, below), (left, right)),
            strict=True,
        )
    ]
    for axis in axes:
        if axis.out < 1:
            raise node.fail(f"a kernel reaching {axis.reach} does not fit an input of {axis.size}")
        if axis.reach + axis.size > 1 << 26:
            raise node.fail(f"its dilated kernel reaches over {axis.reach} values")
    return Window(axes[0], axes[1])


def trailing(slide: Window, source: Tensor, output: Tensor) -> tuple[Overlap, ...]:
    """Return how far the output must begin before the input, so that it never overtakes it.

    For kernels that read what any pixels of a row need before they write them, row after row:
    then the whole outputs up to that row's end may be written, and input rows from its first tap
    on are still needed.
    """
    batches, _, width, size = source.shape
    if batches > 1:
        return ()
    y, line, out_line = slide.y, width * size, output.shape[2] * output.shape[3]
    turn = y.pad // y.stride  # from here on rows move on; before and after it all is linear
    rows = {row for row in (0, turn, turn + 1, y.out - 1) if row < y.out}
    lead = max((row + 1) * out_line - max(0, row * y.stride - y.pad) * line for row in rows)
    return (Overlap(0, None, -lead),)
