"""A person's hands on a real window: moves, clicks and types through the X server."""

import subprocess
import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from studio.gui.window import MainWindow

LAG_EVERY_MS = 20


class Driver:
    """Gives the X server events for a window that lives in this process.

    `lags` collects how late the event loop came to a timer, in seconds.
    """

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

    def wait(self, what: str, until: Callable[[], object], seconds: float = 60) -> None:
        """Let the window live until something is so."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                self.window.grab().save("failed.png")
                said = f"{self.window.drawer.title.text()} | {self.window.notice.message.text()}"
                sys.exit(f"waited {seconds:g} s for: {what}; the window says: {said}")
            self.application.processEvents()
            time.sleep(0.002)

    def rest(self, seconds: float) -> None:
        """Let the window live for a while."""
        end = time.monotonic() + seconds
        self.wait("time", lambda: time.monotonic() >= end, seconds + 5)

    def _tool(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], check=True)
        self.rest(0.15)

    def click(self, widget: QWidget, at: QPoint | None = None, times: int = 1) -> None:
        """Move to the widget and press the left button."""
        place = widget.mapToGlobal(at or widget.rect().center())
        self._tool("mousemove", str(place.x()), str(place.y()))
        self._tool("click", "--repeat", str(times), "--delay", "60", "1")

    def type(self, text: str) -> None:
        """Type on the keyboard."""
        self._tool("type", "--delay", "15", text)

    def keys(self, *keys: str) -> None:
        """Press keys, such as ctrl+2."""
        self._tool("key", *keys)

    def focus_window(self) -> None:
        """Give the window the keyboard, as a window manager does when it opens."""
        self._tool("windowfocus", str(int(self.window.winId())))
        self.wait("the keyboard", self.window.isActiveWindow)
