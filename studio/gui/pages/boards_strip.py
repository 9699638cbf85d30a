"""The takes of this session as small pictures, newest first; what is wrong with each in words."""

from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QScrollArea, QWidget

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import words

MOST = 30
WIDTH, HEIGHT, LINE = 112, 64, 14
"""Of a card and of its words, at a text size of 100 %."""


class TakeCard(QAbstractButton):
    """One take: its picture, name, length, and what its health report says in a word."""

    def __init__(self, row: dict[str, Any], theme: Theme) -> None:
        super().__init__()
        self._row, self._theme = row, theme
        found = [one for one in row["health"]["findings"] if one["severity"] != "info"]
        self.word = found[0]["kind"] if found else ""
        self._resize()
        about = "\n".join(one["sentence"] for one in found) or tr("Nothing is wrong with it.")
        self.setToolTip(f"{row['name']}\n{about}\n{tr('Press to see it on Data')}")
        self.setAccessibleName(row["name"])

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and text size."""
        self._theme = theme
        self._resize()
        self.update()

    def _resize(self) -> None:
        grow = self._theme.percent / 100
        self.setFixedSize(round(WIDTH * grow), round(HEIGHT * grow))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        colours = self._theme
        edge = "accent" if self.hasFocus() or self.underMouse() else "hairline"
        painter.setPen(QColor(colours[edge]))
        painter.setBrush(QColor(colours["plot"]))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.setPen(QColor(colours["audio"]))
        ends = self._row["picture"]
        wide, tall, line = self.width(), self.height(), LINE * colours.percent / 100
        middle, reach = tall / 2 - 3, tall / 2 - line - 3
        before = ends[0] if ends else [0.0, 0.0]
        for place, (low, high) in enumerate(ends):
            low, high, before = min(low, before[1]), max(high, before[0]), [low, high]
            x = 6 + place * (wide - 12) / max(1, len(ends))
            painter.drawLine(int(x), int(middle - high * reach), int(x), int(middle - low * reach))
        painter.setFont(colours.font("tiny"))
        painter.setPen(QColor(colours["text_2"]))
        name = self._row.get("label") or self._row["name"]
        metrics, seconds = painter.fontMetrics(), tr("{s} s", s=f"{self._row['seconds']:.1f}")
        room = wide - 20 - metrics.horizontalAdvance(seconds)
        short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(6, 1, wide - 12, line), left, short)
        painter.drawText(QRectF(6, 1, wide - 12, line), right, seconds)
        painter.setPen(QColor(colours["warn" if self.word else "ok"]))
        text = f"! {self.word}" if self.word else tr("fine")
        painter.drawText(QRectF(6, tall - line - 3, wide - 12, line), left, text)


class TakeStrip(QScrollArea):
    """A row of takes.

    Signals
    -------
    wanted : (int)
        The recording of this id is to be seen.
    """

    wanted = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._cards: list[TakeCard] = []
        self.setWidgetResizable(True)
        self._resize()
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Takes of this session"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._sheet = QWidget()
        self._sheet.setObjectName("sheet")
        self._row = QHBoxLayout(self._sheet)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._none = words(tr("The takes of this session appear here."), "hint")
        self._row.addWidget(self._none)
        self._row.addStretch(1)
        self.setWidget(self._sheet)

    @property
    def count(self) -> int:
        """How many takes are shown."""
        return len(self._cards)

    def add(self, row: dict[str, Any]) -> None:
        """Show a take first."""
        card = TakeCard(row, self._theme)
        card.clicked.connect(lambda: self.wanted.emit(row["recording"]))
        self._row.insertWidget(0, card)
        self._cards.insert(0, card)
        while len(self._cards) > MOST:
            last = self._cards.pop()
            self._row.removeWidget(last)
            last.deleteLater()
        self._none.hide()

    def clear(self) -> None:
        """Show none: another project is open."""
        while self._cards:
            card = self._cards.pop()
            self._row.removeWidget(card)
            card.deleteLater()
        self._none.show()

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self._resize()
        for card in self._cards:
            card.set_theme(theme)

    def _resize(self) -> None:
        """Have room for the cards and the scroll bar."""
        self.setFixedHeight(round(HEIGHT * self._theme.percent / 100) + 14)
