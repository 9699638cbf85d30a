"""Home: begin with an example, files or nothing; the list of projects; the way."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Wait  # type: ignore[import-not-found]
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest

from studio.gui.window import MainWindow
from studio.project import Project
from studio.services import recent


@pytest.fixture
def home(window: MainWindow) -> Any:
    window.show_step("Home")
    return window.page


def drop(page: Any, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(9, 9),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    page.dropEvent(event)


def test_without_projects_it_says_how_to_begin(window: MainWindow, home: Any, wait: Wait) -> None:
    assert home.recent.empty.text() == "Reading …"
    wait(lambda: "No projects yet" in home.recent.empty.text())
    assert home.recent.empty.isVisible()
    assert home.way.isVisible()
    assert not home.way.go_on.isVisible()
    assert "record and label" in home.way.tiles[1].accessibleName()
    assert not home.recent.filter.isVisible()
    assert window.primary.text() == "New project"


def test_an_example_is_opened_with_its_data(window: MainWindow, home: Any, wait: Wait) -> None:
    QTest.keyClick(home.examples.cards[1], Qt.Key.Key_Return)
    wait(lambda: window.session.project is not None)
    wait(lambda: window.title.text() == "Data")
    with Project.open(window.session.path) as project:
        assert len(project.samples()) > 100
    window.show_step("Home")
    wait(home.way.go_on.isVisible)
    tiles = {tile.text(): tile for tile in home.way.tiles}
    assert list(tiles) == ["Boards", "Data", "Pipeline", "Train", "Test", "Deploy", "Live"]
    assert "done" in tiles["Data"].accessibleName()
    assert "Train" in home.way.go_on.text()
    wait(
        lambda: (
            [row.text() for row in home.recent.rows] == ["Motion: circle, wave, lift, jab, idle"]
        )
    )
    home.way.go_on.click()
    assert window.title.text() == "Train"


def test_a_new_project_by_keys_alone(
    window: MainWindow, home: Any, wait: Wait, studio_home: Path
) -> None:
    window.primary.click()
    assert home.new.isVisible()
    assert not home.new.make.isEnabled()
    QTest.keyClicks(home.new.name, "door sounds")
    home.new.kind.setCurrentIndex(2)
    QTest.keyClick(home.new.name, Qt.Key.Key_Return)
    wait(lambda: window.session.project is not None)
    assert window.session.path.name == "door-sounds"
    with Project.open(window.session.path) as project:
        assert project.name == "door sounds"
        assert project.pipeline.block == "spectral_analysis"
    assert not home.new.isVisible()
    window.show_step("Home")
    window.primary.click()
    QTest.keyClicks(home.new.name, "door sounds")
    assert "there already" in home.new.problem.text()
    assert not home.new.make.isEnabled()
    home.new.leave.click()
    assert not home.new.isVisible()


def test_dropped_files_become_a_project(
    window: MainWindow, home: Any, wait: Wait, tmp_path: Path
) -> None:
    for name in ("walk.1", "run.1"):
        rows = "\n".join(f"{10 * i},{np.sin(i):.3f}" for i in range(300))
        (tmp_path / f"{name}.csv").write_text(f"timestamp,x\n{rows}\n")
    drop(home, tmp_path / "walk.1.csv", tmp_path / "run.1.csv")
    wait(lambda: window.session.project is not None)
    with Project.open(window.session.path) as project:
        assert len(project.recordings()) == 2
    first = window.session.path
    window.show_step("Home")
    drop(home, first)
    wait(lambda: window.title.text() == "Data")
    assert window.session.path == first


def test_what_cannot_be_begun_with_is_told_here(
    window: MainWindow, home: Any, wait: Wait, tmp_path: Path
) -> None:
    (tmp_path / "letter.docx").write_bytes(b"words")
    drop(home, tmp_path / "letter.docx")
    wait(window.notice.isVisible)
    assert "letter.docx" in window.notice.message.text()
    assert window.session.project is None


def test_the_list_filters_tells_what_is_gone_and_forgets(
    window: MainWindow, home: Any, wait: Wait, tmp_path: Path
) -> None:
    for name in ("apple", "pear", "plum", "peach"):
        Project.create(tmp_path / name).close()
        recent.note(tmp_path / name)
    recent.note(tmp_path / "gone")
    home.refresh()
    wait(lambda: len(home.recent.rows) == 5)
    assert "moved or deleted" in home.recent.rows[0].accessibleDescription()
    QTest.keyClick(home.recent.rows[0], Qt.Key.Key_Delete)
    wait(lambda: len(home.recent.rows) == 4)
    QTest.keyClicks(home.recent.filter, "pea")
    assert sorted(row.text() for row in home.recent.rows) == ["peach", "pear"]
    QTest.keyClicks(home.recent.filter, "x")
    assert "No project has this" in home.recent.empty.text()
    home.recent.filter.setText("plum")
    QTest.mouseClick(home.recent.rows[0], Qt.MouseButton.LeftButton)
    wait(lambda: window.session.project == tmp_path / "plum")
