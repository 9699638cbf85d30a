"""The top bar: project, search, board, budget, jobs, theme, keys."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from studio.gui.icons import icon
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.budget_chip import BudgetChip
from studio.gui.widgets.short_button import ShortButton

PROJECT, BOARD = 220, 240


class TopBar(QWidget):
    """What is open and what is going on, on every page.

    Signals
    -------
    search_wanted, board_wanted, budget_wanted, jobs_wanted, theme_wanted, keys_wanted : ()
        A button was pressed. The project's button has a menu of its own.
    """

    search_wanted = Signal()
    board_wanted = Signal()
    budget_wanted = Signal()
    jobs_wanted = Signal()
    theme_wanted = Signal()
    keys_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("topbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.project = ShortButton(PROJECT, "menu")
        self.project.setObjectName("project")
        self.search = QPushButton(tr("Search or run   Ctrl+K"))
        self.search.setObjectName("search")
        self.search.setToolTip(tr("Find a page or anything that can be done (Ctrl+K)"))
        self.search.setAccessibleName(tr("Search or run"))
        self.search.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.board = ShortButton(BOARD)
        self.budget = BudgetChip(theme)
        self.jobs = QPushButton()
        self.jobs.setProperty("role", "quiet")
        self.theme = self._tool(tr("Change between the light and the dark theme"))
        self.keys = self._tool(tr("All keys (?)"))
        for button, wanted in (
            (self.search, self.search_wanted),
            (self.board, self.board_wanted),
            (self.budget, self.budget_wanted),
            (self.jobs, self.jobs_wanted),
            (self.theme, self.theme_wanted),
            (self.keys, self.keys_wanted),
        ):
            button.clicked.connect(wanted)
        self._theme = theme
        self._linked = self._virtual = False
        row = QHBoxLayout(self)
        row.setContentsMargins(15, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(self.project)
        row.addWidget(self.search)
        row.addStretch(1)
        for widget in (self.board, self.budget, self.jobs, self.theme, self.keys):
            row.addWidget(widget)
        self.show_jobs(0)
        self.show_board("", linked=False, virtual=False)
        self.set_theme(theme)

    def _tool(self, tip: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "quiet")
        button.setToolTip(tip)
        button.setAccessibleName(tip.partition(" (")[0])
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    @property
    def chain(self) -> list[QWidget]:
        """What can have the focus, in reading order."""
        return [
            self.project,
            self.search,
            self.board,
            self.budget,
            self.jobs,
            self.theme,
            self.keys,
        ]

    def show_project(self, name: str, path: str) -> None:
        """Show the open project, or that none is open."""
        self.project.setText(name or tr("No project"))
        self.project.setToolTip(path or tr("Open or begin a project (Ctrl+O)"))
        self.project.setAccessibleName(tr("Project: {name}", name=name or tr("none")))

    def show_board(self, text: str, *, linked: bool, virtual: bool) -> None:
        """Show the board in words, with a plug or, for a virtual one, a broken circle."""
        said = text or tr("No board")
        _, colon, state = said.rpartition(":")
        self.board.show_text(said, f"{colon}{state}")
        self.board.setAccessibleName(text or tr("No board"))
        self.board.setToolTip(tr("{board}. To the Boards page (Ctrl+2)", board=self.board.text()))
        self._linked, self._virtual = linked, virtual
        self._draw_board()

    def _draw_board(self) -> None:
        picture = "ph.circle-dashed" if self._virtual else "ri.usb-line"
        self.board.setIcon(icon(picture, self._theme["ok" if self._linked else "text_2"]))

    def show_jobs(self, running: int) -> None:
        """Show how many jobs run."""
        self.jobs.setText(tr("Jobs {n}", n=running))
        self.jobs.setAccessibleName(tr("Jobs running: {n}", n=running))
        self.jobs.setToolTip(tr("Show or hide what the job does (Ctrl+J)"))

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and sizes."""
        self._theme = theme
        self.setFixedHeight(theme.px("top_bar"))
        self.theme.setIcon(icon("ph.moon" if theme.name == "light" else "ph.sun", theme["text_2"]))
        self.keys.setIcon(icon("ph.question", theme["text_2"]))
        self.search.setIcon(icon("ph.magnifying-glass", theme["text_3"]))
        self.jobs.setIcon(icon("ph.list-dashes", theme["text_2"]))
        for button in (self.theme, self.keys, self.search, self.jobs, self.board):
            button.setIconSize(QSize(theme.px("icon"), theme.px("icon")))
        self.budget.set_theme(theme)
        self._draw_board()
