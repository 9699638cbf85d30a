"""Data, editor: playing the recording that is shown, and labels given while it plays."""

from typing import Any

from PySide6.QtGui import QHideEvent, QShowEvent

from studio.errors import StudioError
from studio.gui.pages.data_editor_play import Marked
from studio.gui.pages.data_editor_view import PLACE, EditorView
from studio.gui.texts import tr
from studio.gui.widgets.wave_bands import Band
from studio.types import Span

SETTLE_S = 1.0
"""More than looking through one chunk takes: then it sees that it is to stop."""


class EditorPlaying(EditorView):
    """Adds playing to what `EditorView` shows."""

    def play_or_pause(self, *, sample: bool = False) -> None:
        """Play from the cursor, or the chosen sample, or pause."""
        opened, view = self.opened, self.plots.view
        if opened is None:
            return
        if self.player.playing and not sample:
            self.player.stop()
            return
        band = self.plots.bands.chosen
        if band is not None and (sample or self.player.loop):
            start, stop, at = band.start, band.stop, float(band.start)
        else:
            start, stop, at = 0, view.total, view.cursor
            if self.player.loop:
                start, stop = round(view.start), round(view.stop)
        self.player.play(opened.look, start, stop, at)

    def _placed(self, reading: float) -> None:
        self.plots.view.move(reading)
        self.setFocus()
        if self.player.playing:
            self.player.stop()
            self.play_or_pause()

    def _played(self, at: float) -> None:
        view = self.plots.view
        view.move(at)
        if not view.start <= at <= view.stop:
            view.set(at, at + view.span)
        if self.live.label:
            label = self.live.label
            self.plots.bands.drag(
                Band(
                    0,
                    int(self.live.start),
                    max(int(at), int(self.live.start) + 1),
                    label,
                    self.labels.colour(label),
                    self.labels.key(label),
                    track=self.plots.bands.track,
                )
            )

    def _mark(self, marked: Marked | None) -> None:
        """Write what was labelled while it played."""
        if not self.live.label:
            self.plots.bands.drag(None)
        if marked is not None:
            start, stop = round(marked.start), round(marked.stop)
            stop = min(max(stop, start + 1), self.plots.view.total)
            self.edits.add([Span(start, stop, marked.label)], self.plots.bands.track)

    def _wrapped(self) -> None:
        band = self.plots.bands.chosen
        end = band.stop if band is not None else self.plots.view.stop
        self._mark(self.live.end(end))

    def _stopped(self) -> None:
        if not self.player.playing:
            self._mark(self.live.end(self.player.at))

    # -- coming and going ------------------------------------------------------------------------

    def go_on(self, by: int = 1, *, unlabelled: bool = False) -> None:
        """Open the next recording (`by` 1) or the one before (-1)."""
        path = self.session.project
        if path is None:
            return
        asked = self._wanted
        number = asked[0] if asked is not None else 0

        def read() -> Any:
            from studio.services import editing

            try:
                return editing.following(path, number, by=by, unlabelled=unlabelled)
            except StudioError as error:
                return error

        def found(result: "tuple[int, str] | StudioError | None") -> None:
            if self._wanted != asked:
                return  # somebody has opened one meanwhile
            if isinstance(result, StudioError):
                self._take(result)
            elif result is not None:
                self.show_recording(result[0])
            elif unlabelled:
                self.session.say(tr("Every other recording has labels."))

        self.session.read("editor next", read, found, place=PLACE)

    def next_unlabelled(self) -> None:
        """Open the next recording that nobody has labelled."""
        self.go_on(1, unlabelled=True)

    def _project_changed(self) -> None:
        """Read again what others have changed; leave a project that was closed."""
        if self.session.project != self._path:
            self._path = self.session.project
            self.show_recording(None)
            if self.isVisible():
                self.go_on()
        elif self.isVisible():
            self.reload()

    def showEvent(self, event: QShowEvent) -> None:
        """Go on with what hiding broke off."""
        super().showEvent(event)
        if self._wanted is None:
            self.go_on()
        else:
            self.reload()

    def hideEvent(self, event: QHideEvent) -> None:
        """Be silent, write what is pending, and end what runs for this page."""
        self.player.stop()
        if self._timer.isActive():
            self._timer.stop()
            self._write_nudged()
        if self._job is not None:
            self._job.settle(SETTLE_S)
        super().hideEvent(event)
