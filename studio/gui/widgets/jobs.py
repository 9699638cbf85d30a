"""The running job: its step, how far it is, time left, Stop; its log in a drawer.

The drawer pushes the page up, never covers it.
"""

import time

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.errors import StudioError
from studio.gui.runner import WindowJob
from studio.gui.widgets.panel import set_role, words

LOG_LINES = 5000
FIRST_ESTIMATE_S = 4.0
"""How long a job runs before its end is estimated."""


class JobDrawer(QWidget):
    """Shows the newest job; a failure stays readable until the next start.

    Signals
    -------
    told : (str, float)
        The state in words, and how far it is (0..1), for the status line.
    """

    told = Signal(str, float)

    def __init__(self) -> None:
        super().__init__()
        self._job: WindowJob | None = None
        self._began = self._step_began = 0.0
        self._fraction, self._text, self._step = 0.0, "", ""
        self.title = words("Nothing is running.")
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress of the job")
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(260)
        self.stop = QPushButton("Stop")
        self.stop.setEnabled(False)
        self.stop.clicked.connect(self.cancel)
        self.log = QPlainTextEdit(readOnly=True)
        self.log.setMaximumBlockCount(LOG_LINES)
        self.log.setPlaceholderText("What a job does is written here, line by line.")
        self.log.setAccessibleName("Log of the job")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.title, 1)
        row.addWidget(self.bar)
        row.addWidget(self.stop)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 8, 16, 8)
        box.addLayout(row)
        box.addWidget(self.log)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._tell)

    def follow(self, job: WindowJob) -> None:
        """Show this job from now on."""
        self._job = job
        self._began = self._step_began = time.monotonic()
        self._fraction, self._text, self._step = 0.0, job.job.title, ""
        self.log.clear()
        set_role(self.title, "")
        self.stop.setEnabled(True)
        job.reported.connect(self._report)
        job.failed.connect(self._fail)
        job.ended.connect(lambda: self._end(job))
        self._clock.start()
        self._tell()

    def cancel(self) -> None:
        """Ask the job to stop."""
        if self._job is not None and self._job.running:
            self._text = "Stopping …"
            self.stop.setEnabled(False)
            self._job.cancel()
            self._tell()

    def _report(self, kind: str, data: dict[str, object]) -> None:
        if kind == "log":
            self.log.appendPlainText(str(data["line"]))
        elif kind == "progress":
            self._progress(float(str(data["fraction"])), str(data["text"]))
        elif kind == "cancelled":
            self._text = "Stopped; what was finished is kept."
        elif kind == "done":
            self._fraction = 1.0
            self._note_step("")

    def _progress(self, fraction: float, text: str) -> None:
        self._fraction = fraction
        if self.stop.isEnabled():
            self._text = text
        step, colon, _rest = text.partition(":")
        if colon and step != self._step:
            self._note_step(step)
        self._tell()

    def _note_step(self, step: str) -> None:
        """Write down how long the step before took."""
        now = time.monotonic()
        if self._step:
            self.log.appendPlainText(f"{self._step}: done in {now - self._step_began:.1f} s")
            self.log.moveCursor(QTextCursor.MoveOperation.End)
        self._step, self._step_began = step, now

    def _fail(self, error: StudioError) -> None:
        self._text = error.message
        set_role(self.title, "problem")
        self.log.appendPlainText(str(error))
        if self._job and self._job.job.traceback:
            self.log.appendPlainText(self._job.job.traceback)

    def _end(self, job: WindowJob) -> None:
        if self._job is job:
            self._clock.stop()
            self.stop.setEnabled(False)
            self._tell()

    def _left(self) -> str:
        """Return the time left in words, once it can be estimated."""
        taken = time.monotonic() - self._began
        running = self._job is not None and self._job.running and self.stop.isEnabled()
        if not running or taken < FIRST_ESTIMATE_S or not 0.02 < self._fraction < 1:
            return ""
        left = taken * (1 - self._fraction) / self._fraction
        if left > 90:
            return f"   about {left / 60:.0f} min left"
        return f"   about {max(5, round(left / 5) * 5)} s left"

    def _tell(self) -> None:
        text = self._text + self._left()
        self.title.setText(text)
        self.bar.setValue(int(1000 * self._fraction))
        self.told.emit(text, self._fraction)
