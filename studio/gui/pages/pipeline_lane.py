"""One stage of a window as a picture with its axes: lines, an image, or bars.

It is painted once into a pixmap: turning to the page, or moving the pointer, draws nothing anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.live_plot import spread
from studio.gui.widgets.live_plot_spectrogram import shades
from studio.gui.widgets.wave_view import number, ticks

if TYPE_CHECKING:
    from studio.services.stages import Stage

NAMES_ROOM = 1.13
"""How far the bottom axis goes beyond the lines, for the names at their ends."""
LEAST_LINES = 3
"""Lines of small text that a plot is high at least."""
LEFT = 48
"""Room for the numbers of the left axis, at a text size of 100 %."""
MOST_GROUPS = 6
LEFT_TICK_PX, BOTTOM_TICK_PX = 18, 56
DOT = 3.5
_LEFT_OF = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_RIGHT_OF = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Picture:
    """What a lane draws.

    Parameters
    ----------
    columns : sequence of int
        Which lines or bars of the stage.
    before : Stage or None
        Drawn pale underneath.
    span : tuple of float
        Ends of the bottom axis.
    numbers : bool
        Whether the bottom axis has numbers.
    """

    stage: "Stage"
    columns: Sequence[int]
    before: "Stage | None"
    span: tuple[float, float]
    numbers: bool

    @property
    def heights(self) -> tuple[float, float]:
        """The ends of the left axis."""
        stage = self.stage
        if stage.kind == "image":
            return stage.low, stage.high
        every = [stage.values[..., self.columns]]
        if self.before is not None:
            every.append(self.before.values[:, self.columns])
        low = min(float(values.min()) for values in every)
        high = max(float(values.max()) for values in every)
        if stage.kind == "bars":
            low, high = min(0.0, low), max(0.0, high)
        reach = max(high - low, 1e-9)
        return low - 0.06 * reach, high + 0.06 * reach

    @property
    def groups(self) -> list[str]:
        """What the names of the bars begin with."""
        return list(dict.fromkeys(_group(self.stage.names[i]) for i in self.columns))

    @property
    def has_row(self) -> bool:
        """Whether something stands under the plot."""
        return len(self.groups) <= MOST_GROUPS if self.stage.kind == "bars" else self.numbers


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values are in a lane."""

    area: QRectF
    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, values: Any) -> Any:
        """Return the places of values of the bottom axis."""
        low, high = self.x
        return self.area.left() + (values - low) / (high - low) * self.area.width()

    def up(self, values: Any) -> Any:
        """Return the places of values of the left axis."""
        low, high = self.y
        return self.area.bottom() - (values - low) / (high - low) * self.area.height()

    def value(self, place: QPointF) -> QPointF:
        """Return the values at a place."""
        right = (place.x() - self.area.left()) / self.area.width()
        upper = (self.area.bottom() - place.y()) / self.area.height()
        (left, end), (low, high) = self.x, self.y
        return QPointF(left + right * (end - left), low + upper * (high - low))


class StageLane(QWidget):
    """Draws one picture.

    Signals
    -------
    pointed : (QPointF or None)
        The values under the pointer; None: it left.
    """

    pointed = Signal(object)

    def __init__(self, theme: Theme, picture: Picture) -> None:
        super().__init__()
        self._theme = theme
        self._picture = picture
        self._canvas: QPixmap | None = None
        self._line: float | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Return a small size: what is beside it decides."""
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return the size in which the numbers of the axes do not overlap."""
        return QSize(160, (LEAST_LINES + 1) * self._theme.px("small") + self._row)

    @property
    def _row(self) -> int:
        """Height of what stands under the plot."""
        return self._theme.px("small") + 6 if self._picture.has_row else 0

    @property
    def scale(self) -> Scale:
        """Where the values are."""
        left = LEFT * self._theme.percent / 100
        half = self._theme.px("small") / 2  # of a number at an end of the left axis
        height = self.height() - self._row - 2 * half
        area = QRectF(left, half, max(1.0, self.width() - left - 1), max(1.0, height))
        return Scale(area, self._picture.span, self._picture.heights)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and text size."""
        self._theme, self._canvas = theme, None
        self.updateGeometry()
        self.update()

    def show_picture(self, picture: Picture) -> None:
        """Draw this from now on."""
        before = self._row
        self._picture = picture
        if self._row != before:
            self.updateGeometry()
        self._canvas = self._drawn()
        self.update()

    def point(self, x: float | None) -> None:
        """Draw a line at a value of the bottom axis; None: none."""
        if x != self._line:
            self._line = x
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what is under the pointer."""
        self.pointed.emit(self.scale.value(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the pointer left."""
        self.pointed.emit(None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, and the line over it."""
        ratio = self.devicePixelRatioF()
        if self._canvas is None or self._canvas.size() != self.size() * ratio:
            self._canvas = self._drawn()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._canvas)
        if self._line is not None:
            scale = self.scale
            x = scale.across(self._line)
            painter.setPen(QPen(QColor(self._theme["text_2"]), 1))
            painter.setClipRect(scale.area)
            painter.drawLine(QPointF(x, scale.area.top()), QPointF(x, scale.area.bottom()))

    def _drawn(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        canvas = QPixmap(self.size() * ratio)
        canvas.setDevicePixelRatio(ratio)
        canvas.fill(QColor(self._theme["surface"]))
        if canvas.isNull():
            return canvas
        painter = QPainter(canvas)
        painter.setFont(self._theme.font("small"))
        _Brush(painter, self._theme, self._picture, self.scale).draw()
        painter.end()
        return canvas


@dataclass(frozen=True, slots=True)
class _Brush:
    """Draws a picture once."""

    painter: QPainter
    theme: Theme
    picture: Picture
    scale: Scale

    def draw(self) -> None:
        """Draw ground, axes and values, in this order."""
        kind = self.picture.stage.kind
        self.painter.fillRect(self.scale.area, QColor(self.theme["plot"]))
        self._draw_left()
        if kind == "bars":
            self._draw_groups()
        else:
            self._draw_bottom()
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        {"lines": self._draw_lines, "image": self._draw_image, "bars": self._draw_bars}[kind]()

    def _draw_left(self) -> None:
        painter, area = self.painter, self.scale.area
        most = max(2, int(area.height() / LEFT_TICK_PX))
        places, step = ticks(*self.scale.y, most)
        if len(places) < 2:  # a single number is no scale
            places, step = ticks(*self.scale.y, 2 * most)
        height = painter.fontMetrics().height()
        free = area.bottom() + height
        for value in places:
            y = self.scale.up(value)
            painter.setPen(QColor(self.theme["grid"]))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            if y > free:
                continue
            painter.setPen(QColor(self.theme["axis"]))
            place = QRectF(0, y - height / 2, area.left() - 6, height)
            painter.drawText(place, _LEFT_OF, number(value, step))
            free = y - 0.9 * height
        painter.setPen(QColor(self.theme["hairline"]))
        painter.drawLine(area.topLeft(), area.bottomLeft())
        painter.drawLine(area.bottomLeft(), area.bottomRight())

    def _draw_bottom(self) -> None:
        """Draw the grid, and the numbers with what they are at the right end."""
        painter, area, picture = self.painter, self.scale.area, self.picture
        places, step = ticks(*self.scale.x, max(2, int(area.width() / BOTTOM_TICK_PX)))
        metrics, height = painter.fontMetrics(), painter.fontMetrics().height()
        named = tr("time (s)") if picture.stage.over_time else ""
        end = area.right() - metrics.horizontalAdvance(named)
        for value in places:
            x = self.scale.across(value)
            painter.setPen(QColor(self.theme["grid"]))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            half = metrics.horizontalAdvance(number(value, step)) / 2
            if picture.numbers and x + half < end - 8:
                painter.setPen(QColor(self.theme["axis"]))
                place = QRectF(x - half - 1, area.bottom() + 2, 2 * half + 2, height)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, number(value, step))
        if picture.numbers:
            painter.setPen(QColor(self.theme["axis"]))
            place = QRectF(area.left(), area.bottom() + 2, area.width(), height)
            painter.drawText(place, _LEFT_OF, named)

    def _draw_groups(self) -> None:
        """Name the groups of the bars, each under its middle."""
        if not self.picture.has_row:
            return
        painter, area = self.painter, self.scale.area
        groups = [_group(self.picture.stage.names[i]) for i in self.picture.columns]
        height = painter.fontMetrics().height()
        painter.setPen(QColor(self.theme["axis"]))
        for group in self.picture.groups:
            places = [place for place, other in enumerate(groups) if other == group]
            x = self.scale.across(float(np.mean(places)))
            room = area.width() / len(self.picture.groups)
            place = QRectF(x - room / 2, area.bottom() + 2, room, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, group)

    def _draw_lines(self) -> None:
        painter, theme, stage = self.painter, self.theme, self.picture.stage
        area, columns, before = self.scale.area, self.picture.columns, self.picture.before
        painter.save()
        painter.setClipRect(area)
        if before is not None:
            for column in columns:
                self._draw_line(before, column, QPen(QColor(theme["control"]), 1))
        only = len(stage.names) == 1
        for place, column in enumerate(columns):
            colour = QColor(theme.axis(place, audio=only))
            self._draw_line(stage, column, QPen(colour, 1.25))
            if stage.peaks:
                peak = stage.peaks[column]
                painter.setBrush(colour)
                at = QPointF(self.scale.across(peak.x), self.scale.up(peak.y))
                painter.drawEllipse(at, DOT, DOT)
        painter.restore()
        self._name_lines(only=only)

    def _name_lines(self, *, only: bool) -> None:
        """Write the names at the lines' ends, apart from each other and inside."""
        painter, stage, area = self.painter, self.picture.stage, self.scale.area
        height = painter.fontMetrics().height()
        values = stage.values[:, self.picture.columns]
        ends = self.scale.up(values[-max(1, len(values) // 50) :].mean(axis=0))
        places = spread(ends, 0.85 * height)
        inside = max(0.0, area.top() + height / 2 - min(places))
        inside -= max(0.0, max(places) - (area.bottom() - height / 2))
        x = self.scale.across(stage.start + stage.step * (len(values) - 1)) + 4
        for place, column in enumerate(self.picture.columns):
            painter.setPen(QColor(self.theme.axis(place, audio=only)))
            y = places[place] + inside - height / 2
            painter.drawText(QRectF(x, y, 200, height), _RIGHT_OF, stage.names[column])

    def _draw_line(self, stage: "Stage", column: int, pen: QPen) -> None:
        """Draw a line; of many readings in a pixel a stroke from the lowest to the highest."""
        values = stage.values[:, column].astype(float)
        x = self.scale.across(stage.start + stage.step * np.arange(len(values)))
        per = -(-len(values) // max(1, int(self.scale.area.width())))
        if per == 1:
            y = self.scale.up(values)
            ends = x[:-1], y[:-1], x[1:], y[1:]
        else:
            parts = np.pad(values, (0, -len(values) % per), mode="edge").reshape(-1, per)
            low, high = parts.min(axis=1), parts.max(axis=1)
            low[1:] = np.minimum(low[1:], high[:-1])  # the strokes of neighbours meet
            high[1:] = np.maximum(high[1:], low[:-1])
            ends = x[::per], self.scale.up(low), x[::per], self.scale.up(high)
        self.painter.setPen(pen)
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=per == 1)
        # one by one: a path with many turns takes long to be stroked
        rows = np.stack(ends, axis=1).tolist()
        self.painter.drawLines([QLineF(*row) for row in rows])
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _draw_image(self) -> None:
        stage, scale = self.picture.stage, self.scale
        image = _image(stage.values)
        left, right = (
            scale.across(x) for x in (stage.start, stage.start + stage.step * len(stage.values))
        )
        top, bottom = scale.up(stage.high), scale.up(stage.low)
        self.painter.drawImage(QRectF(left, top, right - left, bottom - top), image)

    def _draw_bars(self) -> None:
        painter, stage, groups = self.painter, self.picture.stage, self.picture.groups
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        zero = self.scale.up(0.0)
        width = max(1.0, 0.7 * (self.scale.across(1.0) - self.scale.across(0.0)))
        for place, column in enumerate(self.picture.columns):
            y = self.scale.up(float(stage.values[column]))
            left = self.scale.across(float(place)) - width / 2
            colour = QColor(self.theme.axis(groups.index(_group(stage.names[column]))))
            painter.fillRect(QRectF(left, min(y, zero), width, abs(y - zero)), colour)


def _group(name: str) -> str:
    return name.partition(" ")[0]


@cache
def _colours() -> NDArray[np.uint32]:
    return shades()


def _image(values: NDArray[Any]) -> QImage:
    """Return columns of values as an image, the first row at the bottom."""
    low, high = float(values.min()), float(values.max())
    share = (values.T[::-1] - low) * (255 / max(high - low, 1e-9))
    pixels = np.ascontiguousarray(_colours()[share.astype(np.uint8)])
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
