"""What the Test page says while there is no result to show."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QPushButton, QVBoxLayout

from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.widgets.panel import Panel, words

if TYPE_CHECKING:
    from studio.services.judged import Overview

WIDTH = 520


class EmptyTest(Panel):
    """One sentence, what to do, and a button that goes there."""

    def __init__(self, session: Session) -> None:
        super().__init__(tr("Test"))
        self.heading.hide()
        self._session = session
        self._step = ""
        self.text = words("", "heading", wrap=True)
        self.hint = words("", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(200)
        self.bar.setAccessibleName(tr("Testing"))
        self.button = QPushButton()
        self.button.clicked.connect(lambda: self._session.step_wanted.emit(self._step))
        middle = QVBoxLayout()
        middle.setSpacing(12)
        for widget in (self.text, self.hint):
            widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
            widget.setFixedWidth(WIDTH)
        for part in (self.text, self.hint, self.bar, self.button):
            middle.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        self.box.addStretch(2)
        self.box.addLayout(middle)
        self.box.addStretch(3)
        self.show_state(None, working=False)

    def show_state(self, found: "Overview | None", *, working: bool) -> None:
        """Say what belongs here and what to do."""
        text, hint, button, step = self._said(found)
        if working:
            text = tr("The test is running …")
            hint = tr("Every held-out window is decided by the float model and by the board's C.")
            button = ""
        self.text.setText(text)
        self.hint.setText(hint)
        self.bar.setVisible(working)
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self._step = step

    def _said(self, found: "Overview | None") -> tuple[str, str, str, str]:
        if self._session.project is None:
            return (
                tr("No project is open."),
                tr("Open one, or begin with an example: it holds data already."),
                tr("Go to Home"),
                "Home",
            )
        if found is None:
            return tr("Reading the project …"), "", "", ""
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
        if found.judged is not None:
            return (
                tr("This test did not keep its windows."),
                tr("An older version ran it. Run the test again to look at every window."),
                "",
                "",
            )
        return (
            tr("This run was not tested yet."),
            tr(
                "Run test decides every held-out window by the float model and by the C code that "
                "runs on the board. It takes some seconds."
            ),
            "",
            "",
        )
