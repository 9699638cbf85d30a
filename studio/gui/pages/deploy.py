"""Deploy: build the firmware, see what it costs on the board, flash it."""

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout

from studio.events import Reporter
from studio.gui.pages.base import Page
from studio.gui.widgets.bars import MemoryBar
from studio.gui.widgets.panel import Facts, Panel


class DeployPage(Page):
    """From the trained run to a flashed board."""

    NAME = "Deploy"

    def build(self) -> None:
        """Make the widgets."""
        fit = Panel("Does it fit? Measured in the linked image")
        self.ram = MemoryBar(self.theme, "RAM")
        self.flash = MemoryBar(self.theme, "Flash")
        fit.box.addWidget(self.ram)
        fit.box.addWidget(self.flash)
        facts = Panel("Image")
        facts.setFixedWidth(304)
        self.image = Facts()
        facts.box.addWidget(self.image)
        facts.box.addStretch(1)
        log = Panel("Build log")
        self.log = QPlainTextEdit(readOnly=True)
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

    def leave(self) -> None:
        """Let go of the session."""
        self.session.job_event.disconnect(self._event)

    def refresh(self) -> None:
        """Show the latest build."""
        from studio.services import deploy

        built = deploy.latest_build(self.session.project) if self.session.project else None
        if built:
            self._show(built)
        else:
            self.ram.show_parts([], 0)
            self.flash.show_parts([], 0)
            self.image.show_facts({})
        self.changed.emit()

    def facts(self) -> str:
        """Return one sentence for the header."""
        return (
            f"Firmware for {self.session.board_text()}" if self.session.port else "No board yet."
        )

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        ready = bool(self.session.project and self.session.port and not self.session.working)
        return "Build and flash", ready

    def act(self) -> None:
        """Build with PlatformIO, then flash the linked board."""
        path, port = self.session.path, self.session.port
        self.log.clear()

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import deploy

            built = deploy.build(path, report=report)
            deploy.flash(path, port, report=report)
            return built

        self.session.with_port("Building the firmware", work)
        self.changed.emit()

    def _event(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "log":
            self.log.appendPlainText(str(data["line"]))

    def _show(self, built: dict[str, Any]) -> None:
        parts = built["parts"]
        for bar, key, limit in (
            (self.ram, "ram_bytes", built["board_ram_bytes"]),
            (self.flash, "flash_bytes", built["board_flash_bytes"]),
        ):
            rows = [(name, sizes[key]) for name, sizes in parts.items() if sizes[key]]
            bar.show_parts(sorted(rows, key=lambda row: -row[1]), limit)
        low, high = built["latency_interval_ms"]
        self.image.show_facts(
            {
                "board": str(built["board"]),
                "RAM": f"{built['ram_bytes'] / 1024:.1f} KiB",
                "flash": f"{built['flash_bytes'] / 1024:.1f} KiB",
                "time per window": f"~{low:.1f}-{high:.1f} ms" if high else "measured after flash",
            }
        )
