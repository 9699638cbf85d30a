"""What survives a restart: the window's place, its splitters, the last page and project."""

from pathlib import Path

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow, QSplitter, QWidget

from studio.gui.theme import settings


def keep_window(window: QMainWindow, *, page: str, project: Path | None, drawer: int) -> None:
    """Write down how the window is now; `drawer` is the drawer's height, 0 if it is shut."""
    kept = settings()
    kept.setValue("geometry", window.saveGeometry())
    kept.setValue("page", page)
    kept.setValue("project", str(project) if project is not None else "")
    kept.setValue("drawer", drawer)
    for splitter in window.findChildren(QSplitter):
        if splitter.objectName() and _whole(splitter):
            kept.setValue(f"splitters/{splitter.objectName()}", splitter.saveState())


def place_window(window: QMainWindow) -> None:
    """Put the window where it was."""
    geometry = settings().value("geometry")
    if isinstance(geometry, QByteArray):
        window.restoreGeometry(geometry)


def place_splitters(window: QWidget) -> None:
    """Give the splitters in a window or page that have an object name the shares they had."""
    kept = settings()
    for splitter in window.findChildren(QSplitter):
        state = kept.value(f"splitters/{splitter.objectName()}")
        if splitter.objectName() and isinstance(state, QByteArray):
            splitter.restoreState(state)


def _whole(splitter: QSplitter) -> bool:
    """Whether all parts are shown: the share of a hidden one would be nothing, for good."""
    parts = [splitter.widget(place) for place in range(splitter.count())]
    return all(part is not None and part.isVisibleTo(splitter) for part in parts)


def last_page() -> str:
    """Return the page that was shown last; empty if unknown."""
    return str(settings().value("page", ""))


def last_project() -> Path | None:
    """Return the project that was open last, if its folder is still there."""
    kept = str(settings().value("project", ""))
    return Path(kept) if kept and Path(kept).is_dir() else None


def last_drawer() -> int:
    """Return the height that the drawer had; 0 if it was shut."""
    kept = str(settings().value("drawer", "0"))
    return int(kept) if kept.isdecimal() else 0
