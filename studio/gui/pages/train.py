"""Train: settings, curves while it learns, what came of it, and all runs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRect, QTimer
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.events import Reporter
from studio.gui.commands import Command
from studio.gui.desktop import hint_for_window
from studio.gui.pages.base import Page
from studio.gui.pages.test_run import start_test
from studio.gui.pages.train_compare import ComparePanel
from studio.gui.pages.train_empty import EmptyTrain, way_on
from studio.gui.pages.train_learning import LearningPanel
from studio.gui.pages.train_list import RunsPanel
from studio.gui.pages.train_result import ResultPanel
from studio.gui.pages.train_settings import SettingsPanel
from studio.gui.texts import counted, tr

CURVES = 0
RUNS_HEIGHT = 200


class TrainPage(Page):
    """Learn from the labelled samples; every run stays to be compared."""

    NAME = "Train"
    STOP = "Stop and keep best"

    def build(self) -> None:
        """Make the widgets."""
        self.settings = SettingsPanel(self.session)
        self.result = ResultPanel()
        self.compare = ComparePanel()
        self.runs = RunsPanel(self.session, self.theme)
        self.middle = QStackedWidget()
        self.learning = learning = LearningPanel(self.session, self.theme)
        self.middle.addWidget(learning)
        self.middle.addWidget(self.compare)
        self.view, self.left, self.pictures = learning.view, learning.left, learning.pictures
        self.curves, self.layers = learning.curves, learning.layers
        self.themed = [self.curves, self.runs, learning.taken]
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(self.settings)
        top.addWidget(self.middle, 1)
        top.addWidget(self.result)
        self.full = full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addLayout(top, 1)
        self.runs.setFixedHeight(RUNS_HEIGHT)
        column.addWidget(self.runs)
        self.empty = EmptyTrain()
        self.empty.wanted.connect(self.session.step_wanted)
        self.whole = QStackedWidget()
        self.whole.addWidget(self.empty)
        self.whole.addWidget(full)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.whole)
        self._path: Path | None = None
        self._found: dict[str, Any] = {}
        self._learning = False
        self._due: list[Callable[[], None]] = []
        """What of a run is still to be shown."""
        self._connect()
        self._show(None)
        self._show_empty()

    def _connect(self) -> None:
        self.session.job_event.connect(self._event)
        self.session.working_changed.connect(self._working)
        self.runs.picked.connect(self._pick)
        self.runs.compared.connect(self._compare)
        self.runs.changed.connect(self.refresh)
        self.compare.closed.connect(lambda: self.middle.setCurrentIndex(0))
        self.result.test.clicked.connect(self.test_run)

    def prepare(self) -> None:
        """Lay out what is shown first with a project."""
        self.result.prepare()
        self.full.resize(self.size())
        self.full.grab(QRect(0, 0, 1, 1))

    # -- state -----------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read settings and runs."""
        path = self.session.project
        if path != self._path:  # nothing of another project stays on show
            self._path = path
            self._show(None)
        if path is None:
            return

        def read() -> dict[str, Any]:
            from studio.services import compare_runs, layers, train

            problem = train.why_not(path)
            found = {
                "problem": problem,
                "settings": None if problem else train.settings(path),
                "layers": None if problem else layers.known(path),
            }
            return {**compare_runs.listed(path), **found}

        self.session.read("results", read, self._show, place=self.NAME)

    def facts(self) -> str:
        """Return one sentence for the header."""
        if self.session.working_on(self.NAME):
            return tr("The validation curve shows how well it does on groups it does not learn.")
        if self._problem:
            return self._problem
        runs = self._found.get("runs", ())
        if not runs:
            return tr("No runs yet.") if self._found else ""
        one, many = "{n} run", "{n} runs"
        newest = max(runs, key=lambda row: int(row["number"]))
        return counted(len(runs), one, many) + tr(
            "; run {n} took {seconds} s on this computer",
            n=newest["number"],
            seconds=f"{newest['seconds']:.0f}",
        )

    @property
    def _problem(self) -> str:
        """Why the project cannot be trained on as it is."""
        problem = self._found.get("problem")
        return hint_for_window(f"{problem.message} {problem.hint}".strip()) if problem else ""

    def _newest(self) -> int:
        return max((int(row["number"]) for row in self._found.get("runs", ())), default=0)

    def primary(self) -> tuple[str, bool]:
        """Return the primary button; where something is missing, pressing it says what."""
        return tr("Train"), bool(self.session.project) and not self.session.working

    def act(self) -> None:
        """Train, quantize and check; asked to stop, the best so far is kept."""
        path = self.session.path
        if self.session.working:
            return
        values = self.settings.flush()
        if values is None:
            self.session.say(tr("Nothing was started: a setting cannot work as it stands."))
            return
        self._learning = True  # an old run that is being read must not be drawn any more
        self.curves.clear()
        self.view.choose(CURVES)
        self.pictures.setCurrentIndex(CURVES)
        self.middle.setCurrentIndex(0)

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import train

            return train.train(path, params=values, report=report)

        self.session.start(tr("Training"), work, place=self.NAME, done=self._trained)

    def _trained(self, result: dict[str, Any]) -> None:
        share = f"{100 * result['int8']['accuracy']:.1f}"
        self.session.say(tr("Trained: {share} % right, int8", share=share))
        self.runs.forget_choice()

    def test_run(self) -> None:
        """Test the newest run, and show the Test page."""
        if self.session.project is not None and not self.session.working:
            start_test(self.session)
        self.session.step_wanted.emit("Test")

    # -- while it learns -------------------------------------------------------------------------

    def _event(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "fitting":
            self._learning = True
            self.curves.clear()
            self.curves.expect(int(data["epochs"]), float(data["guess"]))
        elif kind == "epoch":
            self._learning = True
            self.curves.add_epoch(data)
            self.learning.show_left(data)
        self._show_curves()

    def _working(self) -> None:
        if not self.session.working:
            chosen = self.runs.list.row
            if self._learning and self.curves.epochs == 0 and chosen:
                self._pick(chosen["run"])  # no epoch came: the curves of before again
            self._learning = False
            self.left.setText("")
        self.settings.set_enabled(not self.session.working_on(self.NAME))
        self._show_curves()

    def _show_curves(self) -> None:
        self.learning.show_curves(waiting=self._learning or self.session.working_on(self.NAME))

    # -- what is shown ---------------------------------------------------------------------------

    def _show(self, found: dict[str, Any] | None) -> None:
        if found and found == self._found:  # nothing is new: what is shown stays
            self._show_empty()
            return
        self._found, self._due = found or {}, []
        if not self.settings.being_edited():
            problem = self._found.get("problem")
            way = way_on(problem) if problem is not None else ("", "")
            self.settings.show_settings(self._found.get("settings"), self._problem, way)
        said = self._problem
        if not found:
            said = tr("Reading the project …") if self._path else tr("No project is open.")
        self.layers.show_layers(self._found.get("layers"), said)
        self.runs.show_runs(found, said)
        if not self._found.get("runs"):
            self.result.show_report(None, None)
            self.learning.taken.show_report(None)
            if not self._learning:
                self.curves.show_epochs([])
        self._show_curves()
        self._show_empty()
        self.changed.emit()

    def _show_empty(self) -> None:
        """Say what is missing, unless there are runs to look at or a training is going on."""
        problem, there = self._found.get("problem"), bool(self._found.get("runs"))
        busy = self._learning or self.session.working_on(self.NAME)
        self.empty.show_state(self._path, self._found)
        full = there or busy or (bool(self._found) and problem is None)
        self.whole.setCurrentIndex(1 if full else 0)

    def _pick(self, run: str) -> None:
        """Show the curves and figures of a run."""
        path = self.session.project
        if path is None:
            return

        def read() -> dict[str, Any]:
            from studio.services import compare_runs

            return compare_runs.report_of(path, run)

        self.session.read("run", read, self._show_run, place=self.NAME)

    def _show_run(self, report: dict[str, Any]) -> None:
        row = next((one for one in self._found["runs"] if one["run"] == report["run"]), None)
        if row is None:
            return
        newest = row["number"] == self._newest()
        rows = [one for one in self._found["runs"] if one["number"] < row["number"]]
        before = max(rows, key=lambda one: int(one["number"]), default=None)
        stale = self._found["stale"] if newest else ""
        self._due = [
            partial(self.result.show_report, report, row, before, stale=stale, newest=newest),
            partial(self.learning.taken.show_report, report),
            partial(self._draw_run, report),
        ]
        if newest and not self._found["stale"]:
            self._due.append(partial(self.layers.show_layers, report["model"], ""))
        self._show_next()

    def _show_next(self) -> None:
        """Show one more part of a run: the window must not wait for all of them."""
        if self._due:
            self._due.pop(0)()
            QTimer.singleShot(0, self, self._show_next)

    def _draw_run(self, report: dict[str, Any]) -> None:
        if not self._learning:
            self.curves.show_epochs(report["epochs"], report["best_epoch"])
            self.curves.expect(0, report["int8"]["majority"])
        self._show_curves()

    def _compare(self, runs: list[str]) -> None:
        path = self.session.project
        if path is None:
            return

        def read() -> dict[str, Any]:
            from studio.services import compare_runs

            return compare_runs.differences(path, runs)

        def show(found: dict[str, Any]) -> None:
            self.compare.show_differences(found)
            self.middle.setCurrentIndex(1)
            self.compare.close_it.setFocus()

        self.session.read("compare", read, show, place=self.NAME)

    # -- keys ------------------------------------------------------------------------------------

    def commands(self) -> list[Command]:
        """Return what else can be done here."""
        chosen = self.runs.list.row
        none = "" if chosen else tr("There is no run yet.")
        two = "" if len(self.runs.ticked) == 2 else tr("Tick two runs first (Space).")
        look = self.learning.look_at_layers
        unknown = self._problem
        return [
            Command(tr("Show the layers"), look, "L", "ph.stack", why_not=unknown),
            Command(
                tr("Who is taken for whom"),
                self.learning.show_matrix,
                "M",
                "ph.grid-four",
                why_not=none,
            ),
            Command(tr("Pin run"), self.runs.pin, "P", "ph.push-pin", why_not=none),
            Command(tr("Write a note on the run"), self.runs.list.write_note, "F2", why_not=none),
            Command(tr("Compare the ticked runs"), self.runs.compare, "C", why_not=two),
            Command(tr("Delete run"), self.runs.ask_delete, "Del", why_not=none),
            Command(tr("Test the newest run"), self.test_run, "T", "ph.target", why_not=none),
        ]
