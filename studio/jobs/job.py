"""A job: a service function running in a thread, watched from another."""

import threading
import traceback
from collections.abc import Callable
from enum import Enum
from typing import Generic, TypeVar

from studio.errors import Cancelled, StudioError, of_full_disk
from studio.events import Reporter

T = TypeVar("T")


class JobState(Enum):
    """Where a job is in its life."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Generic[T]):
    """One piece of long work, started at construction.

    Parameters
    ----------
    title : str
        What it does, for people.
    work : callable
        Called with the job as its `Reporter`; its return value is the job's result.

    Notes
    -----
    Listeners are called in the job's thread; a window must pass what they get to its own thread.
    """

    def __init__(self, title: str, work: Callable[[Reporter], T]) -> None:
        self.title = title
        self.state = JobState.RUNNING
        self.fraction = 0.0
        self.text = ""
        self.lines: list[str] = []
        self.result: T | None = None
        self.error: StudioError | None = None
        self.traceback = ""
        self._work = work
        self._listeners: list[Callable[[str, dict[str, object]], None]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"job {title}", daemon=True)

    def start(self) -> "Job[T]":
        """Begin; returns the job itself."""
        self._thread.start()
        return self

    def listen(self, listener: Callable[[str, dict[str, object]], None]) -> None:
        """Call `listener(kind, data)` for each event: progress, log, done, failed or custom."""
        self._listeners.append(listener)

    def cancel(self) -> None:
        """Ask the work to stop at its next check."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; True if it came in time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def progress(self, fraction: float, text: str) -> None:
        """State progress (Reporter)."""
        self.fraction, self.text = fraction, text
        self.event("progress", fraction=fraction, text=text)

    def log(self, line: str) -> None:
        """Add a log line (Reporter)."""
        self.lines.append(line)
        self.event("log", line=line)

    def event(self, kind: str, **data: object) -> None:
        """Publish an event (Reporter)."""
        for listener in list(self._listeners):
            listener(kind, data)

    def check_cancelled(self) -> None:
        """Raise if the person asked to stop (Reporter)."""
        if self._stop.is_set():
            raise Cancelled

    def _run(self) -> None:
        try:
            self.result = self._work(self)
        except Cancelled:
            self.state = JobState.CANCELLED
            self.event("cancelled")
        except StudioError as error:
            self.error = error
            self.state = JobState.FAILED
            self.event("failed", message=error.message, hint=error.hint, bug=False)
        except Exception as error:  # noqa: BLE001 - the border where a bug becomes a failed job
            full = of_full_disk(error) if isinstance(error, OSError) else None
            self.traceback = "" if full else traceback.format_exc()
            self.error = full or StudioError(
                f"Unexpected error: {type(error).__name__}: {error}",
                "This is a fault of the program; please report it with the details.",
            )
            self.state = JobState.FAILED
            said = {"message": self.error.message, "hint": self.error.hint}
            self.event("failed", **said, bug=full is None)
        else:
            self.state = JobState.DONE
            self.event("done")
