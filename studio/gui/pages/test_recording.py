"""The panel under the windows: one test recording over time, any of them to choose."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton

from studio.gui.pages.test_stream import Listener, Stream
from studio.gui.pages.test_timeline import Block, Timeline
from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import Panel
from studio.types import Span

if TYPE_CHECKING:
    from studio.services.judged import Judged
    from studio.services.verdicts import Verdicts

PLACE = "Test"


class RecordingPanel(Panel):
    """Shows truth and decisions of a recording.

    Signals
    -------
    picked : (int)
        The window that the person wants to see.
    wanted : (int)
        The recording whose windows the person wants to see.
    """

    picked = Signal(int)
    wanted = Signal(int)

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(tr("Recording"))
        self._session = session
        self._judged: Judged | None = None
        self._verdicts: Verdicts | None = None
        self._chosen: tuple[int, list[int]] = (-1, [])
        self._truth: list[Block] = []
        self._stream: Stream | None = None
        self.listener = Listener(session)
        self.listener.told.connect(self._told)
        self.listener.ended.connect(self._heard)
        self.number = -1
        """The recording on show."""
        self.timeline = Timeline(theme)
        self.timeline.picked.connect(self.picked)
        self.names = QComboBox()
        self.names.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.names.setAccessibleName(tr("Test recording"))
        self.names.setToolTip(tr("The test recordings, those with most misread windows first"))
        self.names.activated.connect(lambda _: self.wanted.emit(int(self.names.currentData())))
        self.whole = QPushButton(tr("Long stream"))
        self.whole.setProperty("role", "quiet")
        self.whole.setCheckable(True)
        self.whole.toggled.connect(lambda _: self._turn())
        session.working_changed.connect(self._allow)
        top = QHBoxLayout()
        self.box.removeWidget(self.heading)
        top.addWidget(self.heading, 1)
        top.addWidget(self.whole)
        top.addWidget(self.names)
        self.box.addLayout(top)
        self.box.addWidget(self.timeline)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.timeline.set_theme(theme)

    def judge(self, judged: "Judged", made: "Verdicts", threshold: float) -> None:
        """Take over other decisions; name all recordings with what is misread, the worst first."""
        if self._judged is None or self._judged.report != judged.report:
            self.listener.forget()
            self.whole.setChecked(False)
        self._judged, self._verdicts = judged, made
        self.listener.threshold = threshold
        if judged.windows is None:
            return
        numbers, place = np.unique(judged.windows.recording_id, return_inverse=True)
        wrong = np.bincount(place[~made.right], minlength=len(numbers)).tolist()
        there = zip(numbers.tolist(), wrong, strict=True)
        known = judged.recordings
        rows = [(-count, known[number].name, number) for number, count in there if number in known]
        self.names.clear()
        for count, name, number in sorted(rows):
            self.names.addItem(tr("{name}: {wrong} misread", name=name, wrong=-count), number)
        kept = self.number in judged.recordings
        first = self.number if kept else int(self.names.itemData(0)) if rows else -1
        self.number = -1
        if first >= 0:
            self.show_recording(first)

    def forget(self) -> None:
        """Read the labels afresh when a recording is shown next: they may be different."""
        self.number = -1

    def choose(self, window: int, marked: Sequence[int]) -> None:
        """Outline a window, and mark those that are listed."""
        self._chosen = (window, list(marked))
        self.timeline.choose(window, marked)

    def show_recording(self, number: int) -> None:
        """Show a recording, unless it is on show."""
        path, judged = self._session.project, self._judged
        if path is None or judged is None or number == self.number:
            return
        self.number = number
        self.names.setCurrentIndex(self.names.findData(number))
        if self._stream is not None and self._stream.heard.recording_id != number:
            self.whole.setChecked(False)
        self._allow()

        def read() -> Any:
            from studio.services import judged

            return judged.truths(path, number)

        self._session.read(
            "test recording", read, lambda spans: self._show(number, spans), place=PLACE
        )

    def _show(self, number: int, spans: Sequence[Span]) -> None:
        judged = self._judged
        if number != self.number or judged is None:
            return
        recording = judged.recordings[number]
        self._truth = [_block(one, recording.sample_rate_hz) for one in spans]
        if self.whole.isChecked() and number in self.listener.known:
            self.listener.ask(number, recording.name)
        else:
            self._draw()

    def _draw(self) -> None:
        """Show the windows of the test, or what the rule tells of the whole recording."""
        judged, made, stream = self._judged, self._verdicts, self._stream
        if judged is None or made is None or self.number not in judged.recordings:
            return
        recording = judged.recordings[self.number]
        rate = recording.sample_rate_hz
        missed: list[Block] = []
        if self.whole.isChecked() and stream is not None:
            blocks, said = stream.blocks(), stream.words()
            missed = [_block(one, rate) for one in stream.told.missed]
        else:
            blocks = self._blocks(judged, made, rate)
            wrong = sum(not block.right for block in blocks)
            said = tr("{wrong} of {of} windows misread", wrong=wrong, of=len(blocks))
        self.heading.setText(tr("{name}: {said}", name=recording.name, said=said))
        labels = made.labels
        seconds = recording.seconds
        self.timeline.show_blocks(seconds, self._truth, blocks, labels, said=said, missed=missed)
        self.timeline.choose(*self._chosen)

    # -- the long stream -------------------------------------------------------------------------

    def why_not(self) -> str:
        """Return why the model cannot hear the whole recording now; empty if it can."""
        if self._judged is None or self.number not in self._judged.recordings:
            return tr("Choose a recording first.")
        if self._session.working:
            return tr("Wait until the running job is done, or stop it.")
        return tr("Run the test again first.") if self._judged.stale else ""

    def _allow(self) -> None:
        why = self.why_not()
        self.whole.setEnabled(not why)
        tip = tr(
            "Let the model hear all of this recording, and the decision rule tell what it hears: "
            "what is missed, and what is told though it is not labelled so (W)"
        )
        self.whole.setToolTip(why or tip)

    def _turn(self) -> None:
        if self.whole.isChecked() and self._judged is not None:
            name = self._judged.recordings[self.number].name
            self.listener.ask(self.number, name)
        else:
            self._stream = None
            self._draw()

    def _told(self, stream: Stream) -> None:
        if self.whole.isChecked() and stream.heard.recording_id == self.number:
            self._stream = stream
            self._draw()

    def _heard(self) -> None:
        """Show the windows again if the job failed or was stopped."""
        if self.number not in self.listener.known:
            self.whole.setChecked(False)

    def _blocks(self, judged: "Judged", made: "Verdicts", rate: float) -> list[Block]:
        """Return the recording's decisions, each for the time around its middle."""
        windows = judged.windows
        if windows is None:
            return []
        mine = np.flatnonzero(windows.recording_id == self.number)
        mine = mine[np.argsort(windows.start[mine], kind="stable")]
        starts = windows.start[mine]
        steps = np.diff(starts)
        closest = int(steps[steps > 0].min()) if (steps > 0).any() else judged.length
        half = min(closest, judged.length) / 2
        blocks = []
        for number, start in zip(mine.tolist(), starts.tolist(), strict=True):
            middle = start + judged.length / 2
            decided = int(made.decided[number])
            label = made.labels[decided] if decided < len(made.labels) else ""
            first, last = max(0.0, (middle - half) / rate), (middle + half) / rate
            blocks.append(Block(first, last, label, number, bool(made.right[number])))
        return blocks


def _block(span: Span, rate: float) -> Block:
    return Block(span.start / rate, span.stop / rate, span.label)
