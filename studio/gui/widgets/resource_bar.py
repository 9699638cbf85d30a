"""What an image takes of one resource of the board: parts to be looked at by pointer or keys."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.gui.texts import tr
from studio.gui.theme import Theme, ink_on, part_colour

HEAD, BAR, BEFORE, LEGEND = 20, 20, 6, 18
"""Heights of its parts in px at a text size of 100 %."""


@dataclass(frozen=True, slots=True)
class Part:
    """A slice of a bar."""

    name: str
    size: float
    said: str
    """Its size in words."""
    about: str
    """What it is, and how to shrink it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What a bar shows."""

    name: str
    parts: tuple[Part, ...]
    limit: float
    said: str
    """Used and limit in words, such as `~ 62.1 of 256 KiB`."""
    estimated: bool
    before: float = 0.0
    """What the build before took; 0 if there is none."""


class ResourceBar(QWidget):
    """One stacked bar; Left and Right go through its parts.

    Signals
    -------
    looked_at : (object)
        The part under the pointer or chosen by keys; None when none is.
    """

    looked_at = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._resource: Resource | None = None
        self._chosen = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and text size."""
        self._theme = theme
        heights = (round(one * theme.percent / 100) for one in (HEAD, BAR, LEGEND))
        self._head, self._bar, self._legend = heights
        self.setFixedHeight(self._head + self._bar + BEFORE + self._legend + 6)
        self.update()

    def show_resource(self, resource: Resource) -> None:
        """Show this."""
        self._resource, self._chosen = resource, -1
        self.setAccessibleName(f"{resource.name}: {resource.said}")
        parts = ", ".join(f"{part.name} {part.said}" for part in resource.parts)
        self.setAccessibleDescription(parts)
        self.update()

    @property
    def resource(self) -> Resource | None:
        """What is shown."""
        return self._resource

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(360, self.height())

    # -- parts -----------------------------------------------------------------------------------

    def _boxes(self) -> list[QRectF]:
        """Return where the parts lie."""
        resource = self._resource
        if resource is None:
            return []
        used = sum(part.size for part in resource.parts)
        scale = (self.width() - 4) / max(resource.limit, used, 1e-9)
        boxes, x = [], 2.0
        for part in resource.parts:
            width = max(part.size * scale, 2.0) if part.size > 0 else 0.0
            boxes.append(QRectF(x, self._head, width, self._bar))
            x += width
        return boxes

    def _choose(self, place: int) -> None:
        if place != self._chosen:
            self._chosen = place
            parts = self._resource.parts if self._resource else ()
            part = parts[place] if 0 <= place < len(parts) else None
            self.setToolTip(f"{part.name} {part.said}" if part else "")
            self.looked_at.emit(part)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Look at the part under the pointer."""
        at = event.position()
        hits = [place for place, box in enumerate(self._boxes()) if box.contains(at)]
        self._choose(hits[0] if hits else -1)

    def leaveEvent(self, event: object) -> None:
        """Look at none any more."""
        self._choose(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the next part, or the one before."""
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        places = [
            i
            for i, part in enumerate(self._resource.parts if self._resource else ())
            if part.size > 0
        ]
        if step is None or not places:
            super().keyPressEvent(event)
            return
        at = places.index(self._chosen) + step if self._chosen in places else 0
        self._choose(places[at % len(places)])

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Look at none any more."""
        self._choose(-1)
        super().focusOutEvent(event)

    # -- drawing ---------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        resource = self._resource
        if resource is None:
            return
        painter = QPainter(self)
        self._draw_head(painter, resource)
        frame = QRectF(2, self._head, self.width() - 4, self._bar)
        painter.fillRect(frame, QColor(self._theme["track"]))
        for place, (part, box) in enumerate(zip(resource.parts, self._boxes(), strict=True)):
            self._draw_part(painter, place, part, box)
        used = sum(part.size for part in resource.parts)
        if used > resource.limit > 0:
            over = QRectF(frame)
            over.setLeft(frame.left() + frame.width() * resource.limit / used)
            painter.fillRect(over, QColor(self._theme["danger_soft"]))
            hatch = QBrush(QColor(self._theme["danger"]), Qt.BrushStyle.BDiagPattern)
            painter.fillRect(over, hatch)
            painter.setPen(QPen(QColor(self._theme["danger"]), 2))
            painter.drawLine(over.topLeft(), over.bottomLeft())
        painter.setPen(QPen(QColor(self._theme["control"]), 1))
        painter.drawRect(frame)
        self._draw_before(painter, resource, frame, max(resource.limit, used, 1e-9))
        self._draw_legend(painter, resource)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme["accent"]), 2))
            painter.drawRect(QRectF(1, self._head - 2, self.width() - 2, self._bar + 4))

    def _draw_head(self, painter: QPainter, resource: Resource) -> None:
        used = sum(part.size for part in resource.parts)
        share = used / resource.limit if resource.limit else 0.0
        painter.setFont(self._theme.font("small"))
        fits = share <= 1
        verdict = tr("✓ fits") if fits else tr("✕ does not fit")
        percent = "<1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"
        known = f"{percent}   {verdict}" if used else ""
        text = known if resource.limit else tr("no board chosen")
        colour = ("ok" if fits else "danger") if resource.limit else "text_2"
        painter.setPen(QColor(self._theme[colour]))
        box = QRectF(0, 0, self.width() - 2, self._head - 2)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        metrics = painter.fontMetrics()
        room = self.width() - metrics.horizontalAdvance(text) - 16
        said = f"{resource.name}   {resource.said}"
        painter.setPen(QColor(self._theme["text"]))
        short = metrics.elidedText(said, Qt.TextElideMode.ElideRight, room)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box.adjusted(2, 0, 0, 0), left, short)

    def _draw_part(self, painter: QPainter, place: int, part: Part, box: QRectF) -> None:
        if box.width() <= 0:
            return
        colour = part_colour(place)
        inner = QRectF(box.left(), box.top(), max(1.0, box.width() - 1), self._bar)
        painter.fillRect(inner, QColor(colour))
        resource = self._resource
        if resource is not None and resource.estimated:
            light = QColor(ink_on(colour))
            light.setAlphaF(0.25)
            painter.fillRect(inner, QBrush(light, Qt.BrushStyle.Dense6Pattern))
        if place == self._chosen:
            painter.setPen(QPen(QColor(self._theme["text"]), 2))
            painter.drawRect(inner.adjusted(1, 1, -1, -1))
        painter.setFont(self._theme.font("tiny"))
        if painter.fontMetrics().horizontalAdvance(part.name) + 8 <= box.width():
            painter.setPen(QColor(ink_on(colour)))
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, part.name)

    def _draw_before(
        self, painter: QPainter, resource: Resource, frame: QRectF, whole: float
    ) -> None:
        """Hatch what the build before took."""
        if resource.before <= 0:
            return
        width = max(2.0, frame.width() * resource.before / whole)
        box = QRectF(frame.left(), frame.bottom() + 2, min(width, frame.width()), BEFORE)
        hatch = QBrush(QColor(self._theme["control"]), Qt.BrushStyle.BDiagPattern)
        painter.fillRect(box, hatch)
        painter.setPen(QPen(QColor(self._theme["control"]), 1))
        painter.drawRect(box)

    def _draw_legend(self, painter: QPainter, resource: Resource) -> None:
        """Name the parts that are there, as many as there is room for."""
        painter.setFont(self._theme.font("tiny"))
        x, top = 2.0, self._head + self._bar + BEFORE + 4
        for place in self._named(painter, resource):
            part = resource.parts[place]
            text = f"{part.name} {part.said}"
            width = 14 + painter.fontMetrics().horizontalAdvance(text)
            swatch = QRectF(x, top + self._legend / 2 - 5, 8, 8)
            painter.fillRect(swatch, QColor(part_colour(place)))
            painter.setPen(QPen(QColor(self._theme["control"]), 1))
            painter.drawRect(swatch)
            chosen = place == self._chosen
            painter.setPen(QColor(self._theme["text" if chosen else "text_2"]))
            painter.drawText(
                QRectF(x + 13, top, width, self._legend - 2), Qt.AlignmentFlag.AlignVCenter, text
            )
            x += width + 12

    def _named(self, painter: QPainter, resource: Resource) -> list[int]:
        """Return the parts whose names there is room for: the largest, in their order."""
        room, found = float(self.width()), []
        for place in sorted(range(len(resource.parts)), key=lambda i: -resource.parts[i].size):
            part = resource.parts[place]
            text = f"{part.name} {part.said}"
            room -= 26 + painter.fontMetrics().horizontalAdvance(text)
            if part.size <= 0 or room < 0:
                break
            found.append(place)
        return sorted(found)
