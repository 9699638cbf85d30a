"""The Deploy page: what fits, what is missing, the log, and source to build elsewhere."""

import importlib.metadata
from pathlib import Path

import pytest
from conftest import Wait  # type: ignore[import-not-found]
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from trained import make_trained  # type: ignore[import-not-found]

from studio.errors import ToolError
from studio.events import Reporter
from studio.gui.pages.deploy import DeployPage
from studio.gui.pages.deploy_log import BuildLog
from studio.gui.pages.deploy_steps import StepStrip
from studio.gui.window import MainWindow
from studio.project import Project

pytest.importorskip("ai_edge_litert")


def deploy_page(window: MainWindow) -> DeployPage:
    window.show_step("Deploy")
    page = window.page_named("Deploy")
    assert isinstance(page, DeployPage)
    return page


def opened(window: MainWindow, path: Path, wait: Wait) -> DeployPage:
    page = deploy_page(window)
    window.session.open(path)
    wait(lambda: page.known, 30)
    return page


def test_without_a_project_it_says_so(window: MainWindow) -> None:
    page = deploy_page(window)
    assert "Nothing to build yet" in page.empty.text.text()
    assert not window.primary.isEnabled()
    assert "Open a project" in window.primary.toolTip()
    assert not page.make.isVisible()
    page.empty.button.click()
    assert window.page.NAME == "Home"


def test_shows_what_fits_and_what_is_missing(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    page = opened(window, make_trained(tmp_path), wait)
    states = {row["name"]: row["state"] for row in page.checks.rows}
    assert states["tools"] == "ok"
    assert states["board"] == states["test"] == "warn"
    assert (window.primary.text(), window.primary.isEnabled()) == ("Build", True)
    ram = page.fit.budget.bars["ram"].resource
    assert ram is not None
    assert ram.estimated
    assert ram.said.startswith("~")
    assert page.boards.rowCount() >= 4
    assert page.operators.rowCount() >= 1
    first = page.operators.item(0, 0)
    assert first is not None
    assert first.text() == "FULLY_CONNECTED"
    way = next(button for button in page.checks.buttons if button.text() == "Run the test")
    way.click()
    assert window.page.NAME == "Test"


def test_parts_are_told_by_keys(window: MainWindow, tmp_path: Path, wait: Wait) -> None:
    page = opened(window, make_trained(tmp_path), wait)
    bar = page.fit.budget.bars["ram"]
    bar.setFocus()
    QTest.keyClick(bar, Qt.Key.Key_Right)
    first = page.fit.budget.said.text()
    QTest.keyClick(bar, Qt.Key.Key_Right)
    assert first.startswith("window")
    assert "shrink" in first
    assert page.fit.budget.said.text() not in ("", first)


def test_missing_tools_are_said_before_a_build(
    window: MainWindow, tmp_path: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = importlib.metadata.version

    def lacking(name: str) -> str:
        if name == "platformio":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    path = make_trained(tmp_path)
    monkeypatch.setattr(importlib.metadata, "version", lacking)
    page = opened(window, path, wait)
    assert not window.primary.isEnabled()
    assert "platformio is not installed" in window.primary.toolTip()
    row = next(row for row in page.checks.rows if row["name"] == "tools")
    assert (row["state"], row["remedy"]) == ("fail", "again")
    monkeypatch.undo()
    page.checks.buttons[0].click()
    wait(window.primary.isEnabled)


def test_another_board_and_a_smaller_window_can_be_chosen(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    page = opened(window, make_trained(tmp_path), wait)
    page.boards.selectRow(
        next(i for i, row in enumerate(page.known["boards"]) if not row["chosen"])
    )
    title = page.known["board_title"]
    page.use.click()
    wait(lambda: page.known["board_title"] != title)
    ways = [way for way in page.known["ways"] if way["settings"]]
    page.acts.take_way(ways[0])
    wait(lambda: any(row["state"] == "fail" for row in page.checks.rows))
    assert "window length was changed" in window.primary.toolTip()


@pytest.mark.parametrize(("what", "file"), [("c", "*.h"), ("platformio", "platformio.ini")])
def test_source_is_written(
    window: MainWindow, tmp_path: Path, wait: Wait, what: str, file: str
) -> None:
    page = opened(window, make_trained(tmp_path), wait)
    folder = tmp_path / "source"
    page.acts.export_to(folder, what)
    wait(window.notice.isVisible)
    assert "files are in" in window.notice.message.text()
    assert list(folder.glob(file))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    page.acts.export_to(tmp_path / "mine", what)
    wait(lambda: "something else" in window.notice.message.text())


def test_a_failed_build_says_why_on_top_of_its_log(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    page = opened(window, make_trained(tmp_path), wait)

    def work(report: Reporter) -> None:
        report.progress(0.1, "build: main.c")
        report.event("compiled", done=3, total=9)
        more = [f"Compiling {number}.o" for number in range(20)]
        for line in ("Compiling a.o", "src/a.c:4:2: error: no such thing", *more):
            report.log(line)
        raise ToolError("The C compiler stopped at src/a.c, line 4.", "See the log.")

    page.begin()
    window.session.start("Building", work, place=page.NAME)
    wait(lambda: not window.session.working)
    wait(page.log.problem.isVisible)
    assert "line 4" in page.log.problem.text()
    assert not window.drawer.isVisible()
    window.toggle_drawer()
    assert not window.drawer.log.isVisible()  # it would say the same again
    window.show_step("Data")
    assert window.drawer.log.isVisible()
    window.show_step("Deploy")
    window.toggle_drawer()
    assert page.steps.texts[1] == "✕ 2 Compile  3 of 9 files"
    page.log.go.click()
    assert "no such thing" in page.log.text.textCursor().selectedText()
    assert not page.log.follow.isChecked()


def test_without_a_board_memory_has_no_limit(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    Project.create(tmp_path / "blank").close()
    page = opened(window, tmp_path / "blank", wait)
    said = {name: bar.resource.said for name, bar in page.fit.budget.bars.items() if bar.resource}
    assert said["ram"].endswith(" KiB")
    assert " of " not in said["ram"]
    assert " of " not in said["flash"]
    assert window.topbar.board.seen() == "No board"


def test_the_log_is_filtered_copied_and_saved(window: MainWindow, tmp_path: Path) -> None:
    log = BuildLog()
    for line in ("Compiling a.o", "a.c:1:1: warning: odd", "Linking"):
        log.add(line)
    assert "1 warning" in log.counts.text()
    log.filter.setText("link")
    assert log.text.toPlainText() == "Linking"
    log.save_as(tmp_path / "build.log")
    assert len((tmp_path / "build.log").read_text().splitlines()) == 3
    log.deleteLater()


def test_steps_have_real_units(window: MainWindow) -> None:
    strip = StepStrip()
    strip.take("progress", {"text": "build: writing the firmware"})
    strip.take("compiled", {"done": 4, "total": 16})
    strip.take("progress", {"text": "estimate: running one window"})
    strip.take("flashed", {"bytes": 36_500})
    strip.take("compared", {"done": 5, "total": 64, "identical": 5})
    assert strip.texts[1] == "✓ 2 Compile  4 of 16 files"
    assert strip.texts[3] == "✓ 4 Flash  35.6 KiB"
    strip.result(64, 63)
    assert strip.texts[4].startswith("✕")
    strip.deleteLater()
