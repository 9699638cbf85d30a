"""Drives the real window with the mouse and keys of a real X server; prints what it saw as JSON.

Started by the test in a process of its own, with DISPLAY set to an Xvfb.
"""

import json
import sys
import time
from pathlib import Path

from hands import Driver
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from studio.gui import theme
from studio.gui.session import Session
from studio.gui.window import MainWindow

HEAVY = {"tensorflow", "librosa", "unicorn", "scipy.signal", "keras", "tf_keras"}


def record(driver: Driver, window: MainWindow, session: Session) -> None:
    """Link, record with a label, relabel in the table."""
    boards, data = window.page_named("Boards"), window.page_named("Data")
    driver.wait("the link", lambda: session.link.linked, 120)
    driver.click(window.rail.steps[1])
    driver.wait("a signal", lambda: boards.plot.points > 50)
    driver.click(boards.label)
    driver.type("hello")
    driver.keys("Tab")
    driver.type("anna")
    driver.click(boards.seconds)
    driver.keys("ctrl+a")
    driver.type("1")
    driver.click(window.primary)
    driver.wait("the recording", lambda: "Saved" in boards.outcome.text())
    driver.keys("ctrl+3")
    driver.wait("the sample", lambda: len(data.table.rows) == 1)
    cell = data.view.visualRect(data.table.index(0, 0)).center()
    driver.click(data.view.viewport(), cell, times=2)
    driver.keys("ctrl+a")
    driver.type("goodbye")
    driver.keys("Return")
    driver.wait("the new label", lambda: data.table.rows[0].sample.label == "goodbye")


def fail_and_recover(driver: Driver, window: MainWindow, session: Session) -> None:
    """Train on too little: the page says why; then unlink and link with the keyboard alone."""
    driver.keys("ctrl+5")
    driver.keys("ctrl+Return")
    driver.wait("the reason", window.notice.isVisible)
    driver.click(window.notice.away)
    driver.wait("no message", lambda: not window.notice.isVisible())
    driver.keys("ctrl+2")
    link = window.page_named("Boards").link
    link.setFocus()
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
            driver.keys(f"ctrl+{index + 1}")
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
