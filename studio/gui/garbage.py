"""Objects that refer to each other are collected by the window's thread alone.

Python collects them in whichever thread happens to allocate, and with them widgets and plot items,
which only the window's thread may delete: anything else ends in a crash, sooner or later.
"""

import gc
import time

from PySide6.QtCore import QObject, QTimer

LOOK_MS = 500
OLDEST = 2
FULL_S = 60.0
"""Time between two looks at everything: such a look takes tens of milliseconds."""


class Garbage(QObject):
    """While it lives, no other thread collects."""

    _living = 0

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        Garbage._living += 1
        gc.disable()
        self._ended = False
        self._full_at = time.monotonic()
        self._clock = QTimer(self, interval=LOOK_MS)
        self._clock.timeout.connect(self._look)
        self._clock.start()

    def _look(self) -> None:
        """Collect the oldest generation that is due, as Python itself would; all of it rarely."""
        now = time.monotonic()
        full = now - self._full_at >= FULL_S
        due = [
            generation
            for generation, (count, most) in enumerate(
                zip(gc.get_count(), gc.get_threshold(), strict=True)
            )
            if count > most and (full or generation < OLDEST)
        ]
        if OLDEST in due:
            self._full_at = now
        if due:
            gc.collect(due[-1])

    def settle(self) -> None:
        """Leave out what is there for good from now on: later collections are short."""
        gc.freeze()

    def end(self) -> None:
        """Let Python collect by itself again, once no other window is open."""
        if self._ended:
            return
        self._ended = True
        self._clock.stop()
        Garbage._living -= 1
        if Garbage._living == 0:
            gc.unfreeze()
            gc.enable()
