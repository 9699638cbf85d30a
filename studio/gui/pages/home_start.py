"""Ways to begin: the bundled examples, an empty project, your own data, just a signal."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout

from studio.gui.icons import icon
from studio.gui.theme import Theme
from studio.gui.widgets.choice import Choice
from studio.gui.widgets.panel import Panel, words

ICON = 24
ICON_ROOM = 48


@dataclass(frozen=True, slots=True)
class Way:
    """One way to begin: what a card says and does."""

    icon: str
    title: str
    sentence: str
    act: Callable[[], None]


class Card(Choice):
    """A large button with an icon, a title and one sentence."""

    def __init__(self, way: Way, theme: Theme) -> None:
        super().__init__()
        self._way, self._theme = way, theme
        self.setText(way.title)
        self.setAccessibleName(way.title)
        self.setAccessibleDescription(way.sentence)
        self.clicked.connect(way.act)
        column = QVBoxLayout(self)
        column.setContentsMargins(ICON_ROOM, 8, 12, 8)
        column.setSpacing(2)
        column.addWidget(words(way.title, "heading"))
        column.addWidget(words(way.sentence, "hint", wrap=True))
        for label in self.findChildren(QLabel):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for its words."""
        layout = self.layout()
        return layout.sizeHint() if layout else super().sizeHint()

    def hasHeightForWidth(self) -> bool:
        """Whether the sentence may wrap."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height at a width."""
        layout = self.layout()
        return layout.heightForWidth(width) if layout else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw frame, focus and icon."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        lively = self.isEnabled() and (self.underMouse() or self.hasFocus())
        painter.setBrush(QColor(self._theme["accent_soft" if lively else "surface"]))
        edge = "accent" if self.hasFocus() else "control"
        painter.setPen(QPen(QColor(self._theme[edge]), 2 if self.hasFocus() else 1))
        painter.drawRoundedRect(area, 8, 8)
        colour = self._theme["accent" if self.isEnabled() else "disabled"]
        picture = icon(self._way.icon, colour).pixmap(QSize(ICON, ICON), self.devicePixelRatio())
        painter.drawPixmap((ICON_ROOM - ICON) // 2, (self.height() - ICON) // 2, picture)


class StartPanel(Panel):
    """A column of cards under a heading."""

    def __init__(self, heading: str, ways: list[Way], theme: Theme) -> None:
        super().__init__(heading)
        self.cards = [Card(way, theme) for way in ways]
        for card in self.cards:
            self.box.addWidget(card)
        self.box.addStretch(1)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        for card in self.cards:
            card.set_theme(theme)
