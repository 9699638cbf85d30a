"""What was decided, and the scores behind it, under the live signal and on its time axis."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.gui.texts import tr
from studio.gui.theme import Theme, label_colour
from studio.gui.widgets.live_plot import LivePlot
from studio.gui.widgets.live_plot_scale import figure
from studio.gui.widgets.ribbon import blocks_of, paint_ribbon

FRAME_MS = 33
GRAB = 8
RIBBON, HEAD, FOOT, RULER = 32, 20, 6, 36
NAME_GAP = 15
"""Heights at a text size of 100 %; they grow with it."""
MARGIN = 40
FAR = 1 << 20
FEW = 120
"""The most points of a score's line."""
SMOOTH = 800
"""Up to so many points in all the lines are drawn without steps, which takes longer."""
NAMED = 3
"""The most scores that have their names at the line."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was decided about one window of the stream."""

    start: int
    stop: int
    """In readings of the stream."""
    label: str
    """What was decided, empty for nothing."""
    means: tuple[float, ...]
    """Per label, what the rule holds against the threshold."""


class DecisionTracks(QWidget):
    """A ribbon of decisions and the scores as filled lines, aligned with a live plot.

    Signals
    -------
    threshold_moved : (float)
        A person drags the threshold.
    """

    threshold_moved = Signal(float)

    def __init__(self, theme: Theme, plot: LivePlot) -> None:
        super().__init__()
        self._theme, self._plot = theme, plot
        self.labels: list[str] = []
        self._judged: deque[Judged] = deque(maxlen=4000)
        self._stride, self._rate = 1, 1.0
        self._threshold = 0.6
        self._dragging = False
        self._drawn = (-1.0, 0, True)
        self.setAccessibleName(tr("Decisions and scores, on the time axis of the signal"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._tick)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and text size; what is shown stays."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def begin(self, labels: Sequence[str], *, stride: int, rate_hz: float) -> None:
        """Start over with a model's labels."""
        self.labels, self._stride, self._rate = list(labels), max(1, stride), rate_hz
        self._judged.clear()
        self.update()

    def add(self, judged: Judged) -> None:
        """Add what was decided about a window."""
        self._judged.append(judged)
        if not self._has_signal:
            self.update()

    @property
    def count(self) -> int:
        """How many windows are known."""
        return len(self._judged)

    @property
    def threshold(self) -> float:
        """Where the dashed line is, 0..1."""
        return self._threshold

    def set_threshold(self, threshold: float) -> None:
        """Draw the dashed line here."""
        self._threshold = threshold
        self.update()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(720, 200)

    def minimumSizeHint(self) -> QSize:
        """Return the size at which it still can be read."""
        return QSize(360, round(120 * self._grow))

    @property
    def _grow(self) -> float:
        return self._theme.percent / 100

    # -- time ------------------------------------------------------------------------------------

    def showEvent(self, event: object) -> None:
        """Move only while visible."""
        self._timer.start()

    def hideEvent(self, event: object) -> None:
        """Rest while hidden."""
        self._timer.stop()

    @property
    def _has_signal(self) -> bool:
        return self._plot.timeline is not None

    def _tick(self) -> None:
        if not self._has_signal:
            return
        drawn = (self._plot.x_of(0), len(self._judged), self._plot.isVisible())
        if drawn != self._drawn:
            self._drawn = drawn
            self.update()

    def _line(self, area: QRectF) -> tuple[float, float]:
        """Return the x of reading 0, and how far each next one lies right of it."""
        if self._has_signal:
            first = self._plot.x_of(0)
            return first, (self._plot.x_of(FAR) - first) / FAR
        now = self._judged[-1].stop if self._judged else 0
        each = area.width() / self._plot.seconds / self._rate
        return area.right() - now * each, each

    # -- drawing ---------------------------------------------------------------------------------

    def _areas(self) -> tuple[QRectF, QRectF]:
        """Return where the ribbon and the scores are drawn."""
        view = self._plot.view.area
        left, width = view.left(), max(10.0, view.width())
        if not self._plot.isVisible():
            width = self.width() - left - (self._plot.width() - view.right())
        foot = FOOT if self._plot.isVisible() else RULER * self._grow
        head, ribbon = HEAD * self._grow, RIBBON * self._grow
        top = head + ribbon + head
        scores = QRectF(left, top, width, max(20.0, self.height() - top - foot))
        return QRectF(left, head, width, ribbon), scores

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        painter.setFont(self._theme.font("small"))
        ribbon, scores = self._areas()
        for area in (ribbon, scores):
            painter.fillRect(area, QColor(self._theme["plot"]))
        self._head(painter, ribbon, tr("decided"))
        self._head(painter, scores, tr("mean score per label; drag the dashed threshold"))
        self._draw_grid(painter, scores)
        self._draw_ribbon(painter, ribbon)
        self._draw_scores(painter, scores)
        if not self._plot.isVisible():
            self._draw_ruler(painter, scores)

    def _head(self, painter: QPainter, area: QRectF, text: str) -> None:
        painter.setPen(QColor(self._theme["text_3"]))
        painter.drawText(QPointF(area.left(), area.top() - 5 * self._grow), text)

    def _draw_grid(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(QColor(self._theme["grid"]))
        for share in (0.0, 0.5, 1.0):
            y = int(area.bottom() - share * area.height())
            painter.drawLine(int(area.left()), y, int(area.right()), y)
        axis = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(self._theme["axis"]))
        line = painter.fontMetrics().height()
        for value, top in (("1", area.top() - 1), ("0", area.bottom() + 1 - line)):
            painter.drawText(QRectF(0, top, area.left() - 6, line), axis, value)

    def _draw_ruler(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(QColor(self._theme["axis"]))
        centre, span = Qt.AlignmentFlag.AlignCenter, self._plot.seconds
        line, wide = painter.fontMetrics().height(), 48 * self._grow
        for part in range(6):
            ago = span * part / 5
            x = area.right() - area.width() * part / 5
            box = QRectF(x - wide / 2, area.bottom() + 2, wide, line)
            painter.drawText(box, centre, figure(-ago, span / 5))
        below = QRectF(area.left(), area.bottom() + 2 + line, area.width(), line)
        painter.drawText(below, centre, tr("time (s), 0 is now"))

    def _seen(self, area: QRectF) -> list[Judged]:
        """Return the windows on show, and one more at either end."""
        first, each = self._line(area)
        oldest = (area.left() - MARGIN - first) / each
        newest = (area.right() + MARGIN - first) / each
        found = []
        for one in reversed(self._judged):  # only a few of those that are held
            if one.stop <= newest:
                found.append(one)
            if one.stop < oldest:
                break
        return found[::-1]

    def _draw_ribbon(self, painter: QPainter, area: QRectF) -> None:
        first, each = self._line(area)
        paint_ribbon(
            painter,
            area,
            blocks_of([(one.stop, one.label) for one in self._seen(area)], 1.5 * self._stride),
            self.labels,
            theme=self._theme,
            place=lambda reading: first + reading * each,
            unsure=tr("unsure"),
        )

    def _draw_scores(self, painter: QPainter, area: QRectF) -> None:
        judged = self._seen(area)
        if judged and self.labels:
            painter.setClipRect(area)
            first, each = self._line(area)
            xs = first + each * np.array([one.stop for one in judged])
            means = np.array([one.means for one in judged])
            if len(xs) > FEW:
                xs, means = _fewer(judged, xs, means, stride=self._stride)
            smooth = len(xs) * len(self.labels) <= SMOOTH
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=smooth)
            for index, label in enumerate(self.labels):
                ys = area.bottom() - means[:, index] * area.height()
                self._draw_line(painter, xs, ys, label, area.bottom())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
            painter.setClipping(False)
        self._draw_threshold(painter, area)
        if judged and self.labels:
            self._draw_names(painter, area, judged[-1].means)

    def _draw_line(
        self, painter: QPainter, xs: np.ndarray, ys: np.ndarray, label: str, bottom: float
    ) -> None:
        colour = QColor(label_colour(label, self.labels))
        around = np.concatenate([[bottom], ys, [bottom]])
        filled = pg.arrayToQPath(np.concatenate([xs[:1], xs, xs[-1:]]), around)
        colour.setAlphaF(0.16)
        painter.fillPath(filled, colour)
        colour.setAlphaF(1.0)
        painter.setPen(QPen(colour, 1.75))
        painter.drawPath(pg.arrayToQPath(xs, ys))

    def _threshold_y(self, area: QRectF) -> float:
        return area.bottom() - self._threshold * area.height()

    def _draw_threshold(self, painter: QPainter, area: QRectF) -> None:
        y = self._threshold_y(area)
        painter.setPen(QPen(QColor(self._theme["text"]), 1.5, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        line = painter.fontMetrics().height()
        at = min(max(y, area.top() + 1.3 * line), area.bottom() - 1.3 * line)
        painter.setPen(QColor(self._theme["text"]))
        box = QRectF(0, at - line / 2, area.left() - 6, line)
        painter.drawText(box, right, f"{self._threshold:.2f}")

    def _draw_names(self, painter: QPainter, area: QRectF, means: tuple[float, ...]) -> None:
        """Name the highest scores at their lines' ends."""
        order = sorted(range(len(self.labels)), key=lambda index: -means[index])[:NAMED]
        gap, line = NAME_GAP * self._grow, painter.fontMetrics().height()
        y = area.top() - gap
        for index in order:
            y = max(y + gap, area.bottom() - means[index] * area.height())
            y = min(y, area.bottom() - gap / 2 - gap * (len(order) - 1 - order.index(index)))
            colour = QColor(label_colour(self.labels[index], self.labels))
            painter.fillRect(QRectF(area.right() + 6, y - 4, 8, 8), colour)
            left = area.right() + 18
            room = QRectF(left, y - line / 2, self.width() - left, line)
            painter.setPen(QColor(self._theme["text_2"]))
            short = painter.fontMetrics().elidedText(
                self.labels[index], Qt.TextElideMode.ElideRight, int(room.width())
            )
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, short)

    # -- the threshold ---------------------------------------------------------------------------

    def threshold_place(self) -> QPoint:
        """Return a point of the line that can be dragged."""
        area = self._areas()[1]
        return QPointF(area.center().x(), self._threshold_y(area)).toPoint()

    def _near_threshold(self, at: QPointF) -> bool:
        area = self._areas()[1]
        inside = area.left() <= at.x() <= area.right()
        return inside and abs(at.y() - self._threshold_y(area)) <= GRAB

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the threshold."""
        self._dragging = self._near_threshold(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move it, or show that it can be."""
        near = self._dragging or self._near_threshold(event.position())
        self.setCursor(Qt.CursorShape.SizeVerCursor if near else Qt.CursorShape.ArrowCursor)
        if self._dragging:
            area = self._areas()[1]
            share = (area.bottom() - event.position().y()) / area.height()
            self.threshold_moved.emit(round(min(max(share, 0.0), 1.0), 2))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._dragging = False


def _fewer(
    judged: Sequence[Judged], xs: np.ndarray, means: np.ndarray, *, stride: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the highest scores of several windows each, always the same ones together."""
    together = stride * -(-len(judged) // FEW)
    number = np.array([one.stop // together for one in judged])
    begins = np.flatnonzero(np.diff(number, prepend=number[0] - 1))
    ends = np.append(begins[1:], len(xs)) - 1
    return xs[ends], np.maximum.reduceat(means, begins, axis=0)
