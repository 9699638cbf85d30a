"""What the frame itself can do, with its keys; each of these acts on every page."""

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence

from studio.gui import focus
from studio.gui.commands import Command
from studio.gui.steps import STEPS
from studio.gui.texts import tr

if TYPE_CHECKING:
    from studio.gui.window import MainWindow


def steps(window: "MainWindow") -> list[Command]:
    """Return the ways to the pages."""
    return [
        Command(
            tr("Go to {page}", page=step.title),
            lambda place=place: window.go(place),  # type: ignore[misc]  # bound now
            f"Ctrl+{place + 1}",
            step.icon,
        )
        for place, step in enumerate(STEPS)
    ]


def frame(window: "MainWindow") -> list[Command]:
    """Return what the frame can do now."""
    return [*_acts(window), *_looks(window)]


def _acts(window: "MainWindow") -> list[Command]:
    session, stack = window.session, window.history.stack
    page = window.page
    do = tr(page.STOP) if session.working_on(page.NAME) else page.primary()[0]
    idle = tr("Wait until the running job is done, or stop it.") if session.working else ""
    runs = "" if session.working else tr("No job is running.")
    none = "" if stack.canUndo() else tr("There is nothing to undo.")
    undo = page.undo() or Command(window.history.undo_text(), stack.undo, why_not=none)
    none = "" if stack.canRedo() else tr("There is nothing to do again.")
    redo = page.redo() or Command(window.history.redo_text(), stack.redo, why_not=none)
    back, forth = "ph.arrow-counter-clockwise", "ph.arrow-clockwise"
    main = do or tr("The page's main act")
    return [
        Command(main, window.act, "Ctrl+Return", "ph.play", window.why_not()),
        replace(undo, keys="Ctrl+Z", icon=back),
        replace(redo, keys="Ctrl+Shift+Z", icon=forth),
        Command(
            tr("Open a project"), window.menu.choose_project, "Ctrl+O", "ph.folder-open", idle
        ),
        Command(tr("Run the whole demo"), session.run_demo, "Ctrl+D", "ph.rocket-launch", idle),
        Command(tr("Stop the running job"), window.drawer.cancel, "Ctrl+.", "ph.stop", runs),
        Command(tr("Show or hide the log"), window.toggle_drawer, "Ctrl+J", "ph.list-dashes"),
    ]


def _looks(window: "MainWindow") -> list[Command]:
    over, dark = window.overlays, window.theme_name == "dark"
    other = tr("Use the light theme") if dark else tr("Use the dark theme")
    parts = [window.topbar, window.rail, window.page, window.drawer]
    unknown = (
        ""
        if window.topbar.budget.shares
        else tr("No board is chosen yet: choose one on Pipeline.")
    )

    def explain() -> None:
        if not focus.show_help():
            over.show_keys()

    return [
        Command(other, window.change_theme, "", "ph.sun" if dark else "ph.moon"),
        Command(tr("Larger text"), lambda: window.step_size(1), "Ctrl++", "ph.text-aa"),
        Command(tr("Smaller text"), lambda: window.step_size(-1), "Ctrl+-", "ph.text-aa"),
        Command(tr("Plugins"), over.show_plugins, "Ctrl+P", "ph.squares-four"),
        Command(tr("Settings"), over.show_settings, "Ctrl+,", "ph.gear"),
        Command(tr("What the budget is made of"), over.show_budget, "Ctrl+B", "ph.cpu", unknown),
        Command(tr("Plots only, or everything"), window.toggle_frame, "F11", "ph.frame-corners"),
        Command(
            tr("To the next part of the window"),
            lambda: focus.to_next(parts),
            "F6",
            "ph.arrow-right",
        ),
        Command(tr("Help for what has the focus"), explain, "F1", "ph.info"),
        Command(tr("Show all keys"), over.show_keys, "?", "ph.question"),
        Command(tr("Search or run"), over.show_palette, "Ctrl+K", "ph.magnifying-glass"),
        Command(tr("Leave"), window.close, "Ctrl+Q", "ph.x"),
    ]


def recent(window: "MainWindow") -> list[Command]:
    """Return the ways to the projects that were open lately."""
    return [
        Command(
            tr("Open {project}", project=path.name),
            lambda path=path: window.session.open_folder(path),  # type: ignore[misc]  # bound now
            icon="ph.folder",
        )
        for path in window.menu.recent
        if path != window.session.project
    ]


def menu(window: "MainWindow") -> list[Command]:
    """Return what belongs into the project's menu."""
    wanted = ("Ctrl+O", "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+D", "Ctrl+,", "Ctrl+Q")
    return [command for command in frame(window) if command.keys in wanted]


def bind(window: "MainWindow") -> None:
    """Give the window the keys of what it can do; what a key does is asked when it is pressed."""
    for command in [*steps(window), *frame(window)]:
        if command.keys:
            action = QAction(window)
            action.setShortcut(QKeySequence(command.keys))
            action.triggered.connect(lambda *_, keys=command.keys: _act(window, keys))
            window.addAction(action)


def _act(window: "MainWindow", keys: str) -> None:
    for command in [*steps(window), *frame(window)]:
        if command.keys == keys:
            if command.why_not:
                window.status.say(command.why_not)
            else:
                command.act()
            return
