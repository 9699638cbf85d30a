"""A panel that lies over the window for a moment: Esc or a click elsewhere puts it away.

It is no dialog: everything beside it stays as it is, and the focus goes back where it was.
"""

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from studio.gui.icons import icon
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import words


class Card(QFrame):
    """The frame of such a panel; add content to `.box`.

    Signals
    -------
    closed : ()
        It was put away.
    """

    closed = Signal()

    def __init__(self, host: QWidget, heading: str, theme: Theme) -> None:
        super().__init__(host)
        self.setObjectName("card")
        self.setAccessibleName(heading)
        self._host = host
        self._before: QWidget | None = None
        self._away = QToolButton(self)
        self._away.setProperty("role", "quiet")
        self._away.setVisible(bool(heading))
        self._away.setToolTip(tr("Close (Esc)"))
        self._away.setAccessibleName(tr("Close"))
        self._away.clicked.connect(self.put_away)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(16, 12, 16, 16)
        self.box.setSpacing(8)
        if heading:
            head = QHBoxLayout()
            head.addWidget(words(heading, "heading"), 1)
            head.addWidget(self._away)
            self.box.addLayout(head)
        self.hide()
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and sizes."""
        self._theme = theme
        self._away.setIcon(icon("ph.x", theme["text_2"]))

    def place(self, room: QRect) -> QRect:
        """Return where it lies in this room: in the middle, as large as it needs."""
        size = self.sizeHint().boundedTo(room.size())
        left = room.left() + (room.width() - size.width()) // 2
        return QRect(QPoint(left, room.top() + (room.height() - size.height()) // 3), size)

    def show_over(self, first: QWidget) -> None:
        """Show it and give the focus to one of its widgets."""
        if not self.isVisible():
            self._before = QApplication.focusWidget()
            application = QApplication.instance()
            if application is not None:
                application.installEventFilter(self)
        self._lay()
        self.show()
        self.raise_()
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def _lay(self) -> None:
        self.setGeometry(self.place(self._host.rect().adjusted(16, 56, -16, -40)))

    def put_away(self) -> None:
        """Hide it; the focus goes back."""
        if not self.isVisible():
            return
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        inside = QApplication.focusWidget()
        if self._before is not None and (inside is None or self.isAncestorOf(inside)):
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self._before = None
        self.hide()
        self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Put it away at Esc or a click elsewhere; follow the window's size."""
        kind = event.type()
        over = kind == QEvent.Type.ShortcutOverride
        if over and isinstance(event, QKeyEvent) and _is_typed(event):
            event.accept()  # or it would act on the page that lies under it
            return True
        if kind == QEvent.Type.KeyPress and self._is_escape(event):
            self.put_away()
            return True
        if isinstance(event, QMouseEvent) and kind == QEvent.Type.MouseButtonPress:
            if isinstance(watched, QWidget) and self._elsewhere(watched):
                self.put_away()
        elif kind == QEvent.Type.Resize and watched is self._host:
            self._lay()
        return False

    @staticmethod
    def _is_escape(event: QEvent) -> bool:
        return getattr(event, "key", lambda: None)() == Qt.Key.Key_Escape

    def _elsewhere(self, widget: QWidget) -> bool:
        same_window = widget.window() is self.window()
        return same_window and widget is not self and not self.isAncestorOf(widget)


def _is_typed(event: QKeyEvent) -> bool:
    """Return whether a key is one of a page's own, not one that acts everywhere."""
    plain = not event.modifiers() & ~(
        Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
    )
    acts_everywhere = Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F12 or event.text() == "?"
    return plain and not acts_everywhere
