"""Live: what the board decides, window by window."""

from typing import Any

from PySide6.QtWidgets import QGridLayout, QPlainTextEdit

from studio.events import Reporter
from studio.gui.notice import ADVICE, Notice
from studio.gui.pages.base import Page
from studio.gui.widgets.bars import ClassBars
from studio.gui.widgets.panel import Facts, Panel, set_role, words
from studio.gui.widgets.ribbon import ScoreRibbon

SIDE = 304
UNSURE = "unsure"


class LivePage(Page):
    """Watch the board decide."""

    NAME = "Live"

    def build(self) -> None:
        """Make the widgets."""
        now = Panel("Now")
        self.word = words("nothing yet", "unsure")
        self.scores = ClassBars(
            self.theme, "Scores now", "The scores of the newest window appear here."
        )
        now.box.addWidget(self.word)
        now.box.addWidget(self.scores, 1)
        past = Panel("Scores of the last 30 s: strong is sure, underlined is decided")
        self.ribbon = ScoreRibbon(self.theme)
        past.box.addWidget(self.ribbon, 1)
        self.themed = [self.scores, self.ribbon]
        facts = Panel("Per window, on the board")
        facts.setFixedWidth(SIDE)
        self.timing = Facts()
        self.rule = words("The smoothed score decides; the dashed line is its threshold.", "hint")
        self.rule.setWordWrap(True)
        facts.box.addWidget(self.timing)
        facts.box.addWidget(self.rule)
        facts.box.addStretch(1)
        events = Panel("Decisions")
        events.setFixedWidth(SIDE)
        self.events = QPlainTextEdit(readOnly=True)
        self.events.setMaximumBlockCount(2000)
        self.events.setPlaceholderText("Each change of the decision, with the board's time.")
        self.events.setAccessibleName("Decisions")
        events.box.addWidget(self.events, 1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(16)
        grid.addWidget(now, 0, 0)
        grid.addWidget(facts, 0, 1)
        grid.addWidget(past, 1, 0)
        grid.addWidget(events, 1, 1)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(0, 1)
        grid.setRowStretch(1, 1)
        self._last: str | None = None
        self.session.job_event.connect(self._event)

    def facts(self) -> str:
        """Return one sentence for the header."""
        if not self.session.port:
            return "No board yet: use a virtual one on the Boards page."
        if self.session.link.firmware.startswith("collect"):
            return "The board streams its signal: build and flash a model on the Deploy page."
        return "Decisions come from the board itself, smoothed there."

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        session = self.session
        return "Start", bool(session.port and session.project and not session.working)

    def act(self) -> None:
        """Start, until the person stops it."""
        session = self.session
        if session.link.firmware.startswith("collect"):
            advice = Notice(
                ADVICE,
                "The board streams its signal; it has no model yet.",
                "Build and flash the trained run on the Deploy page first.",
            )
            session.notify(self.NAME, advice)
            return
        port = session.port
        self.events.clear()
        self.ribbon.clear()
        self._last = None

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import live

            return live.live(port, seconds=None, report=report)

        session.with_port("Live", work, place=self.NAME, done=self._ended)

    def _ended(self, result: dict[str, Any]) -> None:
        if result["ended"]:
            text = f"{result['ended']} {result['windows']} windows were decided."
            advice = Notice(ADVICE, text, "Press Start to go on.")
            self.session.notify(self.NAME, advice)

    def _event(self, kind: str, data: dict[str, Any]) -> None:
        if kind != "decision":
            return
        self.scores.show_values(data["labels"], data["scores"], threshold=data["threshold"])
        self.ribbon.add(data["time_s"], data["labels"], data["scores"], data["label"])
        both = data["dsp_ms"] + data["nn_ms"]
        self.timing.show_facts(
            {
                "features": f"{data['dsp_ms']:.2f} ms",
                "model": f"{data['nn_ms']:.2f} ms",
                "together": f"{both:.2f} ms",
                "windows": str(data["count"]),
                "board time": f"{data['time_s']:.1f} s",
            }
        )
        label = data["label"] or UNSURE
        if label != self._last:
            self.word.setText(label)
            set_role(self.word, "display" if data["label"] else "unsure")
            self._last = label
            self.events.appendPlainText(f"{data['time_s']:9.2f} s   {label}")
