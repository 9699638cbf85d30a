"""A form made from a Params class: names, fields with units, help, and errors beside the field."""

import re
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

from studio.errors import ConfigError
from studio.gui.texts import tr
from studio.gui.widgets.form_fields import Field, field_for
from studio.gui.widgets.form_row import Below, Fix, Row, tip_of
from studio.gui.widgets.panel import set_role, words
from studio.params import ParamInfo, infos, make, to_dict

PAUSE_MS = 150
"""How long a person rests before what they typed counts."""
RESET_PX = 24
"""Room for the button that sets a field back."""


def plain(cls: type, text: str) -> str:
    """Return a text with the names of parameters as people know them: `fft_length`: FFT length."""
    titles = {name: tr(info.title) for name, info in infos(cls).items()}
    found = re.sub(r"\b[a-z]+(?:_[a-z0-9]+)+\b", lambda m: titles.get(m[0], m[0]), text)
    found = re.sub(r"^Parameter (\w+) is", lambda m: f"{titles.get(m[1], m[1])} is", found)
    return found.removeprefix("Parameter ")


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
    built : ()
        All rows of another class are there; the window does not wait for them.
    """

    built = Signal()
    edited = Signal(dict)
    blocked = Signal()
    submitted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.cls: type | None = None
        self._rows: dict[str, Row] = {}
        self._due: list[str] = []
        """Parameters whose rows are still to be made."""
        self._values: dict[str, Any] = {}
        self._standard: dict[str, Any] = {}
        self._making = False
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 5)
        self._grid.setColumnStretch(1, 4)
        self._grid.setColumnMinimumWidth(2, RESET_PX)
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
        self._standard = {**to_dict(make(cls, {})), **(defaults or {})}
        self._values = {**self._standard, **values}
        if cls is not self.cls:
            self._rest.stop()
            self._begin(cls)
        for name, row in self._rows.items():
            row.default = self._standard[name]
            if not typing_now:  # or what is typed would be lost
                row.field.set_value(self._values[name])
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
        self._finish()
        given = {name: row.field.value() for name, row in self._rows.items()}
        return to_dict(make(self.cls, given))

    def field(self, name: str) -> Field:
        """Return the field of a parameter."""
        self._finish()
        return self._rows[name].field

    @property
    def stops(self) -> list[QWidget]:
        """What the tab key stops at, in the order of reading."""
        stops = [stop for row in self._rows.values() for stop in (row.field, row.reset)]
        return [stop for stop in stops if stop is not None]

    @property
    def field_width(self) -> int:
        """The width that the widest field needs."""
        fields = [row.field for row in self._rows.values()]
        return max((max(f.minimumSizeHint().width(), f.minimumWidth()) for f in fields), default=0)

    def line_up(self, width: int) -> None:
        """Make the column of the fields as wide as that of another form."""
        self._grid.setColumnMinimumWidth(1, width)

    def set_value(self, name: str, value: Any) -> None:
        """Change a field as if the person had."""
        self.field(name).set_value(value)
        self._rest.stop()
        self._settle()

    def show_problem(
        self, name: str, message: str, hint: str = "", fixes: Sequence[Fix] = ()
    ) -> bool:
        """Show an error under its field, with ways out; False if there is no such field."""
        self._finish()
        row = self._rows.get(name)
        if row is None or self.cls is None:
            return False
        text = plain(self.cls, f"{message} {hint}".strip())
        self._below(row).show_problem(text, fixes)
        set_role(row.field, "problem")
        row.field.setAccessibleDescription(text)
        return True

    def clear_problems(self) -> None:
        """Take all errors away."""
        for row in self._rows.values():
            if row.below is not None:
                row.below.show_problem("", ())
            set_role(row.field, "")
            row.field.setAccessibleDescription(row.info.help)

    @property
    def problems(self) -> dict[str, str]:
        """The errors on show, by parameter."""
        return {name: row.problem for name, row in self._rows.items() if row.problem}

    @property
    def help_shown(self) -> str:
        """The help on show, or nothing."""
        return "".join(row.help for row in self._rows.values())

    # -- making it ---------------------------------------------------------------------------

    def _begin(self, cls: type) -> None:
        """Take the rows away, and make others one by one."""
        while item := self._grid.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self.cls = cls
        self._rows, self._due = {}, list(infos(cls))
        if not self._making:
            self._making = True
            QTimer.singleShot(0, self, self._make_next)

    def _finish(self) -> None:
        """Make all rows that are not there yet."""
        while self._due:
            self._make_row()

    def _make_next(self) -> None:
        """Make one more row, or tell that all are there."""
        self._making = bool(self._due)
        if self._due:
            self._make_row()
            QTimer.singleShot(0, self, self._make_next)
        else:
            self.built.emit()

    def _make_row(self) -> None:
        cls, name = self.cls, self._due.pop(0)
        if cls is None:
            return
        info, before = infos(cls)[name], self.stops[-1:]
        field = field_for(info, typing.get_type_hints(cls)[name])
        row = self._row(name, info, field, 2 * len(self._rows))
        self._rows[name] = row
        row.default = self._standard[name]
        field.set_value(self._values[name])
        for stop in before:
            self.setTabOrder(stop, field)
        if row.differs:
            self._way_back(row).show()

    def _row(self, name: str, info: ParamInfo, field: Field, line: int) -> Row:
        row = Row(info, line, words(tr(info.title), wrap=True), field)
        row.label.setBuddy(field)
        field.setObjectName(name)
        field.setAccessibleName(tr(info.title))
        field.setToolTip(tip_of(info))
        field.edited.connect(lambda: self._touched(row))
        field.installEventFilter(self)
        self._grid.addWidget(row.label, line, 0)
        self._grid.addWidget(field, line, 1)
        return row

    def _below(self, row: Row) -> Below:
        """Return what stands under a field, made when it is first needed."""
        if row.below is None:
            row.below = Below()
            self._grid.addWidget(row.below, row.line + 1, 0, 1, 3)
        return row.below

    def _way_back(self, row: Row) -> QToolButton:
        """Return the button that sets a field back, made when it is first needed."""
        if row.reset is None:
            row.reset = QToolButton()
            row.reset.setObjectName("reset")
            row.reset.setText("●")
            row.reset.setAccessibleName(tr("Set back: {name}", name=tr(row.info.title)))
            row.reset.clicked.connect(lambda: self._reset(row))
            self._grid.addWidget(row.reset, row.line, 2)
            self.setTabOrder(row.field, row.reset)
        row.reset.setToolTip(row.way_back)
        return row.reset

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
            open_now = row.field is field and not row.help and bool(row.info.help)
            if open_now or row.help:
                self._below(row).show_help(tr(row.info.help) if open_now else "")

    def _touched(self, row: Row) -> None:
        self._show_resets()
        if isinstance(row.field.value(), str):
            self._rest.start()
        else:  # a choice is made at once
            self._rest.stop()
            self._settle()

    def _reset(self, row: Row) -> None:
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
            if row.differs:
                self._way_back(row).show()
            elif row.reset is not None:
                if row.reset.hasFocus():
                    row.field.setFocus()
                row.reset.hide()
