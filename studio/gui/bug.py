"""Errors that nobody expected: one dialog for each distinct one; the program goes on."""

import platform
import sys
import threading
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout

import studio
from studio.gui.texts import tr
from studio.gui.widgets.panel import words


class BugDialog(QDialog):
    """Tells what happened, with the details to copy; it stops nothing."""

    def __init__(self, told: str, details: str) -> None:
        super().__init__()
        self.setWindowTitle(tr("Something unexpected happened"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setModal(False)
        self.resize(640, 420)
        self.told = words(told, "heading", wrap=True)
        self.details = QPlainTextEdit(details, readOnly=True)
        self.details.setAccessibleName(tr("Details"))
        self.copy = QPushButton(tr("Copy details"))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(details))
        self.away = QPushButton(tr("Go on"))
        self.away.setDefault(True)
        self.away.clicked.connect(self.close)
        calm = tr(
            "This is a fault of the program. It goes on, and what was saved is safe. Please "
            "report it with the details below."
        )
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.away)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(12)
        for widget in (self.told, words(calm, wrap=True), self.details):
            box.addWidget(widget)
        box.addLayout(buttons)


class BugReports(QObject):
    """Takes errors that nobody caught, in any thread; `install` makes it so."""

    _raised = Signal(str, str, str)

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[str] = set()
        self.dialogs: list[BugDialog] = []
        """Those that are open."""
        self._raised.connect(self._show)

    def install(self) -> None:
        """Take what Python would only print."""
        sys.excepthook = self
        threading.excepthook = self._in_thread

    def __call__(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Take an error (`sys.excepthook`)."""
        details = "".join(traceback.format_exception(kind, error, trace))
        if sys.stderr is not None:  # a windowed program on Windows has none
            sys.stderr.write(details)
        if issubclass(kind, KeyboardInterrupt):
            return
        last = traceback.extract_tb(trace)[-1:] if trace else []
        where = "".join(f"{frame.filename}:{frame.lineno}" for frame in last)
        self._raised.emit(f"{kind.__name__} {where}", f"{kind.__name__}: {error}", details)

    def _in_thread(self, raised: threading.ExceptHookArgs) -> None:
        if raised.exc_value is not None:
            self(raised.exc_type, raised.exc_value, raised.exc_traceback)

    def _show(self, key: str, told: str, details: str) -> None:
        """Show a dialog, unless this error had one."""
        if key in self._seen:
            return
        self._seen.add(key)
        dialog = BugDialog(told[:300], f"{about()}\n\n{details}")
        dialog.finished.connect(lambda _: self.dialogs.remove(dialog))
        self.dialogs.append(dialog)
        dialog.show()


def about() -> str:
    """Return what runs here, for a report."""
    return (
        f"TinyML Studio {studio.__version__}, Python {platform.python_version()}, "
        f"Qt {qVersion()}, {platform.platform()}"
    )
