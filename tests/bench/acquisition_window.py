"""The window that is open while the bench sends: the real one, without a display.

Records from a port into a project and draws; prints a line when readings can come, and at the end
what was recorded and how old readings were when the plot drew them first.
"""

import argparse
import json
import mmap
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


class Ages:
    """How old readings are when they come on show, by the sender's clock (shared memory file).

    Of every millisecond of the stream, not of the newest reading alone: a plot that draws once a
    second shows most of them a second late.
    """

    def __init__(self, shared: Path, rate_hz: float) -> None:
        import numpy as np

        with shared.open("r+b") as file:
            self._clock = np.frombuffer(mmap.mmap(file.fileno(), 16), np.float64)
        self._rate_hz = rate_hz
        self._step = max(1, round(rate_hz / 1000))
        self._seen = 0
        self.ages_s: list[float] = []

    def look(self, drawn: int) -> None:
        """Note the ages of what is new among so many readings that were drawn."""
        now = time.monotonic()
        while self._seen + self._step <= drawn:
            self._seen += self._step
            self.ages_s.append(now - self._clock[0] - self._seen / self._rate_hz)

    def told(self) -> dict[str, float]:
        """Return how many there are, and two percentiles in s."""
        import numpy as np

        middle, late = np.percentile(self.ages_s or [9.9], (50, 99)).tolist()
        return {"looks": len(self.ages_s), "age_p50_s": middle, "age_p99_s": late}


def say(**line: object) -> None:
    """Print one JSON line."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


class _Paints(QObject):
    """Calls a function whenever what it watches is painted."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__()
        self._look = look

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Look."""
        if event.type() == QEvent.Type.Paint:
            self._look()
        return False


def open_window(given: argparse.Namespace, ages: Ages) -> Any:
    """Return the window, showing the page with the plot."""
    from studio.gui import theme
    from studio.gui.app import be_quick
    from studio.gui.session import Session
    from studio.gui.window import MainWindow

    session = Session()
    window = MainWindow(session, theme.load("light"))
    be_quick(window)  # as the program itself does
    window.resize(1400, 900)
    window.show()
    session.open(given.project)
    window.show_step("Boards")
    session.link.use(given.port)
    plot: Any = window.page_named("Boards").plot
    plot.show()
    paints = _Paints(lambda: ages.look(plot.seen))
    paints.setParent(plot)
    plot.installEventFilter(paints)
    return window


def run(given: argparse.Namespace) -> None:
    """Open the window, record, leave."""
    from PySide6.QtWidgets import QApplication

    from studio.gui import theme
    from studio.gui.runner import WindowJob
    from studio.services import acquire

    application = QApplication(sys.argv[:1])
    theme.apply(application, theme.load("light"))
    ages = Ages(given.shared, given.rate)
    window = open_window(given, ages)
    told: dict[str, Any] = {"stats": 0}

    def hear(kind: str, data: dict[str, Any]) -> None:
        if kind == "acquisition":
            say(pid=data["pid"])
        if kind == "stats":
            told["stats"] += 1
            told.update({key: data[key] for key in ("rate_hz", "jitter_ms", "lost_packets")})
            if told["stats"] == 1:
                say(ready=True)

    def work(report: Any) -> Any:
        options = {"readings": given.readings, "protocol": given.protocol, "reconnect_s": 0}
        return acquire.record(given.project, given.port, report=report, **options)

    job = WindowJob("Recording", work, window.session)
    job.reported.connect(window.session.link.take)
    job.reported.connect(hear)
    job.ended.connect(window.close)
    window.stack.complete.connect(job.start)  # the window stands open: its pages are made
    application.exec()
    error = str(job.job.error or "")
    say(result=job.job.result, error=error, **ages.told(), **told)
    os._exit(0)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--port", required=True)
    parser.add_argument("--protocol", required=True)
    parser.add_argument("--readings", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--shared", type=Path, required=True)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
