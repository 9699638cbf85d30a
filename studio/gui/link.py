"""The link to a board: its stream while nobody else needs the port."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.errors import StudioError
from studio.events import Reporter
from studio.gui.runner import WindowJob
from studio.gui.texts import counted, grouped, tr
from studio.types import Axis

SETTLE_S = 4.0


def short_name(port: str) -> str:
    """Return a port's name without its scheme, folder and options."""
    return port.partition("?")[0].rstrip("/").rpartition("/")[2] or port


class BoardLink(QObject):
    """Shows what a board streams until it is told to end.

    Signals
    -------
    described : (tuple of Axis, float)
        A stream begins: its axes and rate in Hz.
    watched : (str)
        Under this name the readings of a stream can be looked at from now on.
    changed : ()
        The port, or whether it is linked, is different.
    lost : (StudioError)
        The board or the port failed.
    measured : ()
        `health` has new figures.
    closed : ()
        It has ended for good: let go of what it showed.
    said : (str)
        The state of the link in words.
    """

    described = Signal(tuple, float)
    watched = Signal(str)
    changed = Signal()
    lost = Signal(object)
    measured = Signal()
    closed = Signal()
    said = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.port = ""
        self.linked = False
        self.firmware = ""
        """What the board said it runs, such as `collect 1`; empty if unknown."""
        self.stream: tuple[tuple[Axis, ...], float] | None = None
        """Axes and rate in Hz of the latest stream."""
        self.words = tr("No board linked.")
        self.board = ""
        """What the board calls itself."""
        self.health: dict[str, Any] = {}
        """The newest figures of the stream; see the event `stats` of an acquisition."""
        self.wire: dict[str, Any] = {}
        """What the stream needs of its line: see `services.ports.wire_use`."""
        self.beside: list[BoardLink] = []
        """Links to further boards, which are seen and recorded from at the same time."""
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

    @property
    def busy(self) -> bool:
        """Whether it is open, opening or closing."""
        return self._job is not None

    def open(self) -> None:
        """Show the board's stream until `close`."""
        if self._job is not None or not self.port or self._ended:
            return
        port = self.port
        self.firmware = ""  # it may have been flashed since

        def work(report: Reporter) -> Any:
            from studio.services import acquire

            return acquire.monitor(port, report)

        job = WindowJob(f"Link to {port}", work, self)
        job.reported.connect(self._event)
        job.failed.connect(self._fail)
        job.ended.connect(self._end)
        self._job = job.start()
        self.changed.emit()
        self.say(tr("Linking to {name} …", name=short_name(port)))

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
        others = [job for one in self.beside if (job := one.shut()) is not None]
        self.closed.emit()
        if self._job is not None:
            self._job.cancel()
        for job in others:
            job.settle(SETTLE_S)
        return self._job

    def say(self, text: str) -> None:
        """State what is the case."""
        self.words = text
        self.said.emit(text)

    def take(self, kind: str, event: dict[str, Any]) -> None:
        """Show the stream of the link, or of a job that records from one or several boards."""
        port = event.get("port", self.port)
        for one in self.beside:
            if port == one.port != self.port:
                one.take(kind, event)
                return
        if kind == "info" and "axes" in event:
            self._begin(event)
        elif kind == "stats":
            self.health = event
            self.measured.emit()
        elif kind == "waiting":
            self.say(event["text"])
        elif kind == "resumed":
            back = tr("The board is back; {n} readings are missing.", n=event["missing"])
            self.say(back)

    def _begin(self, event: dict[str, Any]) -> None:
        from studio.services import acquire, ports

        info = acquire.stream_info(event)
        self.board, self.firmware, self.health = info.board, info.firmware, {}
        self.stream = (info.axes, info.sample_rate_hz)
        self.wire = ports.wire_use(info, self.port)
        self.described.emit(*self.stream)
        if event["ring"] and not self._ended:
            self.watched.emit(event["ring"])
        self.say(
            tr(
                "{board}: {rate} Hz, {firmware}",
                board=info.board,
                rate=grouped(info.sample_rate_hz, ".6g"),
                firmware=info.firmware,
            )
        )

    def _event(self, kind: str, event: dict[str, Any]) -> None:
        self.take(kind, event)
        if kind == "info":
            self.linked = True
            self.changed.emit()
            if self.decides and self._job is not None:  # it will send no readings: free the port
                self._job.cancel()
        elif kind == "stats" and event.get("lost_readings"):
            lost = counted(
                event["lost_readings"], "{n} reading was lost", "{n} readings were lost"
            )
            self.say(f"{short_name(self.port)}: {lost}")

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
            name = short_name(self.port)
            self.say(
                tr(
                    "{name} runs a model ({firmware}): see its decisions on Live.",
                    name=name,
                    firmware=self.firmware,
                )
            )
        elif not failed:
            self.say(tr("Not linked."))
