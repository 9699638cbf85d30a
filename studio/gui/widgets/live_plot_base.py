"""A plot whose traces are drawn as columns into an image: what signal and spectrum share."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.gui.theme import Theme
from studio.gui.widgets.axis_words import is_sound
from studio.gui.widgets.live_plot_paint import Ruler, backdrop, draw_name
from studio.gui.widgets.live_plot_raster import Pixels, Raster, joined, shades
from studio.gui.widgets.live_plot_view import Lane, View, lanes_of, spread
from studio.types import Axis, FloatArray

NAME_GAP, LEAST_GAP = 32.0, 14.0
"""Between the names of axes: with their values, and without."""


class TracePlot(QWidget):
    """Lanes of traces over a backdrop; says nothing about where the columns come from."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.axes: tuple[Axis, ...] = ()
        self.stacked = False
        self.view = View([], grow=theme.percent / 100)
        self.raster = Raster(1, 1, 1, 1.0)
        self._inks: list[tuple[str, Pixels]] = []
        self._passes: list[tuple[NDArray[np.int64], NDArray[np.uint32]]] = []
        """The first trace of each lane (-1: none) with their colours, the second, the third."""
        self._names: QPixmap | None = None
        self._backdrop: QPixmap | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(280, 160)

    def ruler(self) -> Ruler:
        """Return the horizontal axis."""
        raise NotImplementedError

    def reshaped(self) -> None:
        """Fetch and draw everything anew, for another size."""
        raise NotImplementedError

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and text size; what is shown stays."""
        self.theme = theme
        self.view.grow = theme.percent / 100
        self._choose_inks()
        self.reshape()

    def arrange(self, axes: Sequence[Axis], *, stacked: bool) -> None:
        """Make lanes for these axes."""
        self.axes, self.stacked = tuple(axes), stacked
        self.view.lanes = lanes_of(self.axes, stacked=stacked)
        self._choose_inks()
        self.reshape()

    def _choose_inks(self) -> None:
        inks = []
        for index, axis in enumerate(self.axes):
            lane = self.view.lane_of(index)
            place = lane.axes.index(index) if lane and not self.stacked else index
            audio = is_sound(axis) and (self.stacked or lane is None or len(lane.axes) == 1)
            colour = self.theme.axis(place, audio=audio or len(self.axes) == 1)
            inks.append((colour, shades(colour)))
        self._inks = inks
        most = max((len(lane.axes) for lane in self.view.lanes), default=0)
        self._passes = []
        for place in range(most):
            axes = [lane.axes[place] if place < len(lane.axes) else -1 for lane in self.view.lanes]
            self._passes.append((np.array(axes), np.stack([inks[axis][1] for axis in axes])))

    def colour(self, axis: int) -> str:
        """Return the colour of an axis' trace."""
        return self._inks[axis][0]

    def reshape(self) -> None:
        """Suit the size that the widget has now."""
        scale = self.devicePixelRatioF()
        self.view.fit(self.width(), self.height(), scale)
        width = round(self.view.area.width() * scale)
        self.raster = Raster(width, len(self.view.lanes), self.view.pitch, scale)
        self._backdrop = self._names = None
        self.reshaped()
        self.update()

    def forget_backdrop(self) -> None:
        """Draw grid and ticks anew next time: a scale or the ruler has changed."""
        self._backdrop = None

    def draw_columns(
        self,
        columns: range,
        values: tuple[FloatArray, FloatArray],
        before: tuple[FloatArray, FloatArray],
    ) -> None:
        """Draw columns of all axes into the image; `before` is what lies left of them."""
        if not len(columns):
            return
        low, high = joined(values[0], values[1], before)
        self.raster.wipe(columns)
        scales = [(lane.scale.low, lane.scale.high) for lane in self.view.lanes]
        bottom, top = np.array(scales, np.float32).T[:, :, np.newaxis]
        gain = self.view.rows / (top - bottom)
        for axes, inks in self._passes:
            tops, bottoms = (top - high.T[axes]) * gain, (top - low.T[axes]) * gain
            missing = axes < 0
            tops[missing], bottoms[missing] = np.nan, np.nan
            self.raster.trace(columns, self.view.rows, tops, bottoms, inks)

    def paint_ground(self, painter: QPainter) -> None:
        """Draw the backdrop."""
        if self._backdrop is None:
            scale = self.devicePixelRatioF()
            size = self.width(), self.height()
            self._backdrop = backdrop(self.view, self.ruler(), self.theme, size, scale)
        painter.drawPixmap(QPointF(0, 0), self._backdrop)

    def place_names(self, low: FloatArray, high: FloatArray) -> None:
        """Put the names where the lines end: by the last known value of each axis `(n_axes,)`."""
        for lane in self.view.lanes:
            middle = (low[list(lane.axes)] + high[list(lane.axes)]) / 2
            ends = [
                lane.y(float(value)) if np.isfinite(value) else lane.top + lane.height / 2
                for value in middle
            ]
            if len(lane.axes) == 1:
                ends = [lane.top + lane.height / 2]
            gap = min(NAME_GAP * self.view.grow, lane.height / max(1, len(lane.axes)))
            spare = gap / 2 if lane.height > gap else 0.0
            ends = spread(np.clip(ends, lane.top + spare, lane.top + lane.height - spare), gap)
            over = max(0.0, max(ends) - (lane.top + lane.height - spare))
            lane.ends = [end - over for end in ends]

    def write_names(self, texts: Sequence[str]) -> None:
        """Write the axes' names at the lines' ends, with a text for each below."""
        scale = self.devicePixelRatioF()
        grow, right = self.view.grow, self.view.right
        picture = QPixmap(round(right * scale), round(self.height() * scale))
        picture.setDevicePixelRatio(scale)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        used = -1e9
        for lane in self.view.lanes:
            room = lane.height / max(1, len(lane.axes))
            for axis, y in zip(lane.axes, lane.ends, strict=False):
                if room < LEAST_GAP * grow and y - used < LEAST_GAP * grow:
                    continue  # too close to the last one: its colour and place tell
                used = y
                text = texts[axis] if room >= NAME_GAP * grow and axis < len(texts) else ""
                said = self.axes[axis].name, text
                draw_name(painter, right - 12, y, said, self.colour(axis), self.theme)
        painter.end()
        self._names = picture

    def paint_names(self, painter: QPainter) -> None:
        """Draw what was written."""
        if self._names is not None:
            painter.drawPixmap(QPointF(self.view.area.right() + 6, 0), self._names)

    def lane_ranges(self, low: FloatArray, high: FloatArray) -> list[tuple[Lane, float, float]]:
        """Return for one lane of each scale the smallest and largest value `(n_axes,)` of it."""
        found: dict[int, tuple[Lane, float, float]] = {}
        for lane in self.view.lanes:
            axes = list(lane.axes)
            bottom, top = float(np.fmin.reduce(low[axes])), float(np.fmax.reduce(high[axes]))
            _, before, after = found.get(id(lane.scale), (lane, bottom, top))
            found[id(lane.scale)] = (
                lane,
                float(np.fmin(bottom, before)),
                float(np.fmax(top, after)),
            )
        return list(found.values())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Suit the new size."""
        self.reshape()

    def ink(self, token: str) -> QColor:
        """Return a colour of the theme."""
        return QColor(self.theme[token])
