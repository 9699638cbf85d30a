"""The Test page on a made test: its states, matrix, list, timeline, and putting labels right."""

from pathlib import Path
from typing import Any

import pytest
from conftest import Wait  # type: ignore[import-not-found]
from made_runs import LABELS, add_run, make_data  # type: ignore[import-not-found]
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.gui import label_places, theme
from studio.gui.widgets.row_table import ROW
from studio.gui.window import MainWindow
from studio.project import Project
from studio.services import history
from studio.services import test as tests


def show(window: MainWindow, path: Path | None, wait: Wait, *, full: bool = True) -> Any:
    """Open a project on the Test page; wait until it shows its windows."""
    if path is not None:
        window.session.open(path)
    window.show_step("Test")
    page: Any = window.page_named("Test")
    if full:
        wait(lambda: page.stack.currentIndex() == 1 and page.looker.list.row is not None)
    return page


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = make_data(tmp_path)
    add_run(made)
    return made


def test_training_windows_that_look_alike_are_named_and_opened(
    window: MainWindow, path: Path, wait: Wait
) -> None:
    page = show(window, path, wait)
    alike = page.looker.alike
    wait(lambda: alike.found, 20)
    assert len(alike.found) == 3
    with Project.open(path) as project:
        train = {one.recording_id for one in project.samples(split="train")}
    assert {one.recording_id for one in alike.found} <= train
    shown = page.looker.panels.alike
    assert shown.isVisible()
    assert all(one.name in shown.accessibleName() for one in alike.found)
    page.looker.panels.wanted.emit(1)
    wait(lambda: window.page.NAME == "Data")


def cell(page: Any, row: int, column: int) -> QPoint:
    return page.matrix._grid(page.matrix._frame()[1]).rect(row, column).center().toPoint()


def shown_rows(page: Any) -> list[tuple[str, str, str]]:
    return [(row.name, row.true, row.said) for row in page.looker.list.table.rows]


def test_empty_states_say_what_is_missing_and_where_to_go(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    page = show(window, None, wait, full=False)
    assert "No project" in page.empty.text.text()
    path = make_data(tmp_path)
    page = show(window, path, wait, full=False)
    assert page.empty.text.text() == "Reading the project …"
    wait(lambda: "no model" in page.empty.text.text())
    assert page.primary() == ("Run test", False)
    assert page.why_not() == "Train first."
    page.empty.button.click()
    assert window.page.NAME == "Train"
    run = add_run(path)
    with Project.open(path) as project:
        (project.run(run).path / tests.REPORT).unlink()
    page = show(window, None, wait, full=False)
    wait(lambda: "not tested yet" in page.empty.text.text())
    assert page.primary() == ("Run test", True)
    with Project.open(path) as project:
        for sample in project.samples(split="test"):
            project.labels.enable([sample.id], enabled=False)
    page.refresh()
    wait(lambda: "No test data" in page.empty.text.text())


def test_a_cell_lists_its_windows_and_draws_the_chosen_one(
    window: MainWindow, path: Path, wait: Wait
) -> None:
    page = show(window, path, wait)
    assert page.result.figure.text() == "94.4 %"
    assert "74 to 99 %" in page.result.meaning.text()
    assert shown_rows(page) == [("tap 0", "tap", "wave")]  # first, what was misread
    wait(lambda: page.looker.panels.signal.isVisible())
    assert not page.looker.panels.spectrogram.isVisible()  # no sound
    assert page.looker.panels.bars._labels == list(LABELS)
    wait(lambda: "1 of 3 windows misread" in page.looker.timed.heading.text())
    QTest.mouseClick(page.matrix, Qt.MouseButton.LeftButton, pos=cell(page, 0, 0))
    assert len(shown_rows(page)) == 6
    assert set(shown_rows(page)) == {
        ("circle 0", "circle", "circle"),
        ("circle 1", "circle", "circle"),
    }
    control = Qt.KeyboardModifier.ControlModifier
    QTest.mouseClick(page.matrix, Qt.MouseButton.LeftButton, control, cell(page, 1, 2))
    assert len(shown_rows(page)) == 7
    assert "1 of 6 tap were taken for wave" in page.matrix.sentence((1, 2))
    wait(lambda: page.looker.list.table.pictures)
    shot = page.looker.list.viewport().grab().toImage()
    drawn = {shot.pixelColor(x, y).name() for x in range(shot.width()) for y in range(ROW)}
    assert theme.label_colour("circle", list(LABELS)).lower() in drawn
    QTest.mouseClick(page.matrix, Qt.MouseButton.LeftButton, pos=QPoint(5, cell(page, 2, 0).y()))
    assert [row[1] for row in shown_rows(page)] == ["wave"] * 6


def test_the_matrix_is_driven_by_keys(window: MainWindow, path: Path, wait: Wait) -> None:
    page = show(window, path, wait)
    page.matrix.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right):
        QTest.keyClick(page.matrix, key)
    assert page.matrix.cells == [(1, 2)]
    assert shown_rows(page) == [("tap 0", "tap", "wave")]
    assert page.matrix.shares
    QTest.keyClick(page.matrix, Qt.Key.Key_Space)
    assert not page.matrix.shares
    assert page.tables.units.text() == "as shares"
    QTest.keyClick(page.matrix, Qt.Key.Key_Return)
    assert page.looker.list.hasFocus()
    QTest.keyClick(page.matrix, Qt.Key.Key_Escape)
    assert page.matrix.cells == []


def test_a_threshold_keeps_the_choice_and_float_is_one_click_away(
    window: MainWindow, path: Path, wait: Wait
) -> None:
    page = show(window, path, wait)
    page.matrix.choose([(1, 2)])
    assert len(shown_rows(page)) == 1
    page.result.slider.setValue(60)
    assert page.matrix.cells == [(1, 2)]
    assert shown_rows(page) == []  # it is unsure now
    assert "5.6 % are unsure" in page.result.meaning.text()
    page.matrix.choose([(1, 3)])
    assert shown_rows(page) == [("tap 0", "tap", "")]
    assert page.result.differ.text() == "1 window: float ≠ int8"
    page.result.differ.click()
    assert shown_rows(page) == [("tap 0", "tap", "")]
    page.result.kind.buttons[1].click()  # as float decides
    assert page.result.figure.text() == "100.0 %"
    assert shown_rows(page) == [("tap 0", "tap", "tap")]
    assert not page.result.kind.buttons[2].isEnabled()  # no board took part


def test_tables_and_timeline(window: MainWindow, path: Path, wait: Wait) -> None:
    page = show(window, path, wait)
    labels, groups = page.tables.labels, page.tables.groups
    cells = [[labels.item(row, column).text() for column in range(5)] for row in range(3)]
    assert cells[1] == ["tap", "100 %", "83 %", "0.91", "6"]
    assert [groups.item(row, 0).text() for row in range(2)] == ["person 0", "person 1"]
    page.tables.view.buttons[2].click()
    groups.selectRow(1)
    assert {row[0] for row in shown_rows(page)} == {"circle 1", "tap 1", "wave 1"}
    page.matrix.choose([(1, 2)])
    wait(lambda: len(page.looker.timed.timeline._decided) == 3)
    blocks = page.looker.timed.timeline._decided
    assert [block.right for block in blocks] == [False, True, True]
    assert [block.label for block in page.looker.timed.timeline._truth] == ["tap"]
    place = page.looker.timed.timeline._rect(blocks[2], 1).center().toPoint()
    QTest.mouseClick(page.looker.timed.timeline, Qt.MouseButton.LeftButton, pos=place)
    assert page.looker.list.row.window == blocks[2].window
    assert len(shown_rows(page)) == 3
    offered = [page.looker.timed.names.itemText(place) for place in range(6)]
    assert offered[:2] == ["tap 0: 1 misread", "circle 0: 0 misread"]
    page.looker.timed.names.setCurrentIndex(1)
    page.looker.timed.names.activated.emit(1)
    wait(lambda: "circle 0: 0 of 3" in page.looker.timed.heading.text())
    assert {row[0] for row in shown_rows(page)} == {"circle 0"}


def press(window: MainWindow, page: Any, key: str) -> None:
    """Do what a key does, as the frame binds it."""
    (command,) = [one for one in page.commands() if one.keys == key]
    assert command.why_not == ""
    command.act()


def test_one_key_relabels_and_marks_the_result_out_of_date(
    window: MainWindow, path: Path, wait: Wait
) -> None:
    page = show(window, path, wait)
    assert page.stale.isHidden()
    press(window, page, "3")
    wait(lambda: not page.stale.isHidden())
    assert "changed after the test" in page.why.text()
    assert page.result.figure.text() == "94.4 %"  # never changed silently
    assert page.looker.list.table.rows[0].done == "now wave"
    with Project.open(path) as project:
        spans = [(s.start, s.stop) for s in project.samples(label="wave") if s.split == "test"]
    assert (0, 100) in spans
    history.undo(path)
    page.refresh()
    wait(page.stale.isHidden)
    assert page.looker.list.table.rows[0].done == ""
    press(window, page, "X")
    wait(lambda: page.looker.list.table.rows[0].done == "excluded")
    with Project.open(path) as project:
        assert [sample.enabled for sample in project.samples()].count(False) == 1


def test_a_label_has_the_key_of_the_other_pages(
    window: MainWindow, path: Path, wait: Wait
) -> None:
    page = show(window, path, wait)
    label_places.know({"tap": 0, "wave": 1, "circle": 2})  # as they were made, one by one
    keys = {one.keys: one.text for one in page.commands() if one.keys.isdigit()}
    assert keys == {
        str(place): f"Relabel window: {label}"
        for place, label in enumerate(("tap", "wave", "circle"), 1)
    }


def test_a_window_opens_on_the_data_page(window: MainWindow, path: Path, wait: Wait) -> None:
    page = show(window, path, wait)
    seen: list[tuple[int, int]] = []
    window.session.sample_wanted.connect(lambda *numbers: seen.append(numbers))
    press(window, page, "O")
    wait(lambda: seen)
    assert window.page.NAME == "Data"
    with Project.open(path) as project:
        (sample,) = project.labels.of([seen[0][1]])
    assert (sample.label, sample.recording_id) == ("tap", seen[0][0])


def test_damaged_old_and_deleted_tests_are_told(
    window: MainWindow, path: Path, wait: Wait
) -> None:
    with Project.open(path) as project:
        folder = project.runs()[0].path
        tap = next(one for one in project.recordings() if one.name == "tap 0")
        project.delete_recordings([tap.id])
    page = show(window, path, wait)
    assert shown_rows(page) == [("deleted recording", "tap", "wave")]
    assert "was deleted" in page.looker.panels.drawn.heading.text()
    (folder / tests.WINDOWS).write_bytes(b"no zip")
    page.refresh()
    wait(window.notice.isVisible)
    assert "cannot be read" in window.notice.message.text()
    assert window.notice.hint.text()
