"""How every plot looks: named axes, round ticks, a quiet grid, colours of the theme."""

import pyqtgraph as pg
from PySide6.QtCore import Qt

from studio.gui.theme import Theme

LEFT_WIDTH = 64


class QuietPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A plot that a person looks at; `movable` lets them zoom in time with the wheel."""

    def __init__(self, theme: Theme, left: str, bottom: str, *, movable: bool = False) -> None:
        super().__init__(enableMenu=False)  # its menus take longer to make than all the rest
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it has no keys
        menu = self.getPlotItem().ctrlMenu  # nobody opens it, and it would outlive the plot
        menu.setParent(self, menu.windowFlags())
        self.hideButtons()
        self.setMouseEnabled(x=movable, y=False)
        self.showGrid(x=True, y=True, alpha=1.0)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setStyle(maxTickLevel=0)
            axis.setZValue(-1)  # the grid belongs to it and must not cross the traces
        self.getAxis("left").setWidth(LEFT_WIDTH)
        self.name_axes(left, bottom)
        self.set_theme(theme)

    def name_axes(self, left: str, bottom: str) -> None:
        """Name the axes, with their units."""
        self.setLabel("left", left)
        self.setLabel("bottom", bottom)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.setBackground(theme["plot"])
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(theme["hairline"])
            axis.setTickPen(theme["grid"])
            axis.setTextPen(theme["axis"])


def reach_of(peak: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten, so that a scale rarely moves."""
    if not peak > 0:
        return 1.0
    power = 10.0 ** int(f"{peak:e}".partition("e")[2])
    return power * next(step for step in (1, 2, 5, 10) if step * power >= peak * 0.999)
