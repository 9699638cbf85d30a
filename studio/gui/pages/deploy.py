"""Deploy: does it fit, build it, flash it, and prove that the board computes the same."""

from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.errors import StudioError
from studio.events import Reporter
from studio.gui.commands import Command
from studio.gui.desktop import hint_for_window
from studio.gui.notice import GOOD, PROBLEM, Notice
from studio.gui.pages.base import Page
from studio.gui.pages.deploy_acts import Acts
from studio.gui.pages.deploy_empty import EmptyDeploy
from studio.gui.pages.deploy_fit import FitPanel
from studio.gui.pages.deploy_log import BuildLog
from studio.gui.pages.deploy_side import (
    ChecksPanel,
    MakePanel,
    PlainTable,
    board_rows,
    operator_rows,
    pass_rows,
)
from studio.gui.pages.deploy_steps import StepStrip
from studio.gui.texts import tr
from studio.gui.widgets.panel import Panel

LEFT, SIDE = 304, 288
EVENTS = ("progress", "compiled", "flashed", "compared")


class DeployPage(Page):
    """From the trained run to a board that decides."""

    NAME = "Deploy"
    STOP = tr("Stop")
    HAS_LOG = True

    def build(self) -> None:
        """Make the widgets."""
        self._building = False
        self.known: dict[str, Any] = {}
        self.make, self.fit, self.checks = MakePanel(), FitPanel(self.theme), ChecksPanel()
        self.make.setFixedWidth(LEFT)
        self.checks.setFixedWidth(SIDE)
        self.acts = Acts(self)
        self.make.board_chosen.connect(self.acts.choose_board)
        self.make.changed.connect(self.changed)
        self.make.export.connect(self.acts.export)
        self.fit.way_chosen.connect(self.acts.take_way)
        self.checks.remedy.connect(self.acts.go)
        self.themed = [self.fit]
        top = QWidget()
        row = QHBoxLayout(top)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.make)
        row.addWidget(self.fit, 1)
        row.addWidget(self.checks)
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.setObjectName("deploy")
        whole.setChildrenCollapsible(False)
        whole.setHandleWidth(16)
        whole.addWidget(top)
        whole.addWidget(self._bottom())
        whole.setStretchFactor(0, 0)
        whole.setStretchFactor(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.empty = EmptyDeploy()
        self.empty.wanted.connect(self.acts.go)
        self.whole = QStackedWidget()
        self.whole.addWidget(self.empty)
        self.whole.addWidget(whole)
        column.addWidget(self.whole)
        self.session.job_event.connect(self._event)
        self.session.job_started.connect(self._job_started)
        self.session.board_changed.connect(self.refresh)
        self._show({})

    def _bottom(self) -> QWidget:
        panel = Panel("")
        panel.heading.hide()
        self.steps = StepStrip()
        self.log = BuildLog()
        self.boards = PlainTable(
            tr("Boards"),
            [tr("board"), tr("RAM"), tr("flash"), tr("time"), tr("does it fit")],
            wide=(0, 4),
        )
        self.operators = PlainTable(
            tr("Operators of the model"),
            [tr("operator"), tr("output"), tr("MACs"), tr("bytes")],
            wide=(0,),
        )
        self.passes = PlainTable(
            tr("What the compiler's steps left"),
            [tr("after this step"), tr("MACs"), tr("constants"), tr("RAM")],
            wide=(0,),
        )
        self.stack = QStackedWidget()
        self.stack.addWidget(self.log)
        self.stack.addWidget(self._boards_view())
        both = QWidget()
        pair = QHBoxLayout(both)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.setSpacing(16)
        pair.addWidget(self.operators, 1)
        pair.addWidget(self.passes, 1)
        self.stack.addWidget(both)
        panel.box.addWidget(self.steps)
        line = self._tabs()
        line.addWidget(self.log.tools)
        line.addWidget(self.board_tools)
        panel.box.addLayout(line)
        panel.box.addWidget(self.stack, 1)
        return panel

    def _boards_view(self) -> QWidget:
        view = QWidget()
        column = QVBoxLayout(view)
        column.setContentsMargins(0, 0, 0, 0)
        self.use = QPushButton(tr("Build for this board"))
        self.use.clicked.connect(self.acts.use_board)
        self.measure = QPushButton(tr("Measure all"))
        self.measure.setToolTip(tr("Build for every virtual board and time one window on each"))
        self.measure.clicked.connect(self.acts.measure_all)
        self.board_tools = QWidget()
        row = QHBoxLayout(self.board_tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.use)
        row.addWidget(self.measure)
        self.board_tools.hide()
        column.addWidget(self.boards, 1)
        return view

    def _tabs(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        group = QButtonGroup(self)
        for place, text in enumerate((tr("Log"), tr("Boards"), tr("Per operator"))):
            button = QPushButton(text)
            button.setCheckable(True)
            button.setProperty("role", "segment")
            button.setChecked(place == 0)
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            group.addButton(button, place)
            row.addWidget(button)
        group.idClicked.connect(self._tab)
        row.addStretch(1)
        self.tabs = group
        return row

    # -- the frame -------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read what is known of the project, its run, its board and its last build."""
        path, port = self.session.project, self.session.port
        if path is None:
            self._show({})
            return
        if self.known.get("path") != path:  # nothing of another project stays on show
            self._show({})

        def read() -> dict[str, Any]:
            from studio.services import deploy_look

            return deploy_look.look(path, port=port)

        def show(known: dict[str, Any]) -> None:
            self._show({**known, "path": path})

        self.session.read("deploy", read, show, place=self.NAME)

    def facts(self) -> str:
        """Return one sentence for the header."""
        known = self.known
        if not known:
            return tr("Nothing to build yet") if self.session.project is None else ""
        if not known["run"]:
            return tr("Nothing to build yet. Train a run first.")
        return tr("{board}, run {run}, int8", board=known["board_title"], run=known["number"])

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        text = tr("Build and flash") if self._can_flash() else tr("Build")
        return text, not self.why_not()

    def why_not(self) -> str:
        """Return why it cannot be built."""
        if self.session.project is None:
            return tr("Open a project first.")
        if self.session.working:
            return tr("Wait until the running job is done, or stop it.")
        if not self.known:
            return tr("Reading the project …")
        failing = [row["text"] for row in self.checks.rows if row["state"] == "fail"]
        return tr(failing[0]) if failing else ""

    def _can_flash(self) -> bool:
        rows = {row["name"]: row["state"] for row in self.checks.rows}
        return bool(self.session.port) and rows.get("board") == "ok"

    def commands(self) -> list[Command]:
        """Return what can be done besides."""
        built = self.known.get("built")
        nothing = "" if built else tr("Nothing is built yet.")
        found = [
            Command(tr("Next error in the log"), self._next_error, "G"),
            Command(tr("Filter the log"), self._filter, "Ctrl+F"),
            Command(tr("Open the build's folder"), self.acts.open_folder, "O", why_not=nothing),
        ]
        for place, button in enumerate(self.tabs.buttons()):
            text = tr("Show: {tab}", tab=button.text())
            found.append(Command(text, partial(self._tab, place)))
        return found

    def act(self) -> None:
        """Build, measure, and with a board flash it and compare."""
        if self.why_not():
            return
        path, optimise, ram = self.session.path, self.make.optimise, self.make.ram_bytes
        port = self.session.port if self._can_flash() else ""

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import deploy_way

            return deploy_way.deploy_run(
                path, port=port, optimise=optimise, ram_bytes=ram, report=report
            )

        self.begin()
        title = tr("Building the firmware")
        if port:
            self.session.with_port(title, work, place=self.NAME, done=self._done)
        else:
            self.session.start(title, work, place=self.NAME, done=self._done)

    def begin(self) -> None:
        """Show steps and log of a build from its beginning."""
        self.log.clear()
        self.steps.clear()
        self._tab(0)
        self._building = True

    # -- what the job says -----------------------------------------------------------------------

    def _event(self, kind: str, data: dict[str, Any]) -> None:
        if self.session.busy_place != self.NAME:
            return
        if kind == "log":
            self.log.add(str(data["line"]))
        elif kind in EVENTS and self._building:
            self.steps.take(kind, data)

    def _job_started(self, job: Any) -> None:
        if self.session.busy_place == self.NAME:
            job.failed.connect(self._failed)
            job.ended.connect(self._over)

    def _over(self) -> None:
        self._building = False

    def _failed(self, error: StudioError) -> None:
        """Say what went wrong where a person looks: over the log too, if it has lines."""
        if self._building:
            self.steps.fail()
        if self.log.lines:
            self.log.show_problem(hint_for_window(f"{error.message} {error.hint}".strip()))
        self.refresh()

    def _done(self, result: dict[str, Any]) -> None:
        compared = result["compared"]
        self.steps.finish(flashed=compared is not None)
        self.refresh()
        if compared is None:
            text = tr("Built and measured. Link a board to flash it.")
            self.session.notify(self.NAME, Notice(GOOD, text))
            return
        total, same = compared["windows"], compared["identical"]
        self.steps.result(total, same)
        fields = {"same": same, "total": total, "board": result["flashed"]["board"]}
        text = tr("Flashed and checked on {board}: {same} of {total} windows equal", **fields)
        text = tr("{said} this computer's, byte for byte.", said=text)
        act = partial(self.acts.go, "Live")
        kind = GOOD if same == total else PROBLEM
        self.session.notify(self.NAME, Notice(kind, text, "", tr("Watch it decide"), act))

    # -- what is shown ---------------------------------------------------------------------------

    def _show(self, known: dict[str, Any]) -> None:
        self.known = known
        self.make.allow(ready=bool(known.get("run")))
        self.whole.setCurrentIndex(1 if known else 0)
        if not known:
            self.empty.show_state(opened=self.session.project is not None)
            self.changed.emit()
            return
        self.checks.show_checks(known["checks"])
        self.make.show_boards(known["boards"])
        self.make.run.setText(
            tr("run {run}, int8", run=known["number"]) if known["run"] else tr("none")
        )
        self.fit.budget.show_budget(known["budget"], known["built"])
        self.fit.show_ways(known["ways"])
        self.boards.show_rows(board_rows(known["boards"]))
        operators = known["operators"] or {"layers": [], "passes": []}
        self.operators.show_rows(operator_rows(operators))
        self.passes.show_rows(pass_rows(operators))
        self.checks.show_built(known["built"])
        self.changed.emit()

    # -- acts ------------------------------------------------------------------------------------

    def _tab(self, place: int) -> None:
        self.tabs.button(place).setChecked(True)
        self.stack.setCurrentIndex(place)
        self.log.tools.setVisible(place == 0)
        self.board_tools.setVisible(place == 1)

    def _next_error(self) -> None:
        self._tab(0)
        self.log.next_error()

    def _filter(self) -> None:
        self._tab(0)
        self.log.filter.setFocus()
