"""The signal of a stored sample: every reading, drawn by its peaks, in one plot per unit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.live_plot import TRACES, axis_title, spread
from studio.gui.widgets.plots import QuietPlot
from studio.types import Axis, Gap

NAME_PX = 15
"""Distance of the names at the lines' ends."""
MOST_MARKS = 50
"""The most gaps that are marked by a line."""


class SignalPlot(QWidget):
    """Shows readings over time; the wheel zooms in time, in all plots together."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(4)
        self._plots: list[QuietPlot] = []
        self._lines: list[tuple[int, int, pg.PlotDataItem, pg.TextItem]] = []
        self._marks: list[pg.InfiniteLine] = []
        self.setAccessibleName(tr("Signal of the chosen sample"))

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        for plot in self._plots:
            plot.set_theme(theme)
        for place, count, curve, name in self._lines:
            colour = theme.axis(place, audio=count == 1)
            curve.setPen(pg.mkPen(colour, width=1.25))
            name.setColor(colour)
        for mark in self._marks:
            mark.setPen(_dashed(theme))

    def clear(self) -> None:
        """Show nothing."""
        for plot in self._plots:
            self._box.removeWidget(plot)
            plot.hide()
            plot.deleteLater()
        self._plots, self._lines, self._marks = [], [], []

    def show_signal(
        self,
        values: NDArray[Any],
        axes: tuple[Axis, ...],
        sample_rate_hz: float,
        gaps: Sequence[Gap] = (),
    ) -> None:
        """Show readings `(n, n_axes)`; the line is broken where readings are missing."""
        self.clear()
        times = np.arange(len(values)) / sample_rate_hz
        groups: list[list[int]] = []
        for index, axis in enumerate(axes):
            last = groups[-1] if groups else []
            if not last or len(last) == TRACES or axes[last[0]].units != axis.units:
                groups.append([])
            groups[-1].append(index)
        for group in groups:
            self._add_plot(group, axes, times, values, [gap.at for gap in gaps])
        for plot in self._plots[:-1]:
            plot.setXLink(self._plots[-1])
            plot.getAxis("bottom").setStyle(showValues=False)
        missing = sum(gap.missing for gap in gaps) / sample_rate_hz
        told = f"; {missing:.2f} s are missing at the dashed lines" if gaps else ""
        self._plots[-1].setLabel("bottom", f"time (s){told}")

    def _add_plot(
        self,
        group: list[int],
        axes: tuple[Axis, ...],
        times: NDArray[Any],
        values: NDArray[Any],
        breaks: list[int],
    ) -> None:
        plot = QuietPlot(self._theme, axis_title(axes[group[0]]), "", movable=True)
        plot.setDownsampling(auto=True, mode="peak")
        plot.setClipToView(True)
        length = float(times[-1]) if len(times) > 1 else 1.0
        plot.setXRange(0, length * 1.12, padding=0)
        plot.setLimits(xMin=0, xMax=length * 1.12)
        shown = values[:, group].astype(float)
        ends = shown[-max(1, len(shown) // 50) :].mean(axis=0)
        for time in times[breaks[:MOST_MARKS]]:
            mark = pg.InfiniteLine(float(time), pen=_dashed(self._theme))
            plot.addItem(mark, ignoreBounds=True)
            self._marks.append(mark)
        broken = np.insert(times, breaks, times[breaks])
        shown = np.insert(shown, breaks, np.nan, axis=0)
        names = []
        for place, index in enumerate(group):
            colour = self._theme.axis(place, audio=len(axes) == 1)
            pen = pg.mkPen(colour, width=1.25)
            curve = plot.plot(broken, shown[:, place], pen=pen, connect="finite")
            name = pg.TextItem(axes[index].name, color=colour, anchor=(0, 0.5))
            name.setPos(length * 1.005, float(ends[place]))
            plot.addItem(name, ignoreBounds=True)
            names.append(name)
            self._lines.append((place, len(axes), curve, name))
        self._box.addWidget(plot, 1)
        self._plots.append(plot)

        def part(*_: object) -> None:
            """Keep the names apart by their height, however low the plot is."""
            view = plot.getViewBox()
            low, high = view.viewRange()[1]
            gap = NAME_PX * (high - low) / max(1.0, view.height())
            places = spread(ends, gap)
            up = max(0.0, low + gap / 2 - min(places))
            down = max(0.0, max(places) + up - (high - gap / 2))
            for name, at in zip(names, places, strict=True):
                name.setPos(length * 1.005, at + up - down)

        plot.getViewBox().sigResized.connect(part)
        plot.getViewBox().sigYRangeChanged.connect(part)


def _dashed(theme: Theme) -> Any:
    return pg.mkPen(theme["control"], style=Qt.PenStyle.DashLine)
