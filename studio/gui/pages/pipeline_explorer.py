"""All windows in two dimensions: those that look alike to the model lie close to each other."""

from collections.abc import Callable
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt, QTimer, Signal

from studio.gui.texts import grouped, tr
from studio.gui.theme import Theme, label_colour, label_marker
from studio.gui.widgets.panel import Panel, words
from studio.gui.widgets.plots import QuietPlot

if TYPE_CHECKING:
    from studio.services.preview import Explored, Window

SIZE, RING, AT_ONCE = 8, 14, 4
MARGIN = 0.04
"""Around the dots, as a share of what they reach over."""
SIGNS = {
    "o": "●",
    "s": "■",
    "t1": "▲",
    "t2": "▶",
    "t3": "◀",
    "arrow_left": "←",
    "arrow_right": "→",
    "d": "◆",
    "t": "▼",
    "+": "✚",
    "x": "✖",
    "p": "⬟",
    "star": "★",
    "h": "⬢",
    "arrow_up": "↑",
}
"""Marker shapes as letters, for the words below the plot."""


class _LowPlot(QuietPlot):
    """A plot that asks for little room and takes what there is: what is beside it decides."""

    def sizeHint(self) -> QSize:
        """Return a small size."""
        return QSize(160, 62)


class ExplorerPanel(Panel):
    """A dot for each window.

    Signals
    -------
    chosen : (int)
        The place of the window whose dot was pressed among those explored.
    """

    chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("Feature explorer"))
        self._theme = theme
        self.explored: Explored | None = None
        self._places: dict[tuple[int, int], int] = {}
        self.plot = _LowPlot(theme, tr("second direction"), tr("first direction"), movable=True)
        self.plot.setMouseEnabled(x=True, y=True)
        self.plot.setAccessibleName(tr("Feature explorer"))
        self._dots: list[Any] = []
        self._due: list[Callable[[], None]] = []
        """What of the dots is still to be drawn."""
        self._ring = pg.ScatterPlotItem(size=RING, brush=None, symbol="o")
        self.note = words("", "advice", wrap=True)
        self.key = words("", "", wrap=True)
        self.key.setTextFormat(Qt.TextFormat.RichText)
        self.said = words("", "", wrap=True)
        self.empty = words(
            tr(
                "Press “Make features”: each dot is one window. Dots that lie close look alike to "
                "the model; a label that lies apart is easy to tell."
            ),
            "hint",
            wrap=True,
        )
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for widget, stretch in (
            (self.note, 0),
            (self.empty, 1),
            (self.plot, 1),
            (self.key, 0),
            (self.said, 0),
        ):
            self.box.addWidget(widget, stretch)
        self.show_explored(None)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.plot.set_theme(theme)
        self._draw()

    def show_explored(self, explored: "Explored | None") -> None:
        """Show this, or what to press."""
        self.explored = explored
        self.note.hide()
        self.empty.setVisible(explored is None)
        for widget in (self.plot, self.key, self.said):
            widget.setVisible(explored is not None)
        self._places = {}
        if explored is not None:
            self._places = {
                (one.recording_id, one.start): place for place, one in enumerate(explored.windows)
            }
            self._say(explored)
        self._draw()

    def show_stale(self, reason: str) -> None:
        """Say why what is shown is out of date; nothing if it is not."""
        self.note.setText(reason)
        self.note.setVisible(bool(reason) and self.explored is not None)

    def mark(self, window: "Window | None") -> None:
        """Put a ring around the dot of a window, if it has one."""
        place = self._places.get((window.recording_id, window.start)) if window else None
        if place is None or self.explored is None:
            self._ring.setData([], [])
            return
        x, y = self.explored.points[place]
        self._ring.setData([float(x)], [float(y)])

    def _say(self, explored: "Explored") -> None:
        shown = len(explored.windows)
        count = grouped(shown)
        if shown < explored.total:
            count = tr("{shown} of {total}", shown=count, total=grouped(explored.total))
        lines = [
            tr(
                "{count} windows; {alike} % lie nearest to one of their own label.",
                count=count,
                alike=f"{100 * explored.alike:.0f}",
            )
        ]
        if explored.hardest[0]:
            lines.append(
                tr("Mixed up most: {a} and {b}.", a=explored.hardest[0], b=explored.hardest[1])
            )
        self.said.setText(" ".join(lines))
        self.plot.setAccessibleDescription(
            tr(
                "{count} windows in two directions that hold {share} % of what varies",
                count=count,
                share=f"{100 * explored.explained:.0f}",
            )
        )

    def _draw(self) -> None:
        for item in self._dots:
            self.plot.removeItem(item)
        self._dots, self._due = [], []
        explored = self.explored
        if explored is None:
            return
        labels = list(explored.labels)
        of = np.array([one.label for one in explored.windows])
        tested = np.array([one.split == "test" for one in explored.windows])
        words_of = []
        for label in labels:
            colour, marker = label_colour(label, labels), label_marker(label, labels)
            words_of.append(
                f'<span style="color:{colour}">{SIGNS.get(marker, "●")}</span>&nbsp;'
                f"{escape(label)}"
            )
            for test in (False, True):
                rows = np.flatnonzero((of == label) & (tested == test))
                if len(rows):
                    add = partial(self._add_dots, explored, rows, colour, marker, hollow=test)
                    self._due.append(add)
        self._ring.setPen(pg.mkPen(self._theme["text"], width=2))
        self.plot.addItem(self._ring, ignoreBounds=True)
        self._dots.append(self._ring)
        if tested.any():
            words_of.append(f"<i>{escape(tr('hollow: test split'))}</i>")
        self.key.setText(" &nbsp; ".join(words_of))
        (left, low), (right, high) = explored.points.min(axis=0), explored.points.max(axis=0)
        self.plot.setXRange(float(left), float(right), padding=MARGIN)
        self.plot.setYRange(float(low), float(high), padding=MARGIN)
        self._draw_next()

    def _draw_next(self) -> None:
        """Draw the dots of some more labels: the window must not wait for all of them."""
        for add in self._due[:AT_ONCE]:
            add()
        self._due = self._due[AT_ONCE:]
        if self._due:
            QTimer.singleShot(0, self, self._draw_next)

    def _add_dots(
        self, explored: "Explored", rows: Any, colour: str, marker: str, *, hollow: bool
    ) -> None:
        dots = pg.ScatterPlotItem(
            x=explored.points[rows, 0],
            y=explored.points[rows, 1],
            size=SIZE,
            symbol=marker,
            data=rows,
            pen=pg.mkPen(colour, width=1.25) if hollow else None,
            brush=None if hollow else colour,
            hoverable=True,
            hoverSize=SIZE + 3,
            tip=lambda x, y, data: self._tip(int(data)),
        )
        dots.sigClicked.connect(lambda _item, points, _event: self._press(points))
        self.plot.addItem(dots, ignoreBounds=True)
        self._dots.append(dots)

    def _tip(self, place: int) -> str:
        if self.explored is None:
            return ""
        window = self.explored.windows[place]
        return f"{window.label}: {window.recording}"

    def _press(self, points: Any) -> None:
        if len(points):
            self.chosen.emit(int(points[0].data()))
