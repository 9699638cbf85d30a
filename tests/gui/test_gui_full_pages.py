"""Every page with a project on it: it draws, has names for its controls, and clips no words."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import Wait  # type: ignore[import-not-found]
from painted import OURS, clipped, cut_words  # type: ignore[import-not-found]
from painting import blank, has_drawn  # type: ignore[import-not-found]
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QTableWidget, QTableWidgetItem, QWidget
from test_gui_frame_looks import nameless  # type: ignore[import-not-found]
from trained import make_trained  # type: ignore[import-not-found]

from studio.gui import texts, theme
from studio.gui.pages.data import LABEL
from studio.gui.pages.data_sides import SIDES
from studio.gui.rail import RailButton
from studio.gui.session import Session
from studio.gui.steps import STEPS
from studio.gui.widgets.panel import ShortLabel
from studio.gui.widgets.plots import QuietPlot
from studio.gui.window import MainWindow


def settle(window: MainWindow, wait: Wait) -> None:
    """Wait until what was asked for is read and drawn, twice: answers may ask for more."""
    for _ in range(2):
        read: list[bool] = []
        window.session.read("", lambda: True, read.append, place="Home")
        wait(lambda read=read: read, 60)
        drawn: list[bool] = []
        QTimer.singleShot(80, lambda drawn=drawn: drawn.append(True))
        wait(lambda drawn=drawn: drawn)


def walk(window: MainWindow, wait: Wait) -> Iterator[str]:
    """Show every page, what opens beside one and what lies over it; yield their names."""
    over = window.overlays
    for step in STEPS:
        window.show_step(step.name)
        settle(window, wait)
        yield step.name
        for name, show in beside(window).items():
            show()
            settle(window, wait)
            yield f"{step.name}, {name}"
    cards = (over.show_settings, over.show_keys, over.show_palette, over.show_budget)
    for show in (*cards, over.show_plugins):
        show()
        settle(window, wait)
        yield show.__name__
    over.put_away()


def beside(window: MainWindow) -> dict[str, Callable[[], object]]:
    """Return what else of the page can be shown."""
    page: Any = window.page
    if page.NAME == "Data":
        sides = {side.name: partial(page.show_side, side.name) for side in SIDES}
        return {**sides, "Label": partial(page.show_tab, LABEL)}
    return {"matrix": page.learning.show_matrix} if page.NAME == "Train" else {}


@pytest.fixture
def full(window: MainWindow, tmp_path: Path) -> MainWindow:
    window.resize(1440, 900)
    window.session.open(make_trained(tmp_path))
    return window


def test_everything_draws_and_every_control_has_a_name(full: MainWindow, wait: Wait) -> None:
    found, axes = [], 0
    for name in walk(full, wait):
        for _ in range(9):
            if blank(full):  # what it draws is still being read
                settle(full, wait)
        found += [f"{name}: {one}" for one in (*blank(full), *nameless(full))]
        shown = [plot for plot in full.findChildren(QuietPlot) if plot.isVisible()]
        named = [
            axis
            for plot in shown
            for side in ("left", "bottom")
            if (axis := plot.getAxis(side)).labelText
        ]
        found += [f"{name}: {one.labelText}" for one in named if not one.label.isVisible()]
        axes += len(named)
    assert not found, "\n".join(found)
    assert axes


def test_words_that_are_cut_are_found(application: QApplication) -> None:
    class Sign(QWidget):
        def paintEvent(self, event: QPaintEvent) -> None:
            QPainter(self).drawText(self.rect(), 0, f"a long word {OURS}")

    host = QWidget()
    sign, told, table = Sign(host), ShortLabel(f"a name {OURS}"), QTableWidget(1, 1, host)
    told.setParent(host)
    table.setHorizontalHeaderLabels(["a long head"])
    table.setItem(0, 0, QTableWidgetItem(f"a long cell {OURS}"))
    table.setColumnWidth(0, 40)
    for widget in (sign, told, table.viewport()):
        widget.resize(40, 20)
    host.show()
    with cut_words() as cut:
        host.grab()
        found = clipped(host, cut)
    host.close()
    host.deleteLater()
    cut_parts = {part for part in ("word", "name", "head", "cell") for one in found if part in one}
    assert cut_parts == {"word", "head", "cell"}  # the tip tells the whole name


def test_a_widget_that_draws_nothing_is_found(application: QApplication) -> None:
    class Idle(RailButton):
        def paintEvent(self, event: QPaintEvent) -> None:
            pass

    given = ("ph.house", "Home", "1", theme.load("light"))
    drawn, idle = RailButton(*given), Idle(*given)
    for button in (drawn, idle):
        button.resize(64, 64)
    assert (has_drawn(drawn), has_drawn(idle)) == (True, False)


def test_nothing_is_clipped_on_a_full_page_where_words_are_longer(
    application: QApplication, studio_home: Path, tmp_path: Path, wait: Wait
) -> None:
    texts.use(texts.PSEUDO)
    window = MainWindow(Session(), theme.load("light"))
    try:
        window.resize(1280, 800)
        window.show()
        window.session.open(make_trained(tmp_path))
        with cut_words() as cut:
            found = []
            for name in walk(window, wait):
                cut.clear()
                window.grab()
                found += [f"{name}: {one}" for one in clipped(window, cut)]
        assert not found, "\n".join(found)
    finally:
        window.close()
        texts.use("")
        window.deleteLater()
