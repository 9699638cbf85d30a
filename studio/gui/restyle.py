"""Another theme for the whole window, without a moment in which it does nothing else.

A new style sheet gives every widget a new style, and most widgets stand on pages that nobody sees
at that moment. Those are taken out of the old style before, some at a time, and into the new one
afterwards, so that the change itself has to do with what is seen only.
"""

from collections.abc import Callable, Iterator

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from studio.gui.page_stack import PageStack

AT_ONCE = 60
"""Widgets that are taken out of a style or into one in one go."""
_STYLED, _OWN = Qt.WidgetAttribute.WA_WState_Polished, Qt.WidgetAttribute.WA_SetStyle
"""Marks of a widget: it has the program's style; it has one of its own, as none has here."""


class Restyle(QObject):
    """Does one change after the other, each in pieces.

    Parameters
    ----------
    stack : PageStack
        The pages, of which one is seen.
    change : callable
        Gives the program its new style, and new colours to all that is seen.
    """

    def __init__(self, stack: PageStack, change: Callable[[], None]) -> None:
        super().__init__(stack)
        self._stack, self._change = stack, change
        self._pieces: Iterator[None] = iter(())
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._next)
        stack.currentChanged.connect(self.finish)

    @property
    def running(self) -> bool:
        """Whether there is something left to do."""
        return self._timer.isActive()

    def begin(self) -> None:
        """Change to what is chosen now."""
        self.finish()
        self._pieces = self._all()
        self._timer.start()
        self._next()

    def finish(self) -> None:
        """Do at once what is left: another page is to be seen."""
        self._timer.stop()
        for _ in self._pieces:
            pass

    def _next(self) -> None:
        if next(self._pieces, self) is self:
            self._timer.stop()

    def _all(self) -> Iterator[None]:
        stack, seen = self._stack, self._stack.currentWidget()
        hidden = [page for page in stack.made() if page is not seen]
        widgets = [each for page in hidden for each in (page, *page.findChildren(QWidget))]
        yield from _in_pieces(widgets, _take_out)
        self._change()
        yield
        for page in hidden:
            page.set_theme(stack.theme)
            yield
        yield from _in_pieces(widgets, _take_in)
        for page in hidden:
            stack.lay_out(page)
            yield


def _in_pieces(widgets: list[QWidget], act: Callable[[QWidget], None]) -> Iterator[None]:
    for start in range(0, len(widgets), AT_ONCE):
        for widget in widgets[start : start + AT_ONCE]:
            if shiboken6.isValid(widget):
                act(widget)
        yield


def _take_out(widget: QWidget) -> None:
    """Take a widget out of the style: the next one passes it by, and tells it nothing."""
    if widget.testAttribute(_STYLED):
        QApplication.style().unpolish(widget)
        widget.setAttribute(_STYLED, False)
        widget.setAttribute(_OWN, True)


def _take_in(widget: QWidget) -> None:
    """Give a widget the style that the program has now."""
    if widget.testAttribute(_OWN):
        widget.setAttribute(_OWN, False)
        widget.setAttribute(_STYLED, True)
        QApplication.style().polish(widget)
        QCoreApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))
