"""What the Train page says while there is no run and nothing to train."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.errors import StudioError
from studio.gui.desktop import hint_for_window
from studio.gui.texts import tr
from studio.gui.widgets.empty import EmptyPanel


def way_on(problem: StudioError) -> tuple[str, str]:
    """Return the words of a button that leads to where a problem is mended, and that step."""
    data = "abel" in problem.hint and "kinds" in problem.hint
    return (tr("Go to Data"), "Data") if data else (tr("Go to Pipeline"), "Pipeline")


class EmptyTrain(EmptyPanel):
    """Says what a training needs."""

    def __init__(self) -> None:
        super().__init__(tr("Train"))

    def show_state(self, path: Path | None, found: Mapping[str, Any]) -> None:
        """Say what is missing of what was read of a project."""
        problem = found.get("problem")
        if path is None:
            self.say(
                tr("No project is open."),
                tr(
                    "Here a model learns from labelled samples. Open a project, or begin with an "
                    "example: it holds data already, so that this works without a board."
                ),
                *(tr("Go to Home"), "Home"),
            )
        elif not found:
            self.say(tr("Reading the project …"))
        elif problem is not None:
            self.say(problem.message, hint_for_window(problem.hint), *way_on(problem))
