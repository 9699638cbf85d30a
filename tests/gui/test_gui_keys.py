"""Every key that is printed acts, on every page with a project on it."""

from pathlib import Path
from typing import Any

import pytest
from conftest import Wait  # type: ignore[import-not-found]
from made_runs import add_run, make_data  # type: ignore[import-not-found]
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from trained import make_trained  # type: ignore[import-not-found]

from studio.gui import frame_commands
from studio.gui.keys import PageKeys
from studio.gui.pages import data_editor_keys as editor_keys
from studio.gui.steps import STEPS
from studio.gui.window import MainWindow


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the keys would do is only noted."""
    found: list[str] = []

    def in_editor(editor: Any, event: Any) -> bool:
        known = editor_keys.means(editor, event)
        if known:
            found.append(QKeySequence(event.keyCombination()).toString())
        return known

    monkeypatch.setattr(PageKeys, "_act", lambda _, key, __: found.append(key))
    monkeypatch.setattr(frame_commands, "_act", lambda _, keys: found.append(keys))
    monkeypatch.setattr(editor_keys, "handle", in_editor)
    return found


def dead(window: MainWindow, widget: QWidget, pressed: list[str]) -> list[str]:
    """Press all keys of what can be done now; return those that did nothing, or not once."""
    widget.setFocus()  # a button would keep Space for itself
    page, silent = window.page, []
    own = [one for one in page.commands() if one.bound or widget is not page]
    for command in (*own, *frame_commands.steps(window), *frame_commands.frame(window)):
        if command.keys:
            pressed.clear()
            QTest.keySequence(widget, QKeySequence(command.keys))
            if [QKeySequence(key) for key in pressed] != [QKeySequence(command.keys)]:
                silent.append(f"{page.NAME}: {command.keys} {command.text} {pressed}")
    return silent


def test_every_printed_key_acts(
    window: MainWindow, tmp_path: Path, wait: Wait, pressed: list[str]
) -> None:
    window.activateWindow()
    window.session.open(make_trained(tmp_path))
    found = []
    for step in STEPS:
        window.show_step(step.name)
        read: list[bool] = []
        window.session.read("", lambda: True, read.append, place="Home")
        wait(lambda read=read: read, 60)
        found += dead(window, window.page, pressed)
    made = make_data(tmp_path)
    add_run(made)
    window.session.open(made)
    window.show_step("Test")
    tested: Any = window.page
    wait(lambda: tested.judged is not None and tested.looker.list.row is not None)
    found += dead(window, tested, pressed)
    page: Any = window.page_named("Data")
    page.open_recording(1, 0)
    window.show_step("Data")
    wait(lambda: page.editor.opened is not None and page.editor.plots.waves)
    found += dead(window, page.editor, pressed)
    assert not found, "\n".join(found)
