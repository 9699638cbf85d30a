"""Where things lie in a live plot: lanes below each other, time from left to right."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from studio.gui.texts import tr
from studio.gui.widgets.axis_words import axis_title, is_sound
from studio.gui.widgets.live_plot_scale import SteadyScale
from studio.types import Axis

TRACES = 3
"""The most in one plot: more cannot be told apart by colour."""
LEFT, RIGHT, TOP, BOTTOM = 72, 88, 30, 40
"""Room around the lanes at a text size of 100 %; it grows with the text."""
GAP = 10
THIN_GAP = 2
MANY = 8


@dataclass(slots=True)
class Lane:
    """One plot and the axes in it; `top` and `height` in pixels of the window."""

    axes: tuple[int, ...]
    title: str
    scale: SteadyScale
    top: float = 0.0
    height: float = 0.0
    ends: list[float] = field(default_factory=list)
    """Where the names of its axes stand, in pixels of the window."""

    def y(self, value: float) -> float:
        """Return the height of a value in the window."""
        share = (self.scale.high - value) / (self.scale.high - self.scale.low)
        return self.top + share * self.height

    def value(self, y: float) -> float:
        """Return the value at a height in the window."""
        share = (y - self.top) / max(1.0, self.height)
        return self.scale.high - share * (self.scale.high - self.scale.low)


def lanes_of(axes: Sequence[Axis], *, stacked: bool) -> list[Lane]:
    """Return the lanes of axes: of one unit together, at most three; or each its own.

    Lanes of one unit share a scale.
    """
    groups: list[list[int]] = []
    for index, axis in enumerate(axes):
        last = groups[-1] if groups else None
        alike = last is not None and axes[last[0]].units == axis.units
        if last is None or stacked or not alike or len(last) == TRACES:
            groups.append([index])
        else:
            last.append(index)
    scales: dict[str, SteadyScale] = {}
    lanes = []
    for group in groups:
        axis = axes[group[0]]
        key = axis.units or f"lane {group[0]}"
        scale = scales.setdefault(key, SteadyScale(sound=is_sound(axis)))
        title = axis_title(axis) if axis.units or len(group) == 1 else tr("value")
        lanes.append(Lane(tuple(group), title, scale))
    return lanes


@dataclass(slots=True)
class View:
    """The shape of a plot of some size."""

    lanes: list[Lane]
    area: QRectF = field(default_factory=QRectF)
    pitch: int = 1
    """From one lane to the next, in pixels of the screen."""
    rows: int = 1
    """Of a lane, in pixels of the screen."""
    grow: float = 1.0
    """The text size as a factor."""

    def fit(self, width: float, height: float, scale: float) -> None:
        """Give the lanes their places in a window of this size.

        They lie on whole pixels of the screen, at equal distances.
        """
        count = max(1, len(self.lanes))
        gap = round((GAP if count <= MANY else THIN_GAP) * scale)
        left, top = LEFT * self.grow, TOP * self.grow
        room = max(16.0, height - (TOP + BOTTOM) * self.grow) * scale
        self.pitch = max(4, int((room + gap) / count))
        self.rows = max(3, self.pitch - gap)
        high = ((count - 1) * self.pitch + self.rows) / scale
        self.area = QRectF(left, top, max(16.0, width - left - self.right), high)
        for place, lane in enumerate(self.lanes):
            lane.top = self.area.top() + place * self.pitch / scale
            lane.height = self.rows / scale

    @property
    def right(self) -> float:
        """The room right of the lanes, for the names of their axes."""
        return RIGHT * self.grow

    @property
    def above(self) -> float:
        """Where words above the lanes begin."""
        return self.area.top() - 25 * self.grow

    def lane_at(self, y: float) -> Lane | None:
        """Return the lane at a height."""
        return next((one for one in self.lanes if 0 <= y - one.top <= one.height), None)

    def lane_of(self, axis: int) -> Lane | None:
        """Return the lane that has an axis."""
        return next((one for one in self.lanes if axis in one.axes), None)


def spread(places: NDArray[Any], gap: float) -> list[float]:
    """Return places moved apart so that neighbours differ by `gap`; their order is kept."""
    order = np.argsort(places, kind="stable")
    moved = np.array(places, float)
    for _ in range(3):
        for lower, upper in itertools.pairwise(order):
            lack = gap - (moved[upper] - moved[lower])
            if lack > 0:
                moved[lower] -= lack / 2
                moved[upper] += lack / 2
    return [float(place) for place in moved]
