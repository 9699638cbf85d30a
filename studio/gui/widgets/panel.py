"""The plain building blocks of pages: a panel with a heading, labels by role, a facts table."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget


def words(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label; `role` chooses its look in the style sheet."""
    label = QLabel(text)
    label.setWordWrap(wrap)
    if role:
        label.setProperty("role", role)
    return label


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
        self.heading = words(heading, "heading")
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
