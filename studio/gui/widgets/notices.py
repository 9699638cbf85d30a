"""The bar under the page's head: what happened to what was started here, and what to do."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from studio.gui.desktop import hint_for_window
from studio.gui.notice import Notice
from studio.gui.texts import tr
from studio.gui.widgets.panel import set_role, words

MARKS = {"problem": "✕", "advice": "▲", "good": "✓"}


class NoticeBar(QFrame):
    """Shows one notice; hidden without one. `dismissed` when the person closes it."""

    dismissed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.mark = words()
        self.message = words(wrap=True)
        self.hint = words("", "hint", wrap=True)
        for label in (self.message, self.hint):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton()
        self.button.clicked.connect(self._act)
        self.away = QPushButton(tr("Close"))
        self.away.setToolTip(tr("Take this message away"))
        self.away.setAccessibleName(tr("Close the message"))
        self.away.clicked.connect(self.dismissed)
        lines = QVBoxLayout()
        lines.setSpacing(2)
        lines.addWidget(self.message)
        lines.addWidget(self.hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(12)
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(lines, 1)
        row.addWidget(self.button)
        row.addWidget(self.away)
        self._do: Callable[[], None] | None = None
        self.hide()

    def show_notice(self, notice: Notice | None) -> None:
        """Show this notice, or nothing."""
        self.setVisible(notice is not None)
        if notice is None:
            return
        self.mark.setText(MARKS[notice.kind])
        self.message.setText(notice.message)
        hint = hint_for_window(notice.hint)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.button.setText(notice.button)
        self.button.setVisible(bool(notice.button))
        self._do = notice.act
        self.setAccessibleName(f"{notice.message} {hint}")
        for widget in (self, self.mark):
            set_role(widget, notice.kind)

    def _act(self) -> None:
        if self._do is not None:
            self._do()
