"""The way back: Ctrl+Z mirrors the project's own history, which survives restarts."""

from pathlib import Path

import pytest
from conftest import Wait  # type: ignore[import-not-found]
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from test_gui_session import make_project  # type: ignore[import-not-found]

from studio.gui.window import MainWindow
from studio.project import Project

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made: Path = make_project(tmp_path)
    relabel(made, "one")
    relabel(made, "two")
    return made


def relabel(path: Path, label: str) -> None:
    with Project.open(path) as project:
        project.labels.relabel([project.samples()[0].id], label)


def label_of(path: Path) -> str:
    with Project.open(path) as project:
        return str(project.samples()[0].label)


@pytest.fixture
def opened(window: MainWindow, path: Path, wait: Wait) -> MainWindow:
    window.activateWindow()
    wait(window.isActiveWindow)
    window.session.open(path)
    wait(lambda: window.history.stack.canUndo())
    window.rail.steps[0].setFocus()
    return window


def test_what_was_done_before_the_start_can_be_undone_and_done_again(
    opened: MainWindow, path: Path, wait: Wait
) -> None:
    opened.activateWindow()
    said = opened.history.stack.undoText()
    assert "two" in said
    QTest.keyClick(opened.rail.steps[0], Qt.Key.Key_Z, CONTROL)
    wait(lambda: label_of(path) == "one")
    wait(lambda: opened.status.happened.text() == f"Undone: {said}")
    wait(lambda: "one" in opened.history.stack.undoText())
    QTest.keyClick(opened.rail.steps[0], Qt.Key.Key_Z, CONTROL | SHIFT)
    wait(lambda: label_of(path) == "two")
    wait(lambda: opened.status.happened.text() == f"Done again: {said}")


def test_three_at_once_are_three(opened: MainWindow, path: Path, wait: Wait) -> None:
    relabel(path, "three")
    opened.session.project_changed.emit()
    wait(lambda: "three" in opened.history.stack.undoText())
    for _ in range(3):
        opened.history.stack.undo()
    wait(lambda: label_of(path) not in ("one", "two", "three"))
    wait(lambda: opened.history.stack.redoText() != "")
    opened.history.stack.redo()
    wait(lambda: label_of(path) == "one")


def test_what_another_program_changes_can_be_undone(
    opened: MainWindow, path: Path, wait: Wait
) -> None:
    relabel(path, "elsewhere")
    opened.session.read("any", lambda: None, lambda _: None, place="Data")
    wait(lambda: "elsewhere" in opened.history.stack.undoText())


def test_undoing_in_a_project_that_is_gone_says_so_and_loses_nothing(
    opened: MainWindow, path: Path, wait: Wait, tmp_path: Path
) -> None:
    path.rename(tmp_path / "moved")
    opened.history.stack.undo()
    wait(opened.notice.isVisible)
    assert str(path) in opened.notice.message.text()
    assert label_of(tmp_path / "moved") == "two"
    opened.session.project = None
    opened.session.project_changed.emit()
    wait(lambda: not opened.history.stack.canUndo())


def test_a_text_field_undoes_its_own_text_first(opened: MainWindow, path: Path) -> None:
    field = QLineEdit(opened.page)
    field.show()
    field.setFocus()
    QTest.keyClicks(field, "abc")
    QTest.keyClick(field, Qt.Key.Key_Z, CONTROL)
    assert field.text() == ""
    assert label_of(path) == "two"


def test_the_time_of_the_last_change_is_shown(opened: MainWindow) -> None:
    assert opened.status.saved.text().startswith("saved ")


def test_the_top_bar_names_the_project_and_its_tip_the_folder(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    Project.create(tmp_path / "folder", name="Garden gate").close()
    window.session.open(tmp_path / "folder")
    wait(lambda: window.topbar.project.text() == "Garden gate")
    assert window.topbar.project.toolTip() == str(tmp_path / "folder")
    window.session.project_changed.emit()  # it was changed: it keeps its name meanwhile
    assert window.topbar.project.text() == "Garden gate"
    Project.create(tmp_path / "other", name="Pump").close()
    window.session.open(tmp_path / "other")
    assert window.topbar.project.text() == "other"
    wait(lambda: window.topbar.project.text() == "Pump")
