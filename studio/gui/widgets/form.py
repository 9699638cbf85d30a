"""A form made from a Params class: names, fields with units, help, and errors beside the field."""

import re
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.errors import ConfigError
from studio.gui.texts import tr
from studio.gui.widgets.form_fields import Field, field_for, number_text
from studio.gui.widgets.panel import set_role, words
from studio.params import ParamInfo, infos, make, to_dict

PAUSE_MS = 150
"""How long a person rests before what they typed counts."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A way out of an error, on a button."""

    text: str
    """The act, translated, such as "Use 64"."""
    act: Callable[[], object]


@dataclass(slots=True)
class _Row:
    """The widgets of one parameter."""

    info: ParamInfo
    label: QLabel
    field: Field
    reset: QToolButton
    help: QLabel
    problem: QLabel
    fixes: QWidget
    default: Any


def plain(cls: type, text: str) -> str:
    """Return a text with the names of parameters as people know them: `fft_length`: FFT length."""
    titles = {name: tr(info.title) for name, info in infos(cls).items()}
    found = re.sub(r"\b[a-z]+(?:_[a-z0-9]+)+\b", lambda m: titles.get(m[0], m[0]), text)
    found = re.sub(r"^Parameter (\w+) is", lambda m: f"{titles.get(m[1], m[1])} is", found)
    return found.removeprefix("Parameter ")


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


class Form(QWidget):
    """Fields for the parameters of a Params class, in its order.

    Signals
    -------
    edited : (dict)
        The person changed something and rested, and every field holds what it may: all values.
    blocked : ()
        As above, but a field holds what it may not; its row says so.
    submitted : ()
        Enter was pressed in a field; `edited` or `blocked` came before.
    """

    edited = Signal(dict)
    blocked = Signal()
    submitted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.cls: type | None = None
        self._rows: dict[str, _Row] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 5)
        self._grid.setColumnStretch(1, 4)
        self._rest = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._rest.timeout.connect(self._settle)

    # -- what is shown -----------------------------------------------------------------------

    def show_params(
        self,
        cls: type,
        values: Mapping[str, Any],
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        """Show the parameters of a class.

        Parameters
        ----------
        cls : type
            A Params class; its rows stay while it stays.
        values : mapping
            What differs from the defaults.
        defaults : mapping, optional
            Defaults that differ from the class's own.
        """
        typing_now = cls is self.cls and self._rest.isActive()
        standard = {**to_dict(make(cls, {})), **(defaults or {})}
        if cls is not self.cls:
            self._rest.stop()
            self._build(cls)
        for name, row in self._rows.items():
            row.default = standard[name]
            if not typing_now:  # or what is typed would be lost
                row.field.set_value(values.get(name, standard[name]))
        if not typing_now:
            self.clear_problems()
        self._show_resets()

    def forget(self) -> None:
        """Forget what was typed just now and not told yet."""
        self._rest.stop()

    def flush(self) -> QWidget | None:
        """Take over what was typed just now; return the first field that holds what it may not."""
        if self._rest.isActive():
            self._rest.stop()
            self._settle()
        return next((self._rows[name].field for name in self.problems), None)

    def values(self) -> dict[str, Any]:
        """Return all values, converted.

        Raises
        ------
        ConfigError
            If a field holds what it may not.
        """
        if self.cls is None:
            return {}
        given = {name: row.field.value() for name, row in self._rows.items()}
        return to_dict(make(self.cls, given))

    def field(self, name: str) -> Field:
        """Return the field of a parameter."""
        return self._rows[name].field

    @property
    def stops(self) -> list[QWidget]:
        """What the tab key stops at, in the order of reading."""
        return [stop for row in self._rows.values() for stop in (row.field, row.reset)]

    def set_value(self, name: str, value: Any) -> None:
        """Change a field as if the person had."""
        self._rows[name].field.set_value(value)
        self._rest.stop()
        self._settle()

    def show_problem(
        self, name: str, message: str, hint: str = "", fixes: Sequence[Fix] = ()
    ) -> bool:
        """Show an error under its field, with ways out; False if there is no such field."""
        row = self._rows.get(name)
        if row is None or self.cls is None:
            return False
        row.problem.setText(plain(self.cls, f"{message} {hint}".strip()))
        row.problem.show()
        set_role(row.field, "problem")
        row.field.setAccessibleDescription(row.problem.text())
        offer(row.fixes, fixes)
        return True

    def clear_problems(self) -> None:
        """Take all errors away."""
        for row in self._rows.values():
            row.problem.hide()
            set_role(row.field, "")
            row.field.setAccessibleDescription(row.info.help)
            offer(row.fixes, ())

    @property
    def problems(self) -> dict[str, str]:
        """The errors on show, by parameter."""
        shown = {name: row.problem for name, row in self._rows.items()}
        return {name: label.text() for name, label in shown.items() if not label.isHidden()}

    @property
    def help_shown(self) -> str:
        """The help on show, or nothing."""
        texts = [row.help.text() for row in self._rows.values() if not row.help.isHidden()]
        return "".join(texts)

    # -- making it ---------------------------------------------------------------------------

    def _build(self, cls: type) -> None:
        while item := self._grid.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self.cls = cls
        kinds = typing.get_type_hints(cls)
        self._rows = {}
        for place, (name, info) in enumerate(infos(cls).items()):
            self._rows[name] = self._row(name, info, field_for(info, kinds[name]), 4 * place)

    def _row(self, name: str, info: ParamInfo, field: Field, line: int) -> _Row:
        row = _Row(
            info,
            words(tr(info.title), wrap=True),
            field,
            QToolButton(),
            words(tr(info.help) if info.help else "", "hint", wrap=True),
            words("", "problem", wrap=True),
            QWidget(),
            None,
        )
        row.label.setBuddy(field)
        field.setObjectName(name)
        field.setAccessibleName(tr(info.title))
        field.setToolTip(self._tip(info))
        field.edited.connect(lambda: self._touched(row))
        field.installEventFilter(self)
        row.reset.setObjectName("reset")
        row.reset.setText("●")
        row.reset.clicked.connect(lambda: self._reset(row))
        policy = row.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        row.reset.setSizePolicy(policy)
        box = QVBoxLayout(row.fixes)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        self._grid.addWidget(row.label, line, 0)
        self._grid.addWidget(field, line, 1)
        self._grid.addWidget(row.reset, line, 2)
        for below, widget in enumerate((row.problem, row.fixes, row.help), 1):
            self._grid.addWidget(widget, line + below, 0, 1, 3)
            widget.hide()
        return row

    def _tip(self, info: ParamInfo) -> str:
        parts = [tr(info.help) if info.help else ""]
        low, high = (None if x is None else number_text(x) for x in (info.low, info.high))
        if low is not None and high is not None:
            parts.append(
                tr("From {low} to {high} {units}", low=low, high=high, units=info.units).strip()
                + "."
            )
        parts.append(tr("(F1)"))
        return " ".join(part for part in parts if part)

    # -- what a person does ------------------------------------------------------------------

    def eventFilter(self, field: Any, event: QEvent) -> bool:
        """Help on F1, done on Enter, in any field."""
        if isinstance(event, QKeyEvent) and event.type() in (
            QEvent.Type.KeyPress,
            QEvent.Type.ShortcutOverride,
        ):
            pressed = event.type() == QEvent.Type.KeyPress
            if event.key() == Qt.Key.Key_F1:
                event.accept()
                if pressed:
                    self._toggle_help(field)
                return True
            plain_enter = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if pressed and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain_enter:
                self.flush()
                self.submitted.emit()
                return True
        return super().eventFilter(field, event)

    def _toggle_help(self, field: QWidget) -> None:
        for row in self._rows.values():
            open_now = row.field is field and row.help.isHidden() and bool(row.help.text())
            row.help.setVisible(open_now)

    def _touched(self, row: _Row) -> None:
        self._show_resets()
        if isinstance(row.field.value(), str):
            self._rest.start()
        else:  # a choice is made at once
            self._rest.stop()
            self._settle()

    def _reset(self, row: _Row) -> None:
        row.field.set_value(row.default)
        row.field.setFocus()
        self._rest.stop()
        self._settle()

    def _settle(self) -> None:
        if self.cls is None:
            return
        self.clear_problems()
        self._show_resets()
        good = True
        for name, row in self._rows.items():
            try:
                make(self.cls, {name: row.field.value()})
            except ConfigError as error:
                self.show_problem(name, error.message, error.hint)
                good = False
        if good:
            self.edited.emit(self.values())
        else:
            self.blocked.emit()

    def _show_resets(self) -> None:
        for row in self._rows.values():
            differs = not self._same(row)
            if not differs and row.reset.hasFocus():
                row.field.setFocus()
            row.reset.setVisible(differs)
            said = tr("on") if row.default is True else number_text(row.default)
            said = tr("off") if row.default is False else said
            row.reset.setToolTip(
                tr("Set back to {value}", value=f"{said} {row.info.units}".strip())
            )
            row.reset.setAccessibleName(tr("Set back: {name}", name=tr(row.info.title)))

    @staticmethod
    def _same(row: _Row) -> bool:
        value = row.field.value()
        if isinstance(value, str) and not isinstance(row.default, str):
            try:
                return float(value) == float(row.default)
            except ValueError:
                return False
        return bool(value == row.default)
