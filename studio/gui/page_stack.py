"""The pages, each made when it is first wanted, so that the window opens at once."""

from collections import deque
from collections.abc import Callable
from functools import partial

import shiboken6
from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QWidget

from studio.gui import remember
from studio.gui.pages.base import Page
from studio.gui.session import Session
from studio.gui.steps import STEPS
from studio.gui.theme import Theme
from studio.gui.widgets.panel import inset_numbers

AFTER_PAINT_MS = 40
AT_ONCE = 60
"""Widgets that get their style in one go."""


class _Sheet(QWidget):
    """Holds the pages without a layout: one would ask for the height that the words would like.

    What counts is the least height of the page that is shown.
    """

    def __init__(self, stack: "PageStack") -> None:
        super().__init__()
        self.setObjectName("sheet")
        self._stack = stack
        stack.setParent(self)

    def minimumSizeHint(self) -> QSize:
        """Return the room that the page needs."""
        return self._stack.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the pages all the room."""
        self._stack.setGeometry(self.rect())


class PageArea(QScrollArea):
    """Lets a page be scrolled where the drawer or a large text leaves it too little height."""

    def __init__(self, stack: "PageStack") -> None:
        super().__init__(widgetResizable=True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._stack = stack
        self._sheet = _Sheet(stack)
        self.setWidget(self._sheet)
        stack.currentChanged.connect(lambda _: self._fit())
        stack.needs_room.connect(self._fit)

    def _fit(self) -> None:
        """Look again how much room the page needs."""
        self._sheet.updateGeometry()
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """Return the page's least width; its height can be scrolled."""
        return QSize(self._stack.minimumSizeHint().width(), 160)


class PageStack(QStackedWidget):
    """One page for each step.

    Signals
    -------
    page_changed : ()
        A page tells that its facts or its primary act differ.
    complete : ()
        All pages are there, and prepared if that was wanted.
    needs_room : ()
        The least room of the page that is shown may be different.
    """

    page_changed = Signal()
    complete = Signal()
    needs_room = Signal()

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self._session, self._theme = session, theme
        self._due: deque[Callable[[], object]] = deque()
        for index, step in enumerate(STEPS):
            self.addWidget(QWidget())
            self._due += (step.page, partial(self.page, index))  # import it, make it
        self._maker = QTimer(self, interval=AFTER_PAINT_MS)
        self._maker.timeout.connect(self._make_next)

    def page(self, index: int) -> Page:
        """Return a page, made if it is not there yet."""
        there = self.widget(index)
        if isinstance(there, Page):
            return there
        page = STEPS[index].page()(self._session, self._theme)
        page.changed.connect(self.page_changed)
        current = self.currentIndex()
        if there is not None:
            self.removeWidget(there)
            there.deleteLater()
        self.insertWidget(index, page)
        self.setCurrentIndex(current)
        remember.place_splitters(page)
        inset_numbers(page)
        return page

    def minimumSizeHint(self) -> QSize:
        """Return the room that the page that is shown needs: the others do not count."""
        here = self.currentWidget()
        return here.minimumSizeHint() if here is not None else QSize()

    def event(self, event: QEvent) -> bool:
        """Pass on that a page asks for another layout."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.needs_room.emit()
        return super().event(event)

    def make_rest(self) -> None:
        """Make the other pages one by one, while nothing else is to do."""
        self._maker.start()

    def prepare(self) -> None:
        """Let the pages also make, lay out and paint in advance what they show first."""
        for index in range(len(STEPS)):
            self._due += (partial(self._prepare, index), partial(self._paint, index))

    def _prepare(self, index: int) -> None:
        page = self.page(index)
        page.prepare()
        styled = page.findChildren(QWidget)
        for start in range(0, len(styled), AT_ONCE):
            self._due.appendleft(partial(_polish, styled[start : start + AT_ONCE]))

    def _paint(self, index: int) -> None:
        page = self.page(index)
        if index != self.currentIndex():
            page.resize(self.size())
            page.grab(QRect(0, 0, 1, 1))  # all of it is laid out for this

    def stop(self) -> None:
        """Make no more."""
        self._maker.stop()

    def _make_next(self) -> None:
        """Do one piece: the window must not wait for all of them."""
        if self._due:
            self._due.popleft()()
            return
        self._maker.stop()
        self.complete.emit()

    def set_theme(self, theme: Theme) -> None:
        """Give all pages a theme's colours."""
        self._theme = theme
        for index in range(len(STEPS)):
            page = self.widget(index)
            if isinstance(page, Page):
                page.set_theme(theme)


def _polish(widgets: list[QWidget]) -> None:
    """Give widgets their style now, not when they are first shown."""
    for widget in widgets:
        if shiboken6.isValid(widget):
            widget.ensurePolished()
