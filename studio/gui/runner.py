"""Jobs for the window: what a job reports in its thread arrives in the window's."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal

from studio.errors import StudioError
from studio.events import Reporter
from studio.jobs import Job, JobState


class WindowJob(QObject):
    """A job whose signals are delivered on the thread that made it.

    Signals
    -------
    reported : (str, dict)
        An event of the job: progress, log, or the work's own.
    finished : (object)
        The result; only if it succeeded.
    failed : (StudioError)
        The error; only if it failed.
    ended : ()
        Always last.
    """

    reported = Signal(str, dict)
    finished = Signal(object)
    failed = Signal(object)
    ended = Signal()
    _raw = Signal(str, dict)

    def __init__(self, title: str, work: Callable[[Reporter], Any], parent: QObject) -> None:
        super().__init__(parent)
        self.job: Job[Any] = Job(title, work)
        self._left = False
        self._raw.connect(self._receive, Qt.ConnectionType.QueuedConnection)
        self.job.listen(self._pass)

    def start(self) -> "WindowJob":
        """Begin; returns itself."""
        self.job.start()
        return self

    def cancel(self) -> None:
        """Ask it to stop."""
        self.job.cancel()

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.job.state is JobState.RUNNING

    def settle(self, seconds: float) -> None:
        """Stop it, and deliver its last words now: who hears them is about to go.

        What is connected to it may hold the last reference to its parent, which would be deleted
        from within the deletion of its own child. So it is deleted here, while others hold the
        parent; one that does not end within `seconds` says no more and has no parent any more.
        """
        self.cancel()
        if not self.job.wait(seconds):
            self._left = True
            self.setParent(None)
            return
        QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall)
        QCoreApplication.sendPostedEvents(self, QEvent.Type.DeferredDelete)

    def _pass(self, kind: str, data: dict[str, Any]) -> None:
        """Hand an event over to the window's thread; called in the job's."""
        if self._left:  # the program may be ending: no thread but the window's is in Qt then
            return
        try:
            self._raw.emit(kind, data)
        except RuntimeError:
            return  # the window's part was deleted after the job's end: nobody listens any more

    def _receive(self, kind: str, data: dict[str, Any]) -> None:
        if self._left:
            return
        self.reported.emit(kind, data)
        if kind == "done":
            self.finished.emit(self.job.result)
        elif kind == "failed":
            self.failed.emit(self.job.error or StudioError(data["message"], data["hint"]))
        if kind in ("done", "failed", "cancelled"):
            self.ended.emit()
            self.deleteLater()
