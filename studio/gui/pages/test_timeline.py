"""One test recording over time: what is true, what was decided, and where it was misread."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.gui import theme as themes
from studio.gui.keys import label_key
from studio.gui.texts import tr
from studio.gui.theme import Theme

RIGHT, LANE, FOOT, TICK = 12, 26, 20, 12


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the recording in seconds; of a decision, the time that it stands for."""

    start_s: float
    stop_s: float
    label: str
    """Empty: unsure."""
    window: int = -1
    """Number of the window that was decided."""
    right: bool = True


class Timeline(QWidget):
    """Two ribbons on one time axis; misread windows have a tick under them.

    Signals
    -------
    picked : (int)
        The window that the person wants to see.
    """

    picked = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.set_theme(theme)
        self._seconds = 1.0
        self._truth: list[Block] = []
        self._decided: list[Block] = []
        self._labels: list[str] = []
        self._chosen = -1
        self._marked: set[int] = set()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Truth and decisions over time"))

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and text size."""
        self._theme = theme
        metrics = QFontMetricsF(theme.font("small"))
        said = (tr("true"), tr("decided"), tr("time (s)"))
        self._left = max(map(metrics.horizontalAdvance, said)) + 24
        """Where time begins: right of the words."""
        self.update()

    def sizeHint(self) -> QSize:
        """Return the height of both ribbons."""
        return QSize(400, 2 * LANE + TICK + FOOT + 6)

    def show_blocks(
        self,
        seconds: float,
        truth: Sequence[Block],
        decided: Sequence[Block],
        labels: Sequence[str],
    ) -> None:
        """Show a recording of so many seconds."""
        self._seconds, self._labels = max(seconds, 1e-6), list(labels)
        self._truth, self._decided = list(truth), list(decided)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if decided else Qt.FocusPolicy.NoFocus)
        wrong = sum(not block.right for block in decided)
        self.setAccessibleDescription(
            tr("{wrong} of {of} windows misread", wrong=wrong, of=len(decided))
        )
        self.update()

    def choose(self, window: int, marked: Sequence[int] = ()) -> None:
        """Outline a window, and mark those that the matrix has chosen."""
        self._chosen, self._marked = window, set(marked)
        self.update()

    def _x(self, seconds: float) -> float:
        return self._left + (self.width() - self._left - RIGHT) * seconds / self._seconds

    def _rect(self, block: Block, lane: int) -> QRectF:
        x, end = self._x(block.start_s), self._x(block.stop_s)
        return QRectF(x, 2 + lane * (LANE + 2), max(2.0, end - x - 1), LANE)

    def _under(self, place: QPointF) -> Block | None:
        lane = 0 if place.y() < LANE + 2 else 1
        blocks = self._truth if lane == 0 else self._decided
        found = (one for one in blocks if self._rect(one, lane).left() <= place.x())
        near = [one for one in found if place.x() <= self._rect(one, lane).right() + 1]
        return near[-1] if near else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the window under the pointer."""
        block = self._under(event.position())
        if block is not None and block.window >= 0:
            self.picked.emit(block.window)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer."""
        block = self._under(event.position())
        if block is None:
            QToolTip.hideText()
            return
        said = block.label or tr("unsure")
        text = f"{block.start_s:.2f} s: {said}"
        if not block.right:
            text = tr("{place}, misread", place=text)
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the window before or after."""
        windows = [block.window for block in self._decided]
        key = event.key()
        if key not in (Qt.Key.Key_Left, Qt.Key.Key_Right) or not windows:
            super().keyPressEvent(event)
            return
        step = 1 if key == Qt.Key.Key_Right else -1
        at = windows.index(self._chosen) + step if self._chosen in windows else 0
        self.picked.emit(windows[min(max(at, 0), len(windows) - 1)])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        painter.setFont(self._theme.font("small"))
        right, left = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._left
        for lane, name in enumerate((tr("true"), tr("decided"))):
            painter.setPen(QColor(self._theme["text_2"]))
            painter.drawText(QRectF(0, 2 + lane * (LANE + 2), left - 8, LANE), right, name)
            whole = QRectF(left, 2 + lane * (LANE + 2), self.width() - left - RIGHT, LANE)
            painter.fillRect(whole, QColor(self._theme["sunken"]))
        for lane, blocks in enumerate((self._truth, self._decided)):
            for block in blocks:
                self._draw_block(painter, block, lane)
        for block in self._decided:
            self._draw_mark(painter, block)
        if self._truth or self._decided:
            self._draw_axis(painter)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme["accent"]), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _draw_block(self, painter: QPainter, block: Block, lane: int) -> None:
        rect = self._rect(block, lane)
        if not block.label:  # unsure: hatched, no colour
            grey = QColor(self._theme["control"])
            painter.fillRect(rect, QBrush(grey, Qt.BrushStyle.BDiagPattern))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(grey, 1))
            painter.drawRect(rect)
            return
        colour = themes.label_colour(block.label, self._labels)
        painter.fillRect(rect, QColor(colour))
        width = painter.fontMetrics().horizontalAdvance
        number = label_key(block.label, self._labels)
        inside = rect.adjusted(2, 0, -2, 0)
        fitting = (text for text in (block.label, number) if width(text) <= inside.width())
        painter.setPen(QColor(themes.ink_on(colour)))
        painter.drawText(inside, Qt.AlignmentFlag.AlignCenter, next(fitting, ""))

    def _draw_mark(self, painter: QPainter, block: Block) -> None:
        """Tick what was misread, and outline the chosen window."""
        rect = self._rect(block, 1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not block.right:
            x, y = rect.center().x(), rect.bottom() + 3
            tip = [QPointF(x, y), QPointF(x - 4, y + 7), QPointF(x + 4, y + 7)]
            painter.setPen(QPen(QColor(self._theme["danger"]), 1.5))
            filled = bool(block.label)  # hollow: missed, filled: something else was said
            painter.setBrush(QColor(self._theme["danger"]) if filled else Qt.BrushStyle.NoBrush)
            painter.drawPolygon(QPolygonF(tip))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if block.window == self._chosen or block.window in self._marked:
            width = 3 if block.window == self._chosen else 1
            painter.setPen(QPen(QColor(self._theme["text"]), width))
            painter.drawRect(rect)

    def _draw_axis(self, painter: QPainter) -> None:
        top = 2 * (LANE + 2) + TICK
        step = next(
            size * power
            for power in (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 1e4, 1e5)
            for size in (1, 2, 5)
            if self._seconds / (size * power) <= 10 or power == 1e5
        )
        centre = Qt.AlignmentFlag.AlignCenter
        painter.setPen(QColor(self._theme["axis"]))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, top, self._left - 16, FOOT), right, tr("time (s)"))
        for number in range(int(self._seconds / step) + 1):
            x = self._x(number * step)
            painter.drawLine(QPointF(x, top), QPointF(x, top + 3))
            at = QRectF(min(x - 24, self.width() - 48), top + 2, 48, FOOT - 2)
            painter.drawText(at, centre, f"{number * step:g}")
