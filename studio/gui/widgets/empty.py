"""What a page says while it has nothing to show: what belongs here, and the way on."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QProgressBar, QPushButton, QVBoxLayout

from studio.gui.widgets.panel import Panel, words

WIDTH = 520
BAR = 200


class EmptyPanel(Panel):
    """One sentence, what to do, a button that goes there, and a bar while something runs.

    Signals
    -------
    wanted : (str)
        The step that the button goes to.
    """

    wanted = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.heading.hide()
        self._step = ""
        self.text = words("", "heading", wrap=True)
        self.hint = words("", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(BAR)
        self.bar.setAccessibleName(name)
        self.button = QPushButton()
        self.button.clicked.connect(lambda: self.wanted.emit(self._step))
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

    def say(self, text: str, hint: str = "", button: str = "", step: str = "") -> None:
        """Say what belongs here, and what the button does."""
        self.bar.hide()
        self.text.setText(text)
        self.hint.setText(hint)
        if self.button.hasFocus() and not button:
            self.setFocus()  # or it would go to the top of the window, and stay there
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self._step = step
        if button:
            # after the page's primary was set
            QTimer.singleShot(0, self, lambda: offer_focus(self.button))

    def wait(self, text: str, hint: str) -> None:
        """Say what runs."""
        self.say(text, hint)
        self.bar.show()


def offer_focus(button: QPushButton) -> None:
    """Let Enter press a button, unless something else that works has the focus."""
    here = QApplication.focusWidget()
    if button.isVisible() and (here is None or not here.focusPolicy() or not here.isEnabled()):
        button.setFocus()
