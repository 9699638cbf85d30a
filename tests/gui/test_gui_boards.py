"""The Boards page with played files as boards: sources, the record bar, several at once."""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Wait  # type: ignore[import-not-found]
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.events import Quiet
from studio.gui.window import MainWindow
from studio.project import Project
from studio.services import ports as port_service
from studio.services import projects

RATE = 200.0


@pytest.fixture
def page(window: MainWindow) -> Any:
    window.show_step("Boards")
    return window.page_named("Boards")


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A board with two axes: a tone, and a knock every second."""
    at = np.arange(2000) / RATE
    knocks = np.where(at % 1.0 < 0.05, 2.0, 0.0)
    path = tmp_path / "hand.npy"
    np.save(path, np.stack([np.sin(2 * np.pi * 3 * at), knocks], 1).astype(np.float32))
    return f"file://{path}?speed=1&loop=1&rate={RATE:g}&axes=tone,knock"


@pytest.fixture
def project(window: MainWindow, tmp_path: Path) -> Path:
    path = tmp_path / "project"
    Project.create(path).close()
    window.session.open(path)
    return path


def linked(page: Any, source: str, wait: Wait) -> None:
    page.links.show_port(source)
    wait(lambda: page.plot.points > 20)


def pressed(page: Any) -> list[str]:
    """Return the known labels that are shown as chosen."""
    return [chip.accessibleName() for chip in page.take._chips if chip.isChecked()]


def recorded(page: Any, wait: Wait) -> None:
    """Wait for the end of what was begun just now."""
    wait(lambda: page.recorder.running is not None, 5)
    wait(lambda: page.recorder.running is None and not page.session.working, 20)


def test_without_a_board_and_with_a_wrong_one_the_page_says_what_to_do(
    page: Any, window: MainWindow, wait: Wait
) -> None:
    assert "virtual" in page.empty.text()
    assert page.empty.isVisible()
    assert not page.boards.isVisible()
    assert page.primary() == ("Use a virtual board", True)
    assert page.ports.other.isVisible()  # a virtual board, a file

    page.links.show_port("file:///nowhere/at-all.wav")
    wait(lambda: "Boards" in window.session.notices, 10)
    notice = window.session.notices["Boards"]
    assert "at-all.wav" in notice.message
    assert notice.act is not None


def test_a_board_of_another_kind_than_the_project_is_told(
    page: Any, window: MainWindow, source: str, tmp_path: Path, wait: Wait
) -> None:
    for name in ("motion", "keywords"):  # a virtual board would play what suits the project
        projects.new(tmp_path / name, template=name, report=Quiet())
        window.session.open(tmp_path / name)
        page.refresh()
        wait(lambda name=name: page.kind.currentData() == name)
    linked(page, source, wait)
    assert page.facts().startswith("This project is for audio; the board sends tone, knock.")


def test_a_board_that_is_gone_is_no_stream_any_more(
    page: Any, window: MainWindow, project: Path, tmp_path: Path, wait: Wait
) -> None:
    path = tmp_path / "short.npy"
    np.save(path, np.zeros((80, 1), np.float32))
    page.links.show_port(f"file://{path}?speed=1&rate={RATE:g}&axes=audio")
    wait(lambda: page.plot.points > 5)
    assert page.primary() == ("Record", True)
    wait(lambda: page.plot.ended)
    assert "now" not in page.plot.ruler().title
    page.plot.set_frozen(True)
    assert not any("still receiving" in text for text, _ in page.plot._badges())
    page.links.first.levels.look()
    assert page.links.first.levels.rms_db == []
    path.unlink()
    window.session.link.open()
    wait(lambda: window.session.loss is not None)
    wait(lambda: page.primary() == ("Link again", True))
    live = window.page_named("Live")
    assert live.why_not()


def test_a_label_that_is_given_is_missing_no_more(
    page: Any, window: MainWindow, project: Path, source: str, wait: Wait
) -> None:
    linked(page, source, wait)
    page.act()
    assert "no label" in window.notice.message.text()
    QTest.keyClicks(page.label, "w")
    assert not window.notice.isVisible()


def test_ports_come_and_go_with_what_is_in_the_way(page: Any, window: MainWindow) -> None:
    panel = page.ports
    panel._timer.stop()
    nano = {"port": "/dev/ttyX0", "title": "Nano 33", "kind": "serial", "usb": "2341:805a"}
    nano |= {"board": "nano", "serial_number": "A1", "trouble": "", "remedy": ""}
    busy = {**nano, "port": "/dev/ttyX1", "title": "Pico"}
    busy |= {"trouble": "The port is in use.", "remedy": "Close it."}
    panel.take([nano, busy])
    texts = [panel.list.item(row).text() for row in range(panel.list.count())]
    assert texts[0].startswith("Nano 33\nttyX0")
    assert "cannot be opened" in texts[1]
    panel.choose("/dev/ttyX1")
    assert panel.why.text() == "The port is in use. Close it."
    panel.take([busy])
    texts = [panel.list.item(row).text() for row in range(panel.list.count())]
    assert texts[0].startswith("Pico")
    assert "gone" in texts[1]
    panel.take([])
    assert panel.nothing.isVisible()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="pseudo terminals")
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells who holds one")
def test_a_port_in_use_is_known_before_it_is_opened() -> None:
    master, slave = os.openpty()
    try:
        error = port_service.trouble(os.ttyname(slave))
        assert error is not None
        assert "in use" in error.message
        assert error.hint
    finally:
        os.close(master)
        os.close(slave)
    assert port_service.trouble("/dev/nothing-of-this-name") is None


def test_a_take_is_recorded_kept_in_view_and_judged(
    page: Any, window: MainWindow, project: Path, source: str, wait: Wait
) -> None:
    linked(page, source, wait)
    assert not page.empty.isVisible()
    assert page.plot.badge == "played from a file"
    assert page.ports.list.item(page.ports.list.currentRow()).text() == "hand.npy\nlinked, 200 Hz"
    assert window.session.board_text() == "board hand.npy: linked"  # a name, no address
    wait(lambda: "asked 200 Hz" in page.links.first.health.text())
    page.act()
    assert "no label" in window.notice.message.text()
    page.label.setText("wave")
    page.seconds.setValue(0.6)
    before = page.plot.points
    page.act()
    recorded(page, wait)
    wait(lambda: "Saved wave" in page.outcome.text())
    assert page.plot.frozen
    assert page.plot.points >= before  # it did not start empty
    (stretch,) = page.plot.overlay.stretches
    assert stretch.stop - stretch.start == pytest.approx(0.6 * RATE, abs=0.2 * RATE)
    assert page.result.strip.count == 1
    assert page.result.see.isVisible()
    with Project.open(project) as opened:
        (sample,) = opened.samples()
        assert (sample.label, sample.stop - sample.start) == ("wave", 120)
    wait(lambda: page.take.labels == ["wave"])
    page.label.clear()
    page.setFocus()
    QTest.keyClick(page, Qt.Key.Key_1)
    wait(lambda: page.label.text() == "wave")
    assert pressed(page) == ["wave"]
    QTest.keyClicks(page.label, "s")
    assert pressed(page) == []  # it will be recorded as waves

    assert not page.result.trim.isVisible()
    row = dict(page.result._row)
    row["health"] = {**row["health"], "trim": 30}  # as of a sensor that had not settled
    page.result.show_result({"recordings": [row], "samples": 1, "warning": ""})
    assert "0.15 s" in page.result.trim.text()
    page.result.trim.click()
    with Project.open(project) as opened:
        wait(lambda: [one.start for one in opened.samples()] == [30])
    page.result.see.click()
    assert window.title.text() == "Data"


def test_labels_change_while_it_is_recorded(
    page: Any, window: MainWindow, project: Path, source: str, wait: Wait
) -> None:
    linked(page, source, wait)
    page.take.mode.setCurrentIndex(page.take.mode.findData("free"))
    page.label.setText("rest")
    page.act()
    wait(lambda: page.recorder.running is not None and page.recorder.running.began_s is not None)
    time.sleep(0.3)
    page._use_label("move")
    wait(lambda: page.plot.overlay.marks)
    assert page.plot.overlay.marks[0].text == "move"
    time.sleep(0.3)
    window.session.stop()
    recorded(page, wait)
    with Project.open(project) as opened:
        assert [one.label for one in opened.samples()] == ["rest", "move"]


def test_a_series_counts_down_and_marks_its_clips(
    page: Any, window: MainWindow, project: Path, source: str, wait: Wait
) -> None:
    linked(page, source, wait)
    take = page.take
    take.mode.setCurrentIndex(take.mode.findData("series"))
    take.count.setValue(2)
    take.seconds.setValue(0.3)
    take.pause.setValue(0.1)
    take.countdown.setValue(1)
    page.label.setText("tap")
    page.act()
    wait(lambda: page.plot.overlay.countdown == "1")
    recorded(page, wait)
    assert page.plot.overlay.countdown == ""
    assert [one.name for one in page.plot.overlay.stretches] == ["1 / 2", "2 / 2"]
    assert all(one.stop is not None for one in page.plot.overlay.stretches)
    with Project.open(project) as opened:
        assert [one.readings for one in opened.recordings()] == [60, 60]


def test_a_trigger_is_drawn_and_keeps_what_was_before(
    page: Any, window: MainWindow, project: Path, source: str, wait: Wait
) -> None:
    linked(page, source, wait)
    take = page.take
    take.mode.setCurrentIndex(take.mode.findData("trigger"))
    take.axis.setCurrentIndex(take.axis.findData("knock"))
    take.count.setValue(1)
    take.pre.setValue(0.2)
    take.post.setValue(0.2)
    line = page.plot.overlay.trigger
    assert (line.level, line.axis, line.pre_s) == (0.5, 1, 0.2)
    page.plot.trigger_moved.emit(1.25)
    assert take.wanted.trigger == "level:1.25:knock:up"
    page.label.setText("knock")
    page.act()
    recorded(page, wait)
    with Project.open(project) as opened:
        (recording,) = opened.recordings()
        values = opened.read(recording.id)[:, 1]
    assert recording.readings == 80
    assert values[39] == 0  # the knock begins behind what was kept from before
    assert values[40] == 2
    take.kind.setCurrentIndex(take.kind.findData("onset"))
    assert page.plot.overlay.trigger.level is None  # decibels are no level of the signal


def test_two_boards_are_seen_side_by_side_and_recorded_at_once(
    page: Any, window: MainWindow, project: Path, source: str, wait: Wait
) -> None:
    linked(page, source, wait)
    page.links.beside(source + "&loop=1")
    wait(lambda: len(page.links.views) == 2 and page.links.views[1].plot.points > 20)
    page.label.setText("both")
    page.seconds.setValue(0.4)
    page.act()
    recorded(page, wait)
    with Project.open(project) as opened:
        rows = opened.recordings()
        sessions = {opened.metadata.of(row.id)["session"] for row in rows}
    assert [row.readings for row in rows] == [80, 80]
    assert len(sessions) == 1
    assert [len(view.plot.overlay.stretches) for view in page.links.views] == [1, 1]
    page.take.mode.setCurrentIndex(page.take.mode.findData("series"))
    wait(lambda: page.links.views[1].link.linked)
    page.act()
    wait(lambda: "Boards" in window.session.notices)
    assert "at once" in window.session.notices["Boards"].message
    wait(lambda: not window.session.working)
    page.links.disconnect_port(page.links.ports[1])
    assert len(page.links.views) == 1


def test_keys_act_on_the_plot_but_a_focused_button_keeps_space(
    page: Any, window: MainWindow, source: str, wait: Wait
) -> None:
    linked(page, source, wait)
    page.plot.setFocus()
    QTest.keyClick(page.plot, Qt.Key.Key_Space)
    wait(lambda: page.plot.frozen)
    QTest.keyClick(page.plot, Qt.Key.Key_C)
    wait(lambda: page.plot.overlay.cursors.on)
    QTest.keyClick(page.plot, Qt.Key.Key_A)
    wait(lambda: page.plot.locked)
    QTest.keyClick(page.plot, Qt.Key.Key_V)
    wait(lambda: page.links.first.stack.currentIndex() == 1)
    page.tools.frozen.setFocus()
    QTest.keyClick(page.tools.frozen, Qt.Key.Key_Space)
    assert not page.plot.frozen  # pressed once, not twice
