"""The mark of a state: a shape of its own besides its colour, so that grey-scale tells it too."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from studio.gui.texts import tr
from studio.gui.theme import Theme

NONE, WORK, DONE, STALE, FAILED = "none", "work", "done", "stale", "failed"
COLOURS = {WORK: "text_2", DONE: "ok", STALE: "warn", FAILED: "danger"}
MARK = 8
"""Width of a mark in px."""


def state_words(state: str) -> str:
    """Return a state in words."""
    said = {
        NONE: tr("not started"),
        WORK: tr("in work"),
        DONE: tr("done"),
        STALE: tr("out of date"),
        FAILED: tr("failed"),
    }
    return said[state]


def draw_mark(painter: QPainter, centre: QPointF, state: str, theme: Theme) -> None:
    """Draw a ring (in work), a disc (done), a triangle (out of date) or a cross (failed)."""
    if state == NONE:
        return
    colour = QColor(theme[COLOURS[state]])
    half = MARK / 2
    area = QRectF(centre.x() - half, centre.y() - half, MARK, MARK)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if state == WORK:
        painter.drawEllipse(area.adjusted(1, 1, -1, -1))
    elif state == FAILED:
        inner = area.adjusted(1, 1, -1, -1)
        painter.drawLine(inner.topLeft(), inner.bottomRight())
        painter.drawLine(inner.topRight(), inner.bottomLeft())
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        if state == DONE:
            painter.drawEllipse(area)
        else:
            top = QPointF(centre.x(), area.top())
            painter.drawPolygon(QPolygonF([top, area.bottomRight(), area.bottomLeft()]))
    painter.restore()
