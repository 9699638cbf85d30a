"""What is open: project, board, stream, running jobs. Pages ask it; it calls services as jobs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.errors import ProjectError, StudioError
from studio.events import Reporter
from studio.gui.runner import WindowJob
from studio.types import Axis

BOARD_NAME = "virtual"


class Session(QObject):
    """The state behind the window.

    Signals
    -------
    project_changed, board_changed : ()
        Something to read afresh.
    job_started : (WindowJob)
        A job that people should see.
    job_event : (str, dict)
        Any event of a visible job, such as `epoch`.
    stream_described : (tuple of Axis, float)
        A stream begins: its axes and rate in Hz.
    stream_data : (times, low, high)
        Envelope of new readings: arrays `(n,)`, `(n, n_axes)`, `(n, n_axes)`.
    decided : (dict)
        A decision of the board.
    link_text : (str)
        The state of the link in words.
    """

    project_changed = Signal()
    board_changed = Signal()
    job_started = Signal(object)
    job_event = Signal(str, dict)
    stream_described = Signal(tuple, float)
    stream_data = Signal(object, object, object)
    decided = Signal(dict)
    link_text = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.project: Path | None = None
        self.port = ""
        self.linked = False
        self.stream: tuple[tuple[Axis, ...], float] | None = None
        """Axes and rate in Hz of the latest stream."""
        self.link_words = "No board linked."
        self.link_text.connect(self._keep_link_words)
        self.busy: WindowJob | None = None
        self._link: WindowJob | None = None
        self._after_link: Callable[[], None] | None = None

    def start(
        self,
        title: str,
        work: Callable[[Reporter], Any],
        *,
        done: Callable[[Any], None] | None = None,
    ) -> WindowJob | None:
        """Start a job that people see; one at a time. None if another is running."""
        if self.busy is not None and self.busy.running:
            self.link_text.emit(f"Wait for: {self.busy.job.title}, or stop it first (Ctrl+J).")
            return None
        job = WindowJob(title, work, self)
        self.busy = job
        job.reported.connect(self.job_event)
        job.reported.connect(self._stream_event)
        if done is not None:
            job.finished.connect(done)
        job.ended.connect(self._job_ended)
        job.start()
        self.job_started.emit(job)
        return job

    def _keep_link_words(self, text: str) -> None:
        self.link_words = text

    def _job_ended(self) -> None:
        self.project_changed.emit()

    @property
    def path(self) -> Path:
        """The open project's folder.

        Raises
        ------
        ProjectError
            If none is open.
        """
        if self.project is None:
            raise ProjectError("No project is open.", "Use a virtual board on the Boards page.")
        return self.project

    @property
    def working(self) -> bool:
        """Whether a visible job is running."""
        return self.busy is not None and self.busy.running

    def board_text(self) -> str:
        """Return the board in words for the top bar."""
        if not self.port:
            return "no board"
        name = self.port.removeprefix("virtual://")
        kind = "virtual board" if self.port.startswith("virtual://") else "board"
        return f"{kind} {name}: {'linked' if self.linked else 'not linked'}"

    def open(self, path: Path) -> None:
        """Show this project from now on."""
        self.project = path
        self.project_changed.emit()

    def open_example(self, name: str = "keywords") -> None:
        """Open the bundled example on a virtual board that plays it, and link to the board."""

        def work(report: Reporter) -> tuple[Path, str]:
            from studio.services import demo, examples

            path = examples.open_project(name, demo.folder(quick=False))
            return path, examples.play_on_board(name, BOARD_NAME, report)

        def done(result: tuple[Path, str]) -> None:
            self.open(result[0])
            self.use_port(result[1])
            self.link()

        self.start("Starting the virtual board", work, done=done)

    def use_port(self, port: str) -> None:
        """Use the board behind this port."""
        self.port = port
        self.board_changed.emit()

    def link(self) -> None:
        """Show the board's stream until `unlink`."""
        if self._link is not None or not self.port:
            return
        port = self.port

        def work(report: Reporter) -> Any:
            from studio.services import acquire

            return acquire.monitor(port, report)

        link = WindowJob(f"Link to {port}", work, self)
        link.reported.connect(self._link_event)
        link.failed.connect(self._link_failed)
        link.ended.connect(self._link_ended)
        self._link = link.start()
        self.link_text.emit(f"Linking to {port} …")

    def unlink(self, then: Callable[[], None] | None = None) -> None:
        """End the stream; `then` is called when the port is free."""
        if self._link is None:
            if then is not None:
                then()
            return
        self._after_link = then
        self._link.cancel()

    def _link_event(self, kind: str, data: dict[str, Any]) -> None:
        self._stream_event(kind, data)
        if kind == "info":
            self.linked = True
            self.board_changed.emit()

    def _stream_event(self, kind: str, data: dict[str, Any]) -> None:
        """Show the stream of the link, or of a job that records."""
        if kind == "info" and "axes" in data:
            from studio.services import acquire

            info = acquire.stream_info(data)
            self.stream = (info.axes, info.sample_rate_hz)
            self.stream_described.emit(*self.stream)
            self.link_text.emit(f"{info.board}: {info.sample_rate_hz:g} Hz, {info.firmware}")
        elif kind == "data":
            self.stream_data.emit(
                np.asarray(data["times"]), np.asarray(data["low"]), np.asarray(data["high"])
            )

    def _link_failed(self, error: StudioError) -> None:
        self.link_text.emit(str(error))

    def _link_ended(self) -> None:
        self._link, self.linked = None, False
        self.board_changed.emit()
        after, self._after_link = self._after_link, None
        if after is not None:
            after()
        else:
            self.link_text.emit("Not linked.")

    def with_port(self, title: str, work: Callable[[Reporter], Any], **options: Any) -> None:
        """Start a job that needs the port for itself: unlink first, link again afterwards."""

        def begin() -> None:
            job = self.start(title, work, **options)
            if job is not None:
                job.ended.connect(self.link)

        if not self.working:
            self.unlink(begin)

    def run_demo(self, *, quick: bool = False) -> None:
        """Do the whole job for both examples, step by step, with a report at the end."""

        def work(report: Reporter) -> Any:
            from studio.services import demo

            return demo.demo(quick=quick, out=demo.folder(quick=quick), report=report)

        self.with_port("The whole demo", work)

    def close(self) -> None:
        """End what runs for the window."""
        for job in (self._link, self.busy):
            if job is not None and job.running:
                job.cancel()
                job.job.wait(3)
