"""The rail: the steps of the way with icon, word, key and state; what is not a step below."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QVBoxLayout, QWidget

from studio.gui.icons import icon
from studio.gui.steps import STEPS
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.marks import NONE, draw_mark, state_words

WIDE_FROM = 1600
"""Width of the window from which words stand beside the icons."""
BAR = 3
RING = 2


class RailButton(QAbstractButton):
    """One place of the rail, drawn by hand: its parts move when the rail becomes wide."""

    def __init__(self, picture: str, word: str, key: str, theme: Theme) -> None:
        super().__init__()
        self._picture, self._key, self._theme = picture, key, theme
        self._wide, self._state = False, NONE
        self._tip = ""
        self.setText(word)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.set_state(NONE)

    @property
    def state(self) -> str:
        """The state that is shown."""
        return self._state

    def set_state(self, state: str, text: str = "", reason: str = "") -> None:
        """Show how far this step is; the tip says why."""
        self._state = state
        key = self._key if len(self._key) > 1 or not self._key.isdigit() else f"Ctrl+{self._key}"
        facts = [part for part in (text, reason) if part]
        said = state_words(state) if state != NONE else ""
        self.setAccessibleName(", ".join(filter(None, (self.text(), said))))
        self.setAccessibleDescription(" ".join(facts))
        head = f"{self.text()}: {said}" if said else self.text()
        self.setToolTip("\n".join([f"{head} ({key})", *facts]))
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and sizes."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_wide(self, wide: bool) -> None:
        """Put the word beside the icon, or under it."""
        self._wide = wide
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for icon, word, key and mark."""
        role = "body" if self._wide else "tiny"
        word = QFontMetrics(self._theme.font(role)).horizontalAdvance(self.text())
        beside = 56 + 48 if self._wide else 2 * BAR + 4
        return QSize(word + beside, self._theme.px("step"))

    def minimumSizeHint(self) -> QSize:
        """Return the least room: in a low window the key is left out."""
        line = QFontMetrics(self._theme.font("tiny")).height()
        return QSize(self.sizeHint().width(), self._theme.px("icon_rail") + line + 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, icon, word, key and mark."""
        theme, painter = self._theme, QPainter(self)
        here, hover = self.isChecked(), self.underMouse()
        if here or hover:
            painter.fillRect(self.rect(), QColor(theme["accent_soft" if here else "surface"]))
        if here:
            painter.fillRect(0, 0, BAR, self.height(), QColor(theme["accent"]))
        ink = theme["accent"] if here else theme["text" if hover else "text_2"]
        picture = icon(f"{self._picture}-fill" if here else self._picture, ink)
        size = theme.px("icon_rail")
        if self._wide:
            self._draw_wide(painter, size, ink)
            picture.paint(painter, QRect(20, (self.height() - size) // 2, size, size))
        else:
            top = self._draw_narrow(painter, size, ink)
            picture.paint(painter, QRect((self.width() - size) // 2, top, size, size))
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme["accent"]), RING))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _draw_narrow(self, painter: QPainter, size: int, ink: str) -> int:
        """Draw word, key and mark around an icon of this size; return where the icon begins."""
        theme = self._theme
        font = theme.font("tiny")
        line = QFontMetrics(font).height()
        with_key = self.height() >= size + 2 * line + 6
        lines = 2 if with_key else 1
        top = max(2, (self.height() - size - lines * line - 2) // 2)
        middle = Qt.AlignmentFlag.AlignCenter
        painter.setFont(font)
        painter.setPen(QColor(ink))
        painter.drawText(QRect(0, top + size + 2, self.width(), line), middle, self.text())
        if with_key:
            below = QRect(0, top + size + 1 + line, self.width(), line)
            painter.setPen(QColor(theme["text_3"]))
            painter.drawText(below, middle, self._key)
        centre = QPointF(self.width() / 2 + size / 2 + 8, top + 5)
        draw_mark(painter, centre, self._state, theme)
        return top

    def _draw_wide(self, painter: QPainter, size: int, ink: str) -> None:
        theme, height = self._theme, self.height()
        painter.setFont(theme.font("body"))
        painter.setPen(QColor(ink))
        place = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRect(size + 36, 0, self.width(), height), place, self.text())
        painter.setFont(theme.font("tiny"))
        painter.setPen(QColor(theme["text_3"]))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRect(0, 0, self.width() - 16, height), right, self._key)
        draw_mark(painter, QPointF(self.width() - 40, height / 2), self._state, theme)


class Rail(QWidget):
    """All steps, and below them plugins, settings and help.

    Signals
    -------
    chosen : (int)
        The place of a step that was pressed.
    plugins_wanted, settings_wanted, help_wanted : ()
        One of the buttons below was pressed.
    """

    chosen = Signal(int)
    plugins_wanted = Signal()
    settings_wanted = Signal()
    help_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme, self._wide = theme, False
        self._group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(0)
        self.steps: list[RailButton] = []
        for place, step in enumerate(STEPS):
            button = RailButton(step.icon, step.title, str(place + 1), theme)
            button.setCheckable(True)
            self._group.addButton(button, place)
            self.steps.append(button)
            column.addWidget(button)
        column.addStretch(1)
        self.plugins = RailButton("ph.squares-four", tr("Plugins"), "Ctrl+P", theme)
        self.plugins.clicked.connect(self.plugins_wanted)
        self.settings = RailButton("ph.gear", tr("Settings"), "Ctrl+,", theme)
        self.settings.clicked.connect(self.settings_wanted)
        self.help = RailButton("ph.question", tr("Keys"), "?", theme)
        self.help.clicked.connect(self.help_wanted)
        self.buttons = [*self.steps, self.plugins, self.settings, self.help]
        for button in (self.plugins, self.settings, self.help):
            column.addWidget(button)
        self._group.idClicked.connect(self.chosen)
        self._fit()

    def set_here(self, place: int) -> None:
        """Mark the step whose page is shown."""
        self.steps[place].setChecked(True)

    def show_states(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Show how far each step is: rows {state, text, reason} by the step's name."""
        for step, button in zip(STEPS, self.steps, strict=True):
            row = rows.get(step.name, {})
            button.set_state(
                str(row.get("state", NONE)), str(row.get("text", "")), str(row.get("reason", ""))
            )

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and sizes."""
        self._theme = theme
        for button in self.buttons:
            button.set_theme(theme)
        self._fit()

    def set_room(self, width: int) -> None:
        """Become wide or narrow, by the width of the window."""
        wide = width >= WIDE_FROM
        if wide != self._wide:
            self._wide = wide
            for button in self.buttons:
                button.set_wide(wide)
            self._fit()

    def _fit(self) -> None:
        least = self._theme.px("rail_wide" if self._wide else "rail_narrow")
        self.setFixedWidth(max(least, *(button.sizeHint().width() for button in self.buttons)))
