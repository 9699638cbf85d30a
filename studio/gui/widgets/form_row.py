"""One row of a form: the name, the field, and what stands beside and below it when it is needed.

Most rows never show a problem, a way out, help or a way back: these are made on first use.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from studio.gui.texts import tr
from studio.gui.widgets.form_fields import Field, number_text
from studio.gui.widgets.panel import words
from studio.params import ParamInfo


@dataclass(frozen=True, slots=True)
class Fix:
    """A way out of an error, on a button."""

    text: str
    """The act, translated, such as "Use 64"."""
    act: Callable[[], object]


def offer(box: QWidget, fixes: Sequence[Fix]) -> None:
    """Show a button for each way out in a box with a layout; none: the box is hidden."""
    for button in box.findChildren(QPushButton):
        button.hide()
        button.deleteLater()
    layout = box.layout()
    for fix in fixes:
        button = QPushButton(fix.text)
        button.clicked.connect(lambda _=False, act=fix.act: act())
        if layout is not None:
            layout.addWidget(button)
    box.setVisible(bool(fixes))


class Below(QWidget):
    """What a row has to say under its field."""

    def __init__(self) -> None:
        super().__init__()
        self.problem = words("", "problem", wrap=True)
        self.fixes = QWidget()
        self.help = words("", "hint", wrap=True)
        fixes = QVBoxLayout(self.fixes)
        fixes.setContentsMargins(0, 0, 0, 0)
        fixes.setSpacing(4)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        for widget in (self.problem, self.fixes, self.help):
            box.addWidget(widget)
            widget.hide()

    def show_problem(self, text: str, fixes: Sequence[Fix]) -> None:
        """Show an error with its ways out, or none."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        offer(self.fixes, fixes)
        self._show()

    def show_help(self, text: str) -> None:
        """Show help, or none."""
        self.help.setText(text)
        self.help.setVisible(bool(text))
        self._show()

    def _show(self) -> None:
        parts = (self.problem, self.fixes, self.help)
        self.setVisible(any(not part.isHidden() for part in parts))


@dataclass(slots=True)
class Row:
    """The widgets of one parameter."""

    info: ParamInfo
    line: int
    """Its line in the form's grid; what stands below is on the next."""
    label: QLabel
    field: Field
    default: Any = None
    reset: QToolButton | None = None
    below: Below | None = None

    @property
    def differs(self) -> bool:
        """Whether the field holds something else than the default."""
        value = self.field.value()
        if isinstance(value, str) and not isinstance(self.default, str):
            try:
                return float(value) != float(self.default)
            except ValueError:
                return True
        return bool(value != self.default)

    @property
    def way_back(self) -> str:
        """What the button that sets it back says."""
        said = tr("on") if self.default is True else number_text(self.default)
        said = tr("off") if self.default is False else said
        return tr("Set back to {value}", value=f"{said} {self.info.units}".strip())

    @property
    def problem(self) -> str:
        """The error on show, or nothing."""
        if self.below is None or self.below.problem.isHidden():
            return ""
        return self.below.problem.text()

    @property
    def help(self) -> str:
        """The help on show, or nothing."""
        if self.below is None or self.below.help.isHidden():
            return ""
        return self.below.help.text()


def tip_of(info: ParamInfo) -> str:
    """Return what a field's tip says: the help, and the range."""
    parts = [tr(info.help) if info.help else ""]
    low, high = (None if x is None else number_text(x) for x in (info.low, info.high))
    if low is not None and high is not None:
        parts.append(
            tr("From {low} to {high} {units}", low=low, high=high, units=info.units).strip() + "."
        )
    parts.append(tr("(F1)"))
    return " ".join(part for part in parts if part)
