"""The Train page: settings, curves, runs compared, noted and deleted; stop and keep the best."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Wait  # type: ignore[import-not-found]
from made_runs import add_run, make_data  # type: ignore[import-not-found]
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.gui import theme
from studio.gui.pages.train_result import sentence
from studio.gui.widgets.curves import Curves, smoothed
from studio.gui.window import MainWindow
from studio.project import Project
from studio.services import compare_runs
from studio.services.runs import write_json


def show(window: MainWindow, path: Path, wait: Wait, *, runs: int = 0) -> Any:
    """Open a project on the Train page; wait until it lists so many runs."""
    window.session.open(path)
    window.show_step("Train")
    page: Any = window.page_named("Train")
    wait(lambda: page._found and len(page._found["runs"]) == runs)
    return page


def test_curves_grow_and_their_range_stays(application: QApplication) -> None:
    curves = Curves(theme.load("light"))
    curves.expect(30, 0.25)
    for epoch in range(1, 11):
        value = 1.6 / epoch
        point = {"epoch": epoch, "loss": value, "val_loss": value + 0.01 * (epoch > 6) * epoch}
        curves.add_epoch({**point, "accuracy": 0.05 * epoch, "val_accuracy": 0.05 * epoch})
        assert curves._loss.viewRange()[1][1] == pytest.approx(2 * 1.02, rel=0.01)
        assert curves._loss.viewRange()[0] == pytest.approx([0, 34.5])
    losses = curves._points["val_loss"]
    assert curves._loss.flag.value() == losses.index(min(losses)) + 1
    assert curves._accuracy.guess.value() == pytest.approx(25)
    assert "epoch 3 · loss 0.533" in curves.read(3)
    assert curves.read(11) == ""
    curves.add_epoch({"epoch": 11, "loss": 3.0, "accuracy": 0.1})
    assert curves._loss.viewRange()[1][1] > 4  # only where it would leave the plot
    assert smoothed([2.0, 2.0, 2.0]) == pytest.approx([2.0, 2.0, 2.0])
    assert smoothed([0.0, 1.0])[1] == pytest.approx(0.625)


def test_the_sentence_names_what_is_taken_for_what() -> None:
    good = {"classes": ["a", "b"], "int8": {"recall": [1.0, None], "confusion": [[4, 0], [0, 0]]}}
    assert sentence(good) == "Good on all labels."
    part = {"recall": [1.0, 0.8, 0.95], "confusion": [[9, 0, 0], [0, 8, 2], [1, 0, 19]]}
    said = sentence({"classes": ["idle", "wave", "circle"], "int8": part})
    assert said == "Good on all labels except wave, which is taken for circle in 2 of 10."


def test_behind_each_cell_of_the_matrix_are_its_windows(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = make_data(tmp_path)
    run = add_run(path, seed=2)
    page = show(window, path, wait, runs=1)
    taken = page.learning.taken
    counts = compare_runs.report_of(path, run)["int8"]["confusion"]
    wait(lambda: taken.matrix._counts == counts)
    page.setFocus()
    QTest.keyClick(page, Qt.Key.Key_M)
    wait(taken.isVisible)
    row, column = next((i, j) for i in range(3) for j in range(3) if i != j and counts[i][j])
    taken.matrix.choose([(row, column)])
    wait(taken.list.isVisible)
    names = ("circle", "tap", "wave")
    found = [(one.true, one.said) for one in taken.list.table.rows]
    assert found == [(names[row], names[column])] * counts[row][column]
    QTest.keyClick(taken.matrix, Qt.Key.Key_Return)
    QTest.keyClick(taken.list, Qt.Key.Key_Return)
    wait(lambda: window.page.NAME == "Data")
    shown = taken.list.row.place[0]
    with Project.open(path) as project:
        assert project.recording(shown).name.startswith(names[row])


def test_without_runs_and_without_data_the_page_says_what_to_do(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    window.show_step("Train")
    assert window.page.primary() == ("Train", False)
    assert window.page.empty.isVisible()  # type: ignore[attr-defined]
    page = show(window, make_data(tmp_path), wait)
    assert "No runs yet" in page.runs.empty.text()
    assert page.learning.no_curves.isVisible()
    assert page.settings.parts[0].form.values()["neurons_1"] == 32
    assert page.primary() == ("Train", True)
    with Project.create(tmp_path / "empty") as project:
        empty = project.path
    page = show(window, empty, wait)
    wait(lambda: page._found["problem"] is not None)
    assert "no axes" in page.empty.text.text()
    assert page.empty.text.text() in page.facts()
    assert page.empty.isVisible()
    page.empty.button.click()
    assert window.page.NAME == "Pipeline"


def test_what_is_set_is_kept_in_the_project(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = make_data(tmp_path)
    page = show(window, path, wait)
    page.settings.parts[1].form.set_value("epochs", "7")

    def kept() -> Any:
        with Project.open(path) as project:
            return project.pipeline.learning_params.get("epochs")

    wait(lambda: kept() == 7)
    page.settings.parts[0].form.set_value("neurons_1", "0")
    assert page.settings.parts[0].form.problems
    with Project.open(path) as project:
        assert "neurons_1" not in project.pipeline.learning_params


def test_runs_are_compared_noted_pinned_and_deleted(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = make_data(tmp_path)
    first = add_run(path)
    add_run(path, tested=False, seed=4, neurons_1=16)
    page = show(window, path, wait, runs=2)
    wait(lambda: page.result.heading.text() == "Result of run 2")
    assert page.result.figure.text() == "85.2 %"
    wait(lambda: page.curves.epochs == 5)
    facts = page.result.more._values
    assert facts["against run 1"].text() == "-11.1 points\n+2.9 KiB RAM"
    wait(lambda: page.layers.stack.currentIndex() == 1)
    assert page.layers.table.item(0, 0).text() == "Dense"
    runs = page.runs.list
    assert not page.runs.buttons[0].isEnabled()
    for _ in range(2):
        QTest.keyClick(runs, Qt.Key.Key_Space)
        QTest.keyClick(runs, Qt.Key.Key_Down)
    page.runs.buttons[0].click()
    wait(lambda: page.middle.currentIndex() == 1)
    table = page.compare.table
    texts = {
        table.item(row, 0).text(): [table.item(row, c).text() for c in (1, 2, 3)]
        for row in range(table.rowCount())
    }
    assert texts["validation, int8"] == ["▲ 96.3 %", "85.2 %", "-11.1 points"]
    assert texts["model RAM"] == ["▲ 1000 B", "3.9 KiB", "+2.9 KiB"]
    assert texts["neurons 1"] == ["32", "16", ""]
    assert "model constants" not in texts
    QTest.keyClick(page.compare, Qt.Key.Key_Escape)
    assert page.middle.currentIndex() == 0
    wait(lambda: page.result.heading.text() == "Result of run 1")
    assert not page.result.test.isEnabled()
    page.runs.pin()
    wait(lambda: runs.table.rows[0]["pinned"])
    runs.table.setData(runs.table.index(0, 9), "small and good")
    wait(lambda: runs.table.rows[0]["note"] == "small and good")
    assert runs.row["run"] == first
    page.runs.ask_delete()
    assert page.runs.question.isVisible()
    page.runs.keep.click()
    assert len(compare_runs.listed(path)["runs"]) == 2
    page.runs.ask_delete()
    page.runs.sure.click()
    wait(lambda: len(runs.table.rows) == 1)
    assert [row["number"] for row in compare_runs.listed(path)["runs"]] == [1]


def test_groups_in_both_splits_and_a_stale_run_are_told(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = make_data(tmp_path)
    run = add_run(path)
    report = compare_runs.report_of(path, run)
    report["warnings"] = [
        "In two splits at once: 1 groups. The figures will be too good; see `x`."
    ]
    with Project.open(path) as project:
        write_json(project.run(run).path / "report.json", report)
        project.relabel_sample(project.samples(split="train")[0].id, "wave")
    page = show(window, path, wait, runs=1)
    wait(lambda: page.result.care.isVisible())
    assert "changed after the training" in page.result.care.text()
    assert "In two splits at once: 1 groups. The figures will be too good" in (
        page.result.care.text()
    )
    assert "`" not in page.result.care.text()


def test_a_run_that_ends_before_an_epoch_leaves_the_curves_of_before(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = make_data(tmp_path)
    add_run(path)
    page = show(window, path, wait, runs=1)
    wait(lambda: page.curves.epochs == 5)
    page.act()
    assert page.curves.epochs == 0
    window.session.stop()
    wait(lambda: not window.session.working, 60)
    wait(lambda: page.curves.epochs == 5)
    assert page.curves.isVisible()


def type_epochs(page: Any, text: str) -> None:
    field = page.settings.parts[1].form.field("epochs")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


@pytest.mark.learning
@pytest.mark.slow
def test_stopping_keeps_the_best_so_far(window: MainWindow, tmp_path: Path, wait: Wait) -> None:
    path = make_data(tmp_path)
    with Project.open(path) as project:
        params = {"epochs": 3, "patience": 2000, "augment_copies": 0}
        project.set_pipeline(replace(project.pipeline, learning_params=params))
    page = show(window, path, wait)
    type_epochs(page, "0")
    page.act()
    assert not window.session.working
    assert page.settings.parts[1].form.problems
    type_epochs(page, "2000")
    page.act()  # at once, before what is typed counts
    wait(lambda: page.curves.epochs >= 2, 120)
    assert "of 2000, at most" in page.left.text()
    assert not page.settings.parts[0].form.isEnabled()
    window.session.stop()
    wait(lambda: not window.session.working, 60)
    wait(lambda: page.result.heading.text() == "Result of run 1")
    assert "stopped by you" in page.result.more._values["ended"].text()
    assert page.curves.epochs >= 2
    assert page.settings.parts[0].form.isEnabled()
