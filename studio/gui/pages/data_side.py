"""The parts of the library's panels at the right: one column of fields that scrolls."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.gui.icons import icon
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import ShortLabel, words

if TYPE_CHECKING:
    from studio.gui.pages.data_library import Library

_LONG = re.compile(r"[/_:.-](?=\S{6})|[^\s/_:.-]{12}(?=\S)")
"""After these, a word may be broken: marks, and where there is none for long."""
WIDTH = 320
GAP = 8
BOX = 34
ROOM = WIDTH - 48
"""What is left beside margins and the scroll bar."""


class SidePanel(QFrame):
    """A panel at the right of the library; content goes to `.box`.

    Signals
    -------
    closed : ()
        A person put it away.
    changed : ()
        What the page's primary button does is another thing.
    """

    TITLE = ""
    closed = Signal()
    changed = Signal()

    def __init__(self, library: "Library", theme: Theme) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.library = library
        self.session = library.session
        self.theme = theme
        self.heading = ShortLabel(tr(self.TITLE), "heading")
        self.away = QToolButton()
        self.away.setProperty("role", "quiet")
        self.away.setAccessibleName(tr("Close this panel"))
        self.away.setToolTip(tr("Close this panel (Esc)"))
        self.away.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.away)
        inner = QWidget()
        inner.setObjectName("side")
        self.box = QVBoxLayout(inner)
        self.box.setContentsMargins(0, 2, 8, 0)
        self.box.setSpacing(8)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(inner)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 4, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.area, 1)
        self.build()
        self.box.addStretch(1)
        self.set_theme(theme)

    def build(self) -> None:
        """Make the content."""

    def show_state(self) -> None:
        """Show what is known now: called when the panel opens and when the data change."""

    def take_focus(self) -> None:
        """Give the keyboard to the first field."""
        for one in self.area.findChildren(QWidget):
            tabbed = bool(one.focusPolicy() & Qt.FocusPolicy.TabFocus)
            if tabbed and one.isEnabled() and one.isVisibleTo(self):
                one.setFocus()
                return

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.theme = theme
        self.away.setIcon(icon("ph.x", theme["text_2"]))

    def heads(self, text: str) -> None:
        """Add a heading within the panel."""
        self.box.addSpacing(4)
        self.box.addWidget(words(text, "heading", wrap=True))

    def field(self, name: str, *widgets: QWidget, even: bool = False) -> None:
        """Add a named field; the first widget takes the room, unless it is parted evenly."""
        label = words(name, "hint", wrap=True)
        label.setBuddy(widgets[0])
        self.box.addWidget(label)
        self.box.addLayout(in_row(*widgets, even=even))
        for widget in widgets:
            if not widget.accessibleName() and not isinstance(widget, QPushButton):
                widget.setAccessibleName(name)

    def say(self, text: str, role: str = "hint") -> None:
        """Add a sentence."""
        self.box.addWidget(words(text, role, wrap=True))


def in_row(*widgets: QWidget, even: bool = False) -> QLayout:
    """Return widgets side by side; the first takes the room, unless it is parted evenly.

    In a language in which they have no room side by side they stand one below the other.
    """
    for widget in widgets:
        widget.ensurePolished()
    wanted = sum(widget.minimumSizeHint().width() + GAP for widget in widgets) - GAP
    row = QHBoxLayout() if wanted <= ROOM else QVBoxLayout()
    row.setSpacing(GAP)
    for place, widget in enumerate(widgets):
        row.addWidget(widget, 1 if even or not place else 0)
    return row


def breakable(text: str) -> str:
    """Return a text whose long words may be broken: a panel is not wider for an address."""
    return _LONG.sub("\\g<0>\u200b", text)


def check(text: str, tip: str = "") -> QCheckBox:
    """Return a check box whose text is broken into lines where it is long."""
    made = QCheckBox()
    made.ensurePolished()
    metrics, lines = made.fontMetrics(), [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and metrics.horizontalAdvance(longer) > ROOM - BOX:
            lines.append(word)
        else:
            lines[-1] = longer
    made.setText("\n".join(lines))
    made.setAccessibleName(text)
    made.setToolTip(tip)
    return made


def button(text: str, tip: str = "") -> QPushButton:
    """Return a plain button."""
    made = QPushButton(text)
    made.setToolTip(tip)
    return made


def combo(choices: Sequence[tuple[str, object]]) -> QComboBox:
    """Return a field of choices with what they stand for."""
    made = QComboBox()
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(8)
    for text, value in choices:
        made.addItem(text, value)
    return made


def offer(field: QComboBox, texts: Iterable[str]) -> None:
    """Let a field that can be typed in offer these texts; what is typed stays."""
    wanted = list(texts)
    if [field.itemText(place) for place in range(field.count())] != wanted:
        typed = field.currentText()
        field.clear()
        field.addItems(wanted)
        field.setEditText(typed)


def typed(accessible: str) -> QComboBox:
    """Return a field that can be typed in and offers what there is."""
    made = combo(())
    made.setEditable(True)
    made.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    made.setAccessibleName(accessible)
    return made


def clear(layout: QVBoxLayout) -> None:
    """Remove what a layout holds."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item else None
        inner = item.layout() if item else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(inner, QVBoxLayout | QHBoxLayout):
            clear(inner)  # type: ignore[arg-type]  # both hold items
