"""Live: what the board decides, window by window."""

from typing import Any

from PySide6.QtWidgets import QGridLayout, QPlainTextEdit

from studio.events import Reporter
from studio.gui.pages.base import Page
from studio.gui.widgets.bars import ScoreBars
from studio.gui.widgets.panel import Facts, Panel, words


class LivePage(Page):
    """Watch the board decide."""

    NAME = "Live"

    def build(self) -> None:
        """Make the widgets."""
        now = Panel("Now")
        self.word = words("-", "display")
        self.scores = ScoreBars(self.theme)
        now.box.addWidget(self.word)
        now.box.addWidget(self.scores, 1)
        facts = Panel("Per window, on the board")
        facts.setFixedWidth(304)
        self.timing = Facts()
        facts.box.addWidget(self.timing)
        facts.box.addStretch(1)
        events = Panel("Decisions")
        self.events = QPlainTextEdit(readOnly=True)
        self.events.setMaximumBlockCount(2000)
        self.events.setPlaceholderText("Press Start. Each decision of the board appears here.")
        self.events.setAccessibleName("Decisions")
        events.box.addWidget(self.events, 1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(16)
        grid.addWidget(now, 0, 0)
        grid.addWidget(facts, 0, 1)
        grid.addWidget(events, 1, 0, 1, 2)
        grid.setRowStretch(0, 3)
        grid.setRowStretch(1, 2)
        self._last = ""
        self.session.job_event.connect(self._event)

    def leave(self) -> None:
        """Let go of the session."""
        self.session.job_event.disconnect(self._event)

    def facts(self) -> str:
        """Return one sentence for the header."""
        return "Decisions come from the board itself, smoothed there."

    def primary(self) -> tuple[str, bool]:
        """Return the primary button: start, or stop while running."""
        if self.session.working:
            return "Stop", True
        return "Start", bool(self.session.port and self.session.project)

    def act(self) -> None:
        """Start or stop."""
        if self.session.working and self.session.busy:
            self.session.busy.cancel()
            return
        port = self.session.port
        self.events.clear()

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import live

            return live.live(port, seconds=None, report=report)

        self.session.with_port("Live", work)
        self.changed.emit()

    def _event(self, kind: str, data: dict[str, Any]) -> None:
        if kind != "decision":
            return
        self.scores.show_scores(data["labels"], data["scores"], data["threshold"])
        self.timing.show_facts(
            {
                "features": f"{data['dsp_ms']:.2f} ms",
                "model": f"{data['nn_ms']:.2f} ms",
                "windows": str(data["count"]),
            }
        )
        label = data["label"] or "-"
        if label != self._last:
            self.word.setText(label)
            self._last = label
            if data["label"]:
                self.events.appendPlainText(f"{data['time_s']:9.2f} s   {label}")
