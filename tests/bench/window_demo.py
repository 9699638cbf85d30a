"""The real window doing the quick demo by itself; events are JSON lines on standard error.

Exit code as of the verb `demo`: 0 done, 2 an error that it told, 1 a fault of the program.
"""

import json
import sys
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from studio.gui import theme
from studio.gui.session import Session
from studio.gui.window import MainWindow

CODES = {"done": 0, "cancelled": 130}


def main() -> int:
    """Open the window, start the demo as its button does, end with it."""
    application = QApplication(sys.argv[:1])
    colours = theme.use_chosen()
    session = Session()
    window = MainWindow(session, colours)
    window.show()

    def tell(kind: str, data: dict[str, Any]) -> None:
        sys.stderr.write(json.dumps({"event": kind, **data}, default=str) + "\n")
        sys.stderr.flush()
        if kind == "failed":
            application.exit(1 if data["bug"] else 2)
        elif kind in CODES:
            application.exit(CODES[kind])

    session.job_event.connect(tell)
    QTimer.singleShot(0, lambda: session.run_demo(quick=True))
    return int(application.exec())


if __name__ == "__main__":
    sys.exit(main())
