"""A window without a display, on real services, and the check that nothing of it is left over."""

import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from painting import blank
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from studio.gui import theme
from studio.gui.session import Session
from studio.gui.window import MainWindow

Wait = Callable[..., None]


def children(pid: int) -> set[int]:
    """Return the processes below this one (Linux; elsewhere none)."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text()
        except OSError:
            continue
        state, parent = text.rpartition(")")[2].split()[:2]
        if state != "Z":
            parents[int(folder.name)] = int(parent)
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in {pid, *found}} - found:
        found |= more
    return found


@pytest.fixture(scope="session")
def application() -> QApplication:
    found = QApplication.instance() or QApplication(["test"])
    assert isinstance(found, QApplication)
    theme.apply(found, theme.load("light"))
    if sys.platform != "win32":
        resource_tracker.ensure_running()  # Python's own process, which goes on to the end
    return found


@pytest.fixture
def wait(application: QApplication) -> Wait:
    def until(what: Callable[[], object], seconds: float = 15) -> None:
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end:
                pytest.fail(f"waited {seconds:g} s in vain")
            application.processEvents()
            time.sleep(0.002)

    return until


@pytest.fixture(autouse=True)
def _nothing_is_left(application: QApplication, wait: Wait) -> Iterator[None]:
    """Fail the test that leaves a thread, a process or a widget; set up first, looks last."""
    processes, widgets = children(os.getpid()), set(application.topLevelWidgets())
    threads = set(threading.enumerate())
    yield
    wait(lambda: set(threading.enumerate()) <= threads, 5)
    wait(lambda: children(os.getpid()) <= processes, 5)
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if set(application.topLevelWidgets()) - widgets:
        gc.collect()
    left = set(application.topLevelWidgets()) - widgets
    assert not left, f"widgets are left: {_told(left)}"


@pytest.fixture
def window(application: QApplication, studio_home: Path) -> Iterator[MainWindow]:
    session = Session()
    shown = MainWindow(session, theme.load("light"))
    shown.show()
    yield shown
    empty, unseen = blank(shown), hidden_ticks(shown)
    shown.close()
    ticking = active_timers(shown, session)
    theme.apply(application, theme.load("light"))
    shown.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not empty, f"widgets that draw themselves are blank: {empty}"
    assert not unseen, f"timers of what nobody sees tick: {unseen}"
    assert not ticking, f"timers of a closed window tick: {ticking}"


def hidden_ticks(window: QWidget) -> list[str]:
    """Return which timers go on and on for a widget that is not shown."""
    found = []
    for timer in window.findChildren(QTimer):
        owner = timer.parent()
        while owner is not None and not isinstance(owner, QWidget):
            owner = owner.parent()
        if timer.isActive() and not timer.isSingleShot() and owner and not owner.isVisible():
            found.append(f"{type(timer.parent()).__name__}, {timer.interval()} ms")
    return found


def active_timers(*roots: QObject) -> list[str]:
    """Return where below these objects a timer is still active."""
    timers = [timer for root in roots for timer in root.findChildren(QTimer)]
    return [f"{timer.parent()}, {timer.interval()} ms" for timer in timers if timer.isActive()]


def _told(widgets: set[QWidget]) -> str:
    return ", ".join(
        sorted(f"{type(widget).__name__} {widget.objectName()}" for widget in widgets)
    )
