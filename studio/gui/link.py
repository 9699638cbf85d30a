"""The link to a board: its stream while nobody else needs the port."""

import contextlib
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.errors import DeviceError, StudioError
from studio.events import Reporter
from studio.gui.runner import WindowJob
from studio.types import Axis


class BoardLink(QObject):
    """Shows what a board streams until it is told to end.

    Signals
    -------
    described : (tuple of Axis, float)
        A stream begins: its axes and rate in Hz.
    watched : (RingReader or None)
        Where the readings of the stream can be looked at; None before that is closed.
    changed : ()
        The port, or whether it is linked, is different.
    lost : (StudioError)
        The board or the port failed.
    said : (str)
        The state of the link in words.
    """

    described = Signal(tuple, float)
    watched = Signal(object)
    changed = Signal()
    lost = Signal(object)
    said = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.port = ""
        self.linked = False
        self.firmware = ""
        """What the board said it runs, such as `collect 1`; empty if unknown."""
        self.stream: tuple[tuple[Axis, ...], float] | None = None
        """Axes and rate in Hz of the latest stream."""
        self.words = "No board linked."
        self._ring: Any = None
        self._job: WindowJob | None = None
        self._then: Callable[[], None] | None = None
        self._ended = False

    @property
    def decides(self) -> bool:
        """Whether the board runs a model and so sends decisions instead of its signal."""
        return self.firmware.startswith("infer")

    def use(self, port: str) -> None:
        """Use the board behind this port."""
        self.port, self.firmware = port, ""
        self.changed.emit()

    def open(self) -> None:
        """Show the board's stream until `close`."""
        if self._job is not None or not self.port or self._ended:
            return
        port = self.port

        def work(report: Reporter) -> Any:
            from studio.services import acquire

            return acquire.monitor(port, report)

        job = WindowJob(f"Link to {port}", work, self)
        job.reported.connect(self._event)
        job.failed.connect(self._fail)
        job.ended.connect(self._end)
        self._job = job.start()
        self.say(f"Linking to {port} …")

    def close(self, then: Callable[[], None] | None = None) -> None:
        """End the stream; `then` is called when the port is free."""
        if self._job is None:
            if then is not None:
                then()
            return
        self._then = then
        self._job.cancel()

    def shut(self) -> WindowJob | None:
        """End for good; return the job that is still ending."""
        self._ended, self._then = True, None
        self._watch(None)
        if self._job is not None:
            self._job.cancel()
        return self._job

    def say(self, text: str) -> None:
        """State what is the case."""
        self.words = text
        self.said.emit(text)

    def take(self, kind: str, event: dict[str, Any]) -> None:
        """Show the stream of the link, or of a job that records."""
        if kind == "info" and "axes" in event:
            from studio.services import acquire

            info = acquire.stream_info(event)
            self.firmware = info.firmware
            self.stream = (info.axes, info.sample_rate_hz)
            self.described.emit(*self.stream)
            self._watch(event["ring"])
            self.say(f"{info.board}: {info.sample_rate_hz:g} Hz, {info.firmware}")
        elif kind == "waiting":
            self.say(event["text"])
        elif kind == "resumed":
            self.say(f"The board is back; {event['missing']} readings are missing.")

    def _watch(self, name: str | None) -> None:
        """Look at another stream's readings, or at none."""
        from studio.services import acquire

        before, self._ring = self._ring, None
        if name and not self._ended:
            with contextlib.suppress(DeviceError):  # it has ended already: nothing to see
                self._ring = acquire.ring(name)
        self.watched.emit(self._ring)
        if before is not None:
            before.close()

    def _event(self, kind: str, event: dict[str, Any]) -> None:
        self.take(kind, event)
        if kind == "info":
            self.linked = True
            self.changed.emit()
            if self.decides and self._job is not None:  # it will send no readings: free the port
                self._job.cancel()
        elif kind == "stats" and event.get("lost_readings"):
            self.say(f"{self.port}: {event['lost_readings']} readings were lost on the way")

    def _fail(self, error: StudioError) -> None:
        self.firmware = ""
        self.say(error.message)
        self.lost.emit(error)

    def _end(self) -> None:
        failed = self._job is not None and self._job.job.error is not None
        self._job, self.linked = None, False
        self.changed.emit()
        then, self._then = self._then, None
        if then is not None:
            then()
        elif self.decides:
            self.say(f"{self.port} runs a model ({self.firmware}): see its decisions on Live.")
        elif not failed:
            self.say("Not linked.")
