"""Fields of a form: one kind of widget per kind of parameter, all asked the same way."""

import math
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit

from studio.params import ParamInfo

UNIT_GAP, EDGE = 10, 8
DIGITS = "0000"
"""What a field has room for beside its unit at least."""


def number_text(value: Any) -> str:
    """Return a number as a person types it: no digits that say nothing."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


class NumberField(QLineEdit):
    """A number with its unit at the right end; Up and Down step it, with Shift ten times as far.

    Signals
    -------
    edited : ()
        The person changed it.
    """

    edited = Signal()

    def __init__(self, info: ParamInfo, kind: type) -> None:
        super().__init__()
        self._info, self._kind = info, kind
        self.textEdited.connect(lambda _: self.edited.emit())
        self._make_room()

    def value(self) -> str:
        """Return what stands there."""
        return self.text().strip()

    def set_value(self, value: Any) -> None:
        """Show a value, unless the person typed the same in other words."""
        try:
            same = float(self.text()) == float(value)
        except ValueError:
            same = False
        if not same:
            self.setText(number_text(value))

    def step(self, direction: int, *, far: bool = False) -> None:
        """Go one step up (1) or down (-1), within the range."""
        try:
            value = float(self.text())
        except ValueError:
            return
        size = 0.1 * 10.0 ** math.floor(math.log10(abs(value))) if value else 0.1
        step = 1.0 if self._kind is int else size
        value += direction * step * (10 if far else 1)
        low = self._info.low if self._info.low is not None else -math.inf
        high = self._info.high if self._info.high is not None else math.inf
        value = min(max(value, low), high)
        self.setText(number_text(self._kind(round(value, 10))))
        self.edited.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with the arrow keys."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.step(1 if event.key() == Qt.Key.Key_Up else -1, far=far)
            return
        super().keyPressEvent(event)

    def _make_room(self) -> None:
        metrics = self.fontMetrics()
        room = metrics.horizontalAdvance(self._info.units) + UNIT_GAP if self._info.units else 0
        self.setTextMargins(0, 0, room, 0)
        self.setMinimumWidth(room + metrics.horizontalAdvance(DIGITS) + 2 * EDGE)

    def changeEvent(self, event: QEvent) -> None:
        """Make room again when the text has another size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._make_room()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the unit in the right end."""
        super().paintEvent(event)
        if self._info.units:
            painter = QPainter(self)
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            place = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(self.rect().adjusted(0, 0, -UNIT_GAP, 0), place, self._info.units)


class TextField(QLineEdit):
    """A text."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.textEdited.connect(lambda _: self.edited.emit())

    def value(self) -> str:
        """Return what stands there."""
        return self.text()

    def set_value(self, value: Any) -> None:
        """Show a value."""
        if self.text() != str(value):
            self.setText(str(value))


class ChoiceField(QComboBox):
    """One of a few values; the wheel turns it only while it has the focus."""

    edited = Signal()

    def __init__(self, info: ParamInfo) -> None:
        super().__init__()
        self._info = info
        self.addItems([f"{choice} {info.units}".strip() for choice in info.choices])
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.activated.connect(lambda _: self.edited.emit())

    def value(self) -> Any:
        """Return the chosen value."""
        return self._info.choices[self.currentIndex()] if self.currentIndex() >= 0 else ""

    def set_value(self, value: Any) -> None:
        """Choose a value."""
        choices = self._info.choices
        self.setCurrentIndex(choices.index(value) if value in choices else -1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what scrolls."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class SwitchField(QCheckBox):
    """Yes or no."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.clicked.connect(lambda _: self.edited.emit())

    def value(self) -> bool:
        """Return whether it is on."""
        return self.isChecked()

    def set_value(self, value: Any) -> None:
        """Switch it."""
        self.setChecked(bool(value))


Field = NumberField | TextField | ChoiceField | SwitchField


def field_for(info: ParamInfo, kind: type) -> Field:
    """Return the field that suits a parameter."""
    if info.choices:
        return ChoiceField(info)
    if kind is bool:
        return SwitchField()
    return TextField() if kind is str else NumberField(info, kind)
