"""A window without a display, on real services, and the check that nothing of it is left over."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

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


@pytest.fixture
def window(application: QApplication, studio_home: Path, wait: Wait) -> Iterator[MainWindow]:
    before = children(os.getpid())
    session = Session()
    shown = MainWindow(session, theme.load("light"))
    shown.show()
    yield shown
    shown.close()
    wait(lambda: not _threads(), 5)
    wait(lambda: children(os.getpid()) <= before, 5)
    theme.apply(application, theme.load("light"))
    shown.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _threads() -> list[str]:
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name == "reader" or name.startswith("job ")]
