"""Jobs that bring a board into the state in which the window can use it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.events import Reporter
from studio.gui.texts import tr

if TYPE_CHECKING:
    from studio.gui.session import Session


def open_example(session: "Session", name: str, board: str) -> None:
    """Open a bundled example on a virtual board that plays it, and link to the board."""

    def work(report: Reporter) -> tuple[Path, str]:
        from studio.services import demo, examples

        path = examples.open_project(name, demo.folder(quick=False))
        return path, examples.play_on_board(name, board, report)

    def done(result: tuple[Path, str]) -> None:
        session.open(result[0])
        session.link.use(result[1])

    session.with_port(tr("Starting the virtual board"), work, place="Boards", done=done)


def start_again(session: "Session") -> None:
    """Start the virtual board in use once more, playing what it played, and link to it."""
    name, example = session.port.removeprefix("virtual://"), session.example

    def work(report: Reporter) -> str:
        from studio.services import examples

        return examples.play_on_board(example, name, report)

    session.with_port(tr("Starting the virtual board"), work, place="Boards")


def stream_again(session: "Session") -> None:
    """Put the firmware that streams its signal on the board."""
    port = session.port

    def work(report: Reporter) -> Any:
        from studio.services import deploy

        return deploy.flash(deploy.build_collect(report=report), port, report=report)

    session.with_port(tr("Flashing the streaming firmware"), work, place="Boards")
