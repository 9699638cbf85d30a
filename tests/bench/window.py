"""How fast the window opens and whether it ever hangs.

Start-up is compared with an empty window of the same libraries, both in fresh processes and by
turns, so that the speed of the computer does not matter. Lag is how late the event loop comes to a
timer: first from the first painting until all pages are there, while a project opens and nothing
else goes on; then while a board is recorded from, a model is trained, firmware is built and files
are imported, all at once and again and again for two minutes or more, in which every page is on
show for a while: see `window_load.py`. An empty window beside it tells what the load costs.
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
from window_load import PAGES, PARAMS, Load, Ticks

RUNS = 5
BOARDS = ("bench", "bench-beside")
SHARE = 0.999
LONGEST_MS = 250.0


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
    """Return a project with the quick part of the keyword example, which trains shortly."""
    from studio.events import Quiet
    from studio.project import Project
    from studio.services import examples, projects

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
    projects.set_pipeline(path, {"learning_params": PARAMS}, Quiet())
    return path


def measure_lag(files: Path) -> None:
    """Print the lags of a window with everything going on, in s, and what it loaded."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from studio.events import Quiet
    from studio.gui import theme
    from studio.gui.app import be_quick
    from studio.gui.session import Session
    from studio.gui.window import MainWindow
    from studio.paths import projects_dir
    from studio.services import boards, examples

    path = make_project(projects_dir())
    ports = [examples.play_on_board("keywords", board, Quiet()) for board in BOARDS]
    application = QApplication(sys.argv[:1])
    theme.apply(application, theme.load("light"))
    session = Session()
    window = MainWindow(session, theme.load("light"))
    be_quick(window)
    window.show()
    QTimer.singleShot(0, session.prepare)
    session.link.use(ports[0])
    load = Load(session, window, ports[1], files)

    def painted() -> None:
        window.grab()
        load.early.begin()
        session.open(path)
        session.link.open()

    QTimer.singleShot(0, painted)
    window.stack.complete.connect(load.begin)  # a few seconds after it opened
    application.exec()
    for board in BOARDS:
        boards.stop(board, report=Quiet())


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
    sys.stdout.write(json.dumps({"lags": ticks.lags, "at": ticks.at}) + "\n")
    sys.stdout.flush()
    os._exit(0)


def lags(environment: dict[str, str], files: int) -> tuple[dict[str, Any], list[float]]:
    """Return what a window under load answered, and the lags of an empty one beside it then."""
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
    other = json.loads(said.splitlines()[-1])
    begin, end = found["span"]
    same = zip(other["lags"], other["at"], strict=True)
    return found, [lag for lag, at in same if begin <= at <= end]


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
    idle = [name for name in PAGES if name not in lag["by_hand"]]
    came = min(lag["imported"], lag["listed"])
    if lag["error"] or idle or not lag["readings"] or came < args.files:
        sys.exit(
            f"not all was done: {lag['error']} {idle} {lag['readings']} readings, {came} files"
        )
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
    found, other, early = sorted(lag["lags"]), sorted(beside), sorted(lag["early"])
    late, late_empty = (
        1000 * row[min(len(row) - 1, int(SHARE * len(row)))] for row in (found, other)
    )
    gates = [
        gate("start-up beyond 1.2 x an empty window", ours - 1.2 * empty, 0.4, "s", "lower"),
        gate("longest lag until all is there", 1000 * early[-1], LONGEST_MS, "ms", "lower"),
        gate("longest event loop lag", 1000 * found[-1], LONGEST_MS, "ms", "lower"),
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
            "longest_early": 1000 * early[-1],
            "p99_early": 1000 * early[int(0.99 * len(early))],
        },
        "ticks": len(found),
        "ended": lag["ended"],
        "readings_recorded": lag["readings"],
        "heavy": lag["heavy"],
        "gates": gates,
    }


if __name__ == "__main__":
    main()
