"""Deploy: build the firmware, see what it costs on the board, flash it."""

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout

from studio.events import Reporter, SubReporter
from studio.gui.notice import GOOD, Notice
from studio.gui.pages.base import Page
from studio.gui.widgets.bars import MemoryBar
from studio.gui.widgets.panel import Facts, Panel, words

SIDE = 304


class DeployPage(Page):
    """From the trained run to a flashed board."""

    NAME = "Deploy"
    STOP = "Stop"

    def build(self) -> None:
        """Make the widgets."""
        fit = Panel("Does it fit? Measured in the linked image")
        self.ram = MemoryBar(self.theme, "RAM")
        self.flash = MemoryBar(self.theme, "Flash")
        self.themed = [self.ram, self.flash]
        fit.box.addWidget(self.ram)
        fit.box.addWidget(self.flash)
        fit.box.addStretch(1)
        facts = Panel("Image")
        facts.setFixedWidth(SIDE)
        self.image = Facts()
        self.verdict = words("", wrap=True)
        facts.box.addWidget(self.image)
        facts.box.addWidget(self.verdict)
        facts.box.addStretch(1)
        log = Panel("Build log")
        self.log = QPlainTextEdit(readOnly=True)
        self.log.setMaximumBlockCount(5000)
        self.log.setPlaceholderText("The build log appears here. A build takes a few seconds.")
        self.log.setAccessibleName("Build log")
        log.box.addWidget(self.log, 1)
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(fit, 1)
        top.addWidget(facts)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addLayout(top)
        column.addWidget(log, 1)
        self.session.job_event.connect(self._event)
        self._show(None)

    def refresh(self) -> None:
        """Show the latest build."""
        path = self.session.project
        if path is None:
            self._show(None)
            return

        def read() -> dict[str, Any] | None:
            from studio.services import deploy

            return deploy.latest_build(path)

        self.session.read("build", read, self._show, place=self.NAME)

    def facts(self) -> str:
        """Return one sentence for the header."""
        if not self.session.port:
            return "No board yet: use a virtual one on the Boards page."
        return f"Firmware for {self.session.board_text().partition(':')[0]}"

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        ready = bool(self.session.project and self.session.port and not self.session.working)
        return "Build and flash", ready

    def act(self) -> None:
        """Build with PlatformIO, measure one window, then flash the linked board."""
        path, port = self.session.path, self.session.port
        self.log.clear()

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import deploy

            deploy.estimate(path, report=SubReporter(report, 0.0, 0.8))
            return deploy.flash(path, port, report=SubReporter(report, 0.8, 1.0))

        self.session.with_port("Building the firmware", work, place=self.NAME, done=self._flashed)

    def _flashed(self, result: dict[str, Any]) -> None:
        self.session.notify(
            self.NAME,
            Notice(
                GOOD,
                f"Flashed: {result['board']} runs {result['firmware']} with run {result['run']}.",
                "Watch it decide: Start on the Live page.",
            ),
        )

    def _event(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "log":
            self.log.appendPlainText(str(data["line"]))

    def _show(self, built: dict[str, Any] | None) -> None:
        if built is None:
            self.ram.show_parts([], 0)
            self.flash.show_parts([], 0)
            self.image.show_facts({})
            self.verdict.setText("Nothing built for this training run yet.")
            self.changed.emit()
            return
        for bar, key, limit in (
            (self.ram, "ram_bytes", built["board_ram_bytes"]),
            (self.flash, "flash_bytes", built["board_flash_bytes"]),
        ):
            rows = [(name, sizes[key]) for name, sizes in built["parts"].items() if sizes[key]]
            bar.show_parts(rows, limit)
        low, high = built.get("latency_interval_ms", (0.0, 0.0))
        facts = {
            "board": str(built["board"]),
            "training run": str(built["run"]),
            "RAM": f"{built['ram_bytes'] / 1024:.1f} KiB",
            "flash": f"{built['flash_bytes'] / 1024:.1f} KiB",
        }
        if high:
            facts["time per window"] = f"~{low:.1f} to {high:.1f} ms"
            facts["a window starts every"] = f"{built['stride_ms']:g} ms"
        self.image.show_facts(facts)
        self.verdict.setText(_verdict(built))
        self.changed.emit()


def _verdict(built: dict[str, Any]) -> str:
    """Say whether the board keeps up, as far as it is known."""
    if "latency_ms" not in built:
        return "The time per window is not measured yet: build and flash."
    if built["keeps_up"]:
        return "✓ The board is done with a window before the next one starts."
    return (
        "▲ The board may not be done before the next window starts. A longer stride or a "
        "smaller model helps."
    )
