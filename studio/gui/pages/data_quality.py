"""The panel about the quality of the data: what was found, and buttons that mend it."""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout

from studio.errors import ProjectError
from studio.events import Reporter, SubReporter
from studio.gui.pages.data_balance import Balance
from studio.gui.pages.data_changes import PLACE
from studio.gui.pages.data_facets import Choice
from studio.gui.pages.data_findings import Acts, Found, Remedy, findings
from studio.gui.pages.data_side import SidePanel, button, clear
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.notices import MARKS
from studio.gui.widgets.panel import words

MOST = 2000
"""Copies and suspects that are asked for."""


class QualityPanel(SidePanel):
    """Balance at once; copies, leaks, suspects and health when a person asks for them."""

    TITLE = "Quality"

    def build(self) -> None:
        """Make the content."""
        self._job: Any = None
        self._result: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None
        self._of: Any = None
        self.look = button(
            tr("Check the data"), tr("Look for leaks, copies, wrong labels and bad recordings")
        )
        self.look.clicked.connect(self._check)
        self.box.addWidget(self.look)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Progress of the check"))
        self.doing = words("", "hint", wrap=True)
        self.box.addWidget(self.progress)
        self.box.addWidget(self.doing)
        self.found = QVBoxLayout()
        self.found.setSpacing(8)
        self.box.addLayout(self.found)
        self.heads(tr("How much there is of each label"))
        self.balance = Balance(self.theme)
        self.box.addWidget(self.balance)
        self.say(tr("Solid: training. Pale: validation. Hatched: test. Empty: not split."))
        self.session.job_event.connect(self._follow)
        self.session.working_changed.connect(self.show_state)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        super().set_theme(theme)
        self.balance.set_theme(theme)

    def show_state(self) -> None:
        """Show what is known now."""
        facets = self.library.facets
        if facets is not None:
            self.balance.show_seconds(facets.seconds, facets.labels)
        running = self._job is not None and self.session.working
        self.progress.setVisible(running)
        self.doing.setVisible(running)
        self.look.setEnabled(not self.session.working)
        if self._of != self.session.project:
            self._of, self._result = self.session.project, None
            clear(self.found)

    def _check(self) -> None:
        path = self.session.path

        def work(report: Reporter) -> Any:
            from studio.services import health, quality, splits

            health.check(path, report=SubReporter(report, 0.0, 0.2))
            rest = SubReporter(report, 0.2, 0.7)
            result = quality.quality(path, limit=MOST, report=rest)
            try:
                leaks = splits.check(path, report=SubReporter(report, 0.7, 1.0))
            except ProjectError:
                leaks = {}  # nothing is split yet, which is a finding of its own
            return result, leaks

        self._job = self.session.start(
            tr("Checking the data"), work, place=PLACE, done=self._show_result
        )
        self.progress.setValue(0)
        self.show_state()

    def _follow(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "progress" and self._job is not None and self.session.busy is self._job:
            self.progress.setValue(int(1000 * float(data["fraction"])))
            self.doing.setText(str(data["text"]))

    def _show_result(self, result: tuple[Mapping[str, Any], Mapping[str, Any]]) -> None:
        self._job, self._result = None, result
        quality, leaks = result
        suspects = quality["suspects"]["list"]
        self.library.suspect({int(one["sample"]): str(one["suggested"]) for one in suspects})
        clear(self.found)
        for one in findings(quality, leaks, self._acts()):
            self.found.addWidget(self._card(one))
        self.show_state()

    def _card(self, one: Found) -> QFrame:
        card = QFrame()
        card.setObjectName("finding")
        card.setProperty("role", one.kind)
        box = QVBoxLayout(card)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(4)
        box.addWidget(words(f"{MARKS[one.kind]} {one.sentence}", wrap=True))
        if one.hint:
            box.addWidget(words(one.hint, "hint", wrap=True))
        for remedy in one.remedies:
            made = button(remedy.text, remedy.tip)
            made.clicked.connect(_pressing(made, remedy))
            row = QHBoxLayout()
            row.addWidget(made)
            row.addStretch(1)
            box.addLayout(row)
        return card

    def _acts(self) -> Acts:
        library, changes = self.library, self.library.changes
        return Acts(
            show=library.show_only,
            leave_out=lambda ids: changes.use(ids, enabled=False),
            relabel=changes.relabel_each,
            together=changes.together,
            split=changes.split_by_group,
            trim=changes.trim,
            flag=lambda flag: library.tick(Choice(flags=(flag,))),
            record=lambda: self.session.step_wanted.emit("Boards"),
        )


def _pressing(made: QPushButton, remedy: Remedy) -> Callable[[], None]:
    """Return what a press of a remedy's button does."""

    def press() -> None:
        remedy.act()
        if remedy.mends:
            made.setEnabled(False)
            made.setToolTip(tr("Done; check the data again to see what is left."))

    return press
