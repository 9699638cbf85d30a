"""The window with a virtual board: recorded from, lost, started again; one thing at a time."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Wait  # type: ignore[import-not-found]

from studio.events import Quiet
from studio.gui.steps import place_of
from studio.gui.window import MainWindow
from studio.paths import boards_dir
from studio.services import boards

BOARDS = place_of("Boards")


@pytest.fixture
def linked(window: MainWindow, wait: Wait) -> Iterator[MainWindow]:
    window.session.open_example("motion")
    try:
        wait(lambda: window.session.link.linked, 60)
        yield window
    finally:
        window.close()
        boards.stop("virtual", report=Quiet())


@pytest.mark.slow
def test_a_board_is_seen_recorded_lost_and_started_again(linked: MainWindow, wait: Wait) -> None:
    linked.show_step("Boards")
    session, page = linked.session, linked.pages[BOARDS]
    plot: Any = page.plot  # type: ignore[attr-defined]
    wait(lambda: plot.points > 20)
    assert plot.track_count == 2  # accelerometer and gyroscope

    linked.primary.click()
    assert "no label" in linked.notice.message.text()
    page.label.setText("wave")  # type: ignore[attr-defined]
    page.seconds.setValue(60)  # type: ignore[attr-defined]
    linked.primary.click()
    linked.primary.click()  # the second click must not stop, nor start another
    wait(lambda: "Recording" in linked.status.jobs.text(), 20)
    linked.primary.click()
    wait(lambda: "Saved wave" in page.outcome.text(), 20)  # type: ignore[attr-defined]
    wait(lambda: session.link.linked, 20)

    state = json.loads((Path(boards_dir()) / "virtual.json").read_text())
    os.kill(state["pid"], signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    wait(linked.notice.isVisible, 20)
    assert linked.notice.button.text() == "Start it again"
    assert "not linked" in linked.topbar.board.text()
    linked.notice.button.click()
    wait(lambda: session.link.linked, 60)
    assert not linked.notice.isVisible()
