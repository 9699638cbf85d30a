"""The frame: rail with the steps, top bar, page header with the one primary button, job drawer."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.gui import theme as themes
from studio.gui.notice import EVERYWHERE
from studio.gui.pages.base import Page
from studio.gui.runner import WindowJob
from studio.gui.session import Session
from studio.gui.steps import STEPS, place_of
from studio.gui.widgets.jobs import JobDrawer
from studio.gui.widgets.notices import NoticeBar
from studio.gui.widgets.panel import ShortLabel, set_role, words

DRAWER = 200
AFTER_PAINT_MS = 40
OTHER = {"light": "dark", "dark": "light"}


class MainWindow(QMainWindow):
    """The studio's window on one project and one board."""

    def __init__(self, session: Session, theme: themes.Theme) -> None:
        super().__init__()
        self.session = session
        self._theme = theme
        self.setWindowTitle("TinyML Studio")
        self.resize(1280, 800)
        self.setMinimumSize(1024, 680)
        self.drawer = JobDrawer()
        self._maker = QTimer(self, interval=AFTER_PAINT_MS)
        self._maker.timeout.connect(self._make_next)
        self._build()
        session.project_changed.connect(self._show_project)
        session.board_changed.connect(self._show_board)
        session.working_changed.connect(self._show_working)
        session.notice_changed.connect(self._show_notice)
        session.job_started.connect(self._job_started)
        session.step_wanted.connect(self.show_step)
        session.link.said.connect(self.link.setText)
        session.said.connect(self.link.setText)
        self.drawer.told.connect(self._show_job)
        self._show_project()
        self._show_board()
        self._show_working()
        self.go(0)
        self._order_focus()
        self.primary.setFocus()

    def _page(self, index: int) -> Page:
        """Return a page; it is made when it is first wanted, so that the window opens at once."""
        there = self.stack.widget(index)
        if isinstance(there, Page):
            return there
        page = STEPS[index].page()(self.session, self._theme)
        page.changed.connect(self._show_page)
        current = self.stack.currentIndex()
        if there is not None:
            self.stack.removeWidget(there)
            there.deleteLater()
        self.stack.insertWidget(index, page)
        self.stack.setCurrentIndex(current)
        return page

    @property
    def pages(self) -> list[Page]:
        """All pages."""
        return [self._page(index) for index in range(len(STEPS))]

    def page_named(self, name: str) -> Page:
        """Return the page of a step."""
        return self._page(place_of(name))

    def showEvent(self, event: QShowEvent) -> None:
        """Make the other pages one by one, after the first was painted."""
        self._maker.start()

    def _make_next(self) -> None:
        for index in range(len(STEPS)):
            if not isinstance(self.stack.widget(index), Page):
                self._page(index)
                return
        self._maker.stop()

    @property
    def theme_name(self) -> str:
        """`light` or `dark`."""
        return self._theme.name

    def _build(self) -> None:
        self.stack = QStackedWidget()
        for _step in STEPS:
            self.stack.addWidget(QWidget())
        self._page(0)
        self.notice = NoticeBar()
        self.notice.dismissed.connect(self._dismiss)
        page_area = QWidget()
        page_area.setObjectName("page")
        column = QVBoxLayout(page_area)
        column.setContentsMargins(16, 8, 16, 16)
        column.setSpacing(8)
        column.addWidget(self._header())
        column.addWidget(self.notice)
        column.addWidget(self.stack, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(page_area)
        self.splitter.addWidget(self.drawer)
        self.splitter.setCollapsible(0, False)
        self.splitter.setStretchFactor(0, 1)
        self.drawer.hide()
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._rail())
        middle.addWidget(self.splitter, 1)
        whole = QWidget()
        outer = QVBoxLayout(whole)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._top_bar())
        outer.addLayout(middle, 1)
        outer.addWidget(self._status_line())
        self.setCentralWidget(whole)

    def _top_bar(self) -> QWidget:
        bar = QWidget()
        bar.setObjectName("topbar")
        bar.setFixedHeight(48)
        self.project_name = words()
        self.project_name.setObjectName("project")
        self.board_name = words()
        self.open_project = QPushButton("Open project")
        self.open_project.setToolTip("Open the folder of a project (Ctrl+O)")
        self.open_project.clicked.connect(self._choose_project)
        self._key("Ctrl+O", self.open_project.click)
        self.demo = QPushButton("Run the whole demo")
        self.demo.setToolTip("Record, train, build, flash and test both examples (Ctrl+D)")
        self.demo.clicked.connect(lambda: self.session.run_demo())
        self._key("Ctrl+D", self.demo.click)
        self.theme_button = QPushButton(OTHER[self._theme.name].capitalize())
        self.theme_button.setToolTip("Change between the light and the dark theme")
        self.theme_button.setFixedWidth(72)
        self.theme_button.clicked.connect(self.change_theme)
        row = QHBoxLayout(bar)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(16)
        row.addWidget(self.project_name)
        row.addStretch(1)
        for widget in (self.board_name, self.open_project, self.demo, self.theme_button):
            row.addWidget(widget)
        return bar

    def _rail(self) -> QWidget:
        rail = QWidget()
        rail.setObjectName("rail")
        rail.setFixedWidth(80)
        column = QVBoxLayout(rail)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(0)
        self._steps = QButtonGroup(self)
        for index, step in enumerate(STEPS):
            button = QToolButton()
            button.setText(f"{step.name}\n{index + 1}")
            button.setCheckable(True)
            button.setToolTip(f"{step.name} (Ctrl+{index + 1})")
            button.setAccessibleName(step.name)
            button.setFixedSize(80, 60)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self._steps.addButton(button, index)
            column.addWidget(button)
            self._key(f"Ctrl+{index + 1}", partial(self.go, index))
        self._steps.idClicked.connect(self.go)
        column.addStretch(1)
        return rail

    def _header(self) -> QWidget:
        self.title = words()
        self.title.setObjectName("title")
        self.facts = ShortLabel()
        self.facts.setObjectName("facts")
        self.primary = QPushButton()
        self.primary.setObjectName("primary")
        self.primary.clicked.connect(self._act)
        self._key("Ctrl+Return", self.primary.click)
        header = QWidget()
        header.setFixedHeight(48)
        row = QHBoxLayout(header)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.title)
        row.addWidget(self.facts, 1)
        row.addWidget(self.primary)
        return header

    def _status_line(self) -> QWidget:
        line = QWidget()
        line.setObjectName("statusline")
        line.setFixedHeight(28)
        self.link = ShortLabel(self.session.link.words, "hint")
        self.jobs = words("jobs: idle", "hint")
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Progress")
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.progress.setFixedWidth(160)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop the running job (Ctrl+.); what is finished is kept")
        self.stop.clicked.connect(self.drawer.cancel)
        self._key("Ctrl+.", self.drawer.cancel)
        self.log_button = QPushButton("Log")
        self.log_button.setToolTip("Show or hide what the job does (Ctrl+J)")
        self.log_button.clicked.connect(self._toggle_drawer)
        self._key("Ctrl+J", self._toggle_drawer)
        row = QHBoxLayout(line)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(12)
        row.addWidget(self.link, 1)
        for widget in (self.jobs, self.progress, self.stop, self.log_button):
            row.addWidget(widget)
        return line

    def _key(self, keys: str, act: Callable[[], object]) -> None:
        action = QAction(self)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda *_: act())
        self.addAction(action)

    def _order_focus(self) -> None:
        """Let the tab key go through the frame as it is read: bar, rail, primary, page, status."""
        chain = [self.open_project, self.demo, self.theme_button, *self._steps.buttons()]
        chain += [self.primary, self.notice.button, self.notice.away]
        for first, second in pairwise(chain):
            QWidget.setTabOrder(first, second)

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self._page(self.stack.currentIndex())

    def go(self, index: int) -> None:
        """Show a page."""
        self._page(index)
        self.stack.setCurrentIndex(index)
        self._steps.button(index).setChecked(True)
        self.page.refresh()
        self._show_page()
        self._show_notice()

    def show_step(self, name: str) -> None:
        """Show the page of a step."""
        self.go(place_of(name))

    def change_theme(self) -> None:
        """Give everything the other theme's colours; nothing else changes."""
        self._theme = themes.load(OTHER[self._theme.name])
        themes.settings().setValue("theme", self._theme.name)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            themes.apply(application, self._theme)
        for page in self.pages:
            page.set_theme(self._theme)
        self.theme_button.setText(OTHER[self._theme.name].capitalize())

    def _act(self) -> None:
        if self.session.working_on(self.page.NAME):
            self.drawer.cancel()
        else:
            self.page.act()

    def _show_page(self) -> None:
        page = self.page
        stop = self.session.working_on(page.NAME)
        text, enabled = (page.STOP, True) if stop else page.primary()
        self.title.setText(page.NAME)
        self.facts.setText(page.facts())
        self.primary.setText(text)
        self.primary.setVisible(bool(text))
        self.primary.setEnabled(enabled)
        self.primary.setToolTip(f"{text} (Ctrl+Enter)" if enabled else page.why_not())
        set_role(self.primary, "stop" if stop else "")

    def _show_project(self) -> None:
        path = self.session.project
        self.project_name.setText(path.name if path else "No project")
        self.project_name.setToolTip(str(path or ""))
        self.page.refresh()
        self._show_page()

    def _show_board(self) -> None:
        self.board_name.setText(self.session.board_text())
        self._show_page()

    def _show_working(self) -> None:
        working = self.session.working
        self.stop.setVisible(working)
        self.progress.setVisible(working and self.progress.value() > 0)
        for button in (self.demo, self.open_project):
            button.setEnabled(not working)
        self.stop.setEnabled(working)
        self._show_board()

    def _show_notice(self) -> None:
        notices = self.session.notices
        self.notice.show_notice(notices.get(self.page.NAME) or notices.get(EVERYWHERE))

    def _dismiss(self) -> None:
        here = self.page.NAME
        self.session.notify(here if here in self.session.notices else EVERYWHERE, None)

    def _job_started(self, job: WindowJob) -> None:
        self.drawer.follow(job)
        self._show_page()

    def _show_job(self, text: str, fraction: float) -> None:
        room = self.jobs.fontMetrics()
        short = room.elidedText(text, Qt.TextElideMode.ElideRight, self.width() // 2)
        self.jobs.setText(short if self.session.working else f"jobs: idle   {short}")
        self.jobs.setToolTip(text)
        self.progress.setVisible(self.session.working and fraction > 0)
        self.progress.setValue(int(1000 * fraction))

    def _toggle_drawer(self) -> None:
        self.drawer.setVisible(not self.drawer.isVisible())
        if self.drawer.isVisible():
            self.splitter.setSizes([self.splitter.height() - DRAWER, DRAWER])

    def _choose_project(self) -> None:
        start = str(self.session.project.parent) if self.session.project else ""
        folder = QFileDialog.getExistingDirectory(self, "Open a project", start)
        if folder:
            self.session.open_folder(Path(folder))

    def closeEvent(self, event: QCloseEvent) -> None:
        """End what runs for the window; the virtual board goes on."""
        self._maker.stop()
        self.hide()
        self.session.close()
        event.accept()
