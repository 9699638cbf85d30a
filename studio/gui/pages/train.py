"""Train: curves while it learns, then the test: float against int8, and the confusion matrix."""

from typing import Any

from PySide6.QtWidgets import QGridLayout

from studio.events import Reporter, SubReporter
from studio.gui.pages.base import Page
from studio.gui.widgets.curves import Curves
from studio.gui.widgets.matrix import ConfusionMatrix
from studio.gui.widgets.panel import Facts, Panel, words


class TrainPage(Page):
    """Learn from the labelled samples and test on held-out ones."""

    NAME = "Train"

    def build(self) -> None:
        """Make the widgets."""
        self.curves = Curves(self.theme)
        curves = Panel("Learning")
        curves.box.addWidget(self.curves, 1)
        self.matrix = ConfusionMatrix(self.theme)
        matrix = Panel("Test: the compiled int8 model on held-out windows")
        matrix.box.addWidget(self.matrix, 1)
        result = Panel("Result")
        result.setFixedWidth(304)
        self.figure = words("", "figure")
        self.result = Facts()
        hint = "Accuracies are of held-out groups; in brackets the 95 % interval."
        result.box.addWidget(self.figure)
        result.box.addWidget(self.result)
        result.box.addWidget(words(hint, "hint", wrap=True))
        result.box.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(16)
        grid.addWidget(curves, 0, 0)
        grid.addWidget(matrix, 1, 0)
        grid.addWidget(result, 0, 1, 2, 1)
        grid.setRowStretch(0, 4)
        grid.setRowStretch(1, 5)
        self.session.job_event.connect(self._event)

    def leave(self) -> None:
        """Let go of the session."""
        self.session.job_event.disconnect(self._event)

    def refresh(self) -> None:
        """Show the latest test."""
        from studio.services import test

        path = self.session.project
        report = test.latest_report(path) if path else None
        if report:
            self._show(report)
        else:
            self.figure.setText("")
            self.result.show_facts({})
            self.matrix.show_counts([], [])
        self.changed.emit()

    def facts(self) -> str:
        """Return one sentence for the header."""
        return "Training takes about a minute on this computer."

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        return "Train and test", bool(self.session.project) and not self.session.working

    def act(self) -> None:
        """Train, quantize and test."""
        path = self.session.path
        self.curves.clear()

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import test, train

            train.train(path, report=SubReporter(report, 0.0, 0.85))
            return test.test(path, report=SubReporter(report, 0.85, 1.0))

        self.session.start("Training", work)

    def _event(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "epoch":
            if data.get("epoch") in (0, 1):
                self.curves.clear()
            self.curves.add_epoch(data)

    def _show(self, report: dict[str, Any]) -> None:
        rows = {}
        for key, name in (
            ("float", "float"),
            ("int8", "int8, compiled"),
            ("board", "on the board"),
        ):
            part = report.get(key)
            if part:
                low, high = part["interval"]
                rows[name] = f"{part['accuracy']:.1%}  [{low:.0%}-{high:.0%}]"
        rows["macro F1"] = f"{report['int8']['macro_f1']:.3f}"
        worst = min(zip(report["int8"]["recall"], report["classes"], strict=True))
        rows["worst class"] = f"{worst[1]} {worst[0]:.0%}"
        rows["run"] = str(report["run"])
        self.figure.setText(f"{report['int8']['accuracy']:.1%}")
        self.result.show_facts(rows)
        self.matrix.show_counts(report["classes"], report["int8"]["confusion"])
