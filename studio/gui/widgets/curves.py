"""Training curves: training thin and pale, validation strong, both named above the plots."""

from collections.abc import Mapping, Sequence

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.gui.theme import Theme
from studio.gui.widgets.panel import words
from studio.gui.widgets.plots import QuietPlot

PLOTS = (("loss", "loss", "val_loss"), ("accuracy (0 to 1)", "accuracy", "val_accuracy"))
"""Title, training values and validation values."""


class Curves(QWidget):
    """Loss and accuracy over epochs, growing point by point."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        box = QHBoxLayout()
        box.setSpacing(16)
        self._key = words()
        self._key.setTextFormat(Qt.TextFormat.RichText)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._key)
        column.addLayout(box, 1)
        self._points: dict[str, list[float]] = {}
        self._lines: dict[str, pg.PlotDataItem] = {}
        self._plots: list[QuietPlot] = []
        for title, train, validation in PLOTS:
            plot = QuietPlot(theme, title, "epoch")
            self._lines[train] = plot.plot(antialias=True)
            self._lines[validation] = plot.plot(antialias=True)
            self._plots.append(plot)
            box.addWidget(plot)
        self.setAccessibleName("Training curves")
        self.set_theme(theme)
        self.clear()

    @property
    def epochs(self) -> int:
        """Epochs on show."""
        return max(map(len, self._points.values()), default=0)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        for plot in self._plots:
            plot.set_theme(theme)
        self._key.setText(
            f'<span style="color:{theme["text_3"]}">───</span> training (thin) &nbsp; '
            f'<span style="color:{theme["accent"]}"><b>━━━</b></span> validation (thick)'
        )
        for name, line in self._lines.items():
            strong = name.startswith("val_")
            colour = theme["accent" if strong else "text_3"]
            line.setPen(pg.mkPen(colour, width=2.5 if strong else 1))

    def clear(self) -> None:
        """Start over."""
        self._points = {name: [] for name in self._lines}
        for line in self._lines.values():
            line.setData([], [])
        self._fit()

    def show_epochs(self, epochs: Sequence[Mapping[str, float]]) -> None:
        """Show the curves of a finished training."""
        self.clear()
        for values in epochs:
            self._keep(values)
        self._draw()

    def add_epoch(self, values: Mapping[str, float]) -> None:
        """Add an epoch: `loss`, `accuracy`, `val_loss` and `val_accuracy`, as far as known."""
        self._keep(values)
        self._draw()

    def _keep(self, values: Mapping[str, float]) -> None:
        for name, points in self._points.items():
            if name in values:
                points.append(float(values[name]))

    def _draw(self) -> None:
        for name, line in self._lines.items():
            line.setData(range(1, len(self._points[name]) + 1), self._points[name])
        self._fit()

    def _fit(self) -> None:
        """Show at least ten epochs, so that the first ones do not fill the plot."""
        losses = self._points["loss"] + self._points["val_loss"]
        for plot in self._plots:
            plot.setXRange(0, max(10, self.epochs), padding=0.02)
        self._plots[0].setYRange(0, max(losses, default=1.0) * 1.05, padding=0.02)
        self._plots[1].setYRange(0, 1, padding=0.02)
