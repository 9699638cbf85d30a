"""Training curves: loss and accuracy over epochs, growing point by point.

Training is thin, validation thick: pale as it was, strong when smoothed. The range of the values
is found by the first epochs and moves only where a curve would leave it.
"""

from collections.abc import Mapping, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import words
from studio.gui.widgets.plots import QuietPlot, reach_of

SMOOTHING = 0.6
"""Share of the past in a smoothed curve."""
SETTLED = 3
"""Epochs after which the range of the losses is kept."""
LEAST_EPOCHS = 10
ROOM = 1.15
"""How much further than the last epoch the axis goes: for the figure at the end of a curve."""
PALE = 0.45
"""Opacity of what is not smoothed."""


def smoothed(values: Sequence[float], weight: float = SMOOTHING) -> list[float]:
    """Return the running mean of values, without the pull towards 0 at their beginning."""
    mean, result = 0.0, []
    for count, value in enumerate(values, 1):
        mean = weight * mean + (1 - weight) * value
        result.append(mean / (1 - weight**count))
    return result


class _Plot(QuietPlot):
    """One quantity of the training and of the validation."""

    def __init__(self, theme: Theme, title: str, name: str) -> None:
        super().__init__(theme, title, tr("epoch"))
        self.train, self.validation = name, f"val_{name}"
        self.thin = self.plot(antialias=True)
        self.pale = self.plot(antialias=True)
        self.strong = self.plot(antialias=True)
        self.end = pg.ScatterPlotItem(size=9)
        self.value = pg.TextItem(anchor=(-0.08, 0.5))
        self.flag = pg.InfiniteLine(angle=90, movable=False)
        self.flag_name = pg.TextItem(anchor=(0, 0))
        self.guess = pg.InfiniteLine(angle=0, movable=False)
        self.guess_name = pg.TextItem(anchor=(1, 1))
        self.cursor = pg.InfiniteLine(angle=90, movable=False)
        for item in (self.end, self.value, self.flag, self.flag_name, self.guess, self.guess_name):
            self.addItem(item, ignoreBounds=True)
        self.addItem(self.cursor, ignoreBounds=True)
        for item in (self.value, self.flag, self.flag_name, self.guess, self.guess_name):
            item.hide()
        self.cursor.hide()

    def colour(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.set_theme(theme)
        faint = QColor(theme["accent"])
        faint.setAlphaF(PALE)
        self.thin.setPen(pg.mkPen(theme["text_3"], width=1))
        self.pale.setPen(pg.mkPen(faint, width=1))
        self.strong.setPen(pg.mkPen(theme["accent"], width=2.5))
        self.end.setBrush(theme["accent"])
        self.end.setPen(pg.mkPen(theme["plot"], width=1.5))
        dotted, dashed = Qt.PenStyle.DotLine, Qt.PenStyle.DashLine
        self.flag.setPen(pg.mkPen(theme["text_2"], width=1, style=dotted))
        self.guess.setPen(pg.mkPen(theme["control"], width=1, style=dashed))
        self.cursor.setPen(pg.mkPen(theme["text"], width=1))
        self.value.setColor(theme["accent"])
        self.flag_name.setColor(theme["text_2"])
        self.guess_name.setColor(theme["text_3"])

    def draw(self, points: Mapping[str, Sequence[float]]) -> None:
        """Show what there is of both, the training's curve also where nothing validates."""
        train, validation = points[self.train], points[self.validation]
        self.thin.setData(range(1, len(train) + 1), train)
        self.pale.setData(range(1, len(validation) + 1), validation)
        lasting = smoothed(validation)
        self.strong.setData(range(1, len(lasting) + 1), lasting)
        ends = list(validation or train)
        self.end.setData([len(ends)] if ends else [], ends[-1:])
        self.value.setVisible(bool(ends))
        if ends:
            self.value.setText(self.words(ends[-1]))
            self.value.setPos(len(ends), ends[-1])

    def words(self, value: float) -> str:
        """Return a value with its unit."""
        return f"{value:.1f} %" if self.train == "accuracy" else f"{value:.3f}"


class Curves(QWidget):
    """Loss above, accuracy below, on one axis of epochs; the pointer reads both at an epoch."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._key = words("", "hint", wrap=True)
        self._key.setTextFormat(Qt.TextFormat.RichText)
        self._points: dict[str, list[float]] = {}
        self._best = self._total = 0
        self._top = 1.0
        self._guess = 0.0
        self._loss = _Plot(theme, tr("loss"), "loss")
        self._accuracy = _Plot(theme, tr("accuracy (%)"), "accuracy")
        self._plots = (self._loss, self._accuracy)
        self._loss.getAxis("bottom").setStyle(showValues=False)
        self._loss.setLabel("bottom", "")
        self._loss.setXLink(self._accuracy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._key)
        for plot in self._plots:
            column.addWidget(plot, 1)
            plot.viewport().installEventFilter(self)
            plot.viewport().setMouseTracking(True)
        self.setAccessibleName(tr("Training curves"))
        self.set_theme(theme)
        self.clear()

    @property
    def epochs(self) -> int:
        """Epochs on show."""
        return max(map(len, self._points.values()), default=0)

    @property
    def expected(self) -> int:
        """How many epochs there are at most; 0 if unknown."""
        return self._total

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        for plot in self._plots:
            plot.colour(theme)
        self._tell_key("")

    def _tell_key(self, said: str) -> None:
        """Say what the lines are, or what the pointer reads."""
        if said:
            self._key.setText(f"<b>{said}</b>")
            return
        accent = self._theme["accent"]
        thin = f'<span style="color:{self._theme["text_3"]}">──</span> {tr("training")}'
        thick = f'<span style="color:{accent}"><b>━━</b></span> {tr("validation, smoothed")}'
        pale = f'<span style="color:{accent}">──</span> {tr("as measured")}'
        self._key.setText("&nbsp;&nbsp; ".join([thin, thick, pale]))

    def expect(self, epochs: int, guess: float) -> None:
        """Say how many epochs there may be, and the share that guessing gets right."""
        self._total, self._guess = epochs, 100 * guess
        self._accuracy.guess.setVisible(guess > 0)
        self._accuracy.guess_name.setVisible(guess > 0)
        self._accuracy.guess.setValue(self._guess)
        share = f"{self._guess:.0f}"
        self._accuracy.guess_name.setText(tr("guessing: {share} %", share=share))
        self._fit()

    def clear(self) -> None:
        """Start over."""
        names = [name for plot in self._plots for name in (plot.train, plot.validation)]
        self._points = {name: [] for name in names}
        self._best = 0
        self._top = 1.0
        self._draw()

    def show_epochs(self, epochs: Sequence[Mapping[str, float]], best: int = 0) -> None:
        """Show the curves of a finished training and its best epoch."""
        self.clear()
        for values in epochs:
            self._keep(values)
        self._best = best
        self._draw()

    def add_epoch(self, values: Mapping[str, float]) -> None:
        """Add an epoch: `loss`, `accuracy`, `val_loss` and `val_accuracy`, as far as known."""
        self._keep(values)
        losses = self._points["val_loss"]
        self._best = losses.index(min(losses)) + 1 if losses else 0
        self._draw()

    def _keep(self, values: Mapping[str, float]) -> None:
        for name, points in self._points.items():
            if name in values:
                scale = 100.0 if name.endswith("accuracy") else 1.0
                points.append(scale * float(values[name]))
        losses = self._points["loss"] + self._points["val_loss"]
        highest = max(losses, default=1.0)
        if self.epochs <= SETTLED or highest > self._top:
            self._top = reach_of(highest * 1.05)

    def _draw(self) -> None:
        for plot in self._plots:
            plot.draw(self._points)
            plot.flag.setVisible(self._best > 0)
            plot.flag.setValue(self._best)
        self._loss.flag_name.setVisible(self._best > 0)
        self._loss.flag_name.setText(tr("⚑ best epoch: {epoch}", epoch=self._best))
        self._fit()
        self._describe()

    def _fit(self) -> None:
        """Show all epochs that may come, at least ten, so that nothing moves while they come."""
        last = max(LEAST_EPOCHS, self.epochs, self._total)
        for plot in self._plots:
            plot.setXRange(0, last * ROOM, padding=0)
        self._loss.setYRange(0, self._top, padding=0.02)
        self._accuracy.setYRange(0, 100, padding=0.02)
        right = self._best > 0.7 * last
        self._loss.flag_name.setAnchor((1 if right else 0, 1))
        self._loss.flag_name.setPos(self._best, 0)  # a loss is seldom there
        self._accuracy.guess_name.setPos(last, self._guess)

    def _describe(self) -> None:
        """Say in a sentence what the plots show."""
        accuracies = self._points["val_accuracy"] or self._points["accuracy"]
        if not accuracies:
            self.setAccessibleDescription(tr("No epochs yet."))
            return
        self.setAccessibleDescription(
            tr(
                "{epochs} epochs; accuracy now {accuracy} %; best epoch {best}.",
                epochs=self.epochs,
                accuracy=f"{accuracies[-1]:.1f}",
                best=self._best,
            )
        )

    def read(self, epoch: int) -> str:
        """Return what the curves say about an epoch, in words; empty beyond them."""
        if not 1 <= epoch <= self.epochs:
            return ""
        parts = [tr("epoch {epoch}", epoch=epoch)]
        for plot in self._plots:
            for name in (plot.train, plot.validation):
                points = self._points[name]
                if epoch <= len(points):
                    said = name.replace("val_", tr("validation") + " ")
                    parts.append(f"{said} {plot.words(points[epoch - 1])}")
        return " · ".join(parts)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Read both plots at the epoch under the pointer."""
        kind = event.type()
        if kind not in (QEvent.Type.MouseMove, QEvent.Type.Leave):
            return False
        epoch = 0
        for plot in self._plots:
            if watched is plot.viewport() and kind == QEvent.Type.MouseMove:
                place = event.position().toPoint()  # type: ignore[attr-defined]  # a mouse event
                epoch = round(plot.getViewBox().mapSceneToView(plot.mapToScene(place)).x())
        said = self.read(epoch)
        for plot in self._plots:
            plot.cursor.setVisible(bool(said))
            plot.cursor.setValue(epoch)
        self._tell_key(said)
        return False
