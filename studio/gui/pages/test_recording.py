"""The panel under the windows: one test recording over time, any of them to choose."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout

from studio.gui.pages.test_timeline import Block, Timeline
from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import Panel

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
        self.number = -1
        """The recording on show."""
        self.timeline = Timeline(theme)
        self.timeline.picked.connect(self.picked)
        self.names = QComboBox()
        self.names.setAccessibleName(tr("Test recording"))
        self.names.setToolTip(tr("The test recordings, those with most misread windows first"))
        self.names.activated.connect(lambda _: self.wanted.emit(int(self.names.currentData())))
        top = QHBoxLayout()
        self.box.removeWidget(self.heading)
        top.addWidget(self.heading, 1)
        top.addWidget(self.names)
        self.box.addLayout(top)
        self.box.addWidget(self.timeline)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.timeline.set_theme(theme)

    def judge(self, judged: "Judged", made: "Verdicts") -> None:
        """Take over other decisions; name all recordings with what is misread, the worst first."""
        self._judged, self._verdicts = judged, made
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

        def read() -> Any:
            from studio.services import judged

            return judged.truths(path, number)

        self._session.read(
            "test recording", read, lambda spans: self._show(number, spans), place=PLACE
        )

    def _show(self, number: int, spans: Sequence[Any]) -> None:
        judged, made = self._judged, self._verdicts
        if number != self.number or judged is None or made is None:
            return
        recording = judged.recordings[number]
        rate = recording.sample_rate_hz
        truth = [Block(one.start / rate, one.stop / rate, one.label) for one in spans]
        blocks = self._blocks(judged, made, rate)
        wrong = sum(not block.right for block in blocks)
        text = "{name}: {wrong} of {of} windows misread"
        self.heading.setText(tr(text, name=recording.name, wrong=wrong, of=len(blocks)))
        self.timeline.show_blocks(recording.seconds, truth, blocks, made.labels)
        self.timeline.choose(*self._chosen)

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
