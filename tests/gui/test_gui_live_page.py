"""The Live page: empty, full and broken; decisions become samples."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Wait  # type: ignore[import-not-found]
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from trained import (  # type: ignore[import-not-found]
    LABELS,
    RATE,
    WINDOW_MS,
    file_port,
    make_trained,
    readings,
)

from studio.gui.pages.live import LivePage
from studio.gui.theme import ink_on
from studio.gui.widgets.ribbon import blocks_of
from studio.gui.window import MainWindow
from studio.project import Project

pytest.importorskip("ai_edge_litert")
WINDOW = round(WINDOW_MS * RATE / 1000)


def live_page(window: MainWindow) -> LivePage:
    window.show_step("Live")
    page = window.page_named("Live")
    assert isinstance(page, LivePage)
    return page


def started(window: MainWindow, path: Path, port: str, wait: Wait) -> LivePage:
    """Watch a port with this computer's model; return the page once it has decided."""
    page = live_page(window)
    window.session.open(path)
    window.session.link.use(port)
    page.source.choose("pc")
    page.source.by_hand = True
    wait(lambda: page.primary()[1])
    window.primary.click()
    wait(lambda: page.seen.count > 5, 30)
    return page


def stop(window: MainWindow, wait: Wait) -> None:
    window.session.stop()
    wait(lambda: not window.session.working)
    window.session.link.close()


def test_says_what_is_missing_and_offers_a_way(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    window.activateWindow()
    page = live_page(window)
    assert page.focusWidget() is page.empty.ways[0]  # Enter takes the way on
    assert not page.source.isVisible()  # nothing could decide
    assert page.stack.currentIndex() == 0
    assert "no project" in page.empty.text.text()
    assert not window.primary.isEnabled()
    assert "no project" in window.primary.toolTip()
    with Project.create(tmp_path / "new") as project:
        path = project.path
    window.session.open(path)
    wait(lambda: "no model is trained" in page.empty.text.text())
    window.session.open(make_trained(tmp_path))
    wait(lambda: "No board" in page.empty.text.text())
    way = next(button for button in page.empty.ways if button.isVisible())
    way.click()
    assert window.page.NAME == "Boards"
    window.session.link.use(file_port(tmp_path))
    window.session.link.open()
    window.show_step("Live")
    wait(lambda: page.primary()[1])  # a file does not say what it runs
    assert page.source.isVisible()
    window.session.link.close()
    wait(lambda: not window.session.link.busy)


def test_firmware_decides_who_can_decide(window: MainWindow, tmp_path: Path, wait: Wait) -> None:
    page = live_page(window)
    window.session.open(make_trained(tmp_path))
    link = window.session.link
    link.use("file:///nothing.npy?rate=100")
    link.firmware = "collect 1"
    link.changed.emit()
    wait(lambda: page.source.name == "pc" and page.primary()[1])
    page.source.board.click()
    assert "collect firmware" in page.empty.text.text()
    assert not page.primary()[1]
    page.empty.ways[1].click()  # decide on this computer instead
    assert page.source.name == "pc"
    assert page.primary()[1]
    page.seen.count = 1  # something was watched: its picture gives way to what the choice needs
    page.source.board.click()
    assert page.stack.currentIndex() == 0
    page.source.pc.click()
    assert page.stack.currentIndex() == 1
    page.seen.count = 0
    link.firmware = "infer 2"
    link.changed.emit()  # a model was flashed: what a person chose before is over
    wait(lambda: page.source.name == "board" and page.primary()[1])
    window.session.open(make_trained(tmp_path / "other"))
    wait(lambda: page.shown.path == tmp_path / "other" / "trained")
    assert page.stack.currentIndex() == 0


def test_decides_shows_and_keeps_what_is_judged(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = make_trained(tmp_path)
    page = started(window, path, file_port(tmp_path), wait)
    assert page.stack.currentIndex() == 1
    wait(lambda: page.table.rows)
    wait(lambda: page.plot.points > 20)
    assert page.now.word.text in {*LABELS, "unsure", "listening"}
    event = page.table.rows[0]
    page.view.selectRow(0)
    page.keeper.right()
    wait(lambda: event.sample)
    page.keeper.wrong()
    assert LABELS[1] in page.events.heading.text()
    other = next(label for label in LABELS if label != event.label)
    page.keeper.was(other)()
    wait(lambda: "wrong" in event.verdict)
    assert "1 new sample" in page.tally.kept.text()
    page.keeper.save_stream()
    wait(lambda: "Saved" in window.notice.message.text())
    stop(window, wait)
    heard = readings(4.0)
    with Project.open(path) as project:
        (sample,) = [one for one in project.samples() if one.id == event.sample]
        assert (sample.label, sample.stop - sample.start) == (other, WINDOW)
        kept = project.read(sample.recording_id)
        assert len(kept) > WINDOW  # what came before and after is kept as well
        window_values = kept[sample.start : sample.stop]
        place = event.start % len(heard)
        wanted = np.concatenate([heard, heard])[place : place + WINDOW]
        np.testing.assert_array_equal(window_values, wanted)
        assert any(one.name.startswith("live 2") for one in project.recordings())


def test_the_rule_is_tried_at_once_and_can_be_kept(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = make_trained(tmp_path)
    page = started(window, path, file_port(tmp_path), wait)
    wait(lambda: page.seen.fired)
    page.rule.move(1.0)
    assert page.rule.button.isVisible()
    wait(lambda: page.now.word.text == "unsure", 10)
    scores = page.tracks
    at = scores.threshold_place()
    QTest.mousePress(scores, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(scores, at + QPoint(0, 12))
    QTest.mouseRelease(scores, Qt.MouseButton.LeftButton, pos=at + QPoint(0, 12))
    assert 0.5 < page.rule.threshold.value() < 1.0
    page.rule.keep.emit()
    wait(lambda: "project has this rule" in window.notice.message.text())
    with Project.open(path) as project:
        assert project.pipeline.decision.threshold == page.rule.threshold.value()
    page.picture.freeze()
    assert page.plot.frozen
    page.mark()
    assert page.table.rows[0].label == ""
    stop(window, wait)


def test_a_stream_that_ends_and_one_that_does_not_fit(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = make_trained(tmp_path)
    page = started(window, path, file_port(tmp_path, seconds=2.0, options="speed=1"), wait)
    wait(lambda: not window.session.working, 20)
    wait(window.notice.isVisible)
    assert window.notice.button.text() == "Start again"
    assert page.table.rowCount() > 0
    window.session.link.close()
    sound = tmp_path / "sound.npy"
    np.save(sound, np.zeros((800, 1), np.int16))
    window.session.link.use(f"{sound.as_uri()}?rate=800")
    wait(lambda: page.primary()[1])  # until the link to the other file has ended
    page.act()
    wait(lambda: "needs 2 axes" in window.notice.message.text())
    assert window.notice.hint.text()
    window.session.link.close()


def test_ribbon_joins_what_was_decided_in_a_row() -> None:
    rows = [(10, "a"), (20, "a"), (30, ""), (90, "a")]
    blocks = [(one.start, one.stop, one.label) for one in blocks_of(rows, 15)]
    assert blocks == [(-5, 20, "a"), (20, 30, ""), (75, 90, "a")]
    assert ink_on("#FFFFFF") != ink_on("#000000")


def test_the_judge_computes_what_a_test_would(tmp_path: Path) -> None:
    """The live windows have the scores that the same C gives for the file's readings."""
    from studio.events import Quiet
    from studio.runtime import extract_features
    from studio.services import live_pc
    from studio.services.dataset import block_config
    from studio.services.runs import CompiledRun, load_run

    class Heard(Quiet):
        rows: list[dict[str, Any]]

        def event(self, kind: str, **data: object) -> None:
            if kind == "decision":
                self.rows.append(data)

    path, report = make_trained(tmp_path), Heard()
    report.rows = []
    live_pc.on_pc(path, file_port(tmp_path, options="speed=2"), report=report)
    with Project.open(path) as project:
        config, run = block_config(project.pipeline), CompiledRun(load_run(project))
    heard = readings(4.0)
    assert len(report.rows) > 20
    for row in report.rows:
        window = heard[row["start"] : row["start"] + WINDOW][np.newaxis]
        scores = run.scores(run.inputs(extract_features(config, window)))
        assert scores[0].tolist() == row["scores_q"]
