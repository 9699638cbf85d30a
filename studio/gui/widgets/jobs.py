"""The running job: its step, how far it is, time left, Cancel; its log in a drawer.

The drawer pushes the page up, never covers it.
"""

import time

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.errors import StudioError
from studio.gui.desktop import hint_for_window
from studio.gui.icons import icon
from studio.gui.runner import WindowJob
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import set_role, words

LOG_LINES = 5000
LEAST = 140
"""Height in px below which there is nothing to read in it."""
MOST = 16_777_215
"""No limit, as Qt says it."""
FIRST_ESTIMATE_S = 4.0
"""How long a job runs before its end is estimated."""


class JobDrawer(QWidget):
    """Shows the newest job; a failure stays readable until the next start.

    Signals
    -------
    told : (str, float)
        The state in words, and how far it is (0..1), for the status line.
    place_wanted : (str)
        The page on which the job was started is to be shown.
    """

    told = Signal(str, float)
    place_wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("drawer")
        self.setMinimumHeight(LEAST)
        self._job: WindowJob | None = None
        self._place = self._page = ""
        self._began = self._step_began = 0.0
        self._fraction, self._text, self._step = 0.0, "", ""
        self._stopping = self._failed = False
        self.mark = words()
        self.title = words(tr("Nothing is running."))
        self.bar = QProgressBar()
        self.bar.setAccessibleName(tr("Progress of the job"))
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(260)
        self.stop = QPushButton(tr("Cancel"))
        self.stop.setToolTip(tr("Stop the running job; what is finished is kept (Ctrl+.)"))
        self.stop.setEnabled(False)
        self.stop.clicked.connect(self.cancel)
        self.hint = words("", "hint", wrap=True)
        self.back = QPushButton()
        self.back.clicked.connect(lambda: self.place_wanted.emit(self._place))
        self.log = QPlainTextEdit(readOnly=True)
        self.log.setMaximumBlockCount(LOG_LINES)
        self.log.setPlaceholderText(tr("What a job does is written here, line by line."))
        self.log.setAccessibleName(tr("Log of the job"))
        self.more = QPushButton(tr("New lines below"))
        self.more.setToolTip(tr("Follow the end of the log again"))
        self.more.clicked.connect(self._to_end)
        self._following = True
        bar = self.log.verticalScrollBar()
        bar.valueChanged.connect(lambda _: self._show_more())
        bar.rangeChanged.connect(lambda *_: self._follow_end())
        for widget in (self.hint, self.back, self.more, self.bar, self.stop):
            widget.hide()
        self._lay()
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._tell)
        self.set_theme(theme)

    def _lay(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.mark)
        row.addWidget(self.title, 1)
        for widget in (self.more, self.back, self.bar, self.stop):
            row.addWidget(widget)
        self._box = box = QVBoxLayout(self)
        box.setContentsMargins(16, 8, 16, 8)
        box.setSpacing(8)
        box.addLayout(row)
        box.addWidget(self.hint)
        box.addWidget(self.log)

    def stand_under(self, page: str, *, has_log: bool) -> bool:
        """Show no way to the page that is on show, and no log where that tells it itself.

        Return whether there is more or less of it now.
        """
        self._page = page
        self._show_back()
        shown = not has_log or page != self._place
        if shown != self.log.isHidden():
            return False
        self.log.setVisible(shown)
        self._box.invalidate()
        line = self._box.minimumSize().height()
        self.setMinimumHeight(LEAST if shown else line)
        self.setMaximumHeight(MOST if shown else line)
        return True

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self._draw_mark()

    def follow(self, job: WindowJob, place: str = "") -> None:
        """Show this job from now on; it was started on the page `place`."""
        self._job, self._place = job, place
        self._began = self._step_began = time.monotonic()
        self._fraction, self._text, self._step = 0.0, job.job.title, ""
        self._stopping = self._failed = False
        self.log.clear()
        set_role(self.title, "")
        set_role(self.bar, "")
        for widget in (self.hint, self.back, self.more):
            widget.hide()
        self.bar.show()
        self.stop.show()
        self.stop.setEnabled(True)
        job.reported.connect(self._report)
        job.failed.connect(self._fail)
        job.ended.connect(lambda: self._end(job))
        self._clock.start()
        self._draw_mark()
        self._tell()

    def cancel(self) -> None:
        """Ask the job to stop."""
        if self._job is not None and self._job.running:
            self._text = tr("Stopping …")
            self._stopping = True
            self.stop.setEnabled(False)
            self._job.cancel()
            self._tell()

    def _report(self, kind: str, data: dict[str, object]) -> None:
        if kind == "log":
            self._write(str(data["line"]))
        elif kind == "progress":
            self._progress(float(str(data["fraction"])), str(data["text"]))
        elif kind == "cancelled":
            self._text = tr("Stopped; what was finished is kept.")
        elif kind == "done":
            self._fraction = 1.0
            self._note_step("")
            self._text = tr("Done: {title}", title=self._job.job.title if self._job else "")

    def _write(self, line: str) -> None:
        """Add a line; the end is followed unless the person looks further up."""
        self.log.appendPlainText(line)

    def _show_more(self) -> None:
        bar = self.log.verticalScrollBar()
        self._following = bar.value() >= bar.maximum()
        self.more.setVisible(not self._following and self.log.isVisible())

    def _follow_end(self) -> None:
        """Stay at the end when lines come or the log becomes lower."""
        if self._following:
            self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())

    def _to_end(self) -> None:
        bar = self.log.verticalScrollBar()
        bar.setValue(bar.maximum())
        self.log.setFocus()

    def _progress(self, fraction: float, text: str) -> None:
        self._fraction = fraction
        if not self._stopping:
            self._text = text
        step, colon, _rest = text.partition(":")
        if colon and step != self._step:
            self._note_step(step)
        self._tell()

    def _note_step(self, step: str) -> None:
        """Write down how long the step before took."""
        now = time.monotonic()
        if self._step:
            took = f"{now - self._step_began:.1f}"
            self._write(tr("{step}: done in {seconds} s", step=self._step, seconds=took))
        self._step, self._step_began = step, now

    def _fail(self, error: StudioError) -> None:
        """Put the error on top, with what to do and the way to where it was started."""
        self._text = hint_for_window(error.message)
        hint = hint_for_window(error.hint)
        set_role(self.title, "problem")
        set_role(self.bar, "problem")
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self._failed = True
        self._show_back()
        self._write(f"{self._text} {hint}".strip())
        if self._job and self._job.job.traceback:
            self._write(self._job.job.traceback)

    def _show_back(self) -> None:
        """Show the way to where a failed job was started, unless that is on show."""
        self.back.setText(tr("To the {page} page", page=tr(self._place)))
        self.back.setVisible(self._failed and self._place not in ("", self._page))

    def _end(self, job: WindowJob) -> None:
        if self._job is job:
            self._clock.stop()
            self.stop.setEnabled(False)
            self.bar.hide()
            self.stop.hide()
            self._draw_mark()
            self._tell()

    def _draw_mark(self) -> None:
        """Show by shape and colour whether the newest job runs, failed, or is done."""
        job = self._job
        if job is None or (not job.running and job.job.error is None and self._stopping):
            name, colour = "ph.info", "text_3"
        elif job.running:
            name, colour = "ph.hourglass-medium", "text_2"
        elif job.job.error is not None:
            name, colour = "ph.x-circle-fill", "danger"
        else:
            name, colour = "ph.check-circle-fill", "ok"
        size = self._theme.px("icon")
        drawn = icon(name, self._theme[colour])
        self.mark.setPixmap(drawn.pixmap(QSize(size, size), self.devicePixelRatioF()))

    def _left(self) -> str:
        """Return the time left in words, once it can be estimated."""
        taken = time.monotonic() - self._began
        running = self._job is not None and self._job.running and not self._stopping
        if not running or taken < FIRST_ESTIMATE_S or not 0.02 < self._fraction < 1:
            return ""
        left = taken * (1 - self._fraction) / self._fraction
        if left > 90:
            return "   " + tr("about {minutes} min left", minutes=f"{left / 60:.0f}")
        return "   " + tr("about {seconds} s left", seconds=max(5, round(left / 5) * 5))

    def _tell(self) -> None:
        text = self._text + self._left()
        self.title.setText(text)
        self.bar.setValue(int(1000 * self._fraction))
        self.told.emit(text, self._fraction)
