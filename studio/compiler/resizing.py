"""What RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR have in common: pictures of another size.

Which rows and columns the output is made of depends on sizes only, so it is computed here, in
TFLite's own steps of float32 or whole numbers, and the kernels read tables.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.compiler.graph import Node, Tensor
from studio.compiler.movement import integers, moved

_MAX_SIDE = 32767
"""The tables hold 16-bit numbers."""


class Grid(NamedTuple):
    """The places that an axis of the output takes from."""

    source: int
    target: int
    align_corners: bool
    half_pixel_centers: bool


def sides(node: Node, fields: tuple[int, int]) -> tuple[Tensor, Tensor, Grid, Grid]:
    """Return input, output, and how their rows and columns belong together.

    Parameters
    ----------
    node : Node
    fields : (int, int)
        Where the options keep `align_corners` and `half_pixel_centers`.
    """
    source, output = moved(node)
    if len(source.shape) != 4:
        raise node.fail(f"its input has {len(source.shape)} dimensions instead of four")
    wanted = integers(node, 1)
    if len(wanted) != 2 or max(*wanted, *source.shape[1:3]) > _MAX_SIDE:
        raise node.fail(f"it turns {source.shape} into {wanted}; sides go up to {_MAX_SIDE}")
    node.expect_output((source.shape[0], *wanted, source.shape[3]))
    align, centers = (
        node.options is not None and bool(node.options.integer(field, "?")) for field in fields
    )
    (height, width), (rows, columns) = source.shape[1:3], wanted
    across = Grid(height, rows, align, centers)
    return source, output, across, across._replace(source=width, target=columns)


def nearest(grid: Grid) -> NDArray[np.int16]:
    """Return the input's place for each of the output's."""
    one = np.float32(1)
    if grid.align_corners and grid.target > 1:
        scale = np.float32(grid.source - 1) / np.float32(grid.target - 1)
    else:
        scale = np.float32(grid.source) / np.float32(grid.target)
    offset = one / 2 if grid.half_pixel_centers else one * 0
    at = (np.arange(grid.target, dtype=np.float32) + offset) * scale
    # ties away from zero; all are positive
    whole = np.floor(at + np.float64(0.5)) if grid.align_corners else np.floor(at)
    return np.minimum(whole, grid.source - 1).astype(np.int16)


def between_int8(grid: Grid) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]:
    """Return the lower and upper place, and the way from the lower to the upper in 1024ths."""
    source, target = (
        (grid.source - 1, grid.target - 1)
        if grid.align_corners and grid.target > 1
        else (grid.source, grid.target)
    )
    scale = (1024 * source + target // 2) // target
    at = np.arange(grid.target, dtype=np.int64) * scale
    if grid.half_pixel_centers:
        at += scale // 2 - 512
    lower = np.clip(at // 1024, 0, grid.source - 1)
    upper = np.clip(-(-at // 1024), lower, grid.source - 1)
    # at the borders both are the same place, however far away
    part = np.where(lower == upper, 0, at - 1024 * lower)
    return lower.astype(np.int16), upper.astype(np.int16), part.astype(np.int16)


def between_float32(
    grid: Grid,
) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.float32]]:
    """Return the lower and upper place, and the way from the lower to the upper."""
    source, target = (
        (grid.source - 1, grid.target - 1)
        if grid.align_corners and grid.target > 1
        else (grid.source, grid.target)
    )
    scale = np.float32(source) / np.float32(target)
    at = np.arange(grid.target, dtype=np.float32)
    half = np.float32(0.5)
    at = (at + half) * scale - half if grid.half_pixel_centers else at * scale
    lower = np.clip(np.floor(at), 0, grid.source - 1)
    upper = np.clip(np.ceil(at), 0, grid.source - 1)
    return lower.astype(np.int16), upper.astype(np.int16), at - lower.astype(np.float32)
