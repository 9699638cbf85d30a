"""Every page with a project on it: it draws, has names for its controls, and clips no words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Wait  # type: ignore[import-not-found]
from painting import blank, has_drawn  # type: ignore[import-not-found]
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication
from test_gui_frame_looks import clipped, nameless  # type: ignore[import-not-found]
from trained import make_trained  # type: ignore[import-not-found]

from studio.gui import texts, theme
from studio.gui.rail import RailButton
from studio.gui.session import Session
from studio.gui.steps import STEPS
from studio.gui.window import MainWindow


def settle(window: MainWindow, wait: Wait) -> None:
    """Wait until what was asked for is read and drawn, twice: answers may ask for more."""
    for _ in range(2):
        read: list[bool] = []
        window.session.read("", lambda: True, read.append, place="Home")
        wait(lambda read=read: read, 60)
        drawn: list[bool] = []
        QTimer.singleShot(200, lambda drawn=drawn: drawn.append(True))
        wait(lambda drawn=drawn: drawn)


def walk(window: MainWindow, wait: Wait) -> Iterator[str]:
    """Show every page; yield their names."""
    for step in STEPS:
        window.show_step(step.name)
        settle(window, wait)
        yield step.name


@pytest.fixture
def full(window: MainWindow, tmp_path: Path) -> MainWindow:
    window.resize(1440, 900)
    window.session.open(make_trained(tmp_path))
    return window


def test_everything_that_draws_itself_draws(full: MainWindow, wait: Wait) -> None:
    assert [f"{name}: {one}" for name in walk(full, wait) for one in blank(full)] == []


def test_a_widget_that_draws_nothing_is_found(application: QApplication) -> None:
    class Idle(RailButton):
        def paintEvent(self, event: QPaintEvent) -> None:
            pass

    given = ("ph.house", "Home", "1", theme.load("light"))
    drawn, idle = RailButton(*given), Idle(*given)
    for button in (drawn, idle):
        button.resize(64, 64)
    assert (has_drawn(drawn), has_drawn(idle)) == (True, False)


def test_every_control_of_a_full_page_has_a_name(full: MainWindow, wait: Wait) -> None:
    assert [f"{name}: {one}" for name in walk(full, wait) for one in nameless(full)] == []


def test_nothing_is_clipped_on_a_full_page_where_words_are_longer(
    application: QApplication, studio_home: Path, tmp_path: Path, wait: Wait
) -> None:
    texts.use(texts.PSEUDO)
    window = MainWindow(Session(), theme.load("light"))
    try:
        window.resize(1280, 800)
        window.show()
        window.session.open(make_trained(tmp_path))
        found = [f"{name}: {one}" for name in walk(window, wait) for one in clipped(window)]
        assert found == []
    finally:
        window.close()
        texts.use("")
        window.deleteLater()
