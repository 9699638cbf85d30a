"""Where the focus is: on to the next part of the window (F6), help for what has it (F1)."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QToolTip, QWidget


def to_next(parts: Sequence[QWidget]) -> None:
    """Move the focus from the part of the window that has it to the next one that is shown."""
    shown = [part for part in parts if part.isVisible()]
    here = QApplication.focusWidget()
    inside = [part.isAncestorOf(here) if here is not None else False for part in shown]
    first = inside.index(True) + 1 if True in inside else 0
    for part in [*shown[first:], *shown[:first]]:
        for widget in part.findChildren(QWidget):
            wanted = widget.isVisible() and widget.isEnabled()
            if wanted and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return


def show_help() -> bool:
    """Show what is known about the control that has the focus; False if nothing is."""
    widget = QApplication.focusWidget()
    while widget is not None and not (widget.whatsThis() or widget.toolTip()):
        widget = widget.parentWidget()
    if widget is None:
        return False
    below = widget.mapToGlobal(QPoint(0, widget.height()))
    QToolTip.showText(below, widget.whatsThis() or widget.toolTip(), widget)
    return True
