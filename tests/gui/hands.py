"""A person's hands on a real window: moves, clicks and types through the X server.

They look before they act: what is to be clicked must be there, uncovered and at rest. And they
look again where an act has not come to what it was meant for.
"""

import subprocess
import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from studio.gui.window import MainWindow

Find = Callable[[], QWidget | None]

LAG_EVERY_MS = 20
LOOKS, LOOK_S = 4, 0.03
"""What is at the same place in so many looks, so far apart, is at rest."""
TRIES, SEEN_S = 4, 3.0
"""So often an act is tried; after so long without an effect it has none."""


class _Touched(QObject):
    """Notes whether a press of the mouse or of a key comes to a widget."""

    def __init__(self, widget: QWidget | None) -> None:
        super().__init__()
        self.came = False
        if widget is not None:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress):
            self.came = True
        return False


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

    # -- looking ---------------------------------------------------------------------------------

    def soon(self, until: Callable[[], object], seconds: float = SEEN_S) -> bool:
        """Let the window live until something is so; False if it is not in time."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                return False
            self.application.processEvents()
            time.sleep(0.002)
        return True

    def wait(self, what: str, until: Callable[[], object], seconds: float = 60) -> None:
        """Let the window live until something is so; end all if it is not in time."""
        if not self.soon(until, seconds):
            self.fail(f"waited {seconds:g} s for: {what}")

    def rest(self, seconds: float) -> None:
        """Let the window live for a while."""
        self.soon(lambda: False, seconds)

    def fail(self, why: str) -> None:
        """Keep a picture and end all."""
        self.window.grab().save("failed.png")
        focus = QApplication.focusWidget()
        said = (
            self.window.title.text(),
            self.window.drawer.title.text(),
            self.window.notice.message.text(),
            f"the keyboard is at {type(focus).__name__} {focus.accessibleName() if focus else ''}",
        )
        sys.exit(f"{why}; the window says: {' | '.join(said)}")

    def at_rest(self, what: str, find: Find, at: Callable[[], QPoint] | None, s: float) -> QPoint:
        """Wait until a widget can be clicked and stands still; return where on the screen."""
        looks: list[QPoint | None] = []

        def still() -> bool:
            self.rest(LOOK_S)
            looks.append(_place(find(), at))
            return looks[-1] is not None and looks[-LOOKS:] == LOOKS * looks[-1:]

        self.wait(what, still, s)
        assert looks[-1] is not None
        return looks[-1]

    # -- acting ----------------------------------------------------------------------------------

    def _tool(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], check=True)

    def click(
        self,
        what: QWidget | Find,
        at: Callable[[], QPoint] | None = None,
        *,
        times: int = 1,
        called: str = "",
        seconds: float = 60,
    ) -> None:
        """Move to a widget at rest and press the left button; again if the press went elsewhere.

        `at` tells the place in the widget, its middle unless given.
        """
        find: Find = (lambda: what) if isinstance(what, QWidget) else what
        called = called or type(find()).__name__
        for _ in range(TRIES):
            place = self.at_rest(called, find, at, seconds)
            self._tool("mousemove", str(place.x()), str(place.y()))
            self.rest(0.1)
            if _place(find(), at) != place:
                continue
            touched = _Touched(QApplication.widgetAt(place))
            self._tool("click", "--repeat", str(times), "--delay", "60", "1")
            if self.soon(lambda touched=touched: touched.came):
                self.rest(0.1)
                return
        self.fail(f"a click does not come to {called}")

    def strike(self, *keys: str) -> bool:
        """Press keys; whether they came to what has the keyboard."""
        touched = _Touched(QApplication.focusWidget())
        self._tool("key", *keys)
        came = self.soon(lambda: touched.came)
        self.rest(0.05)
        return came

    def type(self, text: str) -> None:
        """Type on the keyboard."""
        self._tool("type", "--delay", "15", text)
        self.rest(0.15)

    def keys(self, *keys: str) -> None:
        """Press keys, such as ctrl+2."""
        self._tool("key", *keys)
        self.rest(0.15)

    def focus_window(self) -> None:
        """Give the window the keyboard, as a window manager does when it opens."""
        self._tool("windowfocus", str(int(self.window.winId())))
        self.wait("the keyboard", self.window.isActiveWindow)


def _place(widget: QWidget | None, at: Callable[[], QPoint] | None) -> QPoint | None:
    """Return where on the screen a widget can be clicked; None if it is not there or covered."""
    if widget is None or not widget.isVisible() or not widget.isEnabled():
        return None
    place = widget.mapToGlobal(at() if at is not None else widget.rect().center())
    top = QApplication.widgetAt(place)
    return place if top is not None and (top is widget or widget.isAncestorOf(top)) else None
