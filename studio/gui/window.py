"""The frame: rail with the steps, top bar, page header with the one primary button, job drawer."""

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.gui import theme as themes
from studio.gui.pages.base import Page
from studio.gui.pages.boards import BoardsPage
from studio.gui.pages.data import DataPage
from studio.gui.pages.deploy import DeployPage
from studio.gui.pages.live import LivePage
from studio.gui.pages.train import TrainPage
from studio.gui.runner import WindowJob
from studio.gui.session import Session
from studio.gui.widgets.jobs import JobDrawer
from studio.gui.widgets.panel import words

PAGES: tuple[type[Page], ...] = (BoardsPage, DataPage, TrainPage, DeployPage, LivePage)


class MainWindow(QMainWindow):
    """The studio's window on one project and one board."""

    def __init__(self, session: Session, theme: themes.Theme) -> None:
        super().__init__()
        self.session = session
        self._theme = theme
        self.setWindowTitle("TinyML Studio")
        self.resize(1280, 800)
        self.setMinimumSize(960, 640)
        self.drawer = JobDrawer()
        self._build()
        session.project_changed.connect(self._show_project)
        session.board_changed.connect(self._show_board)
        session.job_started.connect(self._job_started)
        session.link_text.connect(self.link.setText)
        self._show_project()
        self._show_board()
        self.go(0)

    def _build(self) -> None:
        self.pages = [kind(self.session, self._theme) for kind in PAGES]
        self.stack = QStackedWidget()
        for page in self.pages:
            self.stack.addWidget(page)
            page.changed.connect(self._show_page)
        page_area = QWidget()
        page_area.setObjectName("page")
        column = QVBoxLayout(page_area)
        column.setContentsMargins(16, 8, 16, 16)
        column.setSpacing(8)
        column.addWidget(self._header())
        column.addWidget(self.stack, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(page_area)
        self.splitter.addWidget(self.drawer)
        self.splitter.setCollapsible(0, False)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([700, 0])
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
        self.demo = QPushButton("Run the whole demo")
        self.demo.setToolTip("Record, train, build, flash and test both examples (Ctrl+D)")
        self.demo.clicked.connect(self.session.run_demo)
        self._key("Ctrl+D", self.session.run_demo)
        other = "Dark" if self._theme.name == "light" else "Light"
        self.theme_button = QPushButton(other)
        self.theme_button.setToolTip("Change between the light and the dark theme")
        self.theme_button.clicked.connect(self.change_theme)
        row = QHBoxLayout(bar)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(16)
        row.addWidget(self.project_name)
        row.addStretch(1)
        for widget in (self.board_name, self.demo, self.theme_button):
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
        for index, page in enumerate(self.pages):
            button = QToolButton()
            button.setText(f"{page.NAME}\n{index + 1}")
            button.setCheckable(True)
            button.setToolTip(f"{page.NAME} (Ctrl+{index + 1})")
            button.setAccessibleName(page.NAME)
            button.setFixedSize(80, 60)
            self._steps.addButton(button, index)
            column.addWidget(button)
            self._key(f"Ctrl+{index + 1}", lambda place=index: self.go(place))
        self._steps.idClicked.connect(self.go)
        column.addStretch(1)
        return rail

    def _header(self) -> QWidget:
        self.title = words()
        self.title.setObjectName("title")
        self.facts = words()
        self.facts.setObjectName("facts")
        self.primary = QPushButton()
        self.primary.setObjectName("primary")
        self.primary.clicked.connect(lambda: self.page.act())
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
        line.setFixedHeight(24)
        self.link = words(self.session.link_words, "hint")
        self.jobs = words("jobs: idle", "hint")
        row = QHBoxLayout(line)
        row.setContentsMargins(16, 0, 16, 0)
        row.addWidget(self.link, 1)
        row.addWidget(self.jobs)
        self._key("Ctrl+J", self._toggle_drawer)
        return line

    def _key(self, keys: str, act: object) -> None:
        action = QAction(self)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda *_: act())  # type: ignore[operator]
        self.addAction(action)

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self.pages[self.stack.currentIndex()]

    def go(self, index: int) -> None:
        """Show a page."""
        self.stack.setCurrentIndex(index)
        self._steps.button(index).setChecked(True)
        self.page.refresh()
        self._show_page()

    def change_theme(self) -> None:
        """Rebuild the window in the other theme; the session goes on."""
        name = "dark" if self._theme.name == "light" else "light"
        QSettings("tinyml-studio", "window").setValue("theme", name)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            themes.apply(application, themes.load(name))
        index, geometry = self.stack.currentIndex(), self.geometry()
        self._theme = themes.load(name)
        for page in self.pages:
            page.leave()
        for action in self.actions():
            self.removeAction(action)
        self.drawer.setParent(None)
        self._build()
        self.setGeometry(geometry)
        self._show_project()
        self._show_board()
        self.session.link_text.connect(self.link.setText)
        self.go(index)

    def _show_page(self) -> None:
        page = self.page
        self.title.setText(page.NAME)
        self.facts.setText(page.facts())
        text, enabled = page.primary()
        self.primary.setText(text)
        self.primary.setVisible(bool(text))
        self.primary.setEnabled(enabled)
        self.primary.setToolTip(f"{text} (Ctrl+Enter)")

    def _show_project(self) -> None:
        path = self.session.project
        self.project_name.setText(path.name if path else "No project")
        self.page.refresh()
        self._show_page()

    def _show_board(self) -> None:
        self.board_name.setText(self.session.board_text())
        self._show_page()

    def _job_started(self, job: WindowJob) -> None:
        self.drawer.follow(job)
        self.jobs.setText(f"jobs: {job.job.title}")
        job.failed.connect(lambda _error: self._open_drawer())
        job.ended.connect(lambda: self.jobs.setText("jobs: idle"))
        self._show_page()

    def _open_drawer(self) -> None:
        if self.splitter.sizes()[1] < 60:
            self.splitter.setSizes([self.splitter.height() - 200, 200])

    def _toggle_drawer(self) -> None:
        if self.splitter.sizes()[1] < 60:
            self._open_drawer()
        else:
            self.splitter.setSizes([self.splitter.height(), 0])

    def closeEvent(self, event: QCloseEvent) -> None:
        """End what runs for the window; the virtual board goes on."""
        self.session.close()
        event.accept()
