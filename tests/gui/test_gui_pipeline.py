"""Pipeline: empty, loading, full and error states; keep, take back, ways out, the explorer."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from painting import has_drawn  # type: ignore[import-not-found]
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from studio.events import Quiet
from studio.gui import theme
from studio.gui.pages.pipeline import PipelinePage
from studio.gui.session import Session
from studio.gui.texts import THOUSANDS
from studio.gui.widgets.budget_chip import BudgetChip
from studio.gui.window import MainWindow
from studio.services import begin, pipeline, projects

Wait = Callable[..., None]


@pytest.fixture
def page(application: QApplication, studio_home: Path) -> Iterator[PipelinePage]:
    """The page by itself: the frame around it has tests of its own."""
    session = Session()
    made = PipelinePage(session, theme.load("light"))
    session.project_changed.connect(made.refresh)
    made.resize(1168, 648)
    made.show()
    yield made
    session.close()
    made.close()
    made.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name == "reader" or name.startswith("job ")]


def shown(page: PipelinePage, wait: Wait, path: Path) -> PipelinePage:
    """Open a project and wait until the page shows it."""
    page.session.project = path
    page.refresh()
    wait(lambda: page.state.look is not None)
    return page


@pytest.fixture
def motion(studio_home: Path) -> Path:
    return begin.from_example("motion", Quiet())


def saved(path: Path) -> dict[str, object]:
    return dict(pipeline.describe(path).pipeline.block_params)


def test_without_a_project_the_page_says_what_it_is_for(window: MainWindow, wait: Wait) -> None:
    window.show_step("Pipeline")
    page = window.page_named("Pipeline")
    assert isinstance(page, PipelinePage)
    assert page.nothing.isVisible()
    assert not page.work.isVisible()
    assert not page.primary()[1]
    assert "project" in page.why_not()
    page.nothing.go.click()
    wait(lambda: window.page.NAME == "Home")


def test_a_blank_project_offers_what_to_begin_with(
    page: PipelinePage, wait: Wait, tmp_path: Path
) -> None:
    projects.new(tmp_path / "blank", report=Quiet())
    shown(page, wait, tmp_path / "blank")
    assert "labelled" in page.window_panel.empty.text()
    assert "labelled" in page.why_not()
    buttons = page.settings.starts.findChildren(QPushButton)
    assert [one.text() for one in buttons] == [
        "Motion (spectral)",
        "Sound (MFCC)",
        "Vibration (spectrum)",
    ]
    buttons[0].click()
    wait(lambda: page.state.look and page.state.look.changed)
    assert page.chain.cards["signal"].shown.summary == "Spectral Analysis"
    assert page.settings.strip.isVisible()
    page.settings.keep.click()
    wait(lambda: not page.state.changes)
    found = pipeline.describe(tmp_path / "blank").pipeline
    assert (found.block, found.learning, found.window_ms) == ("spectral_analysis", "dense", 2000)


def test_a_window_of_real_data_is_drawn_on_its_way(
    page: PipelinePage, wait: Wait, motion: Path
) -> None:
    page.session.project = motion
    page.refresh()
    assert "Reading" in page.window_panel.empty.text()
    assert not page.primary()[1]
    shown(page, wait, motion)
    stages = page.window_panel.stages
    wait(lambda: len(stages.plots) == 4)
    titles = [one.picture.stage.title for one in stages.plots]
    assert titles == ["Window", "Without its mean", "Spectrum", "Features"]
    wait(lambda: all(has_drawn(one.lane) for one in stages.plots))
    lane = stages.plots[0].lane
    middle = lane.scale.area.center()
    QTest.mouseMove(lane, middle.toPoint())
    wait(lambda: stages.read_out.text().endswith(" g"))
    assert f"{lane.scale.value(middle).x():.1f}"[:3] in stages.read_out.text()
    QApplication.sendEvent(lane, QEvent(QEvent.Type.Leave))
    assert stages.read_out.text() == ""
    assert "→ 78 features" in page.facts()
    assert page.chain.cards["signal"].shown.cost.startswith("~")
    assert "ms" in page.chain.cards["learning"].accessibleName()
    first = page.state.window
    page.window_panel.forth.click()
    wait(lambda: page.window_panel.place.text().startswith("2 of"))
    page.window_panel.back.click()
    wait(lambda: page.window_panel.place.text().startswith("1 of"))
    assert page.state.window == first
    label = page.state.saved.described.labels[-1]
    page.state.choose_label(label)
    wait(lambda: f": {label}," in page.window_panel.place.text())
    page.set_theme(theme.load("dark"))
    assert [one.picture.stage.title for one in page.window_panel.stages.plots] == titles


def test_a_change_shows_its_cost_before_it_is_kept_and_can_be_taken_back(
    page: PipelinePage, wait: Wait, motion: Path
) -> None:
    tried: list[object] = []
    page.session.budget_tried.connect(tried.append)
    shown(page, wait, motion)
    chip = BudgetChip(theme.load("light"))
    chip.show_budget(page.state.saved.budget)
    field = page.settings.form.field("fft_length")
    field.setFocus()
    page.settings.form.set_value("fft_length", 64)
    wait(lambda: page.state.look.changed)
    told = page.settings.change.text()
    assert "Features 78 > 222" in told
    assert "RAM 8 > " in told
    chip.show_trial(tried[-1])
    assert chip.shares[1].text == "Flash 2 > ~3 %"
    assert " > ~3.0" in chip.shares[2].text
    chip.show_trial(None)
    assert ">" not in "".join(one.text for one in chip.shares)
    assert saved(motion) == {}
    QTest.keyClick(field, Qt.Key.Key_Return)
    wait(lambda: saved(motion) == {"fft_length": 64})
    wait(lambda: not page.state.look.changed and not page.settings.strip.isVisible())
    wait(lambda: page.told.back.isVisible())
    assert not page.told.to_train.isVisible()
    page.undo().act()  # before anything of the data
    wait(lambda: saved(motion) == {})
    wait(lambda: page.settings.form.values()["fft_length"] == 16)
    assert page.undo() is None
    page.redo().act()
    wait(lambda: saved(motion) == {"fft_length": 64})
    wait(lambda: page.told.back.isVisible() and not page.state.look.changed)
    assert page.redo() is None
    page.settings.form.set_value("fft_length", 128)
    wait(lambda: page.state.look.changed)
    page.undo().act()  # what is not kept goes first
    wait(lambda: page.settings.form.values()["fft_length"] == 64)
    page.redo().act()
    wait(lambda: page.settings.form.values()["fft_length"] == 128)
    page.drop()
    wait(lambda: not page.state.look.changed)
    page.told.back.click()
    wait(lambda: saved(motion) == {})


def test_what_is_typed_and_entered_at_once_is_kept(
    page: PipelinePage, wait: Wait, motion: Path
) -> None:
    shown(page, wait, motion)
    page.choose_part("window")
    wait(lambda: page.settings.form.field("stride_ms").isVisible())
    field = page.settings.form.field("stride_ms")
    field.selectAll()
    QTest.keyClicks(field, "250")
    QTest.keyClick(field, Qt.Key.Key_Return)
    wait(lambda: pipeline.describe(motion).pipeline.stride_ms == 250)
    wait(lambda: not page.state.changes)
    field.selectAll()
    QTest.keyClicks(field, "0")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert "range" in page.settings.form.problems["stride_ms"]
    assert pipeline.describe(motion).pipeline.stride_ms == 250


def test_a_change_can_be_forgotten(page: PipelinePage, wait: Wait, motion: Path) -> None:
    shown(page, wait, motion)
    page.choose_part("window")
    page.settings.form.set_value("window_ms", 1500)
    wait(lambda: page.state.look.changed)
    page.settings.drop.click()
    wait(lambda: not page.settings.strip.isVisible())
    assert page.settings.form.values()["window_ms"] == 2000
    page.choose_part("decision")
    page.settings.form.set_value("threshold", 0.8)
    wait(lambda: page.state.look.changed)
    assert page.chain.cards["decision"].shown.summary == "mean of 3 over 0.8"
    board = page.board.board
    page.board.chosen.emit("virtual-cortex-m0plus")
    wait(lambda: board.currentData() == "virtual-cortex-m0plus")
    assert "ms" in page.settings.change.text()


def test_what_cannot_work_is_told_at_its_field_with_ways_out(
    page: PipelinePage, wait: Wait, motion: Path
) -> None:
    shown(page, wait, motion)
    page.settings.form.set_value("fft_length", 512)
    wait(lambda: page.settings.form.problems)
    assert page.settings.form.problems == {
        "fft_length": "The window holds 100 readings; the FFT needs 512. "
        "Raise the window length or lower FFT length."
    }
    assert not page.settings.keep.isEnabled()
    assert not page.primary()[1]
    buttons = {
        one.text(): one for one in page.settings.form.findChildren(QPushButton) if one.isVisible()
    }
    assert list(buttons) == ["FFT length 64", f"Window length 11{THOUSANDS}000 ms"]
    buttons["FFT length 64"].click()
    wait(lambda: page.state.look.problem is None)
    assert page.settings.form.values()["fft_length"] == 64
    assert page.settings.keep.isEnabled()
    page.choose_part("learning")
    page.settings.block.activated.emit(page.settings.block.findData("dscnn"))
    wait(lambda: page.settings.problem.isVisible())
    assert "table of features" in page.settings.problem.text()


def test_the_explorer_and_the_window_are_linked(
    page: PipelinePage, wait: Wait, motion: Path
) -> None:
    shown(page, wait, motion)
    assert page.explorer.empty.isVisible()
    page.act()
    page.session.stop()
    wait(lambda: not page.session.working)
    assert page.explorer.explored is None
    assert "Pipeline" not in page.session.notices
    page.act()
    wait(lambda: page.explorer.explored is not None and not page.session.working)
    explored = page.explorer.explored
    assert set(explored.labels) == set(page.state.saved.described.labels)
    assert "own label" in page.explorer.said.text()
    page.explorer.chosen.emit(7)
    wait(lambda: explored.windows[7].recording in page.window_panel.place.text())
    assert page.state.window == explored.windows[7]
    assert not page.explorer.note.isVisible()
    page.settings.form.set_value("do_log", False)
    wait(lambda: page.explorer.note.isVisible())


def test_a_project_that_is_gone_is_told(page: PipelinePage, wait: Wait, motion: Path) -> None:
    shown(page, wait, motion)
    shutil.rmtree(motion)
    page.state.change({"window_ms": 1000})
    wait(lambda: "Pipeline" in page.session.notices)
    assert page.session.notices["Pipeline"].kind == "problem"
    page.session.project = None
    page.refresh()
    assert page.nothing.isVisible()


def test_the_tab_key_goes_as_one_reads(page: PipelinePage, wait: Wait, motion: Path) -> None:
    shown(page, wait, motion)
    stages = page.window_panel.stages
    wait(lambda: len(stages.plots) == 4)
    page.choose_part("decision")
    wait(lambda: page.settings.form.field("threshold").isVisible())
    page.activateWindow()
    assert QTest.qWaitForWindowActive(page)
    page.chain.cards["window"].setFocus()
    met = []
    for _ in range(13):
        met.append(QApplication.focusWidget().accessibleName().partition(",")[0])
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert met[:7] == [
        "Window",
        "Signal block",
        "Learning block",
        "Decision",
        "Board",
        "Threshold",
        "Windows averaged",
    ]
    assert met[7:11] == ["Windows of this label", "Window before", "Next window", "Axes"]
