"""The frame: palette, keys, cards, rail, drawer, what survives a restart, unexpected errors."""

import gc
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Wait  # type: ignore[import-not-found]
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QSplitter
from test_gui_session import make_project  # type: ignore[import-not-found]

from studio.errors import ConfigError
from studio.events import Reporter
from studio.gui import commands, remember, theme
from studio.gui.bug import BugReports
from studio.gui.commands import Command
from studio.gui.focus import to_next
from studio.gui.frame_state import _facts
from studio.gui.icons import icon
from studio.gui.steps import STEPS
from studio.gui.widgets.budget_chip import BudgetChip, shares
from studio.gui.widgets.short_button import ShortButton
from studio.gui.window import MainWindow
from studio.paths import user_plugins_dir
from studio.services.way import ORDER

CONTROL = Qt.KeyboardModifier.ControlModifier
LIGHT = theme.load("light")


@pytest.fixture
def active(window: MainWindow, wait: Wait) -> MainWindow:
    window.activateWindow()
    wait(window.isActiveWindow)
    return window


def named(*texts: str) -> list[Command]:
    return [Command(text, print) for text in texts]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("gd", "Go to Data"),
        ("data", "Go to Data"),
        ("siw", "Split into windows"),
        ("dark", "Dark"),
    ],
)
def test_a_few_letters_find_what_is_meant(typed: str, first: str) -> None:
    every = named("Go to Home", "Go to Data", "Update all", "Split into windows", "Dark", "Deploy")
    assert commands.found(every, typed)[0].text == first


def test_letters_that_are_missing_find_nothing_and_none_keep_the_order() -> None:
    every = named("Go to Home", "Go to Data")
    assert commands.found(every, "zz") == []
    assert commands.found(every, " ") == every


def test_the_palette_runs_what_is_chosen_with_the_keyboard_alone(active: MainWindow) -> None:
    QTest.keyClick(active, Qt.Key.Key_K, CONTROL)
    palette = active.overlays.palette
    assert palette is not None
    assert palette.isVisible()
    QTest.keyClicks(palette.field, "larger")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert active.theme.percent == 110
    active.choose_size(100)


def test_escape_puts_the_palette_away_and_gives_the_focus_back(
    active: MainWindow, application: QApplication
) -> None:
    active.rail.steps[0].setFocus()
    active.overlays.show_palette()
    assert active.overlays.palette is not None
    QTest.keyClick(active.overlays.palette.field, Qt.Key.Key_Escape)
    assert not active.overlays.palette.isVisible()
    assert application.focusWidget() is active.rail.steps[0]


def test_what_cannot_be_done_is_found_with_its_reason_and_not_done(window: MainWindow) -> None:
    window.overlays.show_palette()
    palette = window.overlays.palette
    assert palette is not None
    palette.field.setText("undo")
    assert palette._found[0].why_not == "There is nothing to undo."
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_the_sheet_has_every_key_once(active: MainWindow) -> None:
    QTest.keyClick(active, Qt.Key.Key_Question)
    sheet = active.overlays.keys
    assert sheet is not None
    assert sheet.isVisible()
    keys = [key for key, _ in sheet.shown]
    assert len(keys) == len(set(keys))
    wanted = {f"Ctrl+{number}" for number in range(1, 9)} | {"Ctrl+K", "Ctrl+Z", "Ctrl+Return"}
    assert wanted <= {key.replace("Enter", "Return") for key in keys}
    sheet.put_away()


def test_a_page_key_acts_and_says_why_when_it_cannot(active: MainWindow) -> None:
    done: list[str] = []
    field = QLineEdit(active.page)
    why = ""

    def offered() -> list[Command]:
        return [Command("Mark", lambda: done.append("x"), "M", why_not=why)]

    active._keys.bind(active.page, offered)
    field.show()
    active.rail.steps[0].setFocus()
    QTest.keyClick(active.rail.steps[0], Qt.Key.Key_M)
    assert done == ["x"]
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_M)
    assert (field.text(), done) == ("m", ["x"])
    why = "Nothing is being recorded."
    active.rail.steps[0].setFocus()
    QTest.keyClick(active.rail.steps[0], Qt.Key.Key_M)
    assert done == ["x"]
    assert active.status.happened.text() == why


def test_a_page_key_does_nothing_under_a_card(active: MainWindow) -> None:
    done: list[str] = []
    active._keys.bind(active.page, lambda: [Command("Mark", lambda: done.append("x"), "M")])
    active.overlays.show_settings()
    card = active.overlays.settings
    assert card is not None
    QTest.keyClick(card.theme, Qt.Key.Key_M)
    assert not done
    QTest.keyClick(card.theme, Qt.Key.Key_Question)
    assert active.overlays.keys is not None
    assert active.overlays.keys.isVisible()
    active.overlays.put_away()
    QTest.keyClick(active, Qt.Key.Key_M)
    assert done == ["x"]


def test_settings_act_at_once_and_are_kept(window: MainWindow, application: QApplication) -> None:
    before = window.rail.height(), window.topbar.height()
    window.overlays.show_settings()
    card = window.overlays.settings
    assert card is not None
    card.theme.setCurrentIndex(card.theme.findData("dark"))
    card.theme.activated.emit(0)
    card.text_size.setCurrentIndex(card.text_size.findData(150))
    card.text_size.activated.emit(0)
    assert (window.theme.name, window.theme.percent) == ("dark", 150)
    assert window.topbar.height() > before[1]
    assert theme.use_chosen() == window.theme
    card.language.setCurrentIndex(card.language.findData("pseudo"))
    card.language.activated.emit(0)
    assert theme.settings().value("language") == "pseudo"


def test_plugins_are_listed_as_the_disk_has_them(
    active: MainWindow, wait: Wait, studio_home: Path
) -> None:
    bad = user_plugins_dir() / "mine"
    bad.mkdir(parents=True)
    (bad / "plugin.toml").write_text("id = 'mine'\nname = 'Mine'\nversion = '1'\napi = 99\n")
    QTest.keyClick(active, Qt.Key.Key_P, CONTROL)
    card = active.overlays.plugins
    assert card is not None
    assert card.isVisible()
    wait(lambda: card.table.rows)
    assert "interface 99" in card.chosen.text()  # what cannot be used stands first
    told = {row.folder.name: (card.table.text(row, 1), row.shipped) for row in card.table.rows}
    assert told["spectral_analysis"] == ("signal block", True)
    shutil.rmtree(bad)
    active.overlays.show_plugins()
    assert not card.isVisible()
    active.overlays.show_plugins()
    wait(lambda: len(card.table.rows) == len(told) - 1)
    QTest.keyClick(card.view, Qt.Key.Key_Down)
    assert card.table.rows[1].titles[0] in card.chosen.text()


def test_damaged_settings_are_as_none(studio_home: Path, application: QApplication) -> None:
    theme.settings().setValue("theme", "purple")
    theme.settings().setValue("text_size", "huge")
    theme.settings().setValue("drawer", "-")
    assert theme.use_chosen() == LIGHT
    assert remember.last_drawer() == 0
    assert remember.last_project() is None


@pytest.mark.parametrize("width", [1280, 1920])
def test_the_rail_is_wide_where_there_is_room(window: MainWindow, width: int, wait: Wait) -> None:
    window.resize(width, 900)
    wait(lambda: window.rail.width() == (184 if width == 1920 else 80))


def test_steps_show_their_state_and_why(window: MainWindow, tmp_path: Path, wait: Wait) -> None:
    window.session.open(make_project(tmp_path))
    data = window.rail.steps[2]
    wait(lambda: data.state != "none", 60)
    assert "Ctrl+3" in data.toolTip()
    assert data.accessibleName().startswith("Data, ")


def test_what_cannot_be_read_shows_no_state(tmp_path: Path, studio_home: Path) -> None:
    facts = _facts(tmp_path, linked=False, decides=False)
    assert (facts["steps"], facts["budget"]) == ({}, None)


def test_the_budget_says_what_is_estimated_and_what_is_too_much(application: QApplication) -> None:
    budget = {
        "board": "Nano",
        "ram": {"used_bytes": 71 * 1024, "limit_bytes": 64 * 1024, "estimated": True},
        "flash": {"used_bytes": 1, "limit_bytes": 1024 * 1024, "estimated": False},
        "latency": {"used_ms": 5.84, "limit_ms": 250.0, "estimated": False},
    }
    assert [one.text for one in shares(budget)] == ["RAM ~111 %", "Flash <1 %", "5.84 of 250 ms"]
    chip = BudgetChip(LIGHT)
    chip.show_budget(budget)
    assert "✕" in chip.accessibleName()
    chip.show_budget(None)
    assert chip.isHidden()


def test_the_budget_opens_its_parts_and_the_arrows_go_through_them(active: MainWindow) -> None:
    def memory(used: int, parts: list[tuple[str, int]]) -> dict[str, object]:
        return {"used_bytes": used, "limit_bytes": 1 << 18, "estimated": True, "parts": parts}

    ram, flash = memory(9000, [("window", 6000), ("stack", 3000)]), memory(100, [("model", 100)])
    rows = {"ram": ram, "flash": flash}
    parts = {k: [{"name": n, "bytes": b} for n, b in row.pop("parts")] for k, row in rows.items()}
    time = {"used_ms": 5.8, "limit_ms": 250.0, "estimated": True}
    parts["latency"] = [{"name": "model", "ms": 5.8}]
    chip = active.topbar.budget
    chip.show_budget({**rows, "latency": time, "parts": parts, "board": "Nano", "source": ""})
    chip.setFocus()
    QTest.keyClick(chip, Qt.Key.Key_Space)
    card = active.overlays.budget
    assert card is not None
    bar = card.bars.bars["ram"]
    assert QApplication.focusWidget() is bar
    QTest.keyClick(bar, Qt.Key.Key_Right)
    QTest.keyClick(bar, Qt.Key.Key_Right)
    assert card.bars.said.text().startswith("stack, 2.9 KiB: ")
    QTest.keyClick(bar, Qt.Key.Key_Escape)
    assert card.isHidden()
    assert QApplication.focusWidget() is chip
    QTest.keyClick(active, Qt.Key.Key_B, CONTROL)
    card.deploy.click()
    assert (card.isHidden(), active.page.NAME) == (True, "Deploy")


def test_a_failure_stands_on_top_of_the_log_with_the_way_back(
    window: MainWindow, wait: Wait
) -> None:
    def work(report: Reporter) -> None:
        for number in range(300):
            report.log(f"line {number}")
        raise ConfigError("The compiler stopped in line 12.", "Mend that line.")

    window.go(0)
    window.session.start("Building", work, place="Deploy")
    wait(lambda: not window.session.working)
    drawer = window.drawer
    assert drawer.isVisible()
    assert drawer.title.text() == "The compiler stopped in line 12."
    assert drawer.hint.text() == "Mend that line."
    wait(lambda: drawer.log.verticalScrollBar().maximum() > 0)
    assert not drawer.more.isVisible()
    drawer.log.verticalScrollBar().setValue(3)
    assert drawer.more.isVisible()
    drawer._write("one more")
    assert drawer.log.verticalScrollBar().value() == 3
    drawer.more.click()
    assert not drawer.more.isVisible()
    assert drawer.back.text() == "To the Deploy page"


def test_the_next_part_gets_the_focus(active: MainWindow, application: QApplication) -> None:
    parts = [active.topbar, active.rail]
    active.topbar.search.setFocus()
    to_next(parts)
    assert active.rail.isAncestorOf(application.focusWidget())
    to_next(parts)
    assert active.topbar.isAncestorOf(application.focusWidget())


def test_plots_only_and_back(window: MainWindow) -> None:
    window.toggle_frame()
    assert not window.rail.isVisible()
    window.toggle_frame()
    assert window.rail.isVisible()


def test_place_page_drawer_and_project_survive_a_restart(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = make_project(tmp_path)
    window.session.open(path)
    window.resize(1024, 700)
    window.go(1)
    window.show_drawer(200)
    page = window.page
    splitter = QSplitter(page, objectName="test.halves")
    for name in "ab":
        splitter.addWidget(QPushButton(name))
    splitter.resize(400, 40)
    splitter.setSizes([100, 300])
    remember.keep_window(window, page=page.NAME, project=path, drawer=200)
    splitter.setSizes([300, 100])
    window.resize(1280, 800)
    window.show_drawer(0)
    window.go(0)
    window.restore()
    remember.place_splitters(page)
    assert (window.width(), window.height()) == (1024, 700)
    assert window.page is page
    assert window.drawer.isVisible()
    first, second = splitter.sizes()
    assert second > 2 * first
    wait(lambda: window.session.project == path)


@pytest.fixture
def bugs(application: QApplication) -> Iterator[BugReports]:
    hooks = sys.excepthook, threading.excepthook
    made = BugReports()
    made.install()
    yield made
    sys.excepthook, threading.excepthook = hooks
    for dialog in list(made.dialogs):
        dialog.close()


def test_each_distinct_error_has_one_dialog_to_copy_from(bugs: BugReports, wait: Wait) -> None:
    def fail(kind: type[Exception]) -> None:
        try:
            raise kind("it broke")
        except kind:
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]

    for kind in (ValueError, ValueError, KeyError):
        fail(kind)
    wait(lambda: len(bugs.dialogs) == 2)
    dialog = bugs.dialogs[0]
    assert not dialog.isModal()
    dialog.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert "ValueError: it broke" in copied
    assert "TinyML Studio" in copied
    dialog.away.click()
    wait(lambda: len(bugs.dialogs) == 1)


def test_an_error_in_a_thread_is_told_too(bugs: BugReports, wait: Wait) -> None:
    def fail() -> None:
        raise OSError("no such thing")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    wait(lambda: bugs.dialogs)
    assert "no such thing" in bugs.dialogs[0].told.text()


def test_icons_are_sharp_at_scale_2_and_load_one_font(application: QApplication) -> None:
    drawn = icon("ph.record", LIGHT["text"])
    once, twice = drawn.pixmap(16), drawn.pixmap(QSize(16, 16), 2.0)
    assert (once.width(), twice.width()) == (16, 32)
    assert twice.devicePixelRatio() == 2
    assert drawn is icon("ph.record", LIGHT["text"])


def test_only_the_thread_of_the_window_collects_garbage(window: MainWindow, wait: Wait) -> None:
    collected: list[bool] = []

    def note(phase: str, _facts: dict[str, int]) -> None:
        collected.append(threading.current_thread() is threading.main_thread())

    def waste(_report: Reporter) -> None:
        for _ in range(20_000):
            loop: list[object] = []
            loop.append(loop)

    gc.callbacks.append(note)
    try:
        window.session.start("Wasting", waste)
        wait(lambda: not window.session.working and collected)
    finally:
        gc.callbacks.remove(note)
    assert all(collected)


def test_the_focus_does_not_jump_when_a_job_begins_and_ends(
    active: MainWindow, application: QApplication, wait: Wait
) -> None:
    """The primary button is disabled for a moment then: no neighbour may get its focus."""
    active.go(0)
    wait(active.primary.isEnabled)
    active.primary.setFocus()
    active.session.start("Working", lambda _: None, place="Data")
    assert application.focusWidget() not in (active.status.log, active.status.stop)
    wait(lambda: not active.session.working)
    assert application.focusWidget() is active.primary


def test_a_page_can_be_scrolled_where_the_drawer_leaves_too_little(
    window: MainWindow, wait: Wait
) -> None:
    window.go(0)
    window.resize(1024, 680)
    window.show_drawer(320)
    wait(lambda: window.drawer.height() >= 300)
    page = window.page
    assert page.height() >= page.minimumSizeHint().height()
    assert window.height() == 680


def test_the_status_bar_tells_rate_and_loss_while_linked(window: MainWindow) -> None:
    status = window.status
    status.show_words("Nano: 16000 Hz")
    status.show_linked(True)
    status.show_health({"rate_hz": 15998.7, "lost_readings": 1312})
    assert status.link.text() == "Nano: 16000 Hz   measured 15\u202f999 Hz, lost 1\u202f312"
    status.show_linked(False)
    assert status.link.text() == "Nano: 16000 Hz"


def test_a_board_that_is_not_linked_is_never_cut_to_one_that_is(
    application: QApplication,
) -> None:
    button = ShortButton(240)
    button.show_text("virtual board: not linked", ": not linked")
    button.resize(button.minimumSizeHint())
    assert button.seen() == "…: not linked"
    button.show_text("virtual board with a long name: linked", ": linked")
    button.resize(button.sizeHint())
    assert button.seen().startswith("virt")
    assert button.seen().endswith(": linked")


def test_the_rail_has_the_steps_of_the_way() -> None:
    assert tuple(step.name for step in STEPS) == ORDER
