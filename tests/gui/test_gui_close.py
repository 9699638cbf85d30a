"""A window that is closed leaves nothing that could fall over it; another opens after it."""

import gc
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Wait  # type: ignore[import-not-found]
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from studio.errors import ConfigError
from studio.events import Quiet, Reporter
from studio.gui import session as sessions
from studio.gui import theme
from studio.gui.session import Session
from studio.gui.window import MainWindow
from studio.services import boards, examples

LIGHT = theme.load("light")


@pytest.fixture
def port(studio_home: Path) -> Iterator[str]:
    name = "closing"
    yield examples.play_on_board("motion", name, Quiet())
    boards.stop(name, report=Quiet())


def opened() -> MainWindow:
    window = MainWindow(Session(), LIGHT)
    window.show()
    return window


def discard(application: QApplication, window: MainWindow) -> None:
    """Close and delete a window at once, as the end of a program does."""
    window.close()
    window.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def live(application: QApplication, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        application.processEvents()
        time.sleep(0.002)


@pytest.mark.slow
def test_a_linked_window_is_closed_and_opened_three_times(
    application: QApplication, port: str, wait: Wait
) -> None:
    for _time in range(3):
        window = opened()
        window.show_step("Boards")
        window.session.link.use(port)
        window.session.link.open()
        plot: Any = window.page_named("Boards").plot  # type: ignore[attr-defined]
        try:
            wait(lambda plot=plot: plot.points > 20)
        except BaseException:  # what is left open would fail the tests after this one
            discard(application, window)
            raise
        gone = weakref.ref(window)
        discard(application, window)
        del window, plot
        live(application, 2)
        gc.unfreeze()
        gc.collect()  # in this thread, as the window has it
        assert gone() is None


@pytest.mark.usefixtures("studio_home")
@pytest.mark.parametrize("fails", [True, False])
def test_the_last_word_of_a_job_comes_before_the_end(
    application: QApplication, fails: bool
) -> None:
    """The word of a job that ended just before the window is not delivered to deleted widgets."""
    window = opened()
    heard: list[str] = []
    window.session.job_event.connect(lambda kind, _data: heard.append(kind))
    waiting, go_on = threading.Event(), threading.Event()

    def work(_report: Reporter) -> None:
        waiting.set()
        go_on.wait(10)
        if fails:
            raise ConfigError("It ended by itself.", "That was just in time.")

    job = window.session.start("Working", work)
    assert job is not None
    waiting.wait(10)
    go_on.set()
    job.job.wait(10)
    discard(application, window)
    assert heard == ["failed" if fails else "done"]
    del window, job
    live(application, 0.2)


@pytest.mark.usefixtures("studio_home")
def test_a_job_that_does_not_stop_is_left_to_end_alone(
    application: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "CLOSE_S", 0.1)
    window = opened()
    heard: list[str] = []
    window.session.job_event.connect(lambda kind, _data: heard.append(kind))
    go_on = threading.Event()
    job = window.session.start("Deaf", lambda _report: go_on.wait(10))
    assert job is not None
    thread = job.job
    discard(application, window)
    del window, job
    go_on.set()
    assert thread.wait(10)
    live(application, 0.2)
    assert heard == []
