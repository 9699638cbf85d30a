"""The plain building blocks of pages: a panel with a heading, labels by role, a facts table."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractSpinBox, QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

INSET = 6
"""Room in px between the edge of a number field and its number."""


def words(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label; `role` chooses its look in the style sheet."""
    label = _Prose(text) if wrap else QLabel(text)
    if role:
        label.setProperty("role", role)
    return label


class _Prose(QLabel):
    """Words over several lines that are never cut, whatever the layout around thinks of height."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._fits: tuple[object, ...] = ()
        self.setWordWrap(True)

    def setText(self, text: str) -> None:
        """Show this text."""
        super().setText(text)
        self._need_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Need another height when the width is another."""
        super().resizeEvent(event)
        self._need_height()

    def changeEvent(self, event: QEvent) -> None:
        """Need another height when the letters are larger, or of another weight."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._need_height()

    def _need_height(self) -> None:
        now = self.width(), self.text(), self.font().key()
        if self.width() > 1 and now != self._fits:
            self._fits = now
            self.setMinimumHeight(0)  # or the height for a width is never less than it was
            self.setMinimumHeight(max(0, self.heightForWidth(self.width())))


class ShortLabel(QLabel):
    """A line of text that is cut short with dots where there is no room; the tip has all of it.

    Unlike a plain label it never asks for the room of its whole text, so that a long name does
    not push its neighbours aside.
    """

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__()
        if role:
            self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show this text."""
        super().setText(text)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        """Return the size at which it still tells something."""
        return QSize(40, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """Return the size of the whole text's line, but no claim on width."""
        return QSize(40, super().sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much as there is room for."""
        area = self.contentsRect()
        short = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, area.width()
        )
        painter = QPainter(self)
        self.style().drawItemText(
            painter,
            area,
            self.alignment(),
            self.palette(),
            self.isEnabled(),
            short,
            self.foregroundRole(),
        )


def inset_numbers(parent: QWidget) -> None:
    """Let the numbers of all fields stand off the edge: a style sheet cannot reach inside."""
    for field in parent.findChildren(QAbstractSpinBox):
        field.lineEdit().setTextMargins(INSET, 0, INSET, 0)


def set_role(widget: QWidget, role: str) -> None:
    """Change the look that the style sheet gives a widget."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Panel(QFrame):
    """A framed area with a heading; add content to `.box`."""

    def __init__(self, heading: str) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(12, 12, 12, 12)
        self.box.setSpacing(8)
        self.heading = ShortLabel(heading, "heading")
        self.box.addWidget(self.heading)


class Facts(QWidget):
    """Names at the left, values at the right; set by `show_facts`."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._values: dict[str, QLabel] = {}

    def show_facts(self, facts: dict[str, str]) -> None:
        """Show these facts; rows are kept while the names stay the same."""
        if list(facts) != list(self._values):
            while self._grid.count():
                item = self._grid.takeAt(0)
                widget = item.widget() if item else None
                if widget:
                    widget.deleteLater()
            self._values = {}
            for row, name in enumerate(facts):
                self._grid.addWidget(words(name, "hint"), row, 0, Qt.AlignmentFlag.AlignTop)
                value = words(wrap=True)
                value.setAlignment(Qt.AlignmentFlag.AlignRight)
                value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._grid.addWidget(value, row, 1)
                self._values[name] = value
        for name, text in facts.items():
            self._values[name].setText(text)
            self._values[name].setAccessibleName(f"{name}: {text}")
