"""Starting a test, from the Test page or from the run that was just trained."""

from functools import partial
from pathlib import Path
from typing import Any

from studio.errors import DeviceError
from studio.events import Reporter
from studio.gui.notice import ADVICE, Notice
from studio.gui.session import Session
from studio.gui.texts import tr

PLACE = "Test"


def start_test(session: Session) -> None:
    """Test the latest run of the open project; also on the board if it runs a model."""
    path, port = session.path, session.port

    def tell(result: dict[str, Any]) -> None:
        if result["board_said"]:
            text = tr("The test ran on this computer only. {why}", why=result["board_said"])
            session.notify(PLACE, Notice(ADVICE, text))

    if port and session.link.decides:
        session.with_port(tr("Testing"), partial(_test, path, port), place=PLACE, done=tell)
    else:
        session.start(tr("Testing"), partial(_test, path, ""), place=PLACE)


def _test(path: Path, port: str, report: Reporter) -> dict[str, Any]:
    """Run the test; on this computer alone if the board has another model."""
    from studio.services import test

    if not port:
        return {**test.test(path, report=report), "board_said": ""}
    try:
        return {**test.test(path, port=port, report=report), "board_said": ""}
    except DeviceError as error:
        report.log(str(error))
        return {**test.test(path, report=report), "board_said": error.message}
