"""Everything that goes on in a window at once: by hand what one person can, the rest beside it.

The window does one job at a time. So one of training, building with flashing, recording and
importing is started by the primary button of its page, as a person does, with all that the window
then does: it follows the job and reads the open project again, into which thousands of files come
while its library is on show. The other three go on beside it meanwhile, by the same services in
the same process; recorded from is a second board then, and imports go to projects of their own.
When the job by hand has ended the next kind has its turn. All the while the pages are looked at.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TICK_MS = 10
LOOK_S = 15.0
"""How long each page is on show: two minutes for all of them; then they have another turn."""
PRESS_MS = 250
RECORD_S = 15
PATIENCE_S = 120.0
LONGEST_S = 900.0
PARAMS = {"epochs": 6}
HEAVY = {"tensorflow", "keras", "tf_keras", "librosa", "scipy.signal", "unicorn"}
PAGES = {"training": "Train", "building": "Deploy", "recording": "Boards", "importing": "Data"}
"""Each kind of job, in the order of the turns, and the page that does it."""


class Ticks:
    """How late an event loop comes to a timer, in s, and when that was."""

    def __init__(self) -> None:
        from PySide6.QtCore import QTimer

        self.lags: list[float] = []
        self.at: list[float] = []
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
        self.at.append(now)
        self._last = now


def import_anew(project: Path, files: Path, report: Any) -> Any:
    """Import files into a project that is made for them, as the window does."""
    from studio.project import Project
    from studio.services import imports
    from studio.services.apart import apart

    Project.create(project).close()
    return apart(imports.import_data, project, [files], report=report)


class Hand:
    """Goes to a job's page and presses its primary button as soon as that can be done."""

    def __init__(self, session: Any, window: Any, files: Path) -> None:
        from PySide6.QtCore import QTimer

        self.session, self.window = session, window
        self.problem = ""
        """Why a button could not be pressed."""
        self._files = files
        self._pressed = False
        self._clock = QTimer(interval=PRESS_MS)
        self._clock.timeout.connect(self._press)
        session.job_started.connect(self._started)

    @property
    def holds(self) -> bool:
        """Whether the page must stay on show."""
        return self._clock.isActive() or (self._kind == "importing" and self.session.working)

    def take(self, kind: str, started: Callable[[Any], object]) -> None:
        """Do a kind of job; its job is told when it has begun."""
        self._kind, self._told, self._since = kind, started, time.perf_counter()
        self.window.show_step(PAGES[kind])
        if kind == "recording":
            self.window.page.label.setText("bench")
        elif kind == "importing":
            self.window.page.import_files([self._files])  # dropped there
        self._clock.start()

    def _press(self) -> None:
        page, link = self.window.page, self.session.link
        able = page.primary()[1] and not self.session.working
        if self._kind == "importing":
            able = able and bool(page.panels["Import"].ready())
        elif self._kind == "recording":
            able = able and (link.linked or link.decides)
        if able:
            self._pressed = self._kind != "recording" or not link.decides
            if self._pressed:  # and not first that the board streams again
                self._clock.stop()
            page.act()
        elif time.perf_counter() - self._since > PATIENCE_S:
            self._clock.stop()
            self.problem = f"{self._kind}: the button could not be pressed: {page.why_not()}"

    def _started(self, job: Any) -> None:
        from PySide6.QtCore import QTimer

        if not self._pressed:
            return
        self._pressed = False
        if self._kind == "recording":
            QTimer.singleShot(RECORD_S * 1000, self.session.stop)
        self._told(job)


class Load:
    """A window in which all kinds of jobs go on, until each was done by hand on every page's tour.

    What ends begins anew.
    """

    def __init__(self, session: Any, window: Any, beside: str, files: Path) -> None:
        from PySide6.QtCore import QTimer

        self.session, self.window, self.ticks = session, window, Ticks()
        self.early = Ticks()
        """From the first painting until all pages are there."""
        self.hand = Hand(session, window, files)
        self._port, self._files = beside, files
        self.turn = next(iter(PAGES))
        self.rounds = dict.fromkeys(PAGES, 0)
        self.ended = dict.fromkeys(PAGES, 0)
        self.by_hand: dict[str, Any] = {}
        """The results of what was done by hand."""
        self.errors: list[str] = []
        self.jobs: dict[str, Any] = {}
        self.over = False
        self._looked = 0
        self._pages = QTimer(interval=round(LOOK_S * 1000))
        self._pages.timeout.connect(self._turn)

    def begin(self) -> None:
        """Start everything."""
        self.early.stop()
        self._since = time.perf_counter()
        for name in PAGES:
            self._start(name)
        self.ticks.begin()
        self._pages.start()

    def _work(self, name: str) -> Any:
        """Return what the next round of a job beside does: never what was already done."""
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

        self.rounds[name] += 1
        if name == self.turn:
            self.hand.take(name, self._taken)
            return
        job = WindowJob(name, self._work(name), self.session)
        self.jobs[name] = job.job
        job.ended.connect(lambda: self._ended(name))
        job.start()

    def _taken(self, job: Any) -> None:
        """Follow what was begun by hand; other pages are looked at meanwhile."""
        name = self.turn
        self.jobs[name] = job.job
        job.ended.connect(lambda: self._done_by_hand(name))
        if not self.hand.holds:
            self._look()

    def _done_by_hand(self, name: str) -> None:
        kinds = [*PAGES]
        self.by_hand[name] = self.jobs[name].result
        self.turn = kinds[(kinds.index(name) + 1) % len(kinds)]
        self._ended(name)
        if self.turn == "recording":  # which has no end of its own
            self.jobs[self.turn].cancel()

    def _ended(self, name: str) -> None:
        job = self.jobs[name]
        if job.error:
            self.errors.append(f"{name}: {job.error}")
        elif not self.over:
            self.ended[name] += 1
            self._start(name)

    def _turn(self) -> None:
        late = time.perf_counter() - self._since > LONGEST_S
        if self.errors or self.hand.problem or late:
            self._end()
        elif not self.hand.holds:
            self._looked += 1
            if self._looked >= self.window.stack.count() and len(self.by_hand) == len(PAGES):
                self._end()
            else:
                self._look()

    def _look(self) -> None:
        self.window.go(self._looked % self.window.stack.count())

    def _end(self) -> None:
        """Print what was found and leave."""
        self.ticks.stop()
        self._pages.stop()
        self.over = True
        for job in self.jobs.values():
            job.cancel()
        for job in self.jobs.values():
            job.wait(10)
        self._print()
        self.window.close()

    def _print(self) -> None:
        recorded = self.by_hand.get("recording") or {"recordings": []}
        came = self.by_hand.get("importing") or {"recordings": 0}
        answer = {
            "early": self.early.lags,
            "lags": self.ticks.lags,
            "span": [self.ticks.at[0], self.ticks.at[-1]],
            "heavy": sorted(HEAVY & {*sys.modules}),
            "readings": sum(row["readings"] for row in recorded["recordings"]),
            "imported": came["recordings"],
            "listed": len(self.window.page_named("Data").library.table.ids),
            "by_hand": [*self.by_hand],
            "ended": self.ended,
            "error": "; ".join([*self.errors, *filter(None, [self.hand.problem])]),
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
