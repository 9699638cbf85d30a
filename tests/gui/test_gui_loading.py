"""While a project is read each page says so, and claims nothing about it yet."""

from pathlib import Path
from typing import Any

import pytest
from conftest import Wait  # type: ignore[import-not-found]
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QLabel
from trained import make_trained  # type: ignore[import-not-found]

from studio.gui.window import MainWindow

CLAIMS = (
    *("no project is open", "open a project", "no model is trained", "nothing to build"),
    *("nothing to run", "no trained model", "not trained", "no samples"),
)


def said(window: MainWindow) -> str:
    """Return all that the page and its header say."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # what was shown before
    labels = [one.text() for one in window.page.findChildren(QLabel) if one.isVisible()]
    return " | ".join([window.facts.text(), window.why_not(), *labels])


@pytest.mark.parametrize("name", ["Data", "Pipeline", "Train", "Test", "Deploy", "Live"])
def test_a_page_says_that_it_reads(
    window: MainWindow, tmp_path: Path, wait: Wait, name: str
) -> None:
    window.show_step(name)
    window._painted.stop()
    window.session.hold_reads(held=True)
    window.session.open(make_trained(tmp_path))
    window.show_step(name)
    assert "Reading" in said(window)
    assert not [claim for claim in CLAIMS if claim in said(window).casefold()]
    window.session.hold_reads(held=False)
    wait(lambda: "Reading" not in said(window), 30)


def test_home_does_not_say_that_nothing_is_open_while_it_reads(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    window.show_step("Home")
    window._painted.stop()
    page: Any = window.page
    wait(lambda: "begin a project" in page.way.sentence.text(), 30)
    window.session.hold_reads(held=True)
    window.session.open(make_trained(tmp_path))
    assert page.way.sentence.text() == "Reading the project …"
    window.session.hold_reads(held=False)
    wait(page.way.go_on.isVisible, 30)


def test_boards_says_that_it_links(window: MainWindow, tmp_path: Path, wait: Wait) -> None:
    window.show_step("Boards")
    window.session.link.use((tmp_path / "none.npy").as_uri())
    window.session.link.open()
    assert window.session.link.words.startswith("Linking to none.npy")
    wait(window.notice.isVisible, 30)
    assert not window.session.link.words.startswith("Linking")
