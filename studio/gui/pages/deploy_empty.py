"""What the Deploy page says while no project can be looked at."""

from studio.gui.texts import tr
from studio.gui.widgets.empty import EmptyPanel


class EmptyDeploy(EmptyPanel):
    """Says what belongs here, and how to get there without a board."""

    def __init__(self) -> None:
        super().__init__(tr("Deploy"))

    def show_state(self, *, opened: bool) -> None:
        """Say that no project is open, or that it is being read."""
        if opened:
            self.say(tr("Reading the project …"))
            return
        self.say(
            tr("Nothing to build yet: no project is open."),
            tr(
                "Here a trained model becomes firmware: whether it fits a board, what it takes of "
                "it, and whether the board computes the same. Open a project, or begin with an "
                "example: a virtual board runs it without any hardware."
            ),
            *(tr("Go to Home"), "Home"),
        )
