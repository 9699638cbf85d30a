"""The window's pages on real projects and services, without a display."""

import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Wait, children  # type: ignore[import-not-found]
from PySide6.QtCore import Qt

from studio.errors import ConfigError
from studio.events import Reporter
from studio.gui.steps import STEPS, place_of
from studio.gui.window import MainWindow
from studio.jobs import run_worker
from studio.project import Project
from studio.types import Axis, Gap, Span

BOARDS, DATA, TRAIN = (place_of(name) for name in ("Boards", "Data", "Train"))
QUICK_S = 0.05


def make_project(folder: Path, *, recordings: int = 4, spans: int = 3, labels: int = 3) -> Path:
    """Make a project with short noise in it."""
    rng = np.random.default_rng(0)
    with Project.create(folder / "noise") as project, project.batch():
        for number in range(recordings):
            recording = project.add_recording(
                rng.normal(size=(100 * spans, 3)),
                name=f"take {number}",
                axes=[Axis(name, "g") for name in "xyz"],
                sample_rate_hz=100.0,
                group=f"group {number % 5}",
            )
            names = [f"label {place % labels}" for place in range(spans)]
            parts = [Span(100 * i, 100 * i + 100, name) for i, name in enumerate(names)]
            project.add_samples(recording.id, parts)
        return project.path


def open_data(window: MainWindow, path: Path, wait: Wait) -> Any:
    """Open a project on the Data page, and return the page when it shows the samples."""
    window.session.open(path)
    window.go(DATA)
    page: Any = window.pages[DATA]
    wait(lambda: page.table.rows)
    return page


def test_no_slot_blocks_on_a_large_project(window: MainWindow, tmp_path: Path, wait: Wait) -> None:
    path = make_project(tmp_path, recordings=100, spans=7)
    page = open_data(window, path, wait)
    assert len(page.table.ids) == 700
    wait(lambda: window.facts.text() == "700 samples, 3 labels, 5 groups, 12 min")
    worst = 0.0
    for act in (page.refresh, lambda: page.view.selectRow(350), window.pages[TRAIN].refresh):
        began = time.thread_time()
        act()
        worst = max(worst, time.thread_time() - began)
    assert worst < QUICK_S


def test_a_locked_project_does_not_stop_the_window(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = make_project(tmp_path)
    page = open_data(window, path, wait)
    locked, free = threading.Event(), threading.Event()

    def hold() -> None:
        with Project.open(path) as project, project.batch():
            locked.set()
            free.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait(5)
    began = time.perf_counter()
    page.table.setData(page.table.index(0, 0), "another")
    assert time.perf_counter() - began < QUICK_S
    free.set()
    holder.join()
    wait(lambda: page.table.rows[0].sample.label == "another")


def test_relabelling_moves_no_row_and_keeps_the_choice(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    page = open_data(window, make_project(tmp_path), wait)
    places = [(row.sample.recording_id, row.sample.start) for row in page.table.rows]
    page.view.selectRow(4)
    page.table.setData(page.table.index(4, 0), "  new one ")
    wait(lambda: page.table.rows[4].sample.label == "new one")
    assert [(row.sample.recording_id, row.sample.start) for row in page.table.rows] == places
    assert page.view.currentIndex().row() == 4


def test_six_axes_of_a_sample_are_drawn(window: MainWindow, tmp_path: Path, wait: Wait) -> None:
    axes = [Axis(name, "g") for name in "xyz"] + [Axis(name, "deg/s") for name in "uvw"]
    with Project.create(tmp_path / "six") as project:
        values = np.random.default_rng(0).normal(size=(200, 6))
        recording = project.add_recording(values, name="a", axes=axes, sample_rate_hz=100.0)
        project.add_samples(recording.id, [Span(0, 200, "shake")])
    page = open_data(window, tmp_path / "six", wait)
    wait(lambda: len(page.plot._plots) == 2)
    assert [plot.getAxis("left").labelText for plot in page.plot._plots] == ["g", "deg/s"]


def test_a_failure_shows_where_it_was_started(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    window.session.open(make_project(tmp_path, labels=1))
    window.go(TRAIN)
    window.primary.click()
    wait(lambda: not window.session.working)
    wait(window.notice.isVisible)
    assert window.notice.message.text()
    assert window.notice.hint.text()
    words = window.notice.message.text()
    window.go(DATA)
    assert not window.notice.isVisible()
    window.go(TRAIN)
    assert window.notice.message.text() == words
    window.notice.away.click()
    assert not window.notice.isVisible()


def test_a_folder_that_is_no_project_is_told_in_words(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    window.session.open_folder(tmp_path)
    wait(window.notice.isVisible)
    assert str(tmp_path) in window.notice.message.text()
    assert window.session.project is None


def test_one_job_at_a_time_and_stop(window: MainWindow, tmp_path: Path, wait: Wait) -> None:
    session = window.session
    session.open(make_project(tmp_path))

    def work(report: Reporter) -> None:
        for part in range(10_000):
            report.progress(0.5, f"counting: {part}")
            report.check_cancelled()
            time.sleep(0.01)

    assert session.start("Counting", work, place="Train") is not None
    assert session.start("Another", work, place="Data") is None
    assert "Counting" in window.status.happened.text()
    window.go(TRAIN)
    assert window.primary.text() == "Stop and keep best"
    assert window.topbar.jobs.text() == "Jobs 1"
    wait(lambda: "counting" in window.status.jobs.text())
    window.primary.click()
    wait(lambda: window.primary.text() == "Train")
    assert window.topbar.jobs.text() == "Jobs 0"
    assert "Stopped" in window.status.jobs.text()


def test_a_change_of_theme_loses_nothing(window: MainWindow, tmp_path: Path, wait: Wait) -> None:
    session, boards, train = window.session, window.pages[BOARDS], window.pages[TRAIN]
    session.open(make_project(tmp_path))
    boards.label.setText("half-typed")  # type: ignore[attr-defined]
    go_on = threading.Event()

    def work(report: Reporter) -> None:
        for epoch in range(1, 6):
            report.event("epoch", epoch=epoch, loss=1.0, val_loss=1.0, accuracy=0.5)
        report.log("a line")
        report.progress(0.4, "Train: epoch 5 of 9")
        go_on.wait(10)

    session.start("Training", work, place="Train")
    window.go(TRAIN)
    wait(lambda: "epoch 5" in window.status.jobs.text())
    window.topbar.theme.click()
    assert window.theme_name == "dark"
    assert train.curves.epochs == 5  # type: ignore[attr-defined]
    assert "a line" in window.drawer.log.toPlainText()
    assert window.status.progress.value() == 400
    assert boards.label.text() == "half-typed"  # type: ignore[attr-defined]
    go_on.set()
    wait(lambda: not session.working)


def test_closing_ends_a_worker(window: MainWindow, tmp_path: Path, wait: Wait) -> None:
    before = children(os.getpid())
    path = make_project(tmp_path)

    def work(report: Reporter) -> None:
        labels = [f"label {number}" for number in range(3)]
        request = {"do": "dataset", "project": str(path), "labels": labels}
        run_worker("data", {**request, "folder": str(tmp_path), "values": {}}, report)
        raise ConfigError("It ended by itself.", "That was too soon.")

    seen: list[str] = []
    window.session.job_event.connect(lambda kind, _data: seen.append(kind))
    window.session.start("Working", work)
    wait(lambda: "worker" in seen)
    assert children(os.getpid()) - before
    window.close()
    assert not children(os.getpid()) - before


def test_without_board_and_project_every_page_says_what_to_do(window: MainWindow) -> None:
    for place in range(len(window.pages)):
        window.go(place)
        assert window.primary.isEnabled() or window.primary.toolTip().endswith(".")
    window.go(BOARDS)
    assert window.primary.text() == "Use a virtual board"
    assert "virtual one" in window.pages[BOARDS].empty.text()  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", range(len(STEPS)))
def test_every_control_has_a_name_and_can_be_reached(window: MainWindow, place: int) -> None:
    window.go(place)
    nameless = [
        widget
        for widget in window.pages[place].findChildren(object)
        if getattr(widget, "focusPolicy", lambda: Qt.FocusPolicy.NoFocus)()
        & Qt.FocusPolicy.TabFocus
        and widget.parent() is not None
        and not (widget.accessibleName() or getattr(widget, "text", str)())
        and type(widget).__name__ in ("QComboBox", "QLineEdit", "QTableView", "QPlainTextEdit")
        and widget.objectName() != "qt_spinbox_lineedit"
    ]
    assert nameless == []


def test_gaps_tracks_and_samples_out_of_use_are_told(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    with Project.create(tmp_path / "gaps") as project:
        values = np.arange(400.0)[:, None]
        gaps = [Gap(50, 20), Gap(250, 30)]
        recording = project.add_recording(
            values, name="a", axes=[Axis("x", "g")], sample_rate_hz=100.0, gaps=gaps
        )
        (first, _) = project.add_samples(recording.id, [Span(0, 200, "b"), Span(200, 400, "c")])
        project.labels.add_track("who")
        project.add_samples(recording.id, [Span(0, 400, "anna")], track="who")
        project.labels.enable([first.id], enabled=False)
    page = open_data(window, tmp_path / "gaps", wait)
    shown = [page.table.index(row, 0).data() for row in range(3)]
    assert sorted(shown) == ["anna (who)", "b", "c"]
    wait(lambda: window.facts.text().endswith(", 1 not used"))
    page.view.selectRow(shown.index("c"))
    wait(lambda: page.plot._plots and "0.30 s are missing" in bottom(page))
    curve, _ = page.plot._plots[0]._lines[0]
    times, drawn = curve.getOriginalDataset()
    assert np.flatnonzero(np.isnan(drawn)).tolist() == [50]
    assert times[50] == pytest.approx(0.5)
    assert drawn[51] == 250


def bottom(page: Any) -> str:
    return str(page.plot._plots[-1].getAxis("bottom").labelText)


def test_a_long_name_pushes_nothing_aside(window: MainWindow, tmp_path: Path, wait: Wait) -> None:
    window.resize(1920, 1080)
    page = open_data(window, make_project(tmp_path), wait)
    wait(lambda: page.plot.isVisible())
    before = page.library.preview.width()
    name = 60 * "W"
    page.table.setData(page.table.index(0, 0), name)
    wait(lambda: page.table.rows[0].sample.label == name)
    page.view.selectRow(1)
    page.view.selectRow(0)
    wait(lambda: page.library.preview.heading.text().startswith(name))
    window.status.show_words(20 * name)
    laid_out = time.monotonic() + 0.2
    wait(lambda: time.monotonic() > laid_out)
    assert page.library.preview.width() == before
    assert page.library.preview.heading.toolTip().startswith(name)
