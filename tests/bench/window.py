"""How fast the window opens and whether it ever hangs.

Start-up is compared with an empty window of the same libraries, both in fresh processes and by
turns, so that the speed of the computer does not matter. Lag is how late the event loop comes to a
timer while a board is recorded from and a model is trained at the same time.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import ROOT, finish, gate, options, say

RUNS = 5
TICK_MS = 10
BOARD = "bench"
PAGE_MS = 1500
PARAMS = {"epochs": 6}
SHARE = 0.999
HEAVY = {"tensorflow", "keras", "tf_keras", "librosa", "scipy.signal", "unicorn"}


def child(kind: str, environment: dict[str, str]) -> dict[str, Any]:
    """Run this file again as a child and return the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", kind],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{kind} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def open_window(kind: str) -> None:
    """Open a window and say when it was painted (seconds since the epoch)."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QMainWindow

    application = QApplication(sys.argv[:1])
    if kind == "empty":
        import pyqtgraph

        window = QMainWindow()
        window.setCentralWidget(pyqtgraph.PlotWidget())
        window.resize(1280, 800)
    else:
        from studio.gui import theme
        from studio.gui.session import Session
        from studio.gui.window import MainWindow

        window = MainWindow(Session(), theme.use_chosen())
    window.show()

    def painted() -> None:
        window.grab()
        sys.stdout.write(json.dumps({"at": time.time()}) + "\n")
        sys.stdout.flush()
        application.quit()

    QTimer.singleShot(0, painted)
    application.exec()
    os._exit(0)


def startup(environment: dict[str, str]) -> tuple[float, float]:
    """Return the medians in s from the start of the process: empty window, ours."""
    taken: dict[str, list[float]] = {"empty": [], "studio": []}
    for turn in range(RUNS + 1):
        for kind, times in taken.items():
            began = time.time()
            at = float(child(kind, environment)["at"])
            if turn:  # the first only fills the file cache
                times.append(at - began)
    return statistics.median(taken["empty"]), statistics.median(taken["studio"])


def make_project(folder: Path) -> Path:
    """Return a project with the quick part of the keyword example."""
    from studio.project import Project
    from studio.services import examples

    example = examples.example("keywords")
    path = examples.open_project("keywords", folder)
    with Project.open(path) as project:
        for row in example.recordings:
            if row.quick:
                recording = project.add_recording(
                    examples.values(row, example.pipeline),
                    name=row.name,
                    axes=example.pipeline.axes,
                    sample_rate_hz=example.pipeline.sample_rate_hz,
                    group=row.group,
                )
                project.add_samples(recording.id, row.spans, split=row.split)
    return path


class Lag:
    """A window that records and trains at once, and how late its event loop was."""

    def __init__(self, session: Any, window: Any, port: str) -> None:
        from PySide6.QtCore import QTimer

        from studio.gui.runner import WindowJob
        from studio.services import acquire

        self.session, self.window = session, window
        self.lags: list[float] = []
        path = session.path
        self.recording = WindowJob(
            "recording", lambda r: acquire.record(path, port, label="bench", report=r), session
        )
        self.recording.reported.connect(session.link.take)
        self._last = time.perf_counter()
        self._clock = QTimer(interval=TICK_MS)
        self._clock.timeout.connect(self._tick)
        self._pages = QTimer(interval=PAGE_MS)
        self._pages.timeout.connect(self._turn)

    def begin(self) -> None:
        """Start both."""
        from studio.services import train

        path = self.session.path
        self.recording.start()
        self.session.start("Training", lambda r: train.train(path, params=PARAMS, report=r))
        self.session.busy.ended.connect(self.end)
        self._last = time.perf_counter()
        self._clock.start()
        self._pages.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.lags.append(max(0.0, now - self._last - TICK_MS / 1000))
        self._last = now

    def _turn(self) -> None:
        self.window.go((self.window.stack.currentIndex() + 1) % len(self.window.pages))

    def end(self) -> None:
        """Print what was found and leave."""
        self._clock.stop()
        self.recording.cancel()
        self.recording.job.wait(10)
        recorded, trained = self.recording.job, self.session.busy.job
        answer = {
            "lags": self.lags,
            "heavy": sorted(HEAVY & {*sys.modules}),
            "readings": recorded.result["readings"] if recorded.result else 0,
            "error": str(recorded.error or trained.error or ""),
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        self.window.close()


def measure_lag() -> None:
    """Print the lags of a window that records and trains, in s, and what it loaded."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from studio.events import Quiet
    from studio.gui import theme
    from studio.gui.session import Session
    from studio.gui.window import MainWindow
    from studio.paths import projects_dir
    from studio.services import boards, examples

    path = make_project(projects_dir())
    port = examples.play_on_board("keywords", BOARD, Quiet())
    application = QApplication(sys.argv[:1])
    theme.apply(application, theme.load("light"))
    session = Session()
    window = MainWindow(session, theme.load("light"))
    window.show()
    session.open(path)
    session.link.use(port)
    lag = Lag(session, window, port)
    QTimer.singleShot(0, lag.begin)
    application.exec()
    boards.stop(BOARD, report=Quiet())


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--child", choices=("empty", "studio", "lag"), help="for itself")
    args = parser.parse_args()
    if args.child == "lag":
        measure_lag()
        return
    if args.child:
        open_window(args.child)
        return
    with tempfile.TemporaryDirectory(prefix="tinyml-studio-bench-") as home:
        environment = _environment(home)
        say("start-up, by turns with an empty window")
        empty, ours = startup(environment)
        say("lag while recording and training")
        lag = child("lag", environment)
    if lag["error"] or not lag["readings"]:
        sys.exit(f"recording or training failed: {lag['error']}")
    result = judged(empty, ours, lag)
    finish(result, as_json=args.json)


def _environment(home: str) -> dict[str, str]:
    from studio.paths import cache_dir

    environment = {
        **os.environ,
        "TINYML_STUDIO_HOME": home,
        "TINYML_STUDIO_CACHE": str(cache_dir()),
        "PYTHONPATH": str(ROOT),
    }
    if not os.environ.get("DISPLAY") and sys.platform == "linux":
        environment["QT_QPA_PLATFORM"] = "offscreen"
    return environment


def judged(empty: float, ours: float, lag: dict[str, Any]) -> dict[str, Any]:
    """Return the bench's result with its gates."""
    lags = sorted(lag["lags"])
    late = 1000 * lags[min(len(lags) - 1, int(SHARE * len(lags)))]
    gates = [
        gate("start-up beyond 1.2 x an empty window", ours - 1.2 * empty, 0.4, "s", "lower"),
        gate("event loop lag, 99.9th percentile", late, 250, "ms", "lower"),
        gate("heavy libraries in the window", len(lag["heavy"]), 0, "modules", "lower"),
    ]
    return {
        "bench": "window",
        "empty_s": empty,
        "studio_s": ours,
        "ratio": ours / empty,
        "lag_ms": {
            "median": 1000 * lags[len(lags) // 2],
            "p999": late,
            "longest": 1000 * lags[-1],
        },
        "ticks": len(lags),
        "readings_recorded": lag["readings"],
        "heavy": lag["heavy"],
        "gates": gates,
    }


if __name__ == "__main__":
    main()
