"""The library of samples: filters, keys, edits, renaming, and a project that goes away."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Wait
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from studio.gui import theme
from studio.gui.commands import Command
from studio.gui.keys import label_key
from studio.gui.pages.data import DataPage
from studio.gui.pages.data_facets import Choice
from studio.gui.pages.sample_table import GROUP, HEALTH, LABEL, USED
from studio.gui.session import Session
from studio.gui.window import MainWindow
from studio.project import Project
from studio.services import history
from studio.types import Axis, Sample, Span

LABELS = ("idle", "tap", "wave")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A project of 12 recordings in 4 groups, 5 samples each."""
    rng = np.random.default_rng(0)
    with Project.create(tmp_path / "made") as project:
        for number in range(12):
            recording = project.add_recording(
                rng.normal(size=(500, 3)),
                name=f"take {number:02d}",
                axes=[Axis(name, "g") for name in "xyz"],
                sample_rate_hz=100.0,
                group=f"person {number % 4}",
            )
            spans = [Span(100 * i, 100 * i + 100, LABELS[(i + number) % 3]) for i in range(5)]
            project.add_samples(recording.id, spans)
        project.set_health(1, {}, ["clipping"])
        project.assign_splits()
        return project.path


@pytest.fixture
def page(application: QApplication, studio_home: Path, wait: Wait) -> Iterator[DataPage]:
    session = Session()
    shown = DataPage(session, theme.load("light"))
    session.project_changed.connect(shown.refresh)
    shown.resize(1184, 680)
    shown.show()
    yield shown
    session.close()
    shown.close()
    shown.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def open_page(page: DataPage, path: Path, wait: Wait) -> None:
    page.session.open(path)
    wait(lambda: page.table.rows and page.library.facets is not None)


def samples(path: Path) -> list[Sample]:
    with Project.open(path) as project:
        return project.samples()


def command(page: DataPage, keys: str) -> Command:
    (found,) = [one for one in page.commands() if one.keys == keys]
    return found


def count(page: DataPage) -> int:
    return len(page.table.ids)


def tick(page: DataPage, text: str) -> None:
    (item,) = [one for one in page.library.tree._items() if one.text(0) == text]
    item.setCheckState(0, Qt.CheckState.Checked)


def test_facets_count_and_filter_and_words_filter_too(
    page: DataPage, made: Path, wait: Wait
) -> None:
    open_page(page, made, wait)
    assert count(page) == 60
    shown = {item.text(0): item.text(1) for item in page.library.tree._items()}
    assert shown["tap"] == "20"
    assert shown["person 1"] == "15"
    assert shown["clipped"] == "5"
    tick(page, "tap")
    wait(lambda: count(page) == 20)
    tick(page, "person 1")
    wait(lambda: count(page) == 5)
    page.library.show_all()
    wait(lambda: count(page) == 60)
    QTest.keyClick(page.view, "w")  # no key of the table: typing goes on in the filter box
    QTest.keyClicks(page.library.text, "a 07")
    wait(lambda: 0 < count(page) < 3)
    assert page.library.text.text() == "wa 07"
    assert {row.sample.label for row in page.table.rows} == {"wave"}
    command(page, "Esc").act()
    wait(lambda: count(page) == 60)
    page.library.tick(Choice(flags=("clipping",)))
    wait(lambda: count(page) == 5)
    assert page.table.index(0, HEALTH).data(Qt.ItemDataRole.ToolTipRole) == "clipped"


def test_keys_relabel_move_disable_and_delete_what_is_chosen(
    page: DataPage, made: Path, wait: Wait
) -> None:
    open_page(page, made, wait)
    page.view.selectRow(0)
    command(page, "J").act()
    assert page.view.current() == 1
    command(page, "Ctrl+A").act()
    assert len(page.library.ids()) == 60
    command(page, "2").act()
    wait(lambda: {one.label for one in samples(made)} == {"tap"})
    wait(lambda: len(page.library.ids()) == 60)
    command(page, "X").act()
    wait(lambda: not any(one.enabled for one in samples(made)))
    page.view.selectRow(3)
    number = page.library.current()
    command(page, "E").act()
    assert number is not None
    group = number.group
    wait(lambda: {one.split for one in samples(made) if one.group == group} == {"test"})
    command(page, "Del").act()
    wait(lambda: len(samples(made)) == 59)
    history.undo(made, count=4)
    assert {one.label for one in samples(made)} == set(LABELS)
    assert all(one.enabled for one in samples(made))


def test_a_sort_keeps_what_is_chosen(page: DataPage, made: Path, wait: Wait) -> None:
    open_page(page, made, wait)
    page.view.selectRow(7)
    chosen = page.library.ids().tolist()
    before = page.table.ids
    page.view.sortByColumn(LABEL, Qt.SortOrder.DescendingOrder)
    wait(lambda: page.table.ids is not before)
    assert page.table.rows[0].sample.label == "wave"
    assert page.library.ids().tolist() == chosen
    assert page.view.current() != 7


def test_labels_and_groups_are_renamed_in_place(page: DataPage, made: Path, wait: Wait) -> None:
    open_page(page, made, wait)
    page.table.setData(page.table.index(2, LABEL), "jab")
    wait(lambda: any(one.label == "jab" for one in samples(made)))
    page.table.setData(page.table.index(0, GROUP), "person 9")
    wait(lambda: sum(one.group == "person 9" for one in samples(made)) == 5)
    tree = page.library.tree
    wait(lambda: "person 9" in [item.text(0) for item in tree._items()])
    (item,) = [one for one in tree._items() if one.text(0) == "tap"]
    item.setText(0, "knock")
    wait(lambda: sum(one.label == "knock" for one in samples(made)) >= 19)
    wait(lambda: not page.session.working)
    assert not any(one.label == "tap" for one in samples(made))
    page.table.setData(page.table.index(0, USED), Qt.CheckState.Unchecked.value)
    wait(lambda: sum(not one.enabled for one in samples(made)) == 1)


def test_a_filter_that_finds_nothing_does_not_say_that_there_is_nothing(
    page: DataPage, made: Path, wait: Wait
) -> None:
    open_page(page, made, wait)
    assert page.facts().startswith("60 samples")
    page.library.text.setText("nothing of this name")
    wait(lambda: page.facts().startswith("0 of 60 samples"))


def test_enter_ends_a_name_that_is_typed_and_stays_on_the_list(
    page: DataPage, made: Path, wait: Wait
) -> None:
    open_page(page, made, wait)
    opened: list[int] = []
    page.view.opened.connect(lambda: opened.append(1))
    index = page.table.index(2, LABEL)
    page.view.setCurrentIndex(index)
    page.view.edit(index)
    (editor,) = page.view.findChildren(QLineEdit)
    QTest.keyClicks(editor, "twel")
    with Project.open(made) as project:  # by someone else, meanwhile
        project.labels.remove([page.table.rows[-1].sample.id])
    before = len(page.table.ids)
    page.refresh()
    wait(lambda: page.library._late is not None)
    QTest.keyClicks(editor, "ve")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    wait(lambda: len(page.table.ids) == before - 1)
    wait(lambda: any(one.label == "twelve" for one in samples(made)))
    assert not opened
    QTest.keyClick(page.view, Qt.Key.Key_Return)
    assert opened


def test_many_at_once_are_changed_in_the_panel(page: DataPage, made: Path, wait: Wait) -> None:
    open_page(page, made, wait)
    page.show_side("Edit")
    panel: Any = page.panels["Edit"]
    page.view.selectAll()
    wait(lambda: panel.heading.text() == "60 samples chosen")
    panel.label.setEditText("any")
    panel.relabel.click()
    wait(lambda: {one.label for one in samples(made)} == {"any"})
    panel.track.setEditText("second")
    panel.onto.click()
    wait(lambda: {one.track for one in samples(made)} == {"second"})
    panel.key.setEditText("place")
    panel.value.setText("garden")
    panel.describe.click()

    def described() -> bool:
        with Project.open(made) as project:
            return all(project.metadata.of(number)["place"] == "garden" for number in (1, 12))

    wait(lambda: "place" in _keys(made))
    assert described()
    page.view.selectRow(1)
    wait(lambda: panel.facts.isVisible() and panel.label.currentText() == "any")


def _keys(path: Path) -> set[str]:
    with Project.open(path) as project:
        return set(project.metadata.of(1))


def test_rows_and_pictures_come_as_they_are_seen(
    page: DataPage, tmp_path: Path, wait: Wait
) -> None:
    with Project.create(tmp_path / "many") as project:
        recording = project.add_recording(
            np.arange(4000.0)[:, None], name="long", axes=[Axis("x")], sample_rate_hz=10.0
        )
        project.add_samples(recording.id, [Span(i, i + 1, f"l{i % 12}") for i in range(4000)])
    open_page(page, tmp_path / "many", wait)
    assert len(page.table.rows) < 4000
    assert page.table._known.get(int(page.table.ids[3999])) is None
    page.view.scrollToBottom()
    wait(lambda: page.table.index(3999, LABEL).data() == "l3")
    wait(lambda: page.table._pictures)
    shown = page.library.tree._items()
    assert [item.text(1) for item in shown if item.text(0) == "l0"] == ["334"]


def test_without_data_the_page_names_the_ways_to_some(
    page: DataPage, tmp_path: Path, wait: Wait
) -> None:
    page.refresh()
    assert page.empty.isVisible()
    assert "No project is open" in page.empty.what.text()
    wanted: list[str] = []
    page.session.step_wanted.connect(wanted.append)
    assert page.primary() == ("Open an example", True)
    page.act()
    Project.create(tmp_path / "none").close()
    page.session.open(tmp_path / "none")
    wait(lambda: page.library.facets is not None)
    assert page.empty.isVisible()
    page.empty.record.click()
    assert wanted == ["Home", "Boards"]
    page.empty.bring.click()
    assert page.side() == "Import"


def test_a_project_deleted_while_open_is_told_and_another_one_opens(
    page: DataPage, made: Path, tmp_path: Path, wait: Wait
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    open_page(page, made, wait)
    shutil.rmtree(made)
    page.refresh()
    wait(lambda: page.library.problem is not None)
    assert page.empty.isVisible()
    assert page.empty.what.text()
    assert not page.empty.bring.isVisible()
    assert page.primary() == ("Import files", False)
    assert "project" in page.why_not()
    page.library.changes.relabel([1], "x")
    wait(lambda: "Data" in page.session.notices)
    open_page(page, copy, wait)
    assert page.library.isVisible()
    assert count(page) == 60


def test_enter_opens_the_sample_on_the_label_tab(page: DataPage, made: Path, wait: Wait) -> None:
    open_page(page, made, wait)
    page.view.selectRow(6)
    QTest.keyClick(page.view, Qt.Key.Key_Return)
    assert page.primary() == ("Next unlabelled", False)
    assert page.why_not() == "Every recording has labels."
    wait(lambda: page.editor.isVisible())
    page.show_tab(0)
    assert page.view.isVisible()


def test_the_keys_of_each_tab_act_in_the_window(
    window: MainWindow, made: Path, wait: Wait
) -> None:
    window.activateWindow()
    wait(window.isActiveWindow)
    window.session.open(made)
    window.show_step("Data")
    page: Any = window.page_named("Data")
    wait(lambda: page.table.rows and page.library.facets is not None)
    QTest.keyClick(window, Qt.Key.Key_J)
    QTest.keyClick(window, Qt.Key.Key_J)
    assert page.view.current() == 2
    number = page.library.current().id
    QTest.keyClick(window, Qt.Key.Key_1)
    wait(lambda: {one.id: one.label for one in samples(made)}[number] == "idle")
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.library.text.hasFocus()
    QTest.keyClicks(page.library.text, "xj1")
    wait(lambda: count(page) == 0)
    assert page.library.text.text() == "xj1"
    QTest.keyClick(page.library.text, Qt.Key.Key_Escape)
    wait(lambda: count(page) == 60)
    QTest.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert page.side() == "Import"
    page.show_tab(1)
    wait(lambda: page.editor.hasFocus())
    before = samples(made)
    QTest.keyClick(page.editor, Qt.Key.Key_X)  # the library's, not the editor's
    page.show_tab(0)
    wait(lambda: len(page.table.rows) == 60)
    assert [one.enabled for one in samples(made)] == [one.enabled for one in before]


def test_a_new_label_takes_no_key_and_no_colour_from_another(
    page: DataPage, made: Path, wait: Wait
) -> None:
    def keys() -> dict[str, str]:
        known = page.library.facets.labels
        return {one: label_key(one, known) + theme.label_colour(one, known) for one in known}

    open_page(page, made, wait)
    before = keys()
    assert [found[0] for found in before.values()] == ["1", "2", "3"]
    page.library.changes.relabel([1], "between")
    wait(lambda: "between" in page.library.facets.labels)
    assert keys() | before == keys()
    assert keys()["between"][0] == "4"
    assert command(page, "4").text == "Label as between"
