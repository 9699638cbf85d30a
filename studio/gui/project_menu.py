"""The menu of the project's button: open, recent projects, undo, the demo, settings."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton

from studio.gui.commands import Command
from studio.gui.icons import icon
from studio.gui.keys import key_words
from studio.gui.session import Session
from studio.gui.texts import tr

Commands = Callable[[], Sequence[Command]]


class ProjectMenu(QMenu):
    """Built anew whenever it opens, from what can be done then."""

    def __init__(
        self,
        button: QPushButton,
        session: Session,
        *,
        recent: Commands,
        acts: Commands,
        colour: Callable[[], str],
    ) -> None:
        super().__init__(button)
        self._session, self._colour = session, colour
        self._commands, self._acts = recent, acts
        self.recent: list[Path] = []
        """Projects that were open lately, newest first."""
        self.setToolTipsVisible(True)
        button.setMenu(self)
        self.aboutToShow.connect(self._fill)

    def keep_recent(self, paths: list[Path]) -> None:
        """Offer these projects from now on."""
        self.recent = paths

    def choose_project(self) -> None:
        """Ask for the folder of a project and open it."""
        here = self._session.project
        start = str(here.parent) if here else ""
        folder = QFileDialog.getExistingDirectory(self.parentWidget(), tr("Open a project"), start)
        if folder:
            self._session.open_folder(Path(folder))

    def _fill(self) -> None:
        self.clear()
        recent = self._commands()
        if recent:
            self.addSection(tr("Recent projects"))
        for command in recent:
            self._add(command)
        self.addSeparator()
        for command in self._acts():
            self._add(command)

    def _add(self, command: Command) -> None:
        keys = f"\t{key_words(command.keys)}" if command.keys else ""
        action = QAction(icon(command.icon, self._colour()), command.text + keys, self)
        action.setEnabled(not command.why_not)
        action.setToolTip(command.why_not)
        action.triggered.connect(lambda *_: command.act())
        self.addAction(action)
