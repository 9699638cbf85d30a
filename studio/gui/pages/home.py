"""Home: begin with an example, with data or empty; go on where you left; see the whole way."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout

from studio.errors import StudioError
from studio.events import Reporter
from studio.gui.commands import Command
from studio.gui.notice import Notice
from studio.gui.pages.base import Page
from studio.gui.pages.home_new import NewPanel
from studio.gui.pages.home_recent import RecentPanel
from studio.gui.pages.home_start import StartPanel, Way
from studio.gui.pages.home_way import WayPanel
from studio.gui.texts import tr
from studio.gui.widgets.panel import set_role, words

GAP = 16
TALL = 760
"""Above this height there is room for everything."""


class HomePage(Page):
    """Where everything begins. Files and folders may be dropped anywhere on it."""

    NAME = "Home"

    def build(self) -> None:
        """Make the widgets."""
        self.recent = RecentPanel(self.theme)
        self.recent.chosen.connect(self.session.open_folder)
        self.recent.forgotten.connect(self._forget)
        self.new = NewPanel()
        self.new.hide()
        self.new.wanted.connect(self._make)
        self.new.closed.connect(self._close_new)
        self.examples = StartPanel(
            tr("Start from an example: no board needed"), self._examples(), self.theme
        )
        self.own = StartPanel(tr("Or bring your own"), self._own(), self.theme)
        self._way_of: Path | None = None
        self.way = WayPanel(self.theme)
        self.way.hide()
        self.way.wanted.connect(self.session.step_wanted)
        self.drop = words(
            tr("Drop a folder, files, a project archive or an Edge Impulse export anywhere here."),
            "hint",
        )
        self.drop.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.drop.setObjectName("drop")
        self.drop.setWordWrap(True)
        self.themed = [self.recent, self.examples, self.own, self.way]
        self.setAcceptDrops(True)
        self._lay_out()

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(GAP)
        left.addWidget(self.new)
        left.addWidget(self.recent, 1)
        right = QVBoxLayout()
        right.setSpacing(GAP)
        right.addWidget(self.examples)
        right.addWidget(self.own)
        right.addWidget(self.drop, 1)
        top = QHBoxLayout()
        top.setSpacing(GAP)
        top.addLayout(left, 1)
        top.addLayout(right, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(top, 1)
        column.addWidget(self.way)

    def _examples(self) -> list[Way]:
        return [
            Way(
                "ph.microphone",
                tr("Spoken keywords"),
                tr("Sound at 16 kHz; forward, stop, left, right, and everything else."),
                lambda: self._begin_example("keywords"),
            ),
            Way(
                "ph.hand-waving",
                tr("Motion gestures"),
                tr("Six axes of a hand at 50 Hz; circle, wave, lift, jab and idle."),
                lambda: self._begin_example("motion"),
            ),
        ]

    def _own(self) -> list[Way]:
        return [
            Way(
                "ph.plus",
                tr("Empty project"),
                tr("Choose what it is for, then record or import. (Ctrl+N)"),
                self.act,
            ),
            Way(
                "ph.download-simple",
                tr("Import data"),
                tr("WAV, CSV, Parquet, JSON, CBOR, an Edge Impulse export, a folder per label."),
                self._choose_files,
            ),
            Way(
                "ph.cpu",
                tr("Just look at a signal"),
                tr("Connect a board, or use a virtual one. No project is needed."),
                lambda: self.session.step_wanted.emit("Boards"),
            ),
        ]

    def refresh(self) -> None:
        """Read the list of projects and the way of the open one."""
        path, link = self.session.project, self.session.link
        linked, decides = link.linked, link.decides
        if path is None:
            self.way.show_way(None)
            self.way.show()
        elif path != self._way_of:
            self.way.show_reading()
        self._way_of = path

        def read() -> tuple[list[dict[str, Any]], dict[str, Any] | StudioError | None]:
            from studio.services import recent, way

            try:
                found = way.way(path, linked=linked, decides=decides) if path else None
            except StudioError as error:  # the list is there all the same
                return recent.listed(), error
            return recent.listed(), found

        self.session.read("home", read, self._show, place=self.NAME)

    def _show(
        self, found: tuple[list[dict[str, Any]], dict[str, Any] | StudioError | None]
    ) -> None:
        self.recent.show_projects(found[0])
        way = found[1]
        self.way.show_way(way if isinstance(way, dict) else None)
        self.way.show()
        self._show_drop()
        if isinstance(way, StudioError):
            forget = partial(self._forget, self.session.path)
            self.session.notify(
                self.NAME, Notice.of(way, button=tr("Take it off the list"), act=forget)
            )
        self.changed.emit()

    def _show_drop(self) -> None:
        """Show where files can be dropped; who has a project may need the room."""
        self.drop.setVisible(self.way.isHidden() or self.height() > TALL)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room there is."""
        super().resizeEvent(event)
        self._show_drop()

    def facts(self) -> str:
        """Return one sentence for the header."""
        return tr("Start here, go on where you left off, or drop files anywhere.")

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        return tr("New project"), not self.session.working

    def why_not(self) -> str:
        """Return why the primary button cannot be pressed."""
        return tr("Wait until the running job is done, or stop it.")

    def act(self) -> None:
        """Show the form of a new project."""
        from studio.paths import projects_dir

        self.new.begin(projects_dir())

    def commands(self) -> list[Command]:
        """Return the ways to begin."""
        wait = self.why_not() if self.session.working else ""
        ways = [*self._examples(), *self._own()]
        return [
            Command(way.title, way.act, "Ctrl+N" if way.act == self.act else "", way.icon, wait)
            for way in ways
        ]

    def _close_new(self) -> None:
        self.new.hide()
        self.setFocus()

    def _make(self, path: Path, template: str, name: str) -> None:
        def work(report: Reporter) -> Path:
            from studio.services import projects

            projects.new(path, template=template, name=name, report=report)
            return path

        def done(made: Path) -> None:
            self.new.hide()
            self.session.open(made)
            self.session.step_wanted.emit("Boards")

        self._start(tr("Making the project"), work, done)

    def _begin_example(self, name: str) -> None:
        def work(report: Reporter) -> Path:
            from studio.services import begin

            return begin.from_example(name, report)

        def done(made: Path) -> None:
            self.session.open(made)
            self.session.step_wanted.emit("Data")

        self._start(tr("Opening the example"), work, done)

    def _choose_files(self) -> None:
        files, _kind = QFileDialog.getOpenFileNames(self, tr("Data to begin with"))
        if files:
            self.begin_with([Path(file) for file in files])

    def begin_with(self, sources: list[Path]) -> None:
        """Open a project, or make one of files, folders and archives."""

        def work(report: Reporter) -> Path:
            from studio.services import begin
            from studio.services.apart import apart

            if len(sources) == 1 and begin.is_project(sources[0]):
                return sources[0]
            name = sources[0].name.removesuffix(".zip").removesuffix(".tinyml")
            folder = begin.free_folder(name)
            found = apart(begin.from_data, sources, folder, report=report)
            return Path(found["project"])

        def done(made: Path) -> None:
            self.session.open(made)
            self.session.step_wanted.emit("Data")

        self._start(tr("Importing"), work, done)

    def _start(
        self, title: str, work: Callable[[Reporter], Path], done: Callable[[Path], None]
    ) -> None:
        self.session.start(title, work, place=self.NAME, done=done)

    def _forget(self, path: Path) -> None:
        self.session.notify(self.NAME, None)

        def work() -> list[dict[str, Any]]:
            from studio.services import recent

            recent.forget(path)
            return recent.listed()

        self.session.read("", work, self.recent.show_projects, place=self.NAME)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            set_role(self.drop, "good")
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """They are not dropped here."""
        set_role(self.drop, "hint")

    def dropEvent(self, event: QDropEvent) -> None:
        """Begin with what was dropped."""
        set_role(self.drop, "hint")
        files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.begin_with(files)
