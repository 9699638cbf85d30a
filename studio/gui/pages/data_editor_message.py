"""Data, editor: what stands there instead of plots: nothing chosen, still looking, a failure."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from studio.errors import StudioError
from studio.gui.desktop import hint_for_window
from studio.gui.texts import tr
from studio.gui.widgets.panel import set_role, words


class EditorMessage(QWidget):
    """One sentence, what to do, and a bar or a button.

    Signals
    -------
    again : ()
        A person wants to try once more.
    boards : ()
        A person wants to record.
    """

    again = Signal()
    boards = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.text = words("", "heading", wrap=True)
        self.hint = words("", "hint", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(320)
        self.bar.setAccessibleName(tr("Progress"))
        self.button = QPushButton(tr("Try again"))
        self.button.clicked.connect(self.again)
        self.record = QPushButton(tr("Go to Boards"))
        self.record.setToolTip(tr("Record there, from a board or a virtual one"))
        self.record.clicked.connect(self.boards)
        box = QVBoxLayout(self)
        box.setSpacing(8)
        box.addStretch(1)
        for label in (self.text, self.hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            box.addWidget(label)
        box.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addWidget(self.record, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(1)
        self.empty()

    def _show(self, text: str, hint: str, role: str, *, bar: bool, button: bool) -> None:
        self.text.setText(text)
        self.hint.setText(hint)
        set_role(self.text, role)
        self.bar.setVisible(bar)
        self.button.setVisible(button)
        self.record.setVisible(not bar and not button and role == "heading" and bool(hint))

    def empty(self) -> None:
        """Say that nothing is chosen."""
        self._show(
            tr("Nothing to label yet."),
            tr(
                "Record on the Boards page (without a board, a virtual one does), or import files "
                "on the Library tab. Then drag over the signal here: every drag makes a sample."
            ),
            "heading",
            bar=False,
            button=False,
        )

    def loading(self, text: str, fraction: float = 0.0) -> None:
        """Say that it is being read, and how far."""
        self._show(text, "", "heading", bar=fraction > 0, button=False)
        self.bar.setValue(int(1000 * fraction))

    def failed(self, error: StudioError) -> None:
        """Say why it could not be read."""
        hint = hint_for_window(error.hint)
        self._show(error.message, hint, "problem", bar=False, button=True)
