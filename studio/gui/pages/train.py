"""Train: curves while it learns."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout

from studio.events import Reporter, SubReporter
from studio.gui.pages.base import Page
from studio.gui.widgets.curves import Curves
from studio.gui.widgets.panel import Panel, words


class TrainPage(Page):
    """Learn from the labelled samples, then test on held-out ones."""

    NAME = "Train"
    STOP = "Stop training"

    def build(self) -> None:
        """Make the widgets."""
        self.curves = Curves(self.theme)
        self.no_curves = words("Loss and accuracy appear here, epoch by epoch.", "hint")
        self.no_curves.setAlignment(Qt.AlignmentFlag.AlignCenter)
        curves = Panel("Learning")
        curves.box.addWidget(self.no_curves, 1)
        curves.box.addWidget(self.curves, 1)
        self.themed = [self.curves]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(curves)
        self.session.job_event.connect(self._event)
        self.session.working_changed.connect(self._working)
        self._run = ""
        self._show_curves()
        self._learning = False

    def refresh(self) -> None:
        """Show the latest training and its test."""
        path = self.session.project
        if path is None:
            self._show(None)
            return

        def read() -> dict[str, Any]:
            from studio.services import train

            return {"trained": train.latest_report(path)}

        self.session.read("results", read, self._show, place=self.NAME)

    def facts(self) -> str:
        """Return one sentence for the header."""
        if self.session.working_on(self.NAME):
            return "The validation curve shows how well it does on groups it does not learn from."
        return (
            f"Run {self._run}" if self._run else "Training takes about a minute on this computer."
        )

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        return "Train and test", bool(self.session.project) and not self.session.working

    def act(self) -> None:
        """Train, quantize and test."""
        path = self.session.path
        self.curves.clear()
        self._show_curves()

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import test, train

            train.train(path, report=SubReporter(report, 0.0, 0.85))
            return test.test(path, report=SubReporter(report, 0.85, 1.0))

        self.session.start("Training", work, place=self.NAME)

    def _event(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "epoch":
            if data.get("epoch") in (0, 1):
                self.curves.clear()
            self._learning = True
            self.curves.add_epoch(data)
            self._show_curves()

    def _show_curves(self) -> None:
        self.curves.setVisible(self.curves.epochs > 0)
        self.no_curves.setVisible(self.curves.epochs == 0)

    def _working(self) -> None:
        if not self.session.working:
            self._learning = False

    def _show(self, found: dict[str, Any] | None) -> None:
        trained = (found or {}).get("trained")
        run = str(trained["run"]) if trained else ""
        if not self._learning:  # otherwise they grow
            self.curves.show_epochs(trained["epochs"] if trained else [])
            self._show_curves()
        self._run = run
        self.changed.emit()
