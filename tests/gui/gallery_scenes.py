"""Draws one group of the gallery's pictures: real projects, boards, acts and errors, no display.

Usage: python gallery_scenes.py GROUP DEMO HOME OUT; `gallery.py` starts it for each group.
"""

import shutil
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gallery import GROUPS, Group
from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QApplication

from studio.events import Quiet
from studio.gui import texts, theme
from studio.gui.session import Session
from studio.gui.window import MainWindow
from studio.project import Project
from studio.services import boards, label

SETTLE_S = 1.2
PICTURE_S = 10.5
"""So long a live plot takes until it is full."""
JOB_S = 240


class Stage:
    """One window, and what is done with it."""

    def __init__(self, name: str, demo: Path, home: Path, out: Path) -> None:
        self.name, self.demo, self.home, self.out = name, demo, home, out
        self.group: Group = GROUPS[name]
        self.application = QApplication.instance() or QApplication(sys.argv[:1])
        texts.use(self.group.language)
        theme.settings().setValue("theme", self.group.theme)
        self.theme = theme.load(self.group.theme)
        theme.apply(self.application, self.theme)  # type: ignore[arg-type]
        self.session = Session()
        self.window = MainWindow(self.session, self.theme)
        self.window.resize(QSize(*self.group.size))
        self.window.show()
        self.window.activateWindow()
        self.rest(SETTLE_S)

    def wait(self, what: str, until: Callable[[], object], seconds: float = 60) -> None:
        """Let the window live until something is so."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                self.shoot("failed")
                sys.exit(f"{self.name}: waited {seconds:g} s for {what}")
            self.application.processEvents()
            self.application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            time.sleep(0.003)

    def rest(self, seconds: float) -> None:
        """Let the window live for a while."""
        end = time.monotonic() + seconds
        self.wait("time", lambda: time.monotonic() >= end, seconds + 9)

    def done(self, what: str) -> None:
        """Wait until no job runs."""
        self.wait(what, lambda: not self.session.working, JOB_S)

    def show(self, step: str) -> Any:
        """Show a page and let it read."""
        self.window.show_step(step)
        page = self.window.page
        self.rest(SETTLE_S)
        return page

    def shoot(self, name: str, look: str = "") -> None:
        """Keep how the window looks now; `look` says what else is special about it."""
        group = self.group
        size = "x".join(map(str, group.size))
        scale = f"scale-{group.scale}" if group.scale != 1 else ""
        parts = (name, group.state, group.theme, size, group.language, scale, look)
        file = self.out / f"{'-'.join(part for part in parts if part)}.png"
        self.window.grab().save(str(file))
        sys.stdout.write(f"{file}\n")

    def copy(self, name: str = "") -> Path:
        """Return a copy of the demo's project, to be changed."""
        chosen = name or self.group.example
        path = self.home / "projects" / chosen
        number = 1
        while path.exists():
            number += 1
            path = self.home / "projects" / f"{chosen}-{number}"
        shutil.copytree(self.demo / chosen, path)
        return path

    def open(self, path: Path) -> None:
        """Open a project."""
        self.session.open(path)
        self.rest(SETTLE_S)

    def use_board(self) -> None:
        """Start a virtual board that plays the example, and see its signal."""
        page = self.show("Boards")
        page.links.start_virtual(self.group.example, page.ports.present)
        self.done("the virtual board")
        self.wait("its signal", lambda: page.plot.points > 20, JOB_S)

    def close(self) -> None:
        """Leave nothing running."""
        self.window.close()
        self.rest(SETTLE_S)
        for one in boards.running():
            boards.stop(one.name, report=Quiet())


def empty(stage: Stage) -> None:
    """Draw the pages as they are at the first start."""
    for step in stage.group.pages:
        page = stage.show(step)
        waits = {"Home": ("recent", "empty", "Reading"), "Boards": ("ports", "nothing", "Looking")}
        if step in waits:
            panel, name, word = waits[step]
            said = getattr(getattr(page, panel), name)
            stage.wait(step, lambda said=said, word=word: word not in said.text())
        stage.rest(SETTLE_S)
        stage.shoot(step.lower())


def loading(stage: Stage) -> None:
    """Draw the pages while nothing of the project has been read yet."""
    for step in stage.group.pages:
        stage.show(step)
        stage.session.hold_reads(held=True)
        stage.session.open(stage.copy())
        stage.show(step)
        stage.shoot(step.lower())
        stage.session.hold_reads(held=False)
        stage.rest(SETTLE_S)


def full(stage: Stage) -> None:
    """Draw the pages of a project that went the whole way, with a board that plays."""
    other = "motion" if stage.group.example == "keywords" else "keywords"
    for example in (other, other, stage.group.example):
        stage.open(stage.copy(example))
    acts = {
        "Boards": full_boards,
        "Data": full_data,
        "Pipeline": full_pipeline,
        "Train": full_train,
        "Test": full_test,
        "Deploy": full_deploy,
        "Live": full_live,
        "Home": full_home,
    }
    for step, act in acts.items():
        if step in stage.group.pages:
            act(stage)
    more = {"panels": panels, "cards": cards, "matrix": matrix, "compare": compare}
    for name, act in more.items():
        if name in stage.group.more:
            act(stage)


def full_boards(stage: Stage) -> None:
    """Draw the signal of the board."""
    stage.use_board()
    page = stage.show("Boards")
    with Project.open(stage.session.path) as project:
        page.label.setText(next(one.label for one in project.samples()))
    page.refresh()
    stage.rest(PICTURE_S)
    stage.shoot("boards")


def full_data(stage: Stage) -> None:
    """Draw the library with a chosen sample, and the editor."""
    page = stage.show("Data")
    stage.wait("samples", lambda: len(page.table.ids))
    page.view.selectRow(min(4, len(page.table.ids) - 1))
    page.view.setFocus()
    stage.rest(SETTLE_S)
    stage.shoot("data-library")
    page.show_tab(1)
    stage.rest(2 * SETTLE_S)
    stage.shoot("data-label")
    page.show_tab(0)


def panels(stage: Stage) -> None:
    """Draw the panels at the right of the library."""
    page = stage.show("Data")
    for name in ("Quality", "Splits", "Snapshots", "Export"):
        page.show_side(name)
        stage.rest(SETTLE_S)
        if name == "Quality":
            page.panels[name].look.click()
            stage.done("the check")
            stage.rest(SETTLE_S)
        stage.shoot(f"data-{name.lower()}")
    page.show_side("")


def full_pipeline(stage: Stage) -> None:
    """Draw one window on its way, and all windows as dots."""
    page = stage.show("Pipeline")
    stage.wait("the settings", lambda: page.primary()[1])
    stage.window.act()
    stage.done("the features")
    stage.rest(2 * SETTLE_S)
    stage.shoot("pipeline")


def full_train(stage: Stage) -> None:
    """Draw the run that is there."""
    page = stage.show("Train")
    stage.wait("the result", lambda: page.result.figure.text().endswith("%"))
    stage.rest(SETTLE_S)
    stage.shoot("train")


def matrix(stage: Stage) -> None:
    """Draw a run's confusion matrix with a cell opened."""
    page = stage.show("Train")
    page.learning.show_matrix()
    counts = page.learning.taken.matrix._counts
    cells = [(row, column) for row in range(len(counts)) for column in range(len(counts))]
    wrong = max(
        (cell for cell in cells if cell[0] != cell[1]), key=lambda at: counts[at[0]][at[1]]
    )
    page.learning.taken.matrix.choose([wrong])
    stage.wait("the windows of a cell", page.learning.taken.list.isVisible)
    stage.rest(2 * SETTLE_S)
    stage.shoot("train-matrix")


def compare(stage: Stage) -> None:
    """Train once more, for a moment, and draw both runs side by side."""
    page = stage.show("Train")
    stage.wait("the settings", lambda: page.primary()[1] and page.settings.epochs)
    page.settings.parts[1].form.set_value("epochs", "3")
    stage.window.act()
    stage.done("a second training")
    stage.wait("two runs", lambda: len(page.runs.list.table.rows) == 2)
    for place in range(2):
        page.runs.list.table.tick(place)
    page.runs.compare()
    stage.rest(SETTLE_S)
    stage.shoot("train-compare")


def full_test(stage: Stage) -> None:
    """Test again, and draw what came out."""
    page = stage.show("Test")
    stage.wait("the button", lambda: page.primary()[1])
    stage.window.act()
    stage.done("the test")
    stage.wait("the windows", lambda: page.stack.currentIndex() == 1)
    stage.rest(2 * SETTLE_S)
    stage.shoot("test")


def full_deploy(stage: Stage) -> None:
    """Put the model on the board."""
    page = stage.show("Deploy")
    stage.wait("the button", lambda: page.primary()[1])
    stage.window.act()
    stage.done("the build")
    stage.wait("the board", lambda: stage.session.link.decides, JOB_S)
    stage.rest(2 * SETTLE_S)
    stage.shoot("deploy")
    if "text" in stage.group.more:
        stage.window.choose_size(150)
        stage.rest(SETTLE_S)
        stage.shoot("deploy", "text-150")
        stage.window.choose_size(100)


def full_live(stage: Stage) -> None:
    """Watch the board decide."""
    page = stage.show("Live")
    stage.wait("the button", lambda: page.primary()[1])
    stage.window.act()
    stage.wait("decisions", lambda: page.seen.count > 5, JOB_S)
    stage.rest(PICTURE_S)
    stage.shoot("live")
    stage.session.stop()
    stage.done("the end of watching")


def full_home(stage: Stage) -> None:
    """Draw the way with every step done, and the list of all that can be done."""
    stage.open(stage.session.path)
    stage.show("Home")
    stage.rest(2 * SETTLE_S)
    stage.shoot("home")


def cards(stage: Stage) -> None:
    """Draw what lies over a page for a moment."""
    over = stage.window.overlays
    shown = (
        ("Data", "keys", over.show_keys),
        ("Pipeline", "palette", over.show_palette),
        ("Train", "budget", over.show_budget),
        ("Home", "settings", over.show_settings),
    )
    for step, name, show in shown:
        stage.show(step)
        show()
        stage.rest(SETTLE_S)
        stage.shoot(f"{step.lower()}-{name}")
        over.put_away()


def error(stage: Stage) -> None:
    """Draw the pages after something went wrong; each error is a real one."""
    acts = {
        "Home": error_home,
        "Boards": error_boards,
        "Data": error_data,
        "Pipeline": error_pipeline,
        "Train": error_train,
        "Test": error_test,
        "Deploy": error_deploy,
        "Live": error_live,
    }
    for step in stage.group.pages:
        acts[step](stage)


def error_home(stage: Stage) -> None:
    """The open project is deleted on disk."""
    path = stage.copy("motion")
    stage.open(stage.copy())
    stage.show("Home")
    stage.open(path)
    while path.exists():  # what is read of it at the moment may put a file there once more
        shutil.rmtree(path, ignore_errors=True)
    stage.show("Data")
    stage.show("Home")
    stage.shoot("home")


def error_boards(stage: Stage) -> None:
    """The chosen port is not there."""
    stage.open(stage.copy())
    page = stage.show("Boards")
    page.links.show_port("/dev/ttyACM7")
    stage.wait("the notice", lambda: "Boards" in stage.session.notices)
    stage.rest(SETTLE_S)
    stage.shoot("boards")
    page.links.disconnect_port("/dev/ttyACM7")
    stage.session.notify("Boards", None)
    stage.session.link.use("")
    stage.session.link.say(texts.tr("No board linked."))


def error_data(stage: Stage) -> None:
    """A file that is to be imported is broken."""
    stage.open(stage.copy())
    broken = stage.home / "door-bell.wav"
    broken.write_bytes(b"RIFF\x24\x08\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00")
    page = stage.show("Data")
    stage.wait("samples", lambda: len(page.table.ids))
    page.import_files([broken])
    stage.rest(2 * SETTLE_S)
    stage.shoot("data")
    page.show_side("")


def error_pipeline(stage: Stage) -> None:
    """The window is too short for the signal block."""
    stage.open(stage.copy())
    page = stage.show("Pipeline")
    stage.wait("the settings", lambda: page.primary()[1])
    page.choose_part("window")
    stage.rest(SETTLE_S)
    page.settings.form.set_value("window_ms", "5")
    stage.rest(3 * SETTLE_S)
    stage.shoot("pipeline")
    page.drop()


def error_train(stage: Stage) -> None:
    """All samples have one label."""
    path = stage.copy()
    with Project.open(path) as project:
        names = sorted({one.label for one in project.samples()})
    label.merge(path, names[1:], names[0])
    stage.open(path)
    stage.show("Train")
    stage.rest(SETTLE_S)
    stage.shoot("train")


def error_test(stage: Stage) -> None:
    """Nothing is kept for testing."""
    path = stage.copy()
    label.move(path, label.Selection(ids=tuple(_ids(path))), "train")
    shutil.rmtree(path / "reports", ignore_errors=True)
    for run in (path / "runs").iterdir():
        for old in [*run.glob("test*"), *run.glob("windows*")]:
            old.unlink()
    stage.open(path)
    stage.show("Test")
    stage.shoot("test")


def _ids(path: Path) -> Iterable[int]:
    with Project.open(path) as project:
        return [one.id for one in project.samples()]


def error_deploy(stage: Stage) -> None:
    """The trained model's file is damaged while the page is open, so the build fails."""
    path = stage.copy()
    stage.open(path)
    page = stage.show("Deploy")
    stage.wait("the button", lambda: page.primary()[1])
    for model in (path / "runs").glob("*/model.tflite"):
        model.write_bytes(model.read_bytes()[:999])
    stage.window.act()
    stage.rest(SETTLE_S)
    stage.done("the build")
    stage.rest(SETTLE_S)
    stage.shoot("deploy")


def error_live(stage: Stage) -> None:
    """The board dies while it is watched."""
    stage.open(stage.copy())
    stage.use_board()
    page = stage.show("Live")
    stage.wait("the button", lambda: page.primary()[1])
    stage.window.act()
    stage.wait("decisions", lambda: page.seen.count > 5, JOB_S)
    stage.rest(PICTURE_S)
    boards.stop("virtual", report=Quiet())
    stage.done("the end of watching")
    stage.rest(SETTLE_S)
    stage.shoot("live")
    if "job" in stage.group.more:
        stage.window.toggle_drawer()
        stage.rest(SETTLE_S)
        stage.shoot("live-job")


def main() -> None:
    """Draw one group."""
    name, demo, home, out = sys.argv[1:]
    stage = Stage(name, Path(demo), Path(home), Path(out))
    try:
        states = {"empty": empty, "loading": loading, "full": full, "error": error}
        states[stage.group.state](stage)
    finally:
        stage.close()


if __name__ == "__main__":
    main()
