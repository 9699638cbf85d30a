"""Data, editor: what a person changes, written through services; each is one step of undo."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studio.errors import StudioError
from studio.gui.notice import Notice
from studio.gui.session import Session
from studio.gui.texts import counted, tr
from studio.gui.widgets.wave_bands import SOUND, Band

if TYPE_CHECKING:
    from studio.types import Span

PLACE = "Data"


class Edits(QObject):
    """Writes edits of one recording in the background, one after the other.

    Signals
    -------
    written : (int)
        The data have changed; the sample to be chosen, or 0.
    failed : ()
        Something could not be written: what is drawn is to be read again.
    """

    written = Signal(int)
    failed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.recording_id = 0

    def _write(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        def guarded() -> Any:
            try:
                return work()
            except StudioError as error:
                return error

        def answered(result: Any) -> None:
            if isinstance(result, StudioError):
                self._session.notify(PLACE, Notice.of(result))
                self.failed.emit()
            else:
                done(result)

        self._session.read("", guarded, answered, place=PLACE)

    def add(self, spans: "list[Span]", track: str) -> None:
        """Label stretches; the last one is chosen."""
        path, number = self._session.path, self.recording_id

        def work() -> Any:
            from studio.services import label

            return label.add(path, number, spans, track=track)

        def done(found: dict[str, Any]) -> None:
            self._session.say(counted(len(spans), "{n} sample added", "{n} samples added"))
            self.written.emit(found["ids"][-1])

        self._write(work, done)

    def relabel(self, band: Band, name: str) -> None:
        """Give a sample another label."""
        path = self._session.path

        def work() -> Any:
            from studio.services import label

            return label.relabel_all(path, label.Selection((band.id,)), name)

        def done(_found: Any) -> None:
            self._session.say(tr("Labelled {name}", name=name))
            self.written.emit(band.id)

        self._write(work, done)

    def crop(self, band: Band) -> None:
        """Give a sample the ends that a band has."""
        path = self._session.path

        def work() -> Any:
            from studio.services import label

            return label.crop(path, band.id, band.start, band.stop)

        self._write(work, lambda _: self.written.emit(band.id))

    def remove(self, band: Band) -> None:
        """Forget a sample; the recording stays."""
        path = self._session.path

        def work() -> Any:
            from studio.services import label

            return label.remove(path, label.Selection((band.id,)))

        def done(_found: Any) -> None:
            self._session.say(tr("Sample removed; Ctrl+Z brings it back"))
            self.written.emit(0)

        self._write(work, done)

    def split(self, band: Band, at: int) -> None:
        """Cut a sample in two."""
        path = self._session.path

        def work() -> Any:
            from studio.services import editing

            return editing.split_at(path, band.id, at)

        self._write(work, lambda found: self.written.emit(found["ids"][-1]))

    def join(self, bands: list[Band]) -> None:
        """Make one sample of neighbours."""
        path = self._session.path

        def work() -> Any:
            from studio.services import editing

            return editing.join(path, [band.id for band in bands])

        def done(found: dict[str, Any]) -> None:
            self._session.say(found["did"])
            self.written.emit(found["id"])

        self._write(work, done)

    def track(self, name: str, new: str) -> None:
        """Add a track (`name` is empty) or rename it."""
        path = self._session.path

        def work() -> Any:
            from studio.services import label

            return label.change_track(path, name, new=new)

        self._write(work, lambda _: self.written.emit(0))

    def rule(self, values: dict[str, Any]) -> None:
        """Choose which label windows get."""
        path = self._session.path

        def work() -> Any:
            from studio.services import label

            return label.set_rule(path, values)

        self._write(work, lambda _: self.written.emit(0))


def neighbour(bands: list[Band], of: Band) -> Band | None:
    """Return the next sample on the same track."""
    later = [
        one
        for one in bands
        if one.kind == SOUND
        and one.track == of.track
        and one.id != of.id
        and (one.start, one.id) >= (of.start, of.id)
    ]
    return min(later, key=lambda one: (one.start, one.id), default=None)
