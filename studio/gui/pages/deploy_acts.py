"""What the Deploy page's buttons do besides building."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog

from studio.events import Reporter
from studio.gui.notice import GOOD, Notice
from studio.gui.texts import tr

if TYPE_CHECKING:
    from studio.gui.pages.deploy import DeployPage


class Acts:
    """Changes what is built, measures, exports."""

    def __init__(self, page: "DeployPage") -> None:
        self._page = page

    def go(self, where: str) -> None:
        """Show another step, or look again at what a build needs."""
        if where == "again":
            self._page.refresh()
        else:
            self._page.session.step_wanted.emit(where)

    def open_folder(self) -> None:
        """Show the build's folder."""
        from studio.gui.desktop import open_file

        open_file(Path(self._page.known["built"]["folder"]))

    def choose_board(self, board: str) -> None:
        """Make a board the one that is built for."""
        path = self._page.session.path

        def work() -> None:
            from studio.services import deploy_boards

            deploy_boards.choose_board(path, board)

        self._page.session.read(
            "", work, lambda _: self._page.session.project_changed.emit(), place=self._page.NAME
        )

    def use_board(self) -> None:
        """Build for the board that is chosen in the table."""
        place = self._page.boards.currentRow()
        if 0 <= place < len(self._page.known.get("boards", [])):
            self.choose_board(self._page.known["boards"][place]["id"])

    def measure_all(self) -> None:
        """Build for every virtual board."""
        path = self._page.session.path

        def work(report: Reporter) -> Any:
            from studio.services import deploy_boards

            return deploy_boards.measure_boards(path, report=report)

        title = tr("Measuring every board")
        self._page.session.start(
            title, work, place=self._page.NAME, done=lambda _: self._page.refresh()
        )

    def take_way(self, way: dict[str, Any]) -> None:
        """Change the pipeline, or how it is built, so that less is needed."""
        if not way["settings"]:
            self._page.make.ram.setValue(int(way["model_ram_bytes"]) // 1024)
            return
        path, settings = self._page.session.path, way["settings"]

        def work() -> None:
            from studio.services import deploy_boards

            deploy_boards.change(path, settings)

        self._page.session.read(
            "", work, lambda _: self._page.session.project_changed.emit(), place=self._page.NAME
        )

    def export(self, what: str) -> None:
        """Write source to a folder that a person chooses."""
        folder = QFileDialog.getExistingDirectory(self._page, tr("An empty folder for the source"))
        if folder:
            self.export_to(Path(folder), what)

    def export_to(self, folder: Path, what: str) -> None:
        """Write source that can be built elsewhere."""
        path, optimise = self._page.session.path, self._page.make.optimise

        def work() -> dict[str, Any]:
            from studio.services import deploy_way

            return deploy_way.export_source(path, folder, what=what, optimise=optimise)

        def done(result: dict[str, Any]) -> None:
            from studio.gui.desktop import open_file

            fields = {"files": result["files"], "folder": result["folder"]}
            text = tr("{files} files are in {folder}.", **fields)
            button = tr("Open the folder")
            self._page.session.notify(
                self._page.NAME, Notice(GOOD, text, "", button, partial(open_file, folder))
            )

        self._page.session.read("", work, done, place=self._page.NAME)
