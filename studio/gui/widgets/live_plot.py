"""The live signal: the last seconds of each axis as a min/max envelope, redrawn by a timer."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.gui.theme import Theme
from studio.types import Axis, FloatArray

SECONDS = 10.0
FRAME_MS = 33


class LivePlot(QWidget):
    """Stacked plots, one per unit; the axis names stand at the lines' right ends.

    `append` only stores; drawing happens at the pace of the eye, and only while visible.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(4)
        self._plots: list[pg.PlotWidget] = []
        self._curves: list[pg.PlotDataItem] = []
        self._names: list[pg.TextItem] = []
        self._axes: tuple[Axis, ...] = ()
        self._times = np.empty(0)
        self._low = np.empty((0, 0), np.float32)
        self._high = np.empty((0, 0), np.float32)
        self._peaks: dict[str, float] = {}
        self._changed = False
        self.setAccessibleName("Live signal")
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._draw)
        self.set_axes((Axis("signal"),))

    def set_axes(self, axes: Sequence[Axis]) -> None:
        """Start over with these axes; one plot per unit, three traces each at most."""
        for plot in self._plots:
            self._box.removeWidget(plot)
            plot.deleteLater()
        self._axes = tuple(axes)
        self._plots, self._curves, self._names = [], [], []
        units: dict[str, pg.PlotWidget] = {}
        for index, axis in enumerate(self._axes):
            key = f"{axis.units}{index // 3}"
            if key not in units:
                units[key] = self._new_plot(axis)
            self._add_curve(units[key], index, axis)
        for plot in self._plots[:-1]:
            plot.getAxis("bottom").setStyle(showValues=False)
        if self._plots:
            self._plots[-1].setLabel("bottom", "seconds ago")
        self.clear()

    def _new_plot(self, axis: Axis) -> pg.PlotWidget:
        plot = pg.PlotWidget(background=self._theme["plot"])
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=False, y=False)
        plot.showGrid(x=True, y=True, alpha=0.15)
        plot.setXRange(-SECONDS, SECONDS * 0.06, padding=0)
        for side in ("left", "bottom"):
            plot.getAxis(side).setPen(self._theme["grid"])
            plot.getAxis(side).setTextPen(self._theme["axis"])
        plot.getAxis("left").setWidth(64)
        plot.setLabel("left", axis.units or "value")
        plot.enableAutoRange(y=False)
        self._box.addWidget(plot)
        self._plots.append(plot)
        return plot

    def _add_curve(self, plot: pg.PlotWidget, index: int, axis: Axis) -> None:
        colour = self._theme.axis(index, audio=len(self._axes) == 1)
        curve = plot.plot(pen=pg.mkPen(colour, width=1.25), skipFiniteCheck=True)
        name = pg.TextItem(axis.name, color=colour, anchor=(0, 0.5))
        plot.addItem(name, ignoreBounds=True)
        self._curves.append(curve)
        self._names.append(name)

    def clear(self) -> None:
        """Forget what was shown."""
        count = len(self._axes)
        self._times = np.empty(0)
        self._low = np.empty((0, count), np.float32)
        self._high = np.empty((0, count), np.float32)
        self._peaks = {}
        for curve in self._curves:
            curve.setData([], [])
        for name in self._names:
            name.hide()

    def append(self, times: FloatArray, low: FloatArray, high: FloatArray) -> None:
        """Add envelope points: times in s `(n,)`, smallest and largest values `(n, n_axes)`."""
        if low.shape[1:] != (len(self._axes),) or len(times) == 0:
            return
        if len(self._times) and times[0] < self._times[-1]:
            self.clear()  # a new stream
        keep = self._times >= times[-1] - SECONDS - 1
        self._times = np.concatenate([self._times[keep], times])
        self._low = np.concatenate([self._low[keep], low])
        self._high = np.concatenate([self._high[keep], high])
        self._changed = True

    def _draw(self) -> None:
        if not self._changed or not len(self._times):
            return
        self._changed = False
        ago = np.repeat(self._times - self._times[-1], 2)
        for index, curve in enumerate(self._curves):
            zigzag = np.empty(2 * len(self._low), np.float32)
            zigzag[0::2], zigzag[1::2] = self._low[:, index], self._high[:, index]
            curve.setData(ago, zigzag)
        self._place()

    def _place(self) -> None:
        """Set each plot's scale (it grows at once and never shrinks by itself) and names."""
        for plot in self._plots:
            mine = [
                i
                for i, curve in enumerate(self._curves)
                if curve.getViewBox() is plot.getViewBox()
            ]
            low, high = float(self._low[:, mine].min()), float(self._high[:, mine].max())
            key = str(id(plot))
            reach = max(self._peaks.get(key, 0.0), abs(low), abs(high), 1e-6)
            self._peaks[key] = reach
            plot.setYRange(-reach, reach, padding=0.05)
            for place, index in enumerate(mine):
                spread = (place - (len(mine) - 1) / 2) * 0.22 * reach
                middle = float(self._low[-1, index] + self._high[-1, index]) / 2
                at = middle if len(mine) == 1 else spread
                self._names[index].setPos(SECONDS * 0.005, at)
                self._names[index].show()

    def showEvent(self, event: object) -> None:
        """Draw only while visible."""
        self._timer.start()

    def hideEvent(self, event: object) -> None:
        """Rest while hidden."""
        self._timer.stop()
