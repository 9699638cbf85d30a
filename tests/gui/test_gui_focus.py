"""Where the focus is after a page was shown, what a project takes away with it, label shapes."""

from pathlib import Path
from typing import Any

from conftest import Wait  # type: ignore[import-not-found]
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from trained import make_trained  # type: ignore[import-not-found]

from studio.gui.notice import Notice
from studio.gui.pages import data_editor_keys as editor_keys
from studio.gui.pages.train_runs import RunList
from studio.gui.theme import label_colour, label_marker, load
from studio.gui.window import MainWindow
from studio.project import Project
from studio.registry import title_of


def test_a_page_that_is_shown_gets_the_focus(
    window: MainWindow, application: QApplication, wait: Wait
) -> None:
    window.activateWindow()
    wait(lambda: application.activeWindow() is window)
    window.primary.setFocus()
    for step in ("Boards", "Data"):  # their primary act can be done
        window.show_step(step)
        assert application.focusWidget() is window.primary
    for step in ("Pipeline", "Train", "Test", "Deploy", "Live"):
        window.show_step(step)
        assert not window.primary.isEnabled()
        focus = application.focusWidget()
        assert isinstance(focus, QAbstractButton)
        assert window.page.isAncestorOf(focus)
    window.rail.steps[0].setFocus()
    window.show_step("Home")  # by the rail: the next arrow key goes on there
    assert application.focusWidget() is window.rail.steps[0]


def test_another_project_takes_what_was_told_away(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    paths = [tmp_path / name for name in ("one", "two")]
    for path in paths:
        Project.create(path).close()
    window.session.open(paths[0])
    window.show_step("Data")
    window.session.notify("Data", Notice("problem", "The file is broken."))
    assert window.notice.isVisible()
    window.session.open(paths[0])
    assert window.notice.isVisible()
    window.session.open(paths[1])
    assert not window.notice.isVisible()


def test_a_project_that_is_gone_is_not_shown_as_done(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = tmp_path / "project"
    Project.create(path).close()
    window.session.open(path)
    page: Any = window.page_named("Home")
    wait(lambda: page.way.go_on.isVisible())
    path.rename(tmp_path / "elsewhere")
    page.refresh()
    wait(lambda: not page.way.go_on.isVisible())
    assert "Home" in window.session.notices
    assert "begin a project" in page.way.sentence.text()


def test_labels_of_one_colour_differ_in_shape(application: QApplication) -> None:
    labels = ["background", "go", "noise", "stop", "unknown"]
    assert label_colour("noise", labels) == label_colour("unknown", labels)
    shapes = [label_marker(label, labels) for label in labels]
    assert len(set(shapes)) == len(labels)
    room = RunList(load("light"))
    name = title_of("learning_block", "dscnn")
    assert room.columnWidth(3) >= room.fontMetrics().horizontalAdvance(name) + 12
    assert title_of("learning_block", "gone") == "gone"
    room.deleteLater()


def test_the_label_editor_keeps_its_keys_and_leaves_the_others(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    window.activateWindow()
    path = make_trained(tmp_path)
    window.session.open(path)
    window.show_step("Data")
    page: Any = window.page_named("Data")
    page.open_recording(1, 0)
    wait(lambda: page.editor.opened is not None and page.editor.plots.waves)
    QTest.keyClick(page.editor, Qt.Key.Key_End)
    assert page.editor.plots.view.cursor == page.editor.plots.view.total
    QTest.keyClick(page.editor, Qt.Key.Key_F11)
    assert window.rail.isHidden()
    QTest.keyClick(page.editor, Qt.Key.Key_F11)
    QTest.keyClick(page.editor, Qt.Key.Key_Question)
    sheet = window.overlays.keys
    assert sheet is not None
    assert sheet.isVisible()
    printed = {QKeySequence(key)[0].key() for key, _ in sheet.shown}
    taken = set(editor_keys._plain(page.editor)) - {
        *(Qt.Key.Key_Backspace, Qt.Key.Key_Enter, Qt.Key.Key_Equal),  # say the same as others
    }
    assert taken <= printed | {Qt.Key.Key_Return}
    assert {("1", "Label as still"), ("2", "Label as wave")} <= set(sheet.shown)
