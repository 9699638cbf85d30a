"""The chain of a pipeline: one card per part with what it does and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QSizePolicy,
    QWidget,
)

from studio.gui.icons import icon
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.bars import size_text

PAD, BAR = 12, 4
TOP, SUMMARY, COST, LINE, HEIGHT = 8, 30, 50, 20, 84
"""Places of the lines and the height of a card, at a text size of 100 %."""
ARROW, SIGN = 20, 16
LEAST_MS = 0.01
COST_OF = {"window": "window", "signal": "signal", "learning": "model"}
"""Which part of a budget a card shows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card says."""

    title: str
    summary: str
    cost: str
    share: float
    """Of the time of one window, 0..1."""


def part_costs(budget: Mapping[str, Any] | None) -> dict[str, tuple[int, float]]:
    """Return bytes of RAM and milliseconds of each part of a budget."""
    if budget is None:
        return {}
    times = {row["name"]: float(row["ms"]) for row in budget["parts"]["latency"]}
    return {row["name"]: (int(row["bytes"]), times[row["name"]]) for row in budget["parts"]["ram"]}


def time_text(ms: float) -> str:
    """Return a time with sensible digits."""
    return tr("{ms} ms", ms=f"{ms:.3g}" if ms >= LEAST_MS else "0")


def cost_text(cost: tuple[int, float] | None, *, about: bool) -> str:
    """Return what a part costs; what is estimated begins with "~"."""
    if cost is None or cost == (0, 0.0):
        return ""
    sign = "~" if about else ""
    if cost[1] < LEAST_MS:  # a buffer takes no time of its own
        return tr("{size} RAM", size=f"{sign}{size_text(cost[0])}")
    return tr(
        "{time}, {size} RAM",
        time=f"{sign}{time_text(cost[1])}",
        size=f"{sign}{size_text(cost[0])}",
    )


class PartCard(QAbstractButton):
    """One part: its name, what it is set to, its cost, and its share of the time as a bar."""

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__()
        self._theme = theme
        self.shown = Shown(title, "", "", 0.0)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.show_part(self.shown)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def _tall(self, px: int) -> int:
        """Return a height that grows with the text."""
        return round(px * self._theme.percent / 100)

    def show_part(self, shown: Shown) -> None:
        """Show this."""
        self.shown = shown
        parts = [part for part in (shown.title, shown.summary, shown.cost) if part]
        if shown.share > 0:
            parts.append(
                tr("{share} % of the time of one window", share=f"{100 * shown.share:.0f}")
            )
        self.setAccessibleName(", ".join(parts))
        self.setToolTip("\n".join([*parts, tr("Previous, next part (Alt+Left, Alt+Right)")]))
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size at which most is readable."""
        return QSize(160, self._tall(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """Return the least size."""
        return QSize(96, self._tall(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card."""
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen, ring = self.isChecked(), self.hasFocus()
        edge = "accent" if chosen or self.underMouse() else "hairline"
        outline = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(QColor(theme[edge]), 1))
        painter.setBrush(QColor(theme["accent_soft" if chosen else "surface"]))
        painter.drawRoundedRect(outline, 8, 8)
        if ring:  # inside and apart from the edge: it is the focus, not the choice
            painter.setPen(QPen(QColor(theme["accent"]), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(outline.adjusted(3, 3, -3, -3), 6, 6)
        room = self.width() - 2 * PAD
        lines = (
            (TOP, self.shown.title, "heading", "accent" if chosen else "text"),
            (SUMMARY, self.shown.summary, "small", "text_2"),
            (COST, self.shown.cost, "small", "text_2"),
        )
        for top, text, role, colour in lines:
            painter.setFont(theme.font(role))
            short = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.setPen(QColor(theme[colour]))
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(PAD, self._tall(top), room, self._tall(LINE)), flags, short)
        self._draw_share(painter, room)

    def _draw_share(self, painter: QPainter, room: int) -> None:
        if not self.shown.cost:
            return
        bar = QRectF(PAD, self.height() - 12, room, BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme["track"]))
        painter.drawRoundedRect(bar, 2, 2)
        if self.shown.share > 0:
            width = max(BAR, bar.width() * min(1.0, self.shown.share))
            painter.setBrush(QColor(self._theme["accent"]))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), width, BAR), 2, 2)


class _Arrow(QWidget):
    """The sign between two cards."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedWidth(ARROW)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        area = QRect(0, 0, SIGN, SIGN)
        area.moveCenter(self.rect().center())
        icon("ph.caret-right", self._theme["text_3"]).paint(QPainter(self), area)


class Chain(QWidget):
    """All cards in the order of the way; one is chosen.

    Signals
    -------
    chosen : (str)
        The name of the part whose card was pressed.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, titles: Mapping[str, str]) -> None:
        super().__init__()
        self._titles = dict(titles)
        self.cards: dict[str, PartCard] = {}
        self._arrows: list[_Arrow] = []
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(0)
        for name, title in titles.items():
            if self.cards:
                arrow = _Arrow(theme)
                self._arrows.append(arrow)
                self.row.addWidget(arrow)
            card = PartCard(theme, title)
            card.clicked.connect(lambda _=False, name=name: self.chosen.emit(name))
            self.cards[name] = card
            self.row.addWidget(card, 1)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        for card in self.cards.values():
            card.set_theme(theme)
        for arrow in self._arrows:
            arrow.set_theme(theme)

    def show_parts(self, summaries: Mapping[str, str], budget: Mapping[str, Any] | None) -> None:
        """Show what each part is set to, and its cost by a budget; measured costs have no "~"."""
        costs = part_costs(budget)
        about = budget is None or budget["latency"]["estimated"]
        total = sum(ms for _, ms in costs.values()) or 1.0
        for name, title in self._titles.items():
            own = costs.get(COST_OF.get(name, ""))
            share = own[1] / total if own else 0.0
            text = cost_text(own, about=about)
            self.cards[name].show_part(Shown(title, summaries.get(name, ""), text, share))

    def choose(self, name: str) -> None:
        """Mark one card as chosen; the tab key goes to all of them."""
        for other, card in self.cards.items():
            card.setChecked(other == name)

    def next_of(self, name: str, direction: int) -> str:
        """Return the name of the neighbour of a card."""
        names = list(self.cards)
        return names[(names.index(name) + direction) % len(names)]
