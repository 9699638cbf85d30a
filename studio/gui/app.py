"""Start of the window: language, theme, session, and everything as it was at the last end."""

import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from studio.gui import texts, theme
from studio.gui.bug import BugReports
from studio.gui.session import Session
from studio.gui.window import MainWindow

SWITCH_S = 0.0005
"""How long another thread keeps Python from the window's: a tenth of what is usual."""


def be_quick(window: MainWindow) -> None:
    """Let nothing else in this process keep a window waiting for long."""
    sys.setswitchinterval(SWITCH_S)
    window.stack.prepare()
    window.stack.complete.connect(window.garbage.settle)


def main() -> int:
    """Open the window and run until it is closed."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(application, QApplication):
        return 1
    bugs = BugReports()
    bugs.install()
    language = str(theme.settings().value("language", ""))
    if language in [name for name, _ in texts.languages()]:
        texts.use(language)
    session = Session()
    window = MainWindow(session, theme.use_chosen())
    application.styleHints().colorSchemeChanged.connect(lambda _: window.apply_chosen())
    be_quick(window)
    window.restore()
    window.show()
    QTimer.singleShot(0, session.prepare)
    return int(application.exec())
