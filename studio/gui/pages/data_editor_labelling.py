"""Data, editor: making, changing and naming samples of the recording that is shown."""

import time
from dataclasses import replace

from studio.gui.pages.data_editor_edits import neighbour
from studio.gui.pages.data_editor_playing import EditorPlaying
from studio.gui.pages.data_editor_tools import SPLIT
from studio.gui.texts import tr
from studio.gui.widgets.wave_bands import GUESS, SOUND, Band, moved
from studio.types import Span

DIGIT_S = 5.1e-5
"""Half the last digit that is shown, and a little."""


class EditorLabelling(EditorPlaying):
    """Adds to `EditorPlaying` what changes samples."""

    def show_split(self) -> None:
        """Preview the cuts of what is chosen now, if they are shown at all."""
        opened = self.opened
        if opened is None or self.tools.panel != SPLIT:
            return
        recording = opened.recording
        self.tools.split.open(
            self.session.path,
            recording.id,
            recording.sample_rate_hz,
            self.plots.bands.chosen,
            self.labels.current,
            self.plots.bands.track,
        )

    def press_label(self, key: str) -> None:
        """Give the label of a key: to what plays, to the chosen sample, or to the next drag."""
        label = self.labels.of_key(key)
        if not label:
            self.session.say(tr("No label has the key {key} yet (N: new label)", key=key))
        elif self.player.playing:
            self.labels.choose(label)
            self._arm()
            self._mark(self.live.press(label, self.player.at, time.monotonic()))
        else:
            self.give(label)

    def give(self, label: str) -> None:
        """Give a label to the chosen sample, and to what is dragged next."""
        self.labels.choose(label)
        self._arm()
        self.show_split()
        band = self.plots.bands.chosen
        if band is not None and band.kind == GUESS:
            self.review_of(band).judge("accept", label if label != band.label else "")
        elif band is not None and band.label != label:
            self.edits.relabel(band, label)

    def _add_label(self, name: str) -> None:
        self.labels.add(name)
        self._arm()
        self.setFocus()
        band = self.plots.bands.chosen
        if band is not None and band.kind == SOUND:
            self.edits.relabel(band, name)
        elif self._unnamed is not None:
            span, self._unnamed = self._unnamed, None
            self.edits.add([replace(span, label=name)], self.plots.bands.track)
        else:
            self._draw()

    def _made(self, start: int, stop: int) -> None:
        label = self.labels.current
        if not label:
            self._unnamed = Span(start, stop, "")
            self.session.say(tr("Type a name for this label, then Enter."))
            self.labels.fresh.setFocus()
            return
        self.setFocus()
        self._draft(
            Band(
                0,
                start,
                stop,
                label,
                self.labels.colour(label),
                self.labels.key(label),
                track=self.plots.bands.track,
            )
        )
        self.edits.add([Span(start, stop, label)], self.plots.bands.track)

    def _changed(self, band: Band) -> None:
        self.setFocus()
        self._draft(band)
        self.edits.crop(band)

    def _draft(self, band: Band) -> None:
        """Draw a band as it will be, until it is read again."""
        bands = self.plots.bands
        bands.show(
            [*(one for one in bands.every if (one.kind, one.id) != (band.kind, band.id)), band]
        )
        if band.id:
            bands.choose(band)
        self._show_chosen()

    def _typed(self, start_s: float, length_s: float) -> None:
        band, rate = self.plots.bands.chosen, self.plots.view.rate
        if band is None or band.kind != SOUND:
            return
        total = self.plots.view.total
        start, length = round(start_s * rate), round(length_s * rate)
        if abs(start_s - band.start / rate) < DIGIT_S:  # as it is shown, rounded
            start = band.start
        if abs(length_s - (band.stop - band.start) / rate) < DIGIT_S:
            length = band.stop - band.start
        start = min(max(0, start), total - 1)
        stop = min(max(start + 1, start + length), total)
        self._changed(replace(band, start=start, stop=stop))

    def nudge(self, by: int, part: str) -> None:
        """Move the chosen sample, or its end, by readings; without one, the cursor."""
        band, view = self._nudged or self.plots.bands.chosen, self.plots.view
        if band is None or band.kind != SOUND:
            view.move(view.cursor + by)
            return
        self._nudged = moved(band, part, by, view.total)
        self._draft(self._nudged)
        self._timer.start()

    def set_edge(self, part: str) -> None:
        """Put an end of the chosen sample where the cursor is."""
        band, at = self.plots.bands.chosen, round(self.plots.view.cursor)
        if band is not None and band.kind == SOUND:
            by = at - (band.start if part == "start" else band.stop)
            self._changed(moved(band, part, by, self.plots.view.total))

    def split_here(self) -> None:
        """Cut the sample under the cursor in two."""
        at = round(self.plots.view.cursor)
        band = self.plots.bands.chosen
        if band is None or not band.start < at < band.stop:
            inside = [one for one in self.plots.bands.crossing() if one.start < at < one.stop]
            band = next((one for one in inside if one.kind == SOUND), None)
        if band is None or band.kind != SOUND:
            self.session.say(tr("Put the cursor inside a sample to split it."))
            return
        self.edits.split(band, at)

    def merge(self) -> None:
        """Make one sample of the chosen one and the next on its track."""
        band = self.plots.bands.chosen
        following = neighbour(self.plots.bands.every, band) if band is not None else None
        if band is None or band.kind != SOUND or following is None:
            self.session.say(tr("Choose a sample that has another one after it to merge them."))
            return
        self.edits.join([band, following])

    def remove(self) -> None:
        """Forget the chosen sample, or set the chosen guess aside."""
        band = self.plots.bands.chosen
        if band is not None and band.kind == GUESS:
            self.review_of(band).judge("reject")
        elif band is not None and band.kind == SOUND and band.id:
            self.edits.remove(band)

    def accept(self) -> None:
        """Accept the chosen guess, or write the cuts that are shown."""
        band = self.plots.bands.chosen
        if self.tools.panel == SPLIT:
            self.tools.split.write()
        elif band is not None and band.kind == GUESS:
            self.review_of(band).judge("accept")

    def escape(self) -> None:
        """Cancel the drag, else close the panel, else choose nothing."""
        if self.plots.hands.cancel():
            return
        if self.tools.panel:
            self.tools.close()
        else:
            self.plots.bands.choose(None)

    def step(self, by: int) -> None:
        """Choose the next sample, or while reviewing the next guess."""
        if self.tools.reviewing:
            self.tools.review.go(by)
            return
        rows = [band for band, _ in self.samples.model.rows]
        if rows:
            chosen = self.plots.bands.chosen
            ids = [(one.kind, one.id) for one in rows]
            here = (chosen.kind, chosen.id) if chosen is not None else None
            place = ids.index(here) + by if here in ids else 0
            self._go_to(rows[place % len(rows)])
