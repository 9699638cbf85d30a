"""One window on its way: the pictures of its stages, stacked, with a common time axis."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.gui.texts import tr
from studio.gui.theme import SPECTRUM, Theme
from studio.gui.widgets.live_plot import spread
from studio.gui.widgets.panel import ShortLabel, words
from studio.gui.widgets.plots import QuietPlot

if TYPE_CHECKING:
    from studio.services.stages import Stage

NAMES_ROOM = 1.13
"""How far the time axis goes beyond the window, for the names at the lines' ends."""
LEAST_HEIGHT = 62
LEFT = 44
MOST_GROUPS = 6
APART = 0.26
"""Of the height: names at the lines' ends stay as far apart."""


class LowPlot(QuietPlot):
    """A plot that asks for little room and takes what there is: what is beside it decides."""

    def sizeHint(self) -> QSize:
        """Return a small size."""
        return QSize(160, LEAST_HEIGHT)


class StagePlot(QWidget):
    """One stage: a caption over a plot."""

    def __init__(self, theme: Theme, stage: "Stage") -> None:
        super().__init__()
        self._theme, self.stage = theme, stage
        self._columns: list[int] = []
        self._before: Stage | None = None
        self.caption = ShortLabel("", "hint")
        self.plot = LowPlot(theme, "", tr("time (s)"))
        self.plot.getAxis("left").setWidth(LEFT)
        self.plot.setMinimumHeight(LEAST_HEIGHT)
        self.plot.setDownsampling(auto=True, mode="peak")
        self.plot.setClipToView(True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.caption)
        box.addWidget(self.plot, 1)
        self.line = pg.InfiniteLine(angle=90)
        self.line.hide()
        self.plot.addItem(self.line, ignoreBounds=True)
        self._items: list[Any] = []
        self.set_theme(theme)

    def show_stage(self, stage: "Stage", columns: list[int], before: "Stage | None") -> None:
        """Draw a stage; `before` stays pale underneath."""
        self.stage, self._columns, self._before = stage, columns, before
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        self.caption.setText(self._words())
        self.plot.setAccessibleName(tr(stage.title))
        self.plot.setAccessibleDescription(self._words())
        self.plot.getAxis("bottom").setTicks(None)
        {"lines": self._lines, "image": self._image, "bars": self._bars}[stage.kind]()

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.plot.set_theme(theme)
        self.line.setPen(pg.mkPen(theme["text_2"], width=1))
        if self._items:
            self.show_stage(self.stage, self._columns, self._before)

    def _unit(self) -> str:
        """Return what the left axis shows, for the lines that are drawn."""
        units = dict.fromkeys(self.stage.units[i] for i in self._columns if self.stage.units)
        return ", ".join(units) or self.stage.left

    def _words(self) -> str:
        stage = self.stage
        title = tr("{title} ({unit})", title=tr(stage.title), unit=tr(self._unit()))
        if stage.bottom and not stage.over_time:
            title = tr("{what} over {along}", what=title, along=tr(stage.bottom))
        if stage.peaks:
            shown = [stage.peaks[i] for i in self._columns]
            peaks = ", ".join(f"{peak.x:.3g}" for peak in shown)
            return tr("{title}   peaks at {peaks}", title=title, peaks=peaks)
        if stage.kind != "image":
            return title
        low, high = float(stage.values.min()), float(stage.values.max())
        return tr(
            "{title}   dark to bright: {low} to {high} {scale}",
            title=title,
            low=f"{low:.3g}",
            high=f"{high:.3g}",
            scale=tr(stage.scale),
        )

    def _add(self, item: Any) -> None:
        self.plot.addItem(item, ignoreBounds=True)
        self._items.append(item)

    def _lines(self) -> None:
        stage, theme = self.stage, self._theme
        values = stage.values[:, self._columns].astype(float)
        x = stage.start + stage.step * np.arange(len(values))
        low, high = float(values.min()), float(values.max())
        if self._before is not None:
            old = self._before.values[:, self._columns].astype(float)
            low, high = min(low, float(old.min())), max(high, float(old.max()))
            along = self._before.start + self._before.step * np.arange(len(old))
            for place in range(old.shape[1]):
                pen = pg.mkPen(theme["control"], width=1)
                self._add(pg.PlotDataItem(along, old[:, place], pen=pen))
        reach = max(high - low, 1e-9)
        end = float(x[-1])
        ends = spread(values[-max(1, len(values) // 50) :].mean(axis=0), APART * reach)
        inside = max(0.0, low - min(ends)) - max(0.0, max(ends) - high)
        for place, index in enumerate(self._columns):
            colour = theme.axis(place, audio=len(stage.names) == 1)
            self._add(pg.PlotDataItem(x, values[:, place], pen=pg.mkPen(colour, width=1.25)))
            name = pg.TextItem(stage.names[index], color=colour, anchor=(0, 0.5))
            name.setPos(end + 0.005 * (end - stage.start), ends[place] + inside)
            self._add(name)
        for place, index in enumerate(self._columns if stage.peaks else ()):
            peak = stage.peaks[index]
            brush = theme.axis(place, audio=len(stage.names) == 1)
            self._add(pg.ScatterPlotItem([peak.x], [peak.y], size=7, brush=brush, pen=None))
        self.plot.setYRange(low - 0.06 * reach, high + 0.06 * reach, padding=0)
        length = end - stage.start
        self.plot.setXRange(stage.start, stage.start + NAMES_ROOM * length, padding=0)

    def _image(self) -> None:
        stage = self.stage
        picture = pg.ImageItem(stage.values.astype(np.float32))
        picture.setColorMap(pg.colormap.get(SPECTRUM))
        width = stage.step * len(stage.values)
        picture.setRect(QRectF(stage.start, stage.low, width, stage.high - stage.low))
        self._add(picture)
        self.plot.setYRange(stage.low, stage.high, padding=0)
        self.plot.setXRange(stage.start, stage.start + NAMES_ROOM * width, padding=0)

    def _bars(self) -> None:
        stage, theme = self.stage, self._theme
        names = [stage.names[i] for i in self._columns]
        values = stage.values[self._columns].astype(float)
        groups = list(dict.fromkeys(name.partition(" ")[0] for name in names))
        brushes = [theme.axis(groups.index(name.partition(" ")[0])) for name in names]
        self._add(
            pg.BarGraphItem(
                x=np.arange(len(values)), height=values, width=0.7, brushes=brushes, pen=None
            )
        )
        middle = [
            (
                float(np.mean([i for i, n in enumerate(names) if n.partition(" ")[0] == group])),
                group,
            )
            for group in groups
        ]
        self.plot.getAxis("bottom").setTicks([middle if len(groups) <= MOST_GROUPS else []])
        low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
        reach = max(high - low, 1e-9)
        self.plot.setYRange(low - 0.05 * reach, high + 0.05 * reach, padding=0)
        self.plot.setXRange(-1, len(values), padding=0)

    def words_at(self, scene: QPointF) -> str:
        """Return what lies under a place of the plot's scene, in words."""
        place = self.plot.getPlotItem().vb.mapSceneToView(scene)
        stage = self.stage
        if stage.kind == "bars":
            at = round(place.x())
            if 0 <= at < len(self._columns):
                index = self._columns[at]
                return f"{stage.names[index]}: {float(stage.values[index]):.4g}"
            return ""
        at = round((place.x() - stage.start) / stage.step)
        if not 0 <= at < len(stage.values):
            return ""
        where = f"{stage.start + at * stage.step:.3f} s"
        if not stage.over_time:
            where = f"{stage.start + at * stage.step:.4g} Hz"
        if stage.kind == "image":
            row = int((place.y() - stage.low) / (stage.high - stage.low) * stage.values.shape[1])
            if not 0 <= row < stage.values.shape[1]:
                return ""
            value = f"{float(stage.values[at, row]):.4g} {stage.scale}"
            return f"{where}, {stage.left} {place.y():.4g}: {value}"
        values = (f"{stage.names[i]} {float(stage.values[at, i]):.4g}" for i in self._columns)
        return f"{where}: {', '.join(values)} {self._unit()}"


class StageView(QWidget):
    """All stages of a window, from its readings to its features, one under the other."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._plots: list[StagePlot] = []
        self._stages: tuple[Stage, ...] = ()
        self._axes: tuple[str, ...] = ()
        self._before: dict[str, Stage] = {}
        self._due: list[int] = []
        self._maker = QTimer(self, interval=0)
        self._maker.timeout.connect(self._next)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(2)
        self.read_out = words("", "hint")
        self.read_out.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setAccessibleName(tr("The window on its way"))

    @property
    def plots(self) -> list[StagePlot]:
        """The stages on show."""
        return self._plots[: len(self._stages)]

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        for one in self._plots:
            one.set_theme(theme)

    def clear(self) -> None:
        """Show nothing."""
        self._stages, self._due = (), []
        for one in self._plots:
            one.hide()
        self.read_out.setText("")

    def show_stages(
        self,
        stages: "tuple[Stage, ...]",
        axes: tuple[str, ...],
        before: "tuple[Stage, ...]" = (),
    ) -> None:
        """Show the stages of a window for some of its axes; what `before` was stays pale."""
        self._stages, self._axes = stages, axes
        self._before = {stage.title: stage for stage in before if stage.kind == "lines"}
        for place, one in enumerate(self._plots):
            one.setVisible(place < len(stages))
        self._due = list(range(len(stages)))
        self._maker.start()

    def _next(self) -> None:
        """Make one more plot, or draw in one: the window must not wait for all of them."""
        if not self._due:
            self._maker.stop()
            self._share_time()
        elif self._due[0] < len(self._plots):
            self._show(self._due.pop(0))
        else:
            self._make(self._stages[self._due[0]])

    def _make(self, stage: "Stage") -> None:
        one = StagePlot(self._theme, stage)
        one.plot.scene().sigMouseMoved.connect(lambda place: self._point(one, place))
        self._plots.append(one)
        self._box.addWidget(one, 2)

    def _show(self, place: int) -> None:
        stage = self._stages[place]
        pale = self._before.get(stage.title)
        fits = pale is not None and pale.values.shape[1] == stage.values.shape[1]
        self._plots[place].show_stage(stage, _columns(stage, self._axes), pale if fits else None)

    def _share_time(self) -> None:
        """Give all plots over time one axis; only the last of them shows its numbers."""
        timed = [one for one in self.plots if one.stage.over_time]
        for one in timed:
            last = one is timed[-1]
            one.plot.getAxis("bottom").setStyle(showValues=last)
            one.plot.getAxis("bottom").showLabel(last)
            self._box.setStretchFactor(one, 3 if last else 2)  # room for the axis
            one.plot.setXLink(None if last else timed[-1].plot)
        for one in self.plots:
            if not one.stage.over_time:
                one.plot.setXLink(None)
                one.plot.getAxis("bottom").setStyle(showValues=True)
                one.plot.getAxis("bottom").showLabel(False)
                self._box.setStretchFactor(one, 2)

    def _point(self, pointed: StagePlot, place: QPointF) -> None:
        """Move the line in all plots over time, and say what is there."""
        x = pointed.plot.getPlotItem().vb.mapSceneToView(place).x()
        for one in self.plots:
            one.line.setVisible(pointed.stage.over_time and one.stage.over_time)
            one.line.setPos(x)
        self.read_out.setText(pointed.words_at(place))


def _columns(stage: "Stage", axes: tuple[str, ...]) -> list[int]:
    """Return which of a stage's lines or bars belong to some axes."""
    if stage.kind == "image":
        return []
    if stage.kind == "bars":
        of_axes = [i for i, n in enumerate(stage.names) if n.partition(" ")[0] in axes]
        return of_axes or list(range(len(stage.names)))
    found = [i for i, name in enumerate(stage.names) if name in axes]
    return found or list(range(len(stage.names)))
