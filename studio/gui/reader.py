"""Short reads and writes of a project, one after the other, off the window's thread.

Each takes milliseconds, but a project that another process is writing to can make it wait.
"""

import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from studio.errors import StudioError
from studio.events import Reporter
from studio.jobs import Job

Done = Callable[[Any], None]
Failed = Callable[[StudioError], None]


class Reader(QObject):
    """Runs functions in one thread, in order; answers arrive on the thread that made it.

    Of several asked under the same key only the newest is answered, unless the key is empty. What
    has a key is a look at the project, and is left out when the window closes before its turn;
    what changes something has none.
    """

    _answered = Signal(str, int, object, object, object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks: queue.SimpleQueue[tuple[Any, ...] | None] = queue.SimpleQueue()
        self._newest: dict[str, int] = {}
        self._number = 0
        self._closed = False
        self._answered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._free = threading.Event()
        self._free.set()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    def hold(self, *, held: bool) -> None:
        """Keep what is asked waiting, or do it from now on."""
        if held:
            self._free.clear()
        else:
            self._free.set()

    def ask(self, key: str, work: Callable[[], Any], done: Done, failed: Failed) -> None:
        """Do `work` soon, then call `done` with its result, or `failed` with its error."""
        self._number += 1
        self._newest[key] = self._number
        self._tasks.put((key, self._number, work, done, failed))

    def close(self) -> None:
        """End the thread after what it was asked to do; nothing is answered any more."""
        self._closed = True
        self._free.set()
        self._tasks.put(None)
        self._thread.join(3)

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            self._free.wait()
            key, number, work, done, failed = task
            if key and (number != self._newest[key] or self._closed):
                continue
            job: Job[Any] = Job("reading the project", partial(_without_report, work))
            job.start().wait()
            try:
                self._answered.emit(key, number, job.result, job.error, done, failed)
            except RuntimeError:
                return  # the window was deleted without being closed: nobody waits any more

    def _deliver(
        self,
        key: str,
        number: int,
        result: object,
        error: StudioError | None,
        done: Done,
        failed: Failed,
    ) -> None:
        if self._closed or (key and number != self._newest[key]):
            return
        if error is None:
            done(result)
        else:
            failed(error)


def _without_report(work: Callable[[], Any], _report: Reporter) -> Any:
    return work()
