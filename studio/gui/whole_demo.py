"""The whole way for both examples as one job, and what it found."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.events import Reporter
from studio.gui.desktop import open_file
from studio.gui.notice import EVERYWHERE, GOOD, Notice
from studio.gui.texts import tr

if TYPE_CHECKING:
    from studio.gui.session import Session


def start(session: "Session", *, quick: bool) -> None:
    """Record, train, build, flash and test both examples; a report stands at the end."""

    def work(report: Reporter) -> Any:
        from studio.services import demo

        return demo.demo(quick=quick, out=demo.folder(quick=quick), report=report)

    session.with_port(tr("The whole demo"), work, done=partial(_tell, session))


def _tell(session: "Session", result: dict[str, Any]) -> None:
    session.report = Path(result["report"])
    session.open(Path(result["projects"][0]["project"]))
    rows = [f"{row['name']} {100 * row['board']['accuracy']:.1f} %" for row in result["projects"]]
    session.notify(
        EVERYWHERE,
        Notice(
            GOOD,
            tr(
                "The whole demo took {seconds} s. Right on the board: {shares} of the "
                "held-out windows.",
                seconds=f"{result['seconds']:.0f}",
                shares=", ".join(rows),
            ),
            tr("Report: {path}", path=session.report),
            tr("Open the report"),
            partial(open_file, session.report),
        ),
    )
