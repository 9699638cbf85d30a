"""The frame: top bar, rail, page header with the one primary button, status bar, job drawer."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from studio.gui import focus, frame_commands, remember
from studio.gui import theme as themes
from studio.gui.frame_state import FrameState
from studio.gui.garbage import Garbage
from studio.gui.header import Header
from studio.gui.keys import PageKeys
from studio.gui.notice import EVERYWHERE
from studio.gui.overlays import Overlays
from studio.gui.page_stack import AFTER_PAINT_MS, PageArea, PageStack
from studio.gui.pages.base import Page
from studio.gui.project_menu import ProjectMenu
from studio.gui.rail import Rail
from studio.gui.runner import WindowJob
from studio.gui.session import Session
from studio.gui.status import StatusBar
from studio.gui.steps import STEPS, place_of
from studio.gui.texts import tr
from studio.gui.topbar import TopBar
from studio.gui.undo import DataHistory
from studio.gui.widgets.jobs import JobDrawer
from studio.gui.widgets.notices import NoticeBar

DRAWER = 240
FEW_LINES = 8
OTHER = {"light": "dark", "dark": "light"}


class MainWindow(QMainWindow):
    """The studio's window on one project and one board."""

    def __init__(self, session: Session, theme: themes.Theme) -> None:
        super().__init__()
        self.session, self.theme = session, theme
        self.setWindowTitle(tr("TinyML Studio"))
        self.resize(1280, 800)
        self.setMinimumSize(1024, 680)
        self.history = DataHistory(session)
        self.state = FrameState(session, self.history)
        self.overlays = Overlays(self)
        self._keys = PageKeys(session.say)
        self.garbage = Garbage(self)
        session.hold_reads(held=True)
        self._painted = QTimer(self, interval=AFTER_PAINT_MS, singleShot=True)
        self._painted.timeout.connect(lambda: session.hold_reads(held=False))
        self._make_parts()
        self.splitter = _lay(self)
        self._connect()
        self._show_project()
        self._show_working()
        self.go(0)
        self._order_focus()
        self.primary.setFocus()

    def _make_parts(self) -> None:
        theme = self.theme
        self.topbar, self.rail, self.header = TopBar(theme), Rail(theme), Header(theme)
        self.status, self.drawer, self.notice = StatusBar(theme), JobDrawer(theme), NoticeBar()
        self.title, self.facts = self.header.title, self.header.facts
        self.primary = self.header.primary
        self.stack = PageStack(self.session, theme)
        self.menu = ProjectMenu(
            self.topbar.project,
            self.session,
            recent=lambda: frame_commands.recent(self),
            acts=lambda: frame_commands.menu(self),
            colour=lambda: self.theme["text_2"],
        )

    def _connect(self) -> None:
        session, link = self.session, self.session.link
        pairs: list[tuple[Any, Callable[..., object]]] = [
            (session.project_changed, self._show_project),
            (session.board_changed, self._show_board),
            (session.working_changed, self._show_working),
            (session.notice_changed, self._show_notice),
            (session.job_started, self._job_started),
            (session.step_wanted, self.show_step),
            (session.said, self.status.say),
            (link.said, self.status.show_words),
            (link.measured, self._show_health),
            (self.history.changed, self._show_changed),
            (self.state.steps_read, self._show_steps),
            (self.state.budget_read, self.topbar.budget.show_budget),
            (session.budget_tried, self.topbar.budget.show_trial),
            (self.state.recent_read, self.menu.keep_recent),
            (self.stack.page_changed, self._show_page),
            (self.notice.dismissed, self._dismiss),
            (self.drawer.told, self._show_job),
            (self.drawer.place_wanted, self.show_step),
            (self.primary.clicked, self.act),
            (self.rail.chosen, self.go),
            (self.rail.plugins_wanted, self.overlays.show_plugins),
            (self.rail.settings_wanted, self.overlays.show_settings),
            (self.rail.help_wanted, self.overlays.show_keys),
            (self.topbar.search_wanted, self.overlays.show_palette),
            (self.topbar.board_wanted, lambda: self.show_step("Boards")),
            (self.topbar.budget_wanted, self.overlays.show_budget),
            (self.topbar.jobs_wanted, self.toggle_drawer),
            (self.topbar.theme_wanted, self.change_theme),
            (self.topbar.keys_wanted, self.overlays.show_keys),
            (self.status.stop.clicked, self.drawer.cancel),
            (self.status.log.clicked, self.toggle_drawer),
        ]
        for signal, act in pairs:
            signal.connect(act)
        self.status.show_words(link.words)
        frame_commands.bind(self)

    def _order_focus(self) -> None:
        """Let the tab key go through the frame as it is read: bar, rail, primary, page, status."""
        chain = [*self.topbar.chain, *self.rail.buttons]
        chain += [self.primary, self.notice.button, self.notice.away]
        for first, second in pairwise(chain):
            QWidget.setTabOrder(first, second)

    @property
    def pages(self) -> list[Page]:
        """All pages."""
        return [self.stack.page(index) for index in range(len(STEPS))]

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self.stack.page(self.stack.currentIndex())

    def page_named(self, name: str) -> Page:
        """Return the page of a step."""
        return self.stack.page(place_of(name))

    def go(self, index: int) -> None:
        """Show a page."""
        here = QApplication.focusWidget()
        outside = [one.isAncestorOf(here) for one in (self.topbar, self.rail, self.status) if here]
        self.stack.page(index)
        self.stack.setCurrentIndex(index)
        self.rail.set_here(index)
        self.page.refresh()
        self._show_page()
        self._show_notice()
        if not any(outside):  # what had it on the page before is hidden now
            focus.into(self.page, self.header)

    def show_step(self, name: str) -> None:
        """Show the page of a step."""
        self.go(place_of(name))

    def act(self) -> None:
        """Do the primary act, or stop the job that it started."""
        if self.session.working_on(self.page.NAME):
            self.drawer.cancel()
        else:
            self.page.act()

    def why_not(self) -> str:
        """Return why the primary act cannot be done now; empty: it can."""
        if self.session.working_on(self.page.NAME):
            return ""
        text, enabled = self.page.primary()
        if text and enabled:
            return ""
        return self.page.why_not() or tr("There is nothing to do here now.")

    def toggle_drawer(self) -> None:
        """Show or hide what the job does."""
        self.show_drawer(0 if self.drawer.isVisible() else DRAWER)

    def show_drawer(self, height: int) -> None:
        """Show the drawer at this height, or shut it (0)."""
        self.drawer.setVisible(height > 0)
        if height > 0:
            height = min(height, self.drawer.maximumHeight())
            self.splitter.setSizes([self.splitter.height() - height, height])

    def toggle_frame(self) -> None:
        """Hide everything around the page, or show it again."""
        shown = self.rail.isVisible()
        for part in (self.topbar, self.rail, self.header, self.status):
            part.setVisible(not shown)

    @property
    def theme_name(self) -> str:
        """`light` or `dark`."""
        return self.theme.name

    def change_theme(self) -> None:
        """Change between light and dark; nothing else changes."""
        self.choose_theme(OTHER[self.theme.name])

    def choose_theme(self, name: str) -> None:
        """Use a theme from now on: `light`, `dark`, or `system`."""
        themes.settings().setValue("theme", name)
        self.apply_chosen()

    def choose_size(self, percent: int) -> None:
        """Use a text size in percent from now on."""
        themes.settings().setValue("text_size", percent)
        self.apply_chosen()

    def step_size(self, step: int) -> None:
        """Use the next larger (1) or smaller (-1) text size."""
        place = themes.SCALES.index(self.theme.percent) + step
        self.choose_size(themes.SCALES[min(max(place, 0), len(themes.SCALES) - 1)])

    def apply_chosen(self) -> None:
        """Give everything the theme and the text size that are chosen."""
        self.theme = themes.use_chosen()
        for part in (self.topbar, self.rail, self.header, self.status, self.drawer, self.stack):
            part.set_theme(self.theme)
        for card in self.overlays.cards:
            card.set_theme(self.theme)

    def _show_page(self) -> None:
        page = self.page
        stops = self.session.working_on(page.NAME)
        text = tr(page.STOP) if stops else page.primary()[0]
        self.header.show_page(tr(page.NAME), page.facts())
        self.header.show_act(text, self.why_not(), stops=stops)
        self._keys.bind(page, page.commands)
        other = self.drawer.stand_under(page.NAME, has_log=page.HAS_LOG)
        if other and self.drawer.isVisible():
            self.show_drawer(DRAWER)

    # methods where a session's signals are heard: it would keep a function, and the window with it

    def _show_health(self) -> None:
        self.status.show_health(self.session.link.health)

    def _show_changed(self) -> None:
        self.status.show_saved(self.history.changed_at_s)

    def _show_project(self) -> None:
        self._show_name()
        self.page.refresh()
        self._show_page()

    def _show_name(self) -> None:
        self.topbar.show_project(self.state.project_name, str(self.session.project or ""))

    def _show_steps(self, rows: dict[str, Any]) -> None:
        self.rail.show_states(rows)
        self._show_name()

    def _show_board(self) -> None:
        session = self.session
        linked, virtual = session.link.linked, session.port.startswith("virtual://")
        text = session.board_text() if session.port else ""
        self.topbar.show_board(text, linked=linked, virtual=virtual)
        self.status.show_linked(linked)
        self._show_page()

    def _show_working(self) -> None:
        working = self.session.working
        self.topbar.show_jobs(int(working))
        text = self.status.jobs.text()
        self.status.show_job(text, self.status.progress.value() / 1000, running=working)
        self._show_board()

    def _show_notice(self) -> None:
        notices = self.session.notices
        self.notice.show_notice(notices.get(self.page.NAME) or notices.get(EVERYWHERE))

    def _dismiss(self) -> None:
        here = self.page.NAME
        self.session.notify(here if here in self.session.notices else EVERYWHERE, None)

    def _job_started(self, job: WindowJob) -> None:
        self.drawer.follow(job, self.session.busy_place)
        job.failed.connect(self._job_failed)
        self._show_page()

    def _job_failed(self) -> None:
        """Open the log of a failed job if it tells more than the page does."""
        if self.page.HAS_LOG and self.session.busy_place == self.page.NAME:
            return
        if self.session.busy is not None and len(self.session.busy.job.lines) > FEW_LINES:
            self.show_drawer(DRAWER)

    def _show_job(self, text: str, fraction: float) -> None:
        self.status.show_job(text, fraction, running=self.session.working)

    def restore(self) -> None:
        """Be as it was at the last end: place, splitters, page, drawer, project."""
        remember.place_window(self)
        if (height := remember.last_drawer()) > 0:
            self.show_drawer(height)
        if remember.last_page() in [step.name for step in STEPS]:
            self.show_step(remember.last_page())
        if (project := remember.last_project()) is not None:
            self.session.open_folder(project)

    def showEvent(self, event: QShowEvent) -> None:
        """Make the other pages, and read what they show, after the first was painted."""
        self.stack.make_rest()
        self.state.start()
        self._painted.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the rail words beside its icons where there is room."""
        super().resizeEvent(event)
        self.rail.set_room(self.width())

    def closeEvent(self, event: QCloseEvent) -> None:
        """End what runs for the window; the virtual board goes on."""
        remember.keep_window(
            self,
            page=self.page.NAME,
            project=self.session.project,
            drawer=self.drawer.height() if self.drawer.isVisible() else 0,
        )
        self.stack.stop()
        self.state.stop()
        self.overlays.put_away()
        self.hide()
        self.session.close()
        self.garbage.end()
        for timer in (*self.findChildren(QTimer), *self.session.findChildren(QTimer)):
            timer.stop()  # what it would do later has nobody left to see it
        event.accept()


def _lay(window: MainWindow) -> QSplitter:
    """Put the parts of a window where they belong; return what parts page and drawer."""
    page_area = QWidget()
    page_area.setObjectName("page")
    column = QVBoxLayout(page_area)
    column.setContentsMargins(16, 0, 16, 16)
    column.setSpacing(8)
    column.addWidget(window.header)
    column.addWidget(window.notice)
    column.addWidget(PageArea(window.stack), 1)
    splitter = QSplitter(Qt.Orientation.Vertical)
    splitter.addWidget(page_area)
    splitter.addWidget(window.drawer)
    splitter.setCollapsible(0, False)
    splitter.setStretchFactor(0, 1)
    window.drawer.hide()
    middle = QHBoxLayout()
    middle.setSpacing(0)
    middle.addWidget(window.rail)
    middle.addWidget(splitter, 1)
    whole = QWidget()
    outer = QVBoxLayout(whole)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.setSpacing(0)
    outer.addWidget(window.topbar)
    outer.addLayout(middle, 1)
    outer.addWidget(window.status)
    window.setCentralWidget(whole)
    return splitter
