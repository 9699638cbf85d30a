"""Records what stands in the record bar, from all boards that are shown."""

from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.events import Reporter
from studio.gui.pages.boards_links import PLACE, Links
from studio.gui.pages.boards_recording import Recording
from studio.gui.pages.boards_result import Result
from studio.gui.pages.boards_take import TakePanel
from studio.gui.session import Session
from studio.gui.texts import tr


class Recorder(QObject):
    """Begins a recording, follows it, and shows what came of it.

    Signals
    -------
    changed : ()
        A recording has begun or ended, or another label holds in it.
    """

    changed = Signal()

    def __init__(self, session: Session, links: Links, take: TakePanel, result: Result) -> None:
        super().__init__(links)
        self._session, self._links = session, links
        self._take, self._result = take, result
        self._marks: Any = None
        self.running: Recording | None = None
        """What is recorded now."""
        self.label = ""
        """The label that was given last while it is recorded; empty: none holds."""
        session.job_event.connect(self._hear)

    @property
    def marking(self) -> bool:
        """Whether labels may be given to what is recorded now."""
        return self._marks is not None

    def begin(self, label: str) -> None:
        """Record with this label, once the ports are free."""
        self._links.close_others(lambda: self._begin(label))

    def mark(self, label: str) -> None:
        """Say that a label holds from now on; given twice, it ends."""
        self.label = "" if label == self.label else label
        self._marks.mark(self.label)
        self.changed.emit()

    def _begin(self, label: str) -> None:
        from studio.services import takes
        from studio.services.marks import Marks

        if self._session.working:  # something else was started meanwhile
            self._links.open_others()
            return
        wanted = self._take.wanted
        take = takes.Take(
            label=label,
            group=self._take.group.text().strip(),
            **{name: getattr(wanted, name) for name in wanted.__slots__},
        )
        project, ports = self._session.path, self._links.ports
        marks = Marks() if take.marked and len(ports) == 1 else None
        self._marks, self.label = marks, label

        def work(report: Reporter) -> dict[str, Any]:
            return takes.record(project, ports, take, marks=marks, report=report)

        self._result.tell(tr("Waiting for the first reading …"))
        self.running = Recording(
            [view for view in self._links.views if view.link.port in ports],
            label,
            clips=take.clips is not None,
            labels=self._take.labels,
            tell=self._result.tell,
            progress=self._result.progress,
        )
        title = tr("Recording {label}", label=label)
        self._session.with_port(title, work, place=PLACE, done=self._done)
        self.changed.emit()

    def _hear(self, kind: str, data: dict[str, Any]) -> None:
        if self.running is None or not self._session.working_on(PLACE):
            return
        self.running.hear(kind, data)
        if kind in ("done", "failed", "cancelled"):
            self.running.end()
            self.running = self._marks = None
            self.label = ""
            if kind != "done":  # there is no first reading to wait for any more
                self._result.tell("")
            self._links.open_others()
            self.changed.emit()

    def _done(self, result: dict[str, Any]) -> None:
        self._result.show_result(result)
        for view in self._links.views:
            view.plot.set_frozen(True)
