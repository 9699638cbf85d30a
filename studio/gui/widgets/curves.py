"""Training curves: training thin and pale, validation strong, both named at their ends."""

import pyqtgraph as pg
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.gui.theme import Theme


class Curves(QWidget):
    """Loss and accuracy over epochs, growing point by point."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(16)
        self._points: dict[str, list[float]] = {}
        self._lines: dict[str, pg.PlotDataItem] = {}
        for title, train, validation in (
            ("loss", "loss", "val_loss"),
            ("accuracy", "accuracy", "val_accuracy"),
        ):
            plot = pg.PlotWidget(background=theme["plot"])
            plot.setMenuEnabled(False)
            plot.hideButtons()
            plot.setMouseEnabled(x=False, y=False)
            plot.showGrid(x=True, y=True, alpha=0.15)
            plot.setLabel("left", title)
            plot.setLabel("bottom", "epoch")
            legend = plot.addLegend(offset=(-8, 8 if title == "loss" else -8))
            legend.setLabelTextColor(theme["text_2"])
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(theme["grid"])
                plot.getAxis(side).setTextPen(theme["axis"])
            thin = pg.mkPen(theme["text_3"], width=1)
            strong = pg.mkPen(theme["accent"], width=2.5)
            self._lines[train] = plot.plot(pen=thin, name="training", antialias=True)
            self._lines[validation] = plot.plot(pen=strong, name="validation", antialias=True)
            if title == "accuracy":
                plot.setYRange(0, 1, padding=0.02)
            box.addWidget(plot)
        self.setAccessibleName("Training curves")

    def clear(self) -> None:
        """Start over."""
        self._points = {name: [] for name in self._lines}
        for line in self._lines.values():
            line.setData([], [])

    def add_epoch(self, values: dict[str, float]) -> None:
        """Add an epoch: `loss`, `accuracy`, `val_loss` and `val_accuracy`, as far as known."""
        for name, line in self._lines.items():
            if name in values:
                points = self._points.setdefault(name, [])
                points.append(float(values[name]))
                line.setData(range(1, len(points) + 1), points)
