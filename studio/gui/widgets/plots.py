"""How every plot looks: named axes, round ticks, a quiet grid, colours of the theme."""

import math
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt

from studio.gui.texts import grouped
from studio.gui.theme import Theme

LEFT_WIDTH = 64
GRID = 255
"""Opacity of the grid's lines: their colour is faint already."""


class QuietPlot(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """A plot that a person looks at; `movable` lets them zoom in time with the wheel.

    It is made of a view and two axes, not a `pyqtgraph.PlotWidget`: that makes two more axes and
    a form of forty controls behind a menu for each plot, which takes longer than all the rest.
    """

    def __init__(self, theme: Theme, left: str, bottom: str, *, movable: bool = False) -> None:
        super().__init__(background=theme["plot"])
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it has no keys
        self.enableMouse(False)  # the plot stays where it is; what it shows may move
        self._view = pg.ViewBox(enableMenu=False)
        self._downsampling: dict[str, Any] = {}
        self._clipped = False
        self._axes = {
            side: _axis(side, self._view, theme, text)
            for side, text in (("left", left), ("bottom", bottom))
        }
        self._axes["left"].setWidth(LEFT_WIDTH)
        self.centralLayout.setContentsMargins(1, 1, 1, 1)
        self.centralLayout.setSpacing(0)
        self.centralLayout.addItem(self._axes["left"], 0, 0)
        self.centralLayout.addItem(self._view, 0, 1)
        self.centralLayout.addItem(self._axes["bottom"], 1, 1)
        self.setMouseEnabled(x=movable, y=False)
        self._dressed = theme.name

    def name_axes(self, left: str, bottom: str) -> None:
        """Name the axes, with their units."""
        self.setLabel("left", left)
        self.setLabel("bottom", bottom)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        if self._dressed == theme.name:
            return
        self._dressed = theme.name
        self.setBackground(theme["plot"])
        for axis in self._axes.values():
            axis.setPen(theme["hairline"])
            axis.setTickPen(theme["grid"])
            axis.setTextPen(theme["axis"])

    # names as in pyqtgraph's own plots

    def getViewBox(self) -> pg.ViewBox:
        """Return what maps values to places."""
        return self._view

    def getAxis(self, side: str) -> pg.AxisItem:
        """Return the axis of a side: `left` or `bottom`."""
        return self._axes[side]

    def setLabel(self, side: str, text: str) -> None:
        """Name an axis; an empty text takes its room away."""
        if self._axes[side].labelText != text:
            self._axes[side].setLabel(text)

    def showGrid(self, *, x: bool, y: bool) -> None:
        """Draw the grid's upright lines (x) and its level ones (y), or do not."""
        self._axes["bottom"].setGrid(GRID if x else False)
        self._axes["left"].setGrid(GRID if y else False)

    def addItem(self, item: Any, *, ignoreBounds: bool = False) -> None:
        """Add something that is drawn; the range need not follow it."""
        self._view.addItem(item, ignoreBounds=ignoreBounds)
        if isinstance(item, pg.PlotDataItem):
            item.setDownsampling(**self._downsampling)
            item.setClipToView(self._clipped)

    def removeItem(self, item: Any) -> None:
        """Take away what was added."""
        self._view.removeItem(item)

    def plot(self, *args: Any, **options: Any) -> pg.PlotDataItem:
        """Add a line."""
        line = pg.PlotDataItem(*args, **options)
        self.addItem(line)
        return line

    def draw_peaks(self) -> None:
        """Draw of the lines that are added from now on what can be seen: peaks, of the view."""
        self._downsampling = {"auto": True, "method": "peak"}
        self._clipped = True

    def setXLink(self, other: "QuietPlot | None") -> None:
        """Let both show the same stretch of their bottom axes."""
        self._view.setXLink(other.getViewBox() if other is not None else None)

    def setXRange(self, low: float, high: float, padding: float | None = None) -> None:
        """Show this stretch of the bottom axis."""
        self._view.setXRange(low, high, padding=padding)

    def setYRange(self, low: float, high: float, padding: float | None = None) -> None:
        """Show this stretch of the left axis."""
        self._view.setYRange(low, high, padding=padding)

    def viewRange(self) -> list[list[float]]:
        """Return the stretches that are on show: of the bottom axis, of the left one."""
        found: list[list[float]] = self._view.viewRange()
        return found

    def setLimits(self, **limits: float) -> None:
        """Let nobody move or zoom further."""
        self._view.setLimits(**limits)

    def setMouseEnabled(self, *, x: bool, y: bool) -> None:
        """Let the wheel and the pointer move and zoom along these axes."""
        self._view.setMouseEnabled(x=x, y=y)

    def autoRange(self, padding: float | None = None) -> None:
        """Show all that was added."""
        self._view.autoRange(padding=padding)


class _Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis that writes its numbers as the rest of the window does."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Return the texts of ticks that are `spacing` apart."""
        digits = max(0, math.ceil(-math.log10(spacing * scale)))
        return [grouped(round(at * scale, digits) + 0.0, f".{digits}f") for at in values]


def _axis(side: str, view: pg.ViewBox, theme: Theme, text: str) -> pg.AxisItem:
    axis = _Axis(
        side,
        pen=theme["hairline"],
        tickPen=theme["grid"],
        textPen=theme["axis"],
        text=text,
    )
    axis.showLabel(bool(text))  # pyqtgraph hides what it was made with
    axis.enableAutoSIPrefix(False)
    axis.setStyle(maxTickLevel=0)
    axis.setGrid(GRID)
    axis.setZValue(view.zValue() - 1)  # its grid must not cross the traces
    axis.linkToView(view)
    return axis


def reach_of(peak: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten, so that a scale rarely moves."""
    if not peak > 0:
        return 1.0
    power = 10.0 ** int(f"{peak:e}".partition("e")[2])
    return power * next(step for step in (1, 2, 5, 10) if step * power >= peak * 0.999)
