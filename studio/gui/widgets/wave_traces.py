"""The signal of some axes over time: by its envelope, sound also by its loudness."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from studio.gui.texts import grouped, tr
from studio.gui.theme import Theme
from studio.gui.widgets.axis_words import FULL_SCALE, axis_title
from studio.gui.widgets.plots import reach_of
from studio.gui.widgets.wave_bands import Bands
from studio.gui.widgets.wave_hands import Hands
from studio.gui.widgets.wave_lane import Lane
from studio.gui.widgets.wave_view import WaveView, number, ticks, timed
from studio.types import Axis

if TYPE_CHECKING:
    from studio.services.pictures import Envelope

DOT = 4.0
DOT_PX = 5
"""From so many pixels between readings on, each one has a dot."""
TICK_PX = 26
RMS_ALPHA = 0.55
WIDE = 1.25
MOST_LINES = 400


class WaveLane(Lane):
    """Up to three axes with one unit."""

    def __init__(
        self, view: WaveView, bands: Bands, hands: Hands, theme: Theme, axes: list[int]
    ) -> None:
        super().__init__(view, bands, hands, theme)
        self.axes = axes
        self.sound = False
        self._shown: Envelope | None = None
        self._infos: tuple[Axis, ...] = ()
        self._low, self._high = -1.0, 1.0
        self._paths: tuple[QRectF, float, float, list[QPainterPath]] | None = None
        self.setMinimumHeight(72)

    def describe(
        self, infos: tuple[Axis, ...], low: NDArray[Any], high: NDArray[Any], *, sound: bool
    ) -> None:
        """Say what the axes are, and what all of the recording reaches."""
        self._infos, self.sound = infos, sound
        least, most = float(low[self.axes].min()), float(high[self.axes].max())
        if sound:
            self._high = min(1.0, reach_of(max(-least, most) * FULL_SCALE) / FULL_SCALE)
            self._low = -self._high
        else:
            margin = 0.06 * max(most - least, 1e-6)
            self._low, self._high = least - margin, most + margin
        names = ", ".join(infos[index].name for index in self.axes)
        self.setAccessibleName(f"{self.title}: {names}")
        self.setAccessibleDescription(
            tr(
                "{names}, {length}, between {low} and {high} {unit}",
                names=names,
                length=timed(self.view.total / self.view.rate, 0.1),
                low=self.said(least * self._scale),
                high=self.said(most * self._scale),
                unit=self.title,
            )
        )

    @property
    def title(self) -> str:
        """The unit of the scale."""
        return axis_title(self._infos[self.axes[0]]) if self._infos else ""

    @property
    def _scale(self) -> float:
        """What values are told in: of sound, whole numbers of 16 bits."""
        return FULL_SCALE if self.sound else 1.0

    def said(self, value: float) -> str:
        """Return a value of `values_at` in words."""
        return grouped(value, ".0f" if self.sound else ".3g")

    def show_envelope(self, envelope: "Envelope") -> None:
        """Draw this from now on."""
        self._shown = envelope
        self._paths = None
        self.again()

    def values_at(self, reading: float) -> list[tuple[str, float]]:
        """Return name and value (of a column: the one farther from 0) of each axis."""
        shown = self._shown
        if shown is None or not len(shown.low):
            return []
        row = int(np.searchsorted(shown.edges, reading, side="right")) - 1
        row = min(max(row, 0), len(shown.low) - 1)
        found = []
        for axis in self.axes:
            low, high = float(shown.low[row, axis]), float(shown.high[row, axis])
            farther = high if abs(high) >= abs(low) else low
            found.append((self._infos[axis].name, farther * self._scale))
        return found

    def _y(self, values: Any, area: QRectF) -> Any:
        inner = area.height() - 8
        return area.top() + 4 + (self._high - values) / (self._high - self._low) * inner

    def draw_scale(self, painter: QPainter, area: QRectF) -> None:
        """Draw round values with a quiet grid, and the unit."""
        low, high = self._low * self._scale, self._high * self._scale
        places, step = ticks(low, high, max(2, int(area.height() / TICK_PX)))
        metrics = painter.fontMetrics()
        half = metrics.height() / 2
        for value in places:
            y = float(self._y(value / self._scale, area))
            painter.setPen(QColor(self.theme["grid"]))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            top = min(max(y - half, area.top()), area.bottom() - metrics.height())
            painter.setPen(QColor(self.theme["axis"]))
            painter.drawText(
                QRectF(16, top, self.left - 22, metrics.height()),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                number(value, step),
            )
        painter.save()
        painter.setPen(QColor(self.theme["axis"]))
        painter.translate(14, area.center().y())
        painter.rotate(-90)
        wide = area.height()
        painter.drawText(
            QRectF(-wide / 2, -10, wide, 14), Qt.AlignmentFlag.AlignCenter, self.title
        )
        painter.restore()

    def draw_signal(self, painter: QPainter, area: QRectF) -> None:
        """Draw the traces, each in its colour."""
        shown = self._shown
        if shown is None or not len(shown.low):
            return
        place = (area, self.view.start, self.view.stop)
        if self._paths is None or self._paths[:3] != place:
            paths = [path for axis in self.axes for path in self._traced(axis, area)]
            self._paths = (*place, paths)
        sparse = shown.exact and self.px < 1 / DOT_PX
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, shown.exact)
        few = shown.exact and len(shown.edges) <= MOST_LINES
        for order, path in enumerate(self._paths[3]):
            pen = QPen(self._colour(order), WIDE if few else 1.0)
            pen.setCosmetic(True)
            painter.setPen(pen)
            if few:  # a wide path is stroked as a whole, which takes twenty times as long
                points = [path.elementAt(k) for k in range(path.elementCount())]
                painter.drawLines([QLineF(a.x, a.y, b.x, b.y) for a, b in pairwise(points)])
            else:
                painter.drawPath(path)
            if sparse:
                self._draw_dots(painter, area, self.axes[order % len(self.axes)], order)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _colour(self, order: int) -> QColor:
        """Return a path's colour; of sound the second one is the loudness inside the peaks."""
        if not self.sound:
            return QColor(self.theme.axis(order))
        colour = QColor(self.theme["audio"])
        shown = self._shown
        if order % 2 == 0 and shown is not None and not shown.exact:
            colour.setAlphaF(RMS_ALPHA)
        return colour

    def _traced(self, axis: int, area: QRectF) -> list[QPainterPath]:
        shown = self._shown
        if shown is None:
            return []
        if shown.exact:
            xs = area.left() + (shown.edges + 0.5 - self.view.start) / self.px
            return [pg.arrayToQPath(xs, self._y(shown.low[:, axis].astype(float), area))]
        middles = (shown.edges[:-1] + shown.edges[1:]) / 2
        xs = np.repeat(area.left() + (middles - self.view.start) / self.px, 2)
        pairs = np.empty(len(xs))
        pairs[0::2] = self._y(shown.high[:, axis].astype(float), area)
        pairs[1::2] = self._y(shown.low[:, axis].astype(float), area)
        if not self.sound:
            return [pg.arrayToQPath(xs, pairs)]
        peaks = pg.arrayToQPath(xs, pairs, connect="pairs")
        loud = np.empty(len(xs))
        loud[0::2] = self._y(shown.rms[:, axis].astype(float), area)
        loud[1::2] = self._y(-shown.rms[:, axis].astype(float), area)
        return [peaks, pg.arrayToQPath(xs, loud, connect="pairs")]

    def _draw_dots(self, painter: QPainter, area: QRectF, axis: int, order: int) -> None:
        """Draw each visible reading as a dot."""
        shown = self._shown
        if shown is None:
            return
        seen = (shown.edges >= self.view.start) & (shown.edges < self.view.stop)
        xs = area.left() + (shown.edges[seen] + 0.5 - self.view.start) / self.px
        ys = self._y(shown.low[seen, axis].astype(float), area)
        pen = QPen(self._colour(order), DOT)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPoints([QPointF(*at) for at in zip(xs.tolist(), ys.tolist(), strict=True)])

    def draw_names(self, painter: QPainter, area: QRectF) -> None:
        """Name the axes at the lines' right ends."""
        shown = self._shown
        if shown is None or not len(shown.low) or not self._infos:
            return
        height = painter.fontMetrics().height()
        tail = max(1, len(shown.low) // 50)
        middles = (shown.low[-tail:] + shown.high[-tail:]).mean(axis=0) / 2
        order = sorted(range(len(self.axes)), key=lambda k: -middles[self.axes[k]])
        places = [float(self._y(middles[self.axes[k]], area)) for k in order]
        for k in range(1, len(places)):
            places[k] = max(places[k], places[k - 1] + height)
        over = max(0.0, places[-1] + height / 2 - area.bottom())
        for k, y in zip(order, places, strict=True):
            top = max(area.top(), y - over - height / 2)
            painter.setPen(QColor(self.theme["audio"] if self.sound else self.theme.axis(k)))
            box = QRectF(area.right() + 4, top, self.width() - area.right() - 4, height)
            name = self._infos[self.axes[k]].name
            short = painter.fontMetrics().elidedText(
                name, Qt.TextElideMode.ElideRight, int(box.width())
            )
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, short)
