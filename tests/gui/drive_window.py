"""Drives the real window with the mouse and keys of a real X server; prints what it saw as JSON.

Started by the test in a process of its own, with DISPLAY set to an Xvfb.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from studio.gui import theme
from studio.gui.session import Session
from studio.gui.window import MainWindow

LAG_EVERY_MS = 20


class Driver:
    """A person's hands: moves, clicks and types through the X server."""

    def __init__(self, application: QApplication, window: MainWindow) -> None:
        self.application, self.window = application, window
        self.lags: list[float] = []
        self._last = time.monotonic()
        self._clock = QTimer(interval=LAG_EVERY_MS)
        self._clock.timeout.connect(self._tick)
        self._clock.start()

    def _tick(self) -> None:
        now = time.monotonic()
        self.lags.append(now - self._last - LAG_EVERY_MS / 1000)
        self._last = now

    def wait(self, what: str, until: Callable[[], bool], seconds: float = 60) -> None:
        """Let the window live until something is so."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                self.window.grab().save("failed.png")
                sys.exit(
                    f"waited {seconds:g} s for: {what}; log: {self.window.drawer.title.text()}"
                )
            self.application.processEvents()
            time.sleep(0.002)

    def rest(self, seconds: float) -> None:
        """Let the window live for a while."""
        end = time.monotonic() + seconds
        self.wait("time", lambda: time.monotonic() >= end, seconds + 5)

    def tool(self, *arguments: str) -> None:
        """Give the X server an event."""
        subprocess.run(["xdotool", *arguments], check=True)
        self.rest(0.15)

    def click(self, widget: QWidget, at: QPoint | None = None, times: int = 1) -> None:
        """Move to the widget and press the left button."""
        place = widget.mapToGlobal(at or widget.rect().center())
        self.tool("mousemove", str(place.x()), str(place.y()))
        self.tool("click", "--repeat", str(times), "--delay", "60", "1")

    def type(self, text: str) -> None:
        """Type on the keyboard."""
        self.tool("type", "--delay", "15", text)

    def keys(self, *keys: str) -> None:
        """Press keys, such as ctrl+2."""
        self.tool("key", *keys)


def record(driver: Driver, window: MainWindow, session: Session) -> None:
    """Link, record with a label, relabel in the table."""
    boards, data = window.pages[0], window.pages[1]
    driver.wait("the link", lambda: session.link.linked, 120)
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
    driver.keys("ctrl+2")
    driver.wait("the sample", lambda: len(data.table.rows) == 1)
    cell = data.view.visualRect(data.table.index(0, 0)).center()
    driver.click(data.view.viewport(), cell, times=2)
    driver.keys("ctrl+a")
    driver.type("goodbye")
    driver.keys("Return")
    driver.wait("the new label", lambda: data.table.rows[0].sample.label == "goodbye")


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
    rows = window.pages[1].table.rows
    seen = {"opened_s": opened, "label": rows[0].sample.label, "group": rows[0].sample.group}
    titles = []
    for name in ("light", "dark"):
        for index in range(len(window.pages)):
            driver.keys(f"ctrl+{index + 1}")
            titles.append(window.title.text())
            window.grab().save(str(pictures / f"{name}-{index + 1}.png"))
        if name == "light":
            driver.click(window.theme_button)
            driver.wait("the dark theme", lambda: window.theme_name == "dark")
    seen["titles"] = titles
    seen["lag_s"] = sorted(driver.lags)[int(0.99 * len(driver.lags))]
    seen["heavy"] = sorted({"tensorflow", "librosa", "unicorn"} & set(sys.modules))
    window.close()
    driver.rest(0.5)
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
