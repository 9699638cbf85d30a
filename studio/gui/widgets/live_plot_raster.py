"""Traces drawn by NumPy into an image: in each column from the smallest to the largest value.

The image is written round and round like what it shows; a moving picture costs only its new
columns. The ends of a stretch are as transparent as they fill their pixel, so that lines look
smooth.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from studio.types import FloatArray

SHADES = 32
WIDTH = 1.25
_NOWHERE = -8.0

Pixels = NDArray[np.uint32]


def shades(colour: str) -> Pixels:
    """Return a colour from transparent to opaque, multiplied by its own opacity."""
    ink = QColor(colour)
    cover = np.arange(SHADES + 1) / SHADES
    parts = (255, ink.red(), ink.green(), ink.blue())
    alpha, red, green, blue = (np.rint(cover * part).astype(np.uint32) for part in parts)
    return np.asarray((alpha << 24) | (red << 16) | (green << 8) | blue, np.uint32)


class Raster:
    """An image of `width` columns: blocks of `pitch` rows below each other, one per lane.

    Parameters
    ----------
    width, lanes, pitch : int
        In pixels of the screen.
    scale : float
        Pixels of the screen per pixel of the window.
    """

    def __init__(self, width: int, lanes: int, pitch: int, scale: float) -> None:
        self.width, self.pitch, self.scale = max(1, width), max(1, pitch), scale
        self._blocks = np.zeros((max(1, lanes), self.pitch, self.width), np.uint32)
        self.height = self._blocks.shape[0] * self.pitch
        self._image = QImage(
            self._blocks.data,
            self.width,
            self.height,
            4 * self.width,
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        self._rows = np.arange(self.pitch, dtype=np.float32)[:, np.newaxis]

    def wipe(self, columns: range) -> None:
        """Empty columns."""
        for place, _ in self._pieces(columns):
            self._blocks[:, :, place] = 0

    def trace(
        self, columns: range, height: int, tops: FloatArray, bottoms: FloatArray, inks: Pixels
    ) -> None:
        """Draw one trace in every lane.

        Parameters
        ----------
        height : int
            Rows of a block that may be used.
        tops, bottoms : ndarray, (n_lanes, n_columns)
            Places below the block's first row; not-a-number where there is nothing.
        inks : ndarray, (n_lanes, SHADES + 1)
            Colours, each as `shades` returns it.
        """
        half = WIDTH * self.scale / 2
        highest = max(0.0, height - 2 * half)
        known = ~np.isnan(tops)
        tops = np.where(known, np.clip(tops - half, 0, highest), _NOWHERE)
        bottoms = np.where(known, np.clip(bottoms + half, tops + 2 * half, height), _NOWHERE)
        for place, part in self._pieces(columns):
            _fill(self._blocks[:, :, place], self._rows, tops[:, part], bottoms[:, part], inks)

    def _pieces(self, columns: range) -> list[tuple[slice, slice]]:
        """Return where columns lie in the image, and which of them those are."""
        count = min(len(columns), self.width)
        skipped = len(columns) - count
        place = (columns.start + skipped) % self.width
        fits = min(count, self.width - place)
        pieces = [(slice(place, place + fits), slice(skipped, skipped + fits))]
        if fits < count:
            pieces.append((slice(0, count - fits), slice(skipped + fits, len(columns))))
        return pieces

    def show(self, painter: QPainter, left: float, top: float, end: int) -> None:
        """Draw the columns before `end`, the newest at the right."""
        split, scale = end % self.width, self.scale
        for first, last, at in ((split, self.width, 0), (0, split, self.width - split)):
            if first < last:
                painter.drawImage(
                    QRectF(left + at / scale, top, (last - first) / scale, self.height / scale),
                    self._image,
                    QRectF(first, 0, last - first, self.height),
                )


def _fill(
    blocks: Pixels, rows: FloatArray, tops: FloatArray, bottoms: FloatArray, inks: Pixels
) -> None:
    """Fill blocks from `tops` to `bottoms`; where traces cross, the more opaque pixel stays."""
    inner_top, inner_bottom = np.ceil(tops), np.floor(bottoms)
    inside = (rows >= inner_top[:, np.newaxis]) & (rows < inner_bottom[:, np.newaxis])
    np.copyto(blocks, inks[:, -1, np.newaxis, np.newaxis], where=inside)
    ends = ((inner_top - 1, inner_top - tops), (inner_bottom, bottoms - inner_bottom))
    for row, cover in ends:
        lane, column = np.nonzero((row >= 0) & (row < blocks.shape[1]) & (cover > 0))
        at = row[lane, column].astype(np.int64)
        edge = inks[lane, np.rint(cover[lane, column] * SHADES).astype(np.int64)]
        there = blocks[lane, at, column]
        blocks[lane, at, column] = np.where(edge >> 24 >= there >> 24, edge, there)


def joined(
    low: FloatArray, high: FloatArray, before: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Return columns that touch their neighbour at the left, so that a line has no holes.

    Parameters
    ----------
    before : tuple of ndarray, (n_axes,)
        Smallest and largest value of the column before the first.
    """
    low_left = np.vstack([before[0], low[:-1]])
    high_left = np.vstack([before[1], high[:-1]])
    return (
        np.where(low > high_left, high_left, low),
        np.where(high < low_left, low_left, high),
    )


def runs(flags: Sequence[bool] | NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the stretches `[start, stop)` of flags that are set."""
    steps = np.flatnonzero(np.diff(np.concatenate(([False], np.asarray(flags), [False]))))
    return [(int(a), int(b)) for a, b in zip(steps[::2], steps[1::2], strict=True)]
