"""Where the focus is: on to the next part of the window (F6), help for what has it (F1)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QToolTip, QWidget

if TYPE_CHECKING:
    from studio.gui.header import Header


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


def into(page: QWidget, header: "Header") -> None:
    """Give a page that has just been shown the focus: its primary act, else its first button."""
    here = QApplication.focusWidget()
    if here is not None and page.isAncestorOf(here):
        return
    buttons = [
        one
        for one in page.findChildren(QAbstractButton)
        if one.isVisible() and one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    if header.primary.isVisible() and header.primary.isEnabled():
        header.primary.setFocus()
    elif buttons:
        buttons[0].setFocus()
    else:
        header.setFocus()


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
