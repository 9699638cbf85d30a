"""Judging events of the Live page: they become samples of the project, or a whole recording."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from studio.errors import StudioError
from studio.gui.notice import GOOD, Notice
from studio.gui.pages.live_events import Event
from studio.gui.texts import tr

if TYPE_CHECKING:
    from studio.gui.pages.live import LivePage


class Keeper:
    """Takes what a person says about events, and keeps it in the project."""

    def __init__(self, page: "LivePage") -> None:
        self._page = page
        self._ring: Any = None
        self.waiting: Event | None = None
        """The event that was called wrong, until its label is told."""

    def attach(self, name: str) -> None:
        """Look at a stream's readings."""
        from studio.services import acquire

        self.forget()
        if name:
            self._ring = acquire.ring(name)

    def forget(self) -> None:
        """Let go of the stream."""
        before, self._ring, self.waiting = self._ring, None, None
        if before is not None:
            before.close()

    def event(self) -> Event | None:
        """Return the event that a key is about: the chosen one, else the newest."""
        rows = self._page.table.rows
        place = self._page.view.currentIndex().row()
        chosen = place if 0 <= place < len(rows) else 0
        return rows[chosen] if rows else None

    def mark(self) -> Event | None:
        """Return a mark at this moment; it can be given a label like a decision."""
        seen = self._page.seen
        if self._ring is None or self._ring.written < seen.window:
            return None
        stop = self._ring.written
        return Event(stop / seen.rate_hz, "", start=stop - seen.window, stop=stop)

    def right(self) -> None:
        """Keep the event's window with the label that was decided."""
        event = self.event()
        if event is None:
            return
        if not event.label:
            self.wrong()
            return
        self._keep(event, event.label)

    def wrong(self) -> None:
        """Ask for the event's true label."""
        event = self.event()
        if event is None:
            return
        if self.waiting is not None and self.waiting is not event:
            self.waiting.verdict = ""
        self.waiting = event
        event.verdict = tr("what was it?")
        self._page.show_counts(event)

    def was(self, label: str) -> Callable[[], None]:
        """Return what tells the label of the event that was called wrong."""
        return partial(self._was, label)

    def _was(self, label: str) -> None:
        event, self.waiting = self.waiting, None
        if event is not None:
            self._keep(event, label)

    def _keep(self, event: Event, label: str) -> None:
        page = self._page
        path, session, sample = page.session.path, page.session, event.sample
        start, stop = event.start, event.stop
        details = {"live": "judged", "decided": event.label or "nothing", "run": page.seen.run}
        try:
            cut = None if sample else self._cut(start, stop)
        except StudioError as error:
            event.verdict = tr("not kept")
            page.show_counts(event)
            session.notify(page.NAME, Notice.of(error))
            return

        def work() -> dict[str, Any]:
            from studio.services import live_samples

            if cut is None:
                return live_samples.judge_again(path, sample, label)
            return live_samples.keep_sample(path, cut, start, stop, label, details=details)

        def done(result: dict[str, Any]) -> None:
            page.seen.kept += 0 if event.sample else 1
            event.sample = result["sample"]
            right = label == event.label
            said = tr("right, kept as {label}", label=label)
            event.verdict = said if right else tr("wrong, kept as {label}", label=label)
            page.show_counts(event)

        event.verdict = ""
        page.show_counts(event)
        session.read("", work, done, place=page.NAME)

    def _cut(self, start: int, stop: int) -> Any:
        from studio.errors import DeviceError
        from studio.services import live_samples

        seen = self._page.seen
        if self._ring is None or seen.stream is None:
            raise DeviceError(
                tr("This board sends decisions but not its signal, so nothing can be kept."),
                tr("Build and flash again: newer firmware sends both."),
            )
        return live_samples.around(self._ring, seen.stream, start, stop, port=seen.port)

    def save_stream(self) -> None:
        """Keep all that is still held of the stream as a recording."""
        page, seen = self._page, self._page.seen
        if self._ring is None or seen.stream is None:
            error = StudioError(tr("There is no signal to save."), tr("Press Start first."))
            page.session.notify(page.NAME, Notice.of(error))
            return
        path, ring, stream = page.session.path, self._ring, seen.stream
        details = {"live": "stream", "run": seen.run}

        def work() -> dict[str, Any]:
            from studio.services import live_samples

            cut = live_samples.whole(ring, stream, port=seen.port)
            return live_samples.keep_stream(path, cut, details=details)

        def done(result: dict[str, Any]) -> None:
            text = tr("Saved the stream: {seconds} s.", seconds=f"{result['seconds']:.1f}")
            hint = tr("It is the recording {name} of the project now.", name=result["name"])
            page.session.notify(page.NAME, Notice(GOOD, text, hint))

        page.session.read("", work, done, place=page.NAME)
