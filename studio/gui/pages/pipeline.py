"""Pipeline: what a window of data goes through."""

from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from studio.events import Quiet
from studio.gui.pages.base import Page
from studio.gui.widgets.panel import Facts, Panel, words


class PipelinePage(Page):
    """Window, signal block, learning block."""

    NAME = "Pipeline"

    def build(self) -> None:
        """Make the widgets."""
        self.empty = words("Open a project to see its pipeline.", "hint")
        self.shown = Facts()
        panel = Panel("Pipeline")
        panel.box.addWidget(self.empty)
        panel.box.addWidget(self.shown)
        panel.box.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(panel)

    def refresh(self) -> None:
        """Show the open project's pipeline."""
        path = self.session.project
        if path is None:
            self._show({})
            return

        def read() -> dict[str, Any]:
            from studio.services import projects

            return projects.info(path, Quiet())

        self.session.read("pipeline", read, self._show, place=self.NAME)

    def _show(self, info: dict[str, Any]) -> None:
        pipeline = info.get("pipeline", {})
        self.empty.setVisible(not pipeline)
        self.shown.show_facts({name: str(value) for name, value in pipeline.items()})
