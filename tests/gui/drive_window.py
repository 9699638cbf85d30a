"""Drives the real window with the mouse and keys of a real X server; prints what it saw as JSON.

Started by the test in a process of its own, with DISPLAY set to an Xvfb.
"""

import json
import sys
import time
from functools import partial
from pathlib import Path

from hands import Driver
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from studio.gui import theme
from studio.gui.session import Session
from studio.gui.window import MainWindow

HEAVY = {"tensorflow", "librosa", "unicorn", "scipy.signal", "keras", "tf_keras"}


def typing_in(place: QWidget) -> bool:
    """Whether a part of a widget has the keyboard."""
    focus = QApplication.focusWidget()
    return focus is not None and place.isAncestorOf(focus)


def turn(driver: Driver, window: MainWindow, number: int) -> None:
    """Go to a page by its key."""
    driver.keys(f"ctrl+{number}")
    driver.wait(f"page {number}", lambda: window.stack.currentIndex() == number - 1)


def record(driver: Driver, window: MainWindow, session: Session) -> None:
    """Link, record with a label, relabel in the table."""
    boards, data = window.page_named("Boards"), window.page_named("Data")
    driver.wait("the link", lambda: session.link.linked, 120)
    driver.click(window.rail.steps[1])
    driver.wait("a signal", lambda: boards.plot.points > 50)
    driver.click(boards.label)
    driver.type("hello")
    driver.wait("the label", lambda: boards.label.text() == "hello")
    driver.keys("Tab")
    driver.wait("the group's field", boards.group.hasFocus)
    driver.type("anna")
    driver.click(boards.seconds)
    driver.keys("ctrl+a")
    driver.type("1")
    driver.wait("the length", lambda: boards.seconds.value() == 1)
    driver.click(window.primary)
    driver.wait("the recording", lambda: "Saved" in boards.outcome.text())
    turn(driver, window, 3)
    driver.wait("the sample", lambda: len(data.table.rows) == 1)
    viewport = data.view.viewport()
    cell = partial(data.view.visualRect, data.table.index(0, 0))
    driver.click(viewport, lambda: cell().center(), times=2, called="the label in the table")
    driver.wait("the field in the table", lambda: typing_in(viewport))
    driver.keys("ctrl+a")
    driver.type("goodbye")
    driver.keys("Return")
    driver.wait("the new label", lambda: data.table.rows[0].sample.label == "goodbye")


def fail_and_recover(driver: Driver, window: MainWindow, session: Session) -> None:
    """Train on too little: the page says why; then unlink and link with the keyboard alone."""
    turn(driver, window, 5)
    driver.keys("ctrl+Return")
    driver.wait("the reason", window.notice.isVisible)
    driver.click(window.notice.away)
    driver.wait("no message", lambda: not window.notice.isVisible())
    turn(driver, window, 2)
    link = window.page_named("Boards").link
    link.setFocus()
    driver.wait("the keyboard at the button", link.hasFocus)
    driver.keys("space")
    driver.wait("the end of the link", lambda: not session.link.linked)
    driver.keys("space")
    driver.wait("the link again", lambda: session.link.linked)
    driver.wait("the signal again", lambda: window.page_named("Boards").plot.points > 50)


def main() -> None:
    """Open, record, look at every page in both themes."""
    pictures = Path(sys.argv[1])
    application = QApplication(sys.argv[:1])
    light = theme.load("light")
    theme.apply(application, light)
    session = Session()
    began = time.monotonic()
    window = MainWindow(session, light)
    window.move(0, 0)
    window.show()
    driver = Driver(application, window)
    driver.wait("the window", window.isVisible)
    opened = time.monotonic() - began
    QTimer.singleShot(0, session.open_example)
    record(driver, window, session)
    fail_and_recover(driver, window, session)
    rows = window.page_named("Data").table.rows
    seen = {"opened_s": opened, "label": rows[0].sample.label, "group": rows[0].sample.group}
    titles = []
    for name in ("light", "dark"):
        for index in range(len(window.pages)):
            turn(driver, window, index + 1)
            titles.append(window.title.text())
            window.grab().save(str(pictures / f"{name}-{index + 1}.png"))
        if name == "light":
            driver.click(window.topbar.theme)
            driver.wait("the dark theme", lambda: window.theme_name == "dark")
    seen["titles"] = titles
    seen["lag_s"] = sorted(driver.lags)[int(0.99 * len(driver.lags))]
    seen["heavy"] = sorted(HEAVY & set(sys.modules))
    window.close()
    driver.rest(0.5)
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
