"""Test: how well the model does on held-out windows, and every one of them to look at."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout

from studio.gui.commands import Command
from studio.gui.keys import label_key
from studio.gui.pages.base import Page
from studio.gui.pages.test_empty import EmptyTest
from studio.gui.pages.test_looker import LIST_HEIGHT, Looker
from studio.gui.pages.test_result import STEP, MatrixPanel, ResultPanel, column
from studio.gui.pages.test_run import start_test
from studio.gui.texts import tr
from studio.gui.widgets.panel import words

if TYPE_CHECKING:
    from studio.services.judged import Judged, Overview
    from studio.services.verdicts import Verdicts

WIDE_LEFT = 640
"""Greatest width of the figures and the matrix."""
KINDS = ("int8", "float", "board")


class TestPage(Page):
    """Score the latest run on windows of groups it never learned from."""

    NAME = "Test"
    STOP = "Stop the test"

    def build(self) -> None:
        """Make the widgets."""
        self.result = ResultPanel()
        self.tables = MatrixPanel(self.theme)
        self.matrix = self.tables.matrix
        self.looker = Looker(self.session, self.theme)
        self.empty = EmptyTest(self.session)
        self.themed = [self.matrix, self.looker]
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self._content())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        self._path: Path | None = None
        self._overview: Overview | None = None
        self._verdicts: Verdicts | None = None
        self.result.changed.connect(self._judge)
        self.result.differing.connect(self.show_differing)
        self.matrix.chosen.connect(self._choose)
        self.matrix.opened.connect(self._open_cells)
        self.tables.grouped.connect(self._show_group)
        self.looker.relabelled.connect(self.refresh)
        self.session.working_changed.connect(self._show_working)

    def _content(self) -> QFrame:
        content = QFrame()
        self.stale = QFrame()
        self.stale.setObjectName("notice")
        self.stale.setProperty("role", "advice")
        self.why = words("", wrap=True)
        line = QHBoxLayout(self.stale)
        line.setContentsMargins(12, 6, 12, 6)
        line.addWidget(self.why)
        self.stale.hide()
        left = column(self.stale, self.result, self.tables, stretch=2)
        right = column(self.looker.listed, self.looker.panels)
        right.setStretch(0, 1)
        right.setStretch(1, 2)
        top = QHBoxLayout()
        top.setSpacing(16)
        for widget in (self.stale, self.result, self.tables):
            widget.setMaximumWidth(WIDE_LEFT)
        top.addLayout(left, 3)
        top.addLayout(right, 4)
        box = QVBoxLayout(content)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(16)
        box.addLayout(top, 1)
        box.addWidget(self.looker.timed)
        return content

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the list more rows where there is room."""
        super().resizeEvent(event)
        self.looker.listed.setMinimumHeight(max(LIST_HEIGHT, round(0.3 * self.height())))

    # -- state -----------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the plot of the chosen window."""
        self.looker.panels.signal.prepare()

    def refresh(self) -> None:
        """Read the newest test."""
        path = self.session.project
        if path != self._path:  # nothing of another project stays on show
            self._path = path
            self._show(None)
        if path is None:
            return

        def read() -> "Overview":
            from studio.services import judged, verdicts  # noqa: F401 - for the window's thread

            return judged.overview(path)

        self.session.read("test", read, self._show, place=self.NAME)

    @property
    def judged(self) -> "Judged | None":
        """The test on show."""
        return self._overview.judged if self._overview else None

    def facts(self) -> str:
        """Return one sentence for the header."""
        if self.judged is None:
            return ""
        return tr(
            "Run {number}, int8: the same C code as the board runs", number=self.judged.number
        )

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        found = self._overview
        ready = found is None or (found.trained > 0 and found.samples > 0)
        there = self.session.project is not None
        return tr("Run test"), there and ready and not self.session.working

    def why_not(self) -> str:
        """Return why the primary button cannot be pressed."""
        if self.session.working or self.session.project is None:
            return super().why_not()
        if self._overview and self._overview.trained and not self._overview.samples:
            return tr("No sample is in the test split.")
        return tr("Train first.")

    def act(self) -> None:
        """Test the latest run; also on the board if it runs a model."""
        start_test(self.session)

    def _show_working(self) -> None:
        self.empty.show_state(self._overview, working=self.session.working_on(self.NAME))

    # -- what is shown ---------------------------------------------------------------------------

    def _show(self, found: "Overview | None") -> None:
        before, self._overview = self.judged, found
        now = self.judged
        full = now is not None and now.windows is not None
        self.stack.setCurrentIndex(1 if full else 0)
        self._show_working()
        if now is not None and full:
            self.why.setText(tr("▲ Out of date: {why} Run the test again.", why=tr(now.stale)))
            self.stale.setVisible(bool(now.stale))
            if before is None or before.report != now.report:
                self._begin(now)
            elif before.stale and not now.stale:
                self.looker.forget()
                self._judge()
        self.changed.emit()

    def _begin(self, judged: "Judged") -> None:
        """Show another test from its beginning: what was decided wrong, the surest first."""
        from studio.services import verdicts

        if judged.windows is None:
            return
        self._differing = verdicts.disagreements(judged.windows)
        self._groups = verdicts.groups_of(judged.windows, judged.recordings)
        self.looker.open(judged)
        self.matrix.cells = []
        self.result.offer(
            wanted=judged.threshold,
            board=judged.report["board"] is not None,
            differing=len(self._differing),
        )
        self.looker.list_wrong()
        self._judge()

    def _judge(self) -> None:
        """Decide all windows by the threshold, and count."""
        from studio.services import verdicts

        judged = self.judged
        if judged is None or judged.windows is None:
            return
        kind, threshold = KINDS[self.result.kind.place], self.result.threshold
        labels = judged.report["classes"]
        made = verdicts.verdicts(judged.windows, labels, kind=kind, threshold=threshold)
        self._verdicts = made
        self.result.show_figures(made, judged.report["parity"])
        self.tables.show_verdicts(made, self._groups, unsure=threshold > 0 and kind != "board")
        self.looker.judge(made, kind, threshold)

    def _choose(self) -> None:
        """List the windows of the chosen cells."""
        if self._verdicts is None:
            return
        cells = list(self.matrix.cells)
        if not cells:
            self.looker.list_wrong()
            return
        names = [*self._verdicts.labels, tr("unsure")]
        said = tr("of {n} chosen cells", n=len(cells))
        if len(cells) == 1:
            row, place = cells[0]
            said = tr("true {a}, decided {b}", a=names[row], b=names[place])
        self.looker.list_where(said, partial(_in_cells, cells))

    def _open_cells(self) -> None:
        """Look at what is behind the cells; of right ones the least sure come first."""
        right = all(row == place for row, place in self.matrix.cells)
        self.looker.sort_by(1 if right else 0)
        self.looker.list.setFocus()

    def show_differing(self) -> None:
        """List the windows that float and int8 decide differently."""
        if self._verdicts is None:
            return
        chosen = set(self._differing.tolist())
        self.looker.list_where(
            tr("float and int8 differ"),
            lambda made: [number in chosen for number in range(len(made.truth))],
        )
        self.looker.list.setFocus()

    def _show_group(self, group: str) -> None:
        judged = self.judged
        if judged is not None:
            names = {number: one.group for number, one in judged.recordings.items()}
            places = [names.get(int(one), "") == group for one in self.looker.recording_ids]
            self.looker.list_where(tr("group {group}", group=group), lambda _: places)

    # -- keys ------------------------------------------------------------------------------------

    def commands(self) -> list[Command]:
        """Return what else can be done here."""
        judged = self.judged
        if judged is None or judged.windows is None:
            return []
        look, labels = self.looker, judged.report["classes"]
        none = "" if look.list.row else tr("Choose a window first.")
        alike = "" if look.alike.found else tr("Nothing to compare with is known.")
        lacking = "" if len(self._differing) else tr("Quantizing changed no decision.")
        return [
            Command(tr("Next window"), partial(look.list.step, 1), "J", why_not=none),
            Command(tr("Window before"), partial(look.list.step, -1), "K", why_not=none),
            *(
                Command(
                    tr("Relabel window: {label}", label=label),
                    partial(look.relabel, label),
                    label_key(label, labels),
                    "ph.tag",
                    why_not=none,
                )
                for label in labels
            ),
            Command(tr("Exclude window"), look.exclude, "X", "ph.x-circle", why_not=none),
            Command(tr("Open window in Data"), look.open_in_data, "O", why_not=none),
            Command(tr("Open nearest training window"), look.open_alike, "N", why_not=alike),
            Command(tr("Where float and int8 differ"), self.show_differing, "D", why_not=lacking),
            Command(tr("All misread windows"), partial(self.matrix.choose, ()), "M"),
            Command(tr("Lower threshold"), partial(self.result.shift, -STEP), "["),
            Command(tr("Higher threshold"), partial(self.result.shift, STEP), "]"),
        ]


def _in_cells(cells: Sequence[tuple[int, int]], made: "Verdicts") -> list[bool]:
    chosen = set(cells)
    pairs = zip(made.truth.tolist(), made.decided.tolist(), strict=True)
    return [pair in chosen for pair in pairs]
