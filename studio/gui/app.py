"""Start of the window: theme, session, window, and the example on a virtual board."""

import sys
import threading
import traceback
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from studio.gui import theme
from studio.gui.session import Session
from studio.gui.window import MainWindow


class BugDialog:
    """Shows an unexpected error once per distinct error; the program goes on."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Handle an exception that nobody caught (`sys.excepthook`)."""
        details = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(details)
        key = f"{kind.__name__} {traceback.extract_tb(trace)[-1:]}"
        if key in self._seen or threading.current_thread() is not threading.main_thread():
            return
        self._seen.add(key)
        box = QMessageBox(QMessageBox.Icon.Warning, "TinyML Studio", f"Unexpected: {error}")
        box.setInformativeText("This is a fault of the program, which goes on. Please report it.")
        box.setDetailedText(details)
        box.open()
        self._box = box


def chosen_theme(application: QApplication) -> theme.Theme:
    """Return the person's theme, or the one that suits the desktop's colours."""
    stored = str(theme.settings().value("theme", ""))
    if stored not in theme.NAMES:
        dark = application.palette().window().color().lightness() < 128
        stored = "dark" if dark else "light"
    return theme.load(stored)


def main() -> int:
    """Open the window and run until it is closed."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(application, QApplication):
        return 1
    sys.excepthook = BugDialog()
    colours = chosen_theme(application)
    theme.apply(application, colours)
    session = Session()
    window = MainWindow(session, colours)
    window.show()
    QTimer.singleShot(0, session.open_example)
    QTimer.singleShot(0, session.prepare)
    return int(application.exec())
