"""The chosen window: its signal, its spectrogram if it is sound, and the scores it got."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.gui.texts import tr
from studio.gui.theme import SPECTRUM, Theme, label_colour
from studio.gui.widgets.bars import ClassBars
from studio.gui.widgets.panel import Panel, words
from studio.gui.widgets.plots import QuietPlot
from studio.gui.widgets.signal_plot import SignalPlot

if TYPE_CHECKING:
    from studio.services.judged import Shown
    from studio.services.nearest import Near
    from studio.services.spectrogram import Spectrogram

BARS, LEAST = 268, 180
ABOVE = 1.06
"""Room over the spectrogram for half the height of the topmost tick's text."""
NAMES = 1.2
"""How much further the axis of time goes than the window, for the axes' names."""


class SpectrogramPlot(QuietPlot):
    """Energy over time and frequency, in kHz, on the signal's time axis."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, tr("kHz"), tr("time (s)"))
        self.image = pg.ImageItem(axisOrder="row-major")
        self.image.setLookupTable(pg.colormap.get(SPECTRUM).getLookupTable(nPts=256))
        self.addItem(self.image)
        self.setAccessibleName(tr("Spectrogram of the window"))
        self.showGrid(x=False, y=False)

    def show_picture(self, picture: "Spectrogram", seconds: float) -> None:
        """Show a picture of so many seconds."""
        self.image.setImage(picture.shades[::-1], autoLevels=False, levels=(0, 255))
        top = picture.top_hz / 1000
        self.image.setRect(QRectF(0, 0, seconds, top))
        self.setYRange(0, top * ABOVE, padding=0)
        self.setLimits(xMin=0)


class WindowPanels(QWidget):
    """What the model heard or felt, and what it made of it.

    Signals
    -------
    wanted : (int)
        The person wants to see one of the training windows that look alike, by its place.
    """

    wanted = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.signal = SignalPlot(theme)
        self.spectrogram = SpectrogramPlot(theme)
        self.hint = words("", "hint", wrap=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.drawn = Panel(tr("This window"))
        self.alike = words("", "hint", wrap=True)
        self.alike.setTextFormat(Qt.TextFormat.RichText)
        self.alike.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse)
        self.alike.setToolTip(
            tr(
                "Training windows whose features are nearest to this one's: if they have another "
                "label, this window's label or theirs may be wrong. N shows the first in Data."
            )
        )
        self.alike.linkActivated.connect(lambda place: self.wanted.emit(int(place)))
        column = QVBoxLayout()
        column.setSpacing(4)
        for widget in (self.hint, self.signal, self.spectrogram):
            column.addWidget(widget, 1)
        self.drawn.box.addLayout(column, 1)
        self.bars = ClassBars(theme, tr("Scores of the window"), tr("No window is chosen."))
        self.verdict = words("", wrap=True)
        self.other = words("", "hint", wrap=True)
        scores = Panel(tr("The model saw"))
        scores.setFixedWidth(BARS)
        scores.box.addWidget(self.verdict)
        scores.box.addWidget(self.bars, 1)
        scores.box.addWidget(self.other)
        scores.box.addWidget(self.alike)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.drawn, 1)
        row.addWidget(scores)
        self.show_window("", None)

    def sizeHint(self) -> QSize:
        """Return a small size: plots would ask for more than there is."""
        return QSize(500, LEAST)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        for widget in (self.signal, self.spectrogram, self.bars):
            widget.set_theme(theme)

    def wait(self) -> None:
        """Say that the chosen window is being read, if none is drawn so far."""
        self.hint.setText(tr("Reading the window …"))

    def show_window(self, name: str, shown: "Shown | None") -> None:
        """Draw a window, or say how to choose one."""
        self.hint.setText(tr("Choose a window in the list above to see it."))
        self.drawn.heading.setText(name or tr("This window"))
        there = shown is not None
        self.hint.setVisible(not there)
        self.signal.setVisible(there)
        picture = shown.spectrogram if shown is not None else None
        self.spectrogram.setVisible(picture is not None)
        if shown is None:
            self.signal.clear()
            return
        self.signal.show_signal(np.asarray(shown.values), shown.axes, shown.sample_rate_hz)
        seconds = len(shown.values) / shown.sample_rate_hz
        room = seconds * (1.0 if len(shown.axes) == 1 else NAMES)
        plots = [one for one in self.signal.findChildren(QuietPlot) if not one.isHidden()]
        for plot in plots:
            plot.setLimits(xMax=room)
            plot.setXRange(0, room, padding=0)
        if picture is not None:
            self.spectrogram.show_picture(picture, seconds)
            self.spectrogram.setXRange(0, room, padding=0)
            upper = plots[-1]
            upper.setLabel("bottom", "")
            upper.getAxis("bottom").setStyle(showValues=False)

    def show_alike(self, windows: "Sequence[Near]", labels: Sequence[str]) -> None:
        """Name the training windows that look most like the one that is drawn."""
        links = [
            f'<span style="color:{label_colour(one.label, list(labels))}">■</span>&nbsp;'
            f'<a href="{place}" style="color:{self._theme["accent"]}">{escape(one.label)}</a>'
            for place, one in enumerate(windows)
        ]
        text = tr("nearest in training: {windows}", windows=" &nbsp;".join(links))
        self.alike.setText(text if links else "")
        self.alike.setVisible(bool(links))
        named = "; ".join(f"{one.label}, {one.name} @ {one.seconds:.2f} s" for one in windows)
        self.alike.setAccessibleName(tr("nearest in training: {windows}", windows=named))

    def show_scores(
        self, labels: list[str], scores: list[float], threshold: float, verdict: str, other: str
    ) -> None:
        """Show the scores with the threshold, what was decided, and what float or board said."""
        self.bars.show_values(labels, scores, threshold=threshold if threshold > 0 else None)
        self.verdict.setText(verdict)
        self.other.setText(other)
