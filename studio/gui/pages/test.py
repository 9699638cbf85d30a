"""Test: float against int8 against the board on held-out windows, and the confusion matrix."""

from typing import Any

from PySide6.QtWidgets import QGridLayout, QVBoxLayout

from studio.events import Reporter
from studio.gui.pages.base import Page
from studio.gui.widgets.bars import ClassBars
from studio.gui.widgets.matrix import ConfusionMatrix
from studio.gui.widgets.panel import Facts, Panel, words

SIDE = 304
KINDS = (("float", "float"), ("int8", "int8, compiled C"), ("board", "on the board"))


class TestPage(Page):
    """Score the latest run on windows of groups it never learned from."""

    NAME = "Test"
    STOP = "Stop the test"

    def build(self) -> None:
        """Make the widgets."""
        self.matrix = ConfusionMatrix(self.theme)
        self.recall = ClassBars(
            self.theme, "Found per class", "How many windows of each class were found."
        )
        self.themed = [self.matrix, self.recall]
        matrix = Panel("Test: the compiled int8 model on held-out windows")
        matrix.box.addWidget(self.matrix, 1)
        recall = Panel("Found per class (recall)")
        recall.box.addWidget(self.recall, 1)
        right = QVBoxLayout()
        right.setSpacing(16)
        right.addWidget(self._result_panel())
        right.addWidget(recall, 1)
        recall.setFixedWidth(SIDE)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(16)
        grid.addWidget(matrix, 0, 0)
        grid.addLayout(right, 0, 1)
        grid.setColumnStretch(0, 1)
        self._run = ""

    def _result_panel(self) -> Panel:
        panel = Panel("Result")
        panel.setFixedWidth(SIDE)
        self.figure = words("", "figure")
        self.meaning = words("", wrap=True)
        self.result = Facts()
        self.costs = Facts()
        self.note = words("", "hint", wrap=True)
        for widget in (self.figure, self.meaning, self.result, self.costs, self.note):
            panel.box.addWidget(widget)
        return panel

    def refresh(self) -> None:
        """Show the latest training and its test."""
        path = self.session.project
        if path is None:
            self._show(None)
            return

        def read() -> dict[str, Any]:
            from studio.services import test, train

            return {"trained": train.latest_report(path), "tested": test.latest_report(path)}

        self.session.read("test", read, self._show, place=self.NAME)

    def facts(self) -> str:
        """Return one sentence for the header."""
        return f"Run {self._run}" if self._run else "Train first; then its run is tested here."

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        return "Run test", bool(self._run) and not self.session.working

    def why_not(self) -> str:
        """Return why the primary button cannot be pressed."""
        return super().why_not() or "Train first."

    def act(self) -> None:
        """Test the latest run."""
        path = self.session.path

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import test

            return test.test(path, report=report)

        self.session.start("Testing", work, place=self.NAME)

    def _show(self, found: dict[str, Any] | None) -> None:
        trained = (found or {}).get("trained")
        tested = (found or {}).get("tested")
        self._run = str(trained["run"]) if trained else ""
        if tested:
            self._show_test(tested)
        else:
            self._show_nothing(trained=bool(trained))
        self.changed.emit()

    def _show_nothing(self, *, trained: bool) -> None:
        self.figure.setText("")
        self.meaning.setText(
            "This run was not tested yet."
            if trained
            else "Nothing learned yet. The result of the test stands here."
        )
        self.note.setText("")
        for facts in (self.result, self.costs):
            facts.show_facts({})
        self.matrix.show_counts([], [])
        self.recall.show_values([], [])

    def _show_test(self, report: dict[str, Any]) -> None:
        int8 = report["int8"]
        self.figure.setText(f"{int8['accuracy']:.1%}")
        self.meaning.setText(
            f"of {int8['windows']} held-out windows, from {len(int8['groups'])} groups it never "
            "learned from, are decided right."
        )
        rows = {}
        for key, name in KINDS:
            if part := report.get(key):
                low, high = part["interval"]
                rows[name] = f"{part['accuracy']:.1%}  [{100 * low:.0f}-{100 * high:.0f} %]"
        self.result.show_facts(rows)
        judged = zip(int8["recall"], report["classes"], strict=True)
        worst = min(pair for pair in judged if pair[0] is not None)  # None: no test window
        facts = {
            "macro F1 (0 to 1)": f"{int8['macro_f1']:.3f}",
            "hardest class": f"{worst[1]} ({worst[0]:.0%})",
            "always the commonest": f"{int8['majority']:.1%}",
            "int8 differs from float": f"{report['float_int8_disagreements']} windows",
        }
        if parity := report.get("parity"):
            facts["board = PC, byte for byte"] = (
                f"{parity['scores_identical']} of {parity['windows']}"
            )
        self.costs.show_facts(facts)
        self.note.setText("In brackets: 95 % interval of the accuracy.")
        self.matrix.show_counts(report["classes"], int8["confusion"])
        self.recall.show_values(report["classes"], int8["recall"], percent=True)
