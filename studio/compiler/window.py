"""A kernel sliding over a picture: what convolutions and poolings have in common."""

from dataclasses import dataclass

from studio.compiler.graph import Node

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
    same: bool

    @property
    def reach(self) -> int:
        """Input values from the kernel's first tap to its last, both included."""
        return (self.kernel - 1) * self.dilation + 1

    @property
    def out(self) -> int:
        """Positions of the kernel, 0 or less where it does not fit."""
        covered = 1 if self.same else self.reach
        return (self.size - covered) // self.stride + 1

    @property
    def pad(self) -> int:
        """Values missing before the first input value; an odd one is missing at the end."""
        return max(0, (self.out - 1) * self.stride + self.reach - self.size) // 2


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
    axes = [
        Axis(*pairs, padding == SAME)
        for pairs in zip(picture, kernel, stride, dilation, strict=True)
    ]
    for axis in axes:
        if axis.out < 1:
            raise node.fail(f"a kernel reaching {axis.reach} does not fit an input of {axis.size}")
        if axis.reach + axis.size > 1 << 26:
            raise node.fail(f"its dilated kernel reaches over {axis.reach} values")
    return Window(axes[0], axes[1])
