"""What the window asks of the desktop: opening files, and hints that fit a window."""

import re
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

PLACES = {
    "new": "“New project” on the Home page",
    "ports": "the list on the Boards page",
    "boards": "“Use a virtual board” on the Boards page",
    "record": "“Record” on the Boards page",
    "import": "“Import files” on the Data page",
    "split": "“Split by group” on the Data page",
    "train": "“Train” on the Train page",
    "test": "“Run test” on the Test page",
    "build": "“Build and flash” on the Deploy page",
    "flash": "“Build and flash” on the Deploy page",
    "info": "“Library” on the Data page",
    "label": "“Label” on the Data page",
}
"""Where the window does what a verb of the command line does."""

_COMMAND = re.compile(r"`?tinyml-studio (\w+)(?:(?!\. |; |, ).)*")
_VIRTUAL = re.compile(r"(board on )?virtual://\w[\w-]*")


def hint_for_window(hint: str) -> str:
    """Return words with commands for a terminal replaced by what to press, and ports by boards."""
    told = _COMMAND.sub(lambda found: PLACES.get(found[1], found[0]), hint)
    return _VIRTUAL.sub(lambda found: f"{'' if found[1] else 'the '}virtual board", told)


def open_file(path: Path) -> None:
    """Open a file with the program that the desktop has for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
