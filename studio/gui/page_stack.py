"""The pages, each made when it is first wanted, so that the window opens at once."""

from collections import deque
from collections.abc import Iterator
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
PIECE_MS = 10
"""Between two pieces of what is made in advance, the window does what else there is."""
AT_ONCE = 30
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
        self._begun: dict[int, Iterator[None]] = {}
        """What is still to be made of pages."""
        self._due: deque[Iterator[None]] = deque()
        self._coming = -1
        """The page whose module is being imported; -1: none yet."""
        self._prepares = False
        for _ in STEPS:
            self.addWidget(QWidget())
        self._maker = QTimer(self, interval=PIECE_MS)
        self._maker.timeout.connect(self._make_next)

    def page(self, index: int) -> Page:
        """Return a page, made if it is not there yet."""
        page = self._begin(index)
        for _ in self._begun.pop(index, ()):
            pass
        return page

    def _begin(self, index: int) -> Page:
        """Return a page that may be without its widgets: it gets them where it stands."""
        there = self.widget(index)
        if isinstance(there, Page):
            return there
        page = STEPS[index].page()(self._session, self._theme, whole=False)
        current = self.currentIndex()
        if there is not None:
            self.removeWidget(there)
            there.deleteLater()
        self.insertWidget(index, page)
        self.setCurrentIndex(current)
        self._begun[index] = self._rest(page)
        return page

    def _rest(self, page: Page) -> Iterator[None]:
        yield from page.pieces
        page.changed.connect(self.page_changed)
        remember.place_splitters(page)
        inset_numbers(page)

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
        if self._coming < 0:
            self._import_next()

    def prepare(self) -> None:
        """Let the pages also make, lay out and paint in advance what they show first."""
        self._prepares = True

    def _import_next(self) -> None:
        """Import a page's module off the window's thread, then have the page made."""
        self._coming += 1
        if self._coming == len(STEPS):
            if self._prepares:
                self._due.extend(map(self._prepared, range(len(STEPS))))
            return
        step = STEPS[self._coming]
        came = partial(self._imported, self._coming)
        self._session.read(f"page {step.name}", step.page, came, place=step.name)

    def _imported(self, index: int, _kind: object) -> None:
        self._due.append(self._made(index))
        self._import_next()
        self._maker.start()

    def _made(self, index: int) -> Iterator[None]:
        self._begin(index)
        yield
        yield from self._begun.get(index, ())
        self._begun.pop(index, None)

    def _prepared(self, index: int) -> Iterator[None]:
        page = self.page(index)
        yield from page.prepare()
        styled = page.findChildren(QWidget)
        for start in range(0, len(styled), AT_ONCE):
            _polish(styled[start : start + AT_ONCE])
            yield
        self.lay_out(page)

    def lay_out(self, page: Page) -> None:
        """Lay out a page that is not shown as it will be."""
        if page is not self.currentWidget():
            page.resize(self.size())
            page.grab(QRect(0, 0, 1, 1))  # all of it is laid out for this

    def stop(self) -> None:
        """Make no more, but what is half made whole: only that is put away with the window."""
        self._maker.stop()
        for _ in self._due.popleft() if self._due else ():
            pass
        self._due.clear()

    def _make_next(self) -> None:
        """Do one piece: the window must not wait for all of them."""
        if self._due:
            if next(self._due[0], self) is self:
                self._due.popleft()
            return
        self._maker.stop()
        if self._coming == len(STEPS):
            self.complete.emit()

    def set_theme(self, theme: Theme) -> None:
        """Give the page that is shown a theme's colours, and pages that are made from now on."""
        self._theme = theme
        here = self.currentIndex()
        if isinstance(self.widget(here), Page):
            self.page(here).set_theme(theme)

    @property
    def theme(self) -> Theme:
        """The theme of the page that is shown."""
        return self._theme

    def made(self) -> list[Page]:
        """Return the pages that are there, each whole."""
        there = (k for k in range(len(STEPS)) if isinstance(self.widget(k), Page))
        return [self.page(index) for index in there]


def _polish(widgets: list[QWidget]) -> None:
    """Give widgets their style now, not when they are first shown."""
    for widget in widgets:
        if shiboken6.isValid(widget):
            widget.ensurePolished()
