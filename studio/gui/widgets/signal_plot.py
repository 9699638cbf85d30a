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
from studio.gui.widgets.axis_words import axis_title
from studio.gui.widgets.live_plot import TRACES, spread
from studio.gui.widgets.plots import QuietPlot
from studio.types import Axis, Gap

NAME_PX = 15
"""Distance of the names at the lines' ends."""
PEAKS_PER_PX = 1.0
"""A column shows its lowest and its highest reading: more would be drawn over each other."""
MOST_MARKS = 50
"""The most gaps that are marked by a line."""


class _Plot(QuietPlot):
    """The axes that share a unit: a line for each, named at its end."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "", "", movable=True)
        self.axes: tuple[Axis, ...] = ()
        self._theme, self._audio, self._length = theme, False, 1.0
        self._marks: list[pg.InfiniteLine] = []
        self._lines: list[tuple[pg.PlotDataItem, pg.TextItem]] = []
        self._ends = np.zeros(0)
        self.draw_peaks()
        for _ in range(TRACES):
            name = pg.TextItem("", anchor=(0, 0.5))
            self.addItem(name, ignoreBounds=True)
            line = self.plot(connect="finite", autoDownsampleFactor=PEAKS_PER_PX)
            self._lines.append((line, name))
        self.getViewBox().sigResized.connect(self._part)
        self.getViewBox().sigYRangeChanged.connect(self._part)

    def take(self, axes: tuple[Axis, ...], *, audio: bool) -> None:
        """Be for these axes from now on."""
        if (axes, audio) == (self.axes, self._audio):
            return
        self.axes, self._audio, self._ends = axes, audio, np.zeros(len(axes))
        self.setLabel("left", axis_title(axes[0]))
        for place, (curve, name) in enumerate(self._lines):
            used = place < len(axes)
            name.setVisible(used)
            if used:
                name.setText(axes[place].name)
            else:
                curve.clear()
        self._colour()

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        super().set_theme(theme)
        self._theme = theme
        self._colour()

    def _colour(self) -> None:
        for place, (curve, name) in enumerate(self._lines[: len(self.axes)]):
            colour = self._theme.axis(place, audio=self._audio)
            curve.setPen(pg.mkPen(colour, width=1.25))
            name.setColor(colour)
        for mark in self._marks:
            mark.setPen(_dashed(self._theme))

    def show_signal(self, times: NDArray[Any], shown: NDArray[Any], breaks: Sequence[int]) -> None:
        """Show readings `(n, n_axes)`, the lines broken before each of `breaks`."""
        self._length = float(times[-1]) if len(times) > 1 else 1.0
        self.setLimits(xMin=0, xMax=self._length * 1.12)
        self.setXRange(0, self._length * 1.12, padding=0)
        self._ends = shown[-max(1, len(shown) // 50) :].mean(axis=0)
        self._mark(times[list(breaks[:MOST_MARKS])])
        broken = np.insert(times, breaks, times[breaks])
        shown = np.insert(shown, breaks, np.nan, axis=0)
        for place, (curve, _) in enumerate(self._lines[: len(self.axes)]):
            curve.setData(broken, shown[:, place])
        self._part()

    def _mark(self, gaps: NDArray[Any]) -> None:
        """Mark by dashed lines where readings are missing."""
        for mark in self._marks:
            self.removeItem(mark)
        self._marks = [pg.InfiniteLine(float(at), pen=_dashed(self._theme)) for at in gaps]
        for mark in self._marks:
            self.addItem(mark, ignoreBounds=True)

    def _part(self, *_: object) -> None:
        """Keep the names apart by their height, however low the plot is."""
        view = self.getViewBox()
        if not self.axes:
            return
        low, high = view.viewRange()[1]
        gap = NAME_PX * (high - low) / max(1.0, view.height())
        places = spread(self._ends, gap)
        up = max(0.0, low + gap / 2 - min(places))
        down = max(0.0, max(places) + up - (high - gap / 2))
        for (_, name), at in zip(self._lines, places, strict=False):
            name.setPos(self._length * 1.005, at + up - down)


class SignalPlot(QWidget):
    """Shows readings over time; the wheel zooms in time, in all plots together."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(4)
        self._plots: list[_Plot] = []
        """Those on show, and after them those that were needed once."""
        self._shown = 0
        self.setAccessibleName(tr("Signal of the chosen sample"))

    def prepare(self) -> None:
        """Make the first plot, so that the first signal does not wait for it."""
        self._need(max(1, len(self._plots)))

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        for plot in self._plots:
            plot.set_theme(theme)

    def clear(self) -> None:
        """Show nothing."""
        self._lay(0)

    def show_signal(
        self,
        values: NDArray[Any],
        axes: tuple[Axis, ...],
        sample_rate_hz: float,
        gaps: Sequence[Gap] = (),
    ) -> None:
        """Show readings `(n, n_axes)`; the line is broken where readings are missing."""
        groups: list[list[int]] = []
        for index, axis in enumerate(axes):
            last = groups[-1] if groups else []
            if not last or len(last) == TRACES or axes[last[0]].units != axis.units:
                groups.append([])
            groups[-1].append(index)
        self._need(len(groups))
        self._lay(len(groups))
        times = np.arange(len(values)) / sample_rate_hz
        shown = self._plots[: len(groups)]
        for one, group in zip(shown, groups, strict=True):
            one.take(tuple(axes[index] for index in group), audio=len(axes) == 1)
            one.show_signal(times, values[:, group].astype(float), [gap.at for gap in gaps])
        missing = sum(gap.missing for gap in gaps) / sample_rate_hz
        told = f"; {missing:.2f} s are missing at the dashed lines" if gaps else ""
        shown[-1].setLabel("bottom", f"time (s){told}")

    def _need(self, count: int) -> None:
        """Make plots until there are so many; they stay."""
        while len(self._plots) < count:
            plot = _Plot(self._theme)
            plot.hide()
            self._plots.append(plot)
            self._box.addWidget(plot, 1)

    def _lay(self, count: int) -> None:
        """Show so many plots one over the other, in one time."""
        if count == self._shown:
            return
        self._shown = count
        for place, plot in enumerate(self._plots):
            last = place >= count - 1
            plot.setXLink(None if last else self._plots[count - 1])
            plot.getAxis("bottom").setStyle(showValues=last)
            plot.setLabel("bottom", "")
            plot.setVisible(place < count)


def _dashed(theme: Theme) -> Any:
    return pg.mkPen(theme["control"], style=Qt.PenStyle.DashLine)
