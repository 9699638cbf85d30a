"""How fast the window opens and whether it ever hangs.

Start-up is compared with an empty window of the same libraries, both in fresh processes and by
turns, so that the speed of the computer does not matter. Lag is how late the event loop comes to a
timer while a board is recorded from, a model is trained, firmware is built and files are imported,
all at once and again and again for two minutes, in which every page is on show for a while; an
empty window beside it tells what the load costs.
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
LOOK_S = 15.0
"""How long each page is on show while everything goes on: two minutes for all of them."""
PARAMS = {"epochs": 6}
SHARE = 0.999
HEAVY = {"tensorflow", "keras", "tf_keras", "librosa", "scipy.signal", "unicorn"}


def child(kind: str, environment: dict[str, str], *more: str) -> dict[str, Any]:
    """Run this file again as a child and return the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", kind, *more],
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


class Ticks:
    """How late an event loop comes to a timer, in s."""

    def __init__(self) -> None:
        from PySide6.QtCore import QTimer

        self.lags: list[float] = []
        self._last = time.perf_counter()
        self._clock = QTimer(interval=TICK_MS)
        self._clock.timeout.connect(self._tick)

    def begin(self) -> None:
        """Count from now on."""
        self._last = time.perf_counter()
        self._clock.start()

    def stop(self) -> None:
        """Count no more."""
        self._clock.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.lags.append(max(0.0, now - self._last - TICK_MS / 1000))
        self._last = now


def import_anew(project: Path, files: Path, report: Any) -> Any:
    """Import files into a project that is made for them, as the window does."""
    from studio.project import Project
    from studio.services import imports
    from studio.services.apart import apart

    Project.create(project).close()
    return apart(imports.import_data, project, [files], report=report)


class Load:
    """A window that records, trains, builds and imports all the time, page after page looked at.

    What ends begins anew, until each page was on show for its time.
    """

    def __init__(self, session: Any, window: Any, port: str, files: Path) -> None:
        from PySide6.QtCore import QTimer

        self.session, self.window, self.ticks = session, window, Ticks()
        self._port, self._files = port, files
        self.rounds = dict.fromkeys(("recording", "building", "importing", "training"), 0)
        self.ended = dict.fromkeys(self.rounds, 0)
        self.results: dict[str, Any] = {}
        self.errors: list[str] = []
        self.jobs: dict[str, Any] = {}
        self.over = False
        self._pages = QTimer(interval=round(LOOK_S * 1000))
        self._pages.timeout.connect(self._turn)

    def begin(self) -> None:
        """Start everything."""
        self.window.go(0)
        for name in self.rounds:
            self._start(name)
        self.ticks.begin()
        self._pages.start()

    def _work(self, name: str) -> Any:
        """Return what the next round of a job does: never what was already done."""
        from studio.services import acquire, deploy, train

        path, turn = self.session.path, self.rounds[name]
        if name == "recording":
            return lambda r: acquire.record(path, self._port, label="bench", report=r)
        if name == "building":
            other = ("speed", "size")[turn % 2]
            return lambda r: deploy.build(path, app="collect", optimise=other, report=r)
        if name == "training":
            return lambda r: train.train(path, params=PARAMS, report=r)
        return lambda r: import_anew(path.parent / f"imported-{turn}", self._files, r)

    def _start(self, name: str) -> None:
        from studio.gui.runner import WindowJob

        work = self._work(name)
        self.rounds[name] += 1
        if name == "training":
            self.session.start("Training", work)
            job = self.session.busy
        else:
            job = WindowJob(name, work, self.session)
            if name == "recording":
                job.reported.connect(self.session.link.take)
            job.start()
        self.jobs[name] = job.job
        job.ended.connect(lambda: self._ended(name))

    def _ended(self, name: str) -> None:
        job = self.jobs[name]
        if job.error:
            self.errors.append(f"{name}: {job.error}")
        elif not self.over:
            self.ended[name] += 1
            self.results[name] = job.result
            self._start(name)

    def _turn(self) -> None:
        page = self.window.stack.currentIndex() + 1
        if page < self.window.stack.count() and not self.errors:
            self.window.go(page)
            return
        self._end()

    def _end(self) -> None:
        """Print what was found and leave."""
        self.ticks.stop()
        self._pages.stop()
        self.over = True
        for job in self.jobs.values():
            job.cancel()
        for job in self.jobs.values():
            job.wait(10)
        recorded = self.jobs["recording"].result
        answer = {
            "lags": self.ticks.lags,
            "heavy": sorted(HEAVY & {*sys.modules}),
            "readings": recorded["readings"] if recorded else 0,
            "imported": self.results.get("importing", {}).get("recordings", 0),
            "ended": self.ended,
            "error": "; ".join(self.errors),
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        self.window.close()


def measure_lag(files: Path) -> None:
    """Print the lags of a window with everything going on, in s, and what it loaded."""
    from PySide6.QtWidgets import QApplication

    from studio.events import Quiet
    from studio.gui import theme
    from studio.gui.app import be_quick
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
    be_quick(window)
    window.show()
    session.open(path)
    session.link.use(port)
    load = Load(session, window, port, files)
    window.stack.complete.connect(load.begin)  # a few seconds after it opened
    application.exec()
    boards.stop(BOARD, report=Quiet())


def measure_empty() -> None:
    """Print the lags of an empty window, until standard input ends."""
    import pyqtgraph
    from PySide6.QtCore import QSocketNotifier
    from PySide6.QtWidgets import QApplication, QMainWindow

    application = QApplication(sys.argv[:1])
    window = QMainWindow()
    window.setCentralWidget(pyqtgraph.PlotWidget())
    window.show()
    ticks = Ticks()
    ended = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    ended.activated.connect(application.quit)
    ticks.begin()
    application.exec()
    sys.stdout.write(json.dumps({"lags": ticks.lags}) + "\n")
    sys.stdout.flush()
    os._exit(0)


def lags(environment: dict[str, str], files: int) -> tuple[dict[str, Any], list[float]]:
    """Return what a window under load answered, and the lags of an empty one beside it."""
    from acquisition_files import make

    with tempfile.TemporaryDirectory(prefix="tinyml-studio-bench-") as folder:
        make(Path(folder), files)
        beside = subprocess.Popen(
            [sys.executable, __file__, "--child", "beside"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        found = child("lag", environment, folder)
        said, _ = beside.communicate()
    return found, json.loads(said.splitlines()[-1])["lags"]


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    kinds = ("empty", "studio", "lag", "beside")
    parser.add_argument("--child", choices=kinds, help="for itself")
    parser.add_argument("--files", type=int, default=10_000, help="to import meanwhile")
    parser.add_argument("folder", nargs="?", type=Path, help="for itself")
    args = parser.parse_args()
    if args.child == "lag":
        measure_lag(args.folder)
        return
    if args.child == "beside":
        measure_empty()
        return
    if args.child:
        open_window(args.child)
        return
    with tempfile.TemporaryDirectory(prefix="tinyml-studio-bench-") as home:
        environment = _environment(home)
        say("start-up, by turns with an empty window")
        empty, ours = startup(environment)
        say("lag while recording, training, building and importing")
        lag, beside = lags(environment, args.files)
    idle = [name for name, times in lag["ended"].items() if name != "recording" and not times]
    if lag["error"] or idle or not lag["readings"] or lag["imported"] < args.files:
        sys.exit(f"recording, training, building or importing failed: {lag['error']} {idle}")
    result = judged(empty, ours, lag, beside)
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


def judged(empty: float, ours: float, lag: dict[str, Any], beside: list[float]) -> dict[str, Any]:
    """Return the bench's result with its gates."""
    found, other = sorted(lag["lags"]), sorted(beside)
    late, late_empty = (
        1000 * row[min(len(row) - 1, int(SHARE * len(row)))] for row in (found, other)
    )
    gates = [
        gate("start-up beyond 1.2 x an empty window", ours - 1.2 * empty, 0.4, "s", "lower"),
        gate("longest event loop lag", 1000 * found[-1], 250, "ms", "lower"),
        gate(
            "99.9th percentile of the lag against an empty window's",
            late / late_empty,
            2.0,
            "times",
            "lower",
        ),
        gate("heavy libraries in the window", len(lag["heavy"]), 0, "modules", "lower"),
    ]
    return {
        "bench": "window",
        "empty_s": empty,
        "studio_s": ours,
        "ratio": ours / empty,
        "lag_ms": {
            "median": 1000 * found[len(found) // 2],
            "p999": late,
            "longest": 1000 * found[-1],
            "p999_empty": late_empty,
            "longest_empty": 1000 * other[-1],
        },
        "ticks": len(found),
        "ended": lag["ended"],
        "readings_recorded": lag["readings"],
        "heavy": lag["heavy"],
        "gates": gates,
    }


if __name__ == "__main__":
    main()
