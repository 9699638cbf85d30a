"""Forms made from Params: fields, units, help, errors beside the field, the way back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from studio.gui.widgets.form import Form
from studio.gui.widgets.form_row import Fix
from studio.params import param

Wait = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Example:
    """Settings of every kind."""

    count: int = param(13, "Count of things", help="How many.", units="windows", low=1, high=100)
    cut_off: float = param(3.0, "Cut-off", units="Hz", low=0.5, high=50.0)
    kind: str = param("low", "Kind", choices=("none", "low", "high"))
    length: int = param(64, "Length", choices=(32, 64, 128), units="readings")
    log: bool = param(True, "Take log")


@pytest.fixture
def form(application: QApplication) -> Iterator[tuple[Form, list[Any]]]:
    made = Form()
    told: list[Any] = []
    made.edited.connect(told.append)
    made.blocked.connect(lambda: told.append("blocked"))
    made.submitted.connect(lambda: told.append("submitted"))
    made.show_params(Example, {"count": 20})
    made.resize(300, 400)
    made.show()
    made.activateWindow()
    assert QTest.qWaitForWindowActive(made)
    assert made.field("log") is made.stops[-1]  # all rows are there
    QApplication.processEvents()
    yield made, told
    made.close()
    made.deleteLater()


def typed(form: Form, name: str, text: str) -> None:
    field = form.field(name)
    field.setFocus()
    field.selectAll()  # type: ignore[union-attr]  # a line of text
    QTest.keyClicks(field, text)


def test_values_are_told_after_a_rest_and_only_good_ones(
    form: tuple[Form, list[Any]], wait: Wait
) -> None:
    made, told = form
    typed(made, "cut_off", "4.5")
    assert not told
    wait(lambda: told)
    assert told == [{"count": 20, "cut_off": 4.5, "kind": "low", "length": 64, "log": True}]
    typed(made, "cut_off", "99")
    wait(lambda: len(told) == 2)
    assert told[1] == "blocked"
    assert made.problems == {
        "cut_off": "Cut-off is 99; the range is 0.5 to 50 Hz. Choose a value from 0.5 to 50."
    }
    typed(made, "cut_off", "2")
    wait(lambda: len(told) == 3)
    assert told[2]["cut_off"] == 2.0
    assert not made.problems


def test_keys_step_submit_and_help(form: tuple[Form, list[Any]]) -> None:
    made, told = form
    field = made.field("count")
    QTest.keyClick(field, Qt.Key.Key_Up)
    QTest.keyClick(field, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert [one if one == "submitted" else one["count"] for one in told] == [11, "submitted"]
    QTest.keyClick(field, Qt.Key.Key_F1)
    assert made.help_shown == "How many."
    QTest.keyClick(field, Qt.Key.Key_F1)
    assert made.help_shown == ""


def test_the_dot_sets_back_and_shows_only_where_something_differs(
    form: tuple[Form, list[Any]],
) -> None:
    made, told = form
    shown = {name for name, row in made._rows.items() if row.reset and row.reset.isVisible()}
    assert shown == {"count"}
    assert made._rows["count"].reset.toolTip() == "Set back to 13 windows"
    made._rows["count"].reset.click()
    assert told[-1]["count"] == 13
    assert not made._rows["count"].reset.isVisible()
    assert QApplication.focusWidget() is made.field("count")


def test_an_error_stands_at_its_field_with_buttons_that_mend_it(
    form: tuple[Form, list[Any]],
) -> None:
    made, told = form
    fixes = [Fix("Use 32", lambda: made.set_value("length", 32))]
    assert made.show_problem("length", "The FFT of length needs 128.", "Lower cut_off.", fixes)
    assert made.problems == {"length": "The FFT of length needs 128. Lower Cut-off."}
    assert not made.show_problem("unknown", "Nothing.")
    (button,) = [one for one in made.findChildren(QPushButton) if one.isVisible()]
    button.click()
    assert told[-1]["length"] == 32
    assert not made.problems


def test_another_class_takes_the_place(form: tuple[Form, list[Any]]) -> None:
    @dataclass(frozen=True, slots=True)
    class Other:
        name: str = param("", "Name")

    made, _told = form
    made.show_params(Other, {"name": "here"})
    assert made.values() == {"name": "here"}
    named = {row.field.accessibleName() for row in made._rows.values()}
    assert named == {"Name"}
