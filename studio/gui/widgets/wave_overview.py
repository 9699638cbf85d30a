"""The whole recording in one strip, with a box around what the plots show, and the time ruler."""

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.wave_bands import HANDLE, SOUND, Bands
from studio.gui.widgets.wave_lane import Lane, left_of, right_of
from studio.gui.widgets.wave_view import WaveView, clock, clock_ticks, timed

if TYPE_CHECKING:
    from studio.services.pictures import Envelope

HEIGHT = 48
RULER = 24
TICK_PX = 90


class Overview(QWidget):
    """All of the recording; the box's edges zoom, the box itself pans."""

    def __init__(self, view: WaveView, bands: Bands, theme: Theme) -> None:
        super().__init__()
        self._view, self._bands, self._theme = view, bands, theme
        self._shown: Envelope | None = None
        self._axes: list[int] = [0]
        self._sound = False
        self._held = ""
        self._grip = 0.0
        self.setFixedHeight(HEIGHT)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Overview of the whole recording"))
        self._canvas: QPixmap | None = None
        view.changed.connect(self.update)
        view.moved.connect(self.update)
        bands.changed.connect(self._again)

    def _again(self) -> None:
        """Draw everything anew; else only the box and the cursor move."""
        self._canvas = None
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self._again()

    def show_envelope(self, envelope: "Envelope | None", axes: list[int], *, sound: bool) -> None:
        """Draw this envelope of the whole recording."""
        self._shown, self._axes, self._sound = envelope, axes, sound
        self._again()

    @property
    def _left(self) -> int:
        return left_of(self._theme)

    @property
    def columns(self) -> int:
        """How many columns a picture has."""
        return max(16, self.width() - self._left - right_of(self._theme))

    def _x(self, reading: float) -> float:
        return self._left + reading / self._view.total * self.columns

    def _box(self) -> QRectF:
        left, right = self._x(self._view.start), self._x(self._view.stop)
        return QRectF(left, 0, max(right - left, 2.0), self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture, the box and the cursor."""
        ratio = self.devicePixelRatioF()
        if self._canvas is None or self._canvas.size() != self.size() * ratio:
            self._canvas = QPixmap(self.size() * ratio)
            self._canvas.setDevicePixelRatio(ratio)
            on_canvas = QPainter(self._canvas)
            self._draw(on_canvas)
            on_canvas.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._canvas)
        area = QRectF(self._left, 0, self.columns, self.height())
        self._draw_box(painter, area)
        x = self._x(self._view.cursor)
        painter.setPen(QColor(self._theme["text"]))
        painter.drawLine(QPointF(x, 0), QPointF(x, area.bottom()))

    def _draw(self, painter: QPainter) -> None:
        """Draw the signal, and the bands as a thin line."""
        theme = self._theme
        painter.setFont(theme.font("small"))
        painter.fillRect(self.rect(), QColor(theme["surface"]))
        area = QRectF(self._left, 0, self.columns, self.height())
        painter.fillRect(area, QColor(theme["plot"]))
        painter.setPen(QColor(theme["axis"]))
        painter.drawText(
            QRectF(0, 0, self._left - 6, self.height()),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            tr("all"),
        )
        self._draw_signal(painter, area)
        scale = self.columns / self._view.total
        for band in self._bands.crossing(px=1 / scale):
            if band.kind == SOUND:
                left, wide = self._left + band.start * scale, (band.stop - band.start) * scale
                place = QRectF(left, area.bottom() - 5, max(1.0, wide), 5)
                painter.fillRect(place, QColor(band.colour))

    def _draw_signal(self, painter: QPainter, area: QRectF) -> None:
        shown = self._shown
        if shown is None or not len(shown.low):
            return
        low, high = shown.low[:, self._axes], shown.high[:, self._axes]
        least, most = float(low.min()), float(high.max())
        factor = (area.height() - 12) / max(most - least, 1e-9)
        edges = shown.edges if shown.exact else (shown.edges[:-1] + shown.edges[1:]) / 2
        xs = np.repeat(self._left + edges / self._view.total * self.columns, 2)
        for place in range(len(self._axes)):
            ys = np.empty(len(xs))
            ys[0::2] = 3 + (most - high[:, place]) * factor
            ys[1::2] = 3 + (most - low[:, place]) * factor
            painter.setPen(QColor(self._theme.axis(place, audio=self._sound)))
            painter.drawPath(pg.arrayToQPath(xs, ys))

    def _draw_box(self, painter: QPainter, area: QRectF) -> None:
        box = self._box()
        veil = QColor(self._theme["app"])
        veil.setAlphaF(0.6)
        painter.fillRect(QRectF(area.left(), 0, box.left() - area.left(), area.height()), veil)
        painter.fillRect(QRectF(box.right(), 0, area.right() - box.right(), area.height()), veil)
        accent = QColor(self._theme["accent"])
        painter.setPen(QPen(accent, 2))
        painter.drawRect(box.adjusted(1, 1, -1, -1))
        painter.setBrush(accent)
        painter.setPen(Qt.PenStyle.NoPen)
        for x in (box.left(), box.right()):
            painter.drawRoundedRect(QRectF(x - 3, box.center().y() - 9, 6, 18), 2, 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _part(self, x: float) -> str:
        box = self._box()
        if abs(x - box.left()) <= HANDLE / 2 + 1:
            return "start"
        if abs(x - box.right()) <= HANDLE / 2 + 1:
            return "stop"
        return "box" if box.left() < x < box.right() else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take an edge or the box; elsewhere, bring the box there."""
        x = event.position().x()
        reading = (x - self._left) / self.columns * self._view.total
        self._held = self._part(x)
        if not self._held:
            half = self._view.span / 2
            self._view.set(reading - half, reading + half)
            self._held = "box"
        self._grip = reading - self._view.start

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Zoom or pan."""
        x = event.position().x()
        reading = (x - self._left) / self.columns * self._view.total
        view = self._view
        if not self._held:
            part = self._part(x)
            edge = part in ("start", "stop")
            self.setCursor(
                Qt.CursorShape.SizeHorCursor if edge else Qt.CursorShape.PointingHandCursor
            )
        elif self._held == "start":
            view.set(min(reading, view.stop - 16), view.stop)
        elif self._held == "stop":
            view.set(view.start, max(reading, view.start + 16))
        else:
            view.set(reading - self._grip, reading - self._grip + view.span)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self._held = ""


class Ruler(Lane):
    """Times with round steps; a drag pans, a click puts the cursor there."""

    def __init__(self, view: WaveView, bands: Bands, lane: Lane) -> None:
        super().__init__(view, bands, lane.hands, lane.theme)
        self.setMinimumHeight(0)
        self.setFixedHeight(RULER)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAccessibleName(tr("Time"))
        self._pressed = 0.0

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the times, that of the cursor, and the ends of what is dragged."""
        painter = QPainter(self)
        painter.setFont(self.theme.font("small"))
        painter.fillRect(self.rect(), QColor(self.theme["surface"]))
        area, rate = self.area, self.view.rate
        most = max(2, int(area.width() / TICK_PX))
        places, step = clock_ticks(self.view.start / rate, self.view.stop / rate, most)
        painter.setPen(QColor(self.theme["axis"]))
        middle = Qt.AlignmentFlag.AlignVCenter
        names = (tr("time s"), "s") if self.view.total < 60 * rate else (tr("time"), "")
        width = painter.fontMetrics().horizontalAdvance
        name = next((one for one in names if width(one) <= self.left - 12), "")
        at_scale = QRectF(0, 0, self.left - 6, RULER)
        painter.drawText(at_scale, middle | Qt.AlignmentFlag.AlignRight, name)
        for seconds in places:
            x = self.x_of(seconds * rate)
            painter.drawLine(QPointF(x, RULER - 5), QPointF(x, RULER))
            words = clock(seconds, step)
            wide = painter.fontMetrics().horizontalAdvance(words)
            if x + wide / 2 <= self.width():
                left = max(x - wide / 2, area.left())
                painter.drawText(QRectF(left, 0, wide + 2, RULER - 4), middle, words)
        self._draw_pill(painter, area)

    def _draw_pill(self, painter: QPainter, area: QRectF) -> None:
        """Say where the cursor is, or where and how long the dragged band is."""
        rate, draft = self.view.rate, self.bands.draft
        step = max(self.px / rate, 1e-6)
        at = self.view.cursor
        words = timed(at / rate, step)
        if draft is not None:
            at = (draft.start + draft.stop) / 2
            length = timed((draft.stop - draft.start) / rate, step)
            words = f"{timed(draft.start / rate, step)} + {length}"
        elif self.view.marks is not None:
            first, second = self.view.marks
            at = (first + second) / 2
            apart = abs(second - first) / rate
            words = timed(apart, step) + (f"   {1 / apart:.3g} Hz" if apart > 0 else "")
        if not self.view.start <= at <= self.view.stop:
            return
        wide = painter.fontMetrics().horizontalAdvance(words) + 12
        left = min(max(self.x_of(at) - wide / 2, area.left()), area.right() - wide)
        pill = QRectF(left, 2, wide, RULER - 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme["text"]))
        painter.drawRoundedRect(pill, 4, 4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QColor(self.theme["surface"]))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, words)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the ruler."""
        self._pressed = event.position().x()
        self._panned_from = self.reading(self._pressed)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan."""
        if self._panned_from is not None and abs(event.position().x() - self._pressed) > 3:
            self.view.pan(self._panned_from - self.reading(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Put the cursor where a click was."""
        if abs(event.position().x() - self._pressed) <= 3:
            self.view.move(self.reading(event.position().x()))
        self._panned_from = None
