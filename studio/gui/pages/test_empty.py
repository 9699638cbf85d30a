"""What the Test page says while there is no result to show."""

from typing import TYPE_CHECKING

from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.widgets.empty import EmptyPanel

if TYPE_CHECKING:
    from studio.services.judged import Overview


class EmptyTest(EmptyPanel):
    """Says what a test needs."""

    def __init__(self, session: Session) -> None:
        super().__init__(tr("Test"))
        self._session = session
        self.wanted.connect(session.step_wanted)
        self.show_state(None, working=False)

    def show_state(self, found: "Overview | None", *, working: bool) -> None:
        """Say what belongs here and what to do."""
        if working:
            self.wait(
                tr("The test is running …"),
                tr("Every held-out window is decided by the float model and by the board's C."),
            )
        else:
            self.say(*self._said(found))

    def _said(self, found: "Overview | None") -> tuple[str, str, str, str]:
        if self._session.project is None:
            return (
                tr("No project is open."),
                tr(
                    "Here a model is tried on data it never learned from, window by window. Open "
                    "a project, or begin with an example: it works without a board."
                ),
                tr("Go to Home"),
                "Home",
            )
        if found is None:
            return tr("Reading the project …"), "", "", ""
        return self._lacking(found) or (*self._untested(found), "", "")

    def _lacking(self, found: "Overview") -> tuple[str, str, str, str] | None:
        """Return what a test needs first, and where that is had."""
        if not found.trained:
            return (
                tr("There is no model to test yet."),
                tr("Train first; then the run is tested here on groups it never learned from."),
                tr("Go to Train"),
                "Train",
            )
        if not found.samples:
            return (
                tr("No test data."),
                tr(
                    "In Data, move at least 10 recordings per label to the test split; they are "
                    "never used for training."
                ),
                tr("Go to Data"),
                "Data",
            )
        return None

    def _untested(self, found: "Overview") -> tuple[str, str]:
        if found.judged is not None:
            return (
                tr("This test did not keep its windows."),
                tr("An older version ran it. Run the test again to look at every window."),
            )
        return (
            tr("This run was not tested yet."),
            tr(
                "Run test decides every held-out window by the float model and by the C code that "
                "runs on the board. It takes some seconds."
            ),
        )
