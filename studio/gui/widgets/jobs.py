"""The job drawer: what runs, how far it is, its log; it pushes the page up, never covers it."""

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
from studio.gui.widgets.panel import words


class JobDrawer(QWidget):
    """Shows the newest job; a failure stays readable until the next start."""

    def __init__(self) -> None:
        super().__init__()
        self._job: WindowJob | None = None
        self.title = words("Nothing is running.")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(260)
        self.stop = QPushButton("Stop")
        self.stop.setEnabled(False)
        self.stop.clicked.connect(self._cancel)
        self.log = QPlainTextEdit(readOnly=True)
        self.log.setMaximumBlockCount(5000)
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

    def follow(self, job: WindowJob) -> None:
        """Show this job from now on."""
        self._job = job
        self.log.clear()
        self.bar.setValue(0)
        self.title.setText(job.job.title)
        self._look("")
        self.stop.setEnabled(True)
        job.reported.connect(self._report)
        job.failed.connect(self._fail)
        job.ended.connect(lambda: self._end(job))

    def _report(self, kind: str, data: dict[str, object]) -> None:
        if kind == "log":
            self.log.appendPlainText(str(data["line"]))
        elif kind == "progress":
            self.bar.setValue(int(1000 * float(str(data["fraction"]))))
            self.title.setText(str(data["text"]))
        elif kind == "done":
            self.bar.setValue(1000)
        elif kind == "cancelled":
            self.title.setText("Stopped; what was finished is kept.")

    def _fail(self, error: StudioError) -> None:
        self._look("problem")
        self.title.setText(str(error))
        self.log.appendPlainText(str(error))
        if self._job and self._job.job.traceback:
            self.log.appendPlainText(self._job.job.traceback)

    def _end(self, job: WindowJob) -> None:
        if self._job is job:
            self.stop.setEnabled(False)

    def _look(self, role: str) -> None:
        self.title.setProperty("role", role)
        self.title.style().unpolish(self.title)
        self.title.style().polish(self.title)

    def _cancel(self) -> None:
        if self._job:
            self.title.setText("Stopping …")
            self._job.cancel()
