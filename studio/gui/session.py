"""What is open: project, board, running job, notices. Pages ask it; it calls services as jobs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.errors import Cancelled, ProjectError, StudioError
from studio.events import Quiet, Reporter
from studio.gui import board_acts, label_places, whole_demo
from studio.gui.desktop import hint_for_window
from studio.gui.link import BoardLink, short_name
from studio.gui.notice import ADVICE, EVERYWHERE, Notice
from studio.gui.reader import Reader
from studio.gui.runner import WindowJob
from studio.gui.texts import tr

BOARD_NAME = "virtual"
CLOSE_S = 4.0
Work = Callable[[Reporter], Any]


class Session(QObject):
    """The state behind the window.

    Signals
    -------
    project_changed, board_changed, working_changed, notice_changed : ()
        Something to read afresh.
    job_started : (WindowJob)
        A job that people should see.
    job_event : (str, dict)
        Any event of a visible job, such as `epoch`.
    step_wanted : (str)
        The page of the step of this name is to be shown.
    sample_wanted : (int, int)
        A recording and a sample of it are to be looked at on the Data page, which is shown.
    budget_tried : (object)
        What the pipeline would cost with a change that is not kept yet; None: no such change.
    said : (str)
        A line for the status bar: a success is quiet. See `say`.
    answered : (str)
        A read of this key came back: the project's data may be different.
    """

    project_changed = Signal()
    board_changed = Signal()
    working_changed = Signal()
    notice_changed = Signal()
    job_started = Signal(object)
    job_event = Signal(str, dict)
    step_wanted = Signal(str)
    sample_wanted = Signal(int, int)
    budget_tried = Signal(object)
    said = Signal(str)
    answered = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.project: Path | None = None
        self.example = "keywords"
        """The bundled example that the virtual board plays."""
        self.link = BoardLink(self)
        self.link.changed.connect(self.board_changed)
        self.link.changed.connect(self._linked)
        self.link.lost.connect(self._lost)
        self.loss: Notice | None = None
        """What happened to the board that is gone, with what brings it back."""
        self.busy: WindowJob | None = None
        self.busy_place = EVERYWHERE
        """The page on which the running job was started."""
        self.report: Path | None = None
        """The page that the latest demo wrote."""
        self.notices: dict[str, Notice] = {}
        self._lost_port = ""
        self._reader = Reader(self)
        self._waiting = self._active = False
        self._closed = False
        self._step = ""

    # -- project ---------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The open project's folder.

        Raises
        ------
        ProjectError
            If none is open.
        """
        if self.project is None:
            raise ProjectError(
                tr("No project is open."), tr("Open one, or begin with an example.")
            )
        return self.project

    def open(self, path: Path) -> None:
        """Show this project from now on."""
        if path != self.project:  # what was told about another one does not count any more
            self.notices = {at: one for at, one in self.notices.items() if at == "Boards"}
            self.notice_changed.emit()
            label_places.know({})
        self.project = path

        def note() -> tuple[list[str], dict[str, int]]:
            from studio.services import health, library, recent

            recent.note(path)
            try:
                return health.opened(path), library.places(path)
            except StudioError:
                return [], {}  # the page that is open says what is wrong with it

        def told(found: tuple[list[str], dict[str, int]]) -> None:
            if path != self.project:
                return
            advice, places = found
            label_places.know(places)
            if advice:
                self.notify(EVERYWHERE, Notice(ADVICE, hint_for_window(" ".join(advice))))

        self.read("", note, told, place=EVERYWHERE)
        self.project_changed.emit()

    def open_folder(self, path: Path) -> None:
        """Open a project that a person chose, once it proves to be one."""

        def read() -> Path:
            from studio.services import projects

            projects.info(path, Quiet())  # raises if it is none
            return path

        self.read("open", read, self.open, place=EVERYWHERE)

    def read(
        self,
        key: str,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        *,
        place: str,
    ) -> None:
        """Do something short with the project in the background; an error shows on `place`."""

        def answer(result: Any) -> None:
            done(result)
            self.answered.emit(key)

        def fail(error: StudioError) -> None:
            self.notify(place, Notice.of(error))
            self.answered.emit(key)

        self._reader.ask(key, work, answer, fail)

    def hold_reads(self, *, held: bool) -> None:
        """Keep reads waiting, or do them from now on: the window is painted before they begin."""
        self._reader.hold(held=held)

    def say(self, text: str) -> None:
        """Tell a success, or what just happened, in the status bar for a while."""
        self.said.emit(text)

    def prepare(self) -> None:
        """Load what the pages ask for later, so that the first look at one does not wait."""

        def load() -> None:
            from studio.services import acquire, deploy, live, test, train  # noqa: F401 - for later

        self.read("prepare", load, lambda _: None, place=EVERYWHERE)

    # -- notices ---------------------------------------------------------------------------------

    def notify(self, place: str, notice: Notice | None) -> None:
        """Show a notice on a page (or everywhere), or take it away."""
        if notice is None:
            self.notices.pop(place, None)
        else:
            self.notices[place] = notice
        self.notice_changed.emit()

    # -- jobs ------------------------------------------------------------------------------------

    @property
    def working(self) -> bool:
        """Whether a visible job is running or about to, as far as the window has heard."""
        return self._waiting or self._active

    def working_on(self, place: str) -> bool:
        """Whether the running job was started on this page."""
        return self.working and self.busy_place == place

    def stop(self) -> None:
        """Ask the running job to stop."""
        if self.busy is not None and self.busy.running:
            self.busy.cancel()

    def start(
        self,
        title: str,
        work: Work,
        *,
        place: str = EVERYWHERE,
        done: Callable[[Any], None] | None = None,
    ) -> WindowJob | None:
        """Start a job that people see; one at a time. None if another is running."""
        if self.working:
            self.say(tr("Wait for {title}, or stop it first (Ctrl+.)", title=self._busy_title()))
            return None
        job = WindowJob(title, work, self)
        self.busy, self.busy_place, self._step = job, place, ""
        self._active = True
        self.notify(place, None)
        job.reported.connect(self.job_event)
        job.reported.connect(self._follow)
        if done is not None:
            job.finished.connect(done)
        job.failed.connect(lambda error: self.notify(place, Notice.of(error)))
        job.ended.connect(self._job_ended)
        job.start()
        self.job_started.emit(job)
        self.working_changed.emit()
        return job

    def _busy_title(self) -> str:
        return f"“{self.busy.job.title}”" if self.busy else tr("the board")

    def _follow(self, kind: str, data: dict[str, Any]) -> None:
        self.link.take(kind, data)
        if kind == "saved" and self.project != Path(data["project"]):
            self.open(Path(data["project"]))
        elif kind == "progress":
            step = str(data["text"]).partition(":")[0]
            if step != self._step:  # a step has ended: there is something new to show
                self._step = step
                self.project_changed.emit()

    def _job_ended(self) -> None:
        self._active = False
        self.working_changed.emit()
        self.project_changed.emit()

    def with_port(
        self,
        title: str,
        work: Work,
        *,
        place: str = EVERYWHERE,
        done: Callable[[Any], None] | None = None,
    ) -> None:
        """Start a job that needs the port for itself: unlink first, link again afterwards."""

        def begin() -> None:
            self._waiting = False
            if self._closed:
                return
            job = self.start(title, work, place=place, done=done)
            if job is not None:
                job.ended.connect(self.link.open)

        if not self.working:
            self._waiting, self.busy_place = True, place
            self.working_changed.emit()
            self.link.close(begin)

    def run_demo(self, *, quick: bool = False) -> None:
        """Do the whole job for both examples, step by step, with a report at the end."""
        whole_demo.start(self, quick=quick)

    # -- board -----------------------------------------------------------------------------------

    @property
    def port(self) -> str:
        """The port of the board in use; empty without one."""
        return self.link.port

    def board_text(self) -> str:
        """Return the board in words for the top bar."""
        if not self.port:
            return tr("no board")
        name = short_name(self.port)
        kind = tr("virtual board") if self.port.startswith("virtual://") else tr("board")
        kind = kind if name == BOARD_NAME else f"{kind} {name}"
        state = tr("linked") if self.link.linked else tr("not linked")
        if self.link.decides:
            state = tr("runs a model")
        elif self.working and not self.link.linked:
            state = tr("in use")
        return tr("{board}: {state}", board=kind, state=state)

    def open_example(self, name: str = "") -> None:
        """Open a bundled example on a virtual board that plays it, and link to the board."""
        self.example = name or self.example
        board_acts.open_example(self, self.example, BOARD_NAME)

    def start_again(self) -> None:
        """Start the virtual board in use once more; the project stays as it is."""
        board_acts.start_again(self)

    def stream_again(self) -> None:
        """Put the firmware that streams its signal on the board."""
        board_acts.stream_again(self)

    def _lost(self, error: StudioError) -> None:
        """Offer what brings the board back."""
        if self._closed or isinstance(error, Cancelled):
            return
        if self.port.startswith("virtual://"):
            notice = Notice.of(error, button=tr("Start it again"), act=self.start_again)
        else:
            notice = Notice.of(error, button=tr("Link again"), act=self.link.open)
        self.loss, self._lost_port = notice, self.port
        self.notify("Boards", notice)

    def _linked(self) -> None:
        """Take away what was told about a board that is back, or that another one follows."""
        if self.loss is not None and (self.link.linked or self.link.port != self._lost_port):
            if self.notices.get("Boards") is self.loss:
                self.notify("Boards", None)
            self.loss = None

    def close(self) -> None:
        """End what runs for the window; a recording is ended and kept."""
        self._closed = True
        label_places.know({})
        unheard = [self.link.shut(), self.busy if self._active else None]
        jobs = [job for job in unheard if job is not None]
        for job in jobs:
            job.cancel()
        for job in jobs:
            job.settle(CLOSE_S)
        self._reader.close()
