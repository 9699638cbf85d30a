"""What goes wrong at a bench: each ends in a sentence with a way on, and nothing saved is lost."""

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Wait  # type: ignore[import-not-found]
from made_runs import add_run, make_data  # type: ignore[import-not-found]
from trained import make_trained  # type: ignore[import-not-found]

from studio.capture_log import CaptureHeader, CaptureWriter
from studio.gui.desktop import hint_for_window
from studio.gui.notice import EVERYWHERE, Notice
from studio.gui.steps import STEPS
from studio.gui.window import MainWindow
from studio.project import Project
from studio.services import deploy_way
from studio.services.runs import write_json
from studio.types import Axis

sys.path.append(str(Path(__file__).parents[1] / "unit" / "devices"))

LIMIT = 600_000
"""What a file may hold on a disk that is nearly full: more than a small project's list."""
posix = pytest.mark.skipif(sys.platform == "win32", reason="a thing of POSIX")
NOT_PLAIN = ("Unexpected", "Traceback", "Errno", "None", "`")


def plain(notice: Notice) -> str:
    """Return what a notice says, once it proves to be a sentence with a way on."""
    assert notice.message.endswith(".")
    assert notice.hint or notice.button
    said = f"{notice.message} {hint_for_window(notice.hint)}"
    assert not [word for word in NOT_PLAIN if word in said], said
    return said


def contents(path: Path) -> tuple[Any, ...]:
    """Return all that was saved in a project."""
    with Project.open(path) as project:
        values = [np.asarray(project.read(one.id)).tobytes() for one in project.recordings()]
        runs = [run.id for run in project.runs() if run.finished]
        return project.samples(), values, runs, project.pipeline


@contextlib.contextmanager
def full_disk(limit: int = 0) -> Iterator[None]:
    """No file of this process and those that it starts grows beyond a limit."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def noticed(window: MainWindow, place: str, wait: Wait) -> str:
    """Wait for a notice on a page; return its words."""
    wait(lambda: place in window.session.notices, 30)
    return plain(window.session.notices[place])


# -- a board that goes ---------------------------------------------------------------------------


@contextlib.contextmanager
def plugged(folder: Path, **given: Any) -> Iterator[Any]:
    """A board on a port of this computer, until it is pulled out."""
    from peers.ours import OwnPeer  # type: ignore[import-not-found]

    with OwnPeer(link=str(folder / "ttyBoard"), **given) as peer:
        yield peer


def kept(path: Path, session: int) -> int:
    """Return how many readings of a board's session a project has, once they prove true."""
    from peers.uart import signal_values  # type: ignore[import-not-found]

    with Project.open(path) as project:
        (found,) = project.recordings()
        values = np.asarray(project.read(found.id))
        (sample,) = project.samples()
        assert (sample.start, sample.stop, sample.label) == (0, len(values), "wave")
    np.testing.assert_array_equal(values, signal_values(session, 0, len(values), values.shape[1]))
    return len(values)


def recording(window: MainWindow, port: str, path: Path, wait: Wait) -> Any:
    """Link to a board and be ready to record until it is stopped; return the page."""
    Project.create(path).close()
    window.session.open(path)
    window.show_step("Boards")
    page: Any = window.page_named("Boards")
    page.links.show_port(port)
    wait(lambda: page.plot.points > 20, 30)
    page.label.setText("wave")
    page.take.mode.setCurrentIndex(page.take.mode.findData("free"))
    return page


@posix
def test_a_board_is_pulled_out_while_it_is_recorded(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = tmp_path / "project"
    with plugged(tmp_path, rate_hz=400.0) as peer:
        page = recording(window, peer.url, path, wait)
        page.act()
        wait(lambda: page.recorder.running is not None and page.recorder.running.began_s, 20)
        began_s = page.recorder.running.began_s
        wait(lambda: time.monotonic() - began_s > 0.5)
    wait(lambda: "What has come is kept." in page.outcome.text(), 20)
    assert (window.primary.text(), window.primary.isEnabled()) == ("Stop recording", True)
    window.primary.click()
    wait(lambda: not window.session.working, 20)
    assert "Saved wave" in page.outcome.text()
    sent = peer.next_reading
    assert sent - 2 * peer.rows <= kept(path, peer.session) <= sent

    assert "ttyBoard" in noticed(window, "Boards", wait)
    wait(window.notice.button.isVisible)
    with plugged(tmp_path, rate_hz=400.0):
        window.notice.button.click()
        wait(lambda: page.session.link.linked, 30)
        wait(lambda: not window.notice.isVisible())


# -- a worker that dies --------------------------------------------------------------------------


@posix
def test_a_worker_is_killed_while_it_trains(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = make_data(tmp_path)
    add_run(path)
    before = contents(path)
    window.session.open(path)
    window.show_step("Train")
    page: Any = window.page_named("Train")
    wait(lambda: page._found and len(page._found["runs"]) == 1)
    workers: list[int] = []
    window.session.job_event.connect(
        lambda kind, data: workers.append(data["pid"]) if kind == "worker" else None
    )
    window.primary.click()
    wait(lambda: workers, 30)
    os.kill(workers[0], signal.SIGKILL)
    wait(lambda: not window.session.working, 30)
    said = noticed(window, "Train", wait)
    assert "Nothing was lost" in said
    assert window.notice.isVisible()
    assert contents(path) == before
    wait(lambda: len(page._found["runs"]) == 1)
    assert not page.empty.isVisible()

    assert (window.primary.text(), window.primary.isEnabled()) == ("Train", True)
    window.primary.click()
    assert not window.notice.isVisible()
    wait(lambda: len(workers) > 1, 30)
    window.session.stop()
    wait(lambda: not window.session.working, 60)
    assert "Train" not in window.session.notices


# -- a disk that is full -------------------------------------------------------------------------


def relabel(window: MainWindow, wait: Wait) -> None:
    page: Any = window.page_named("Data")
    wait(lambda: page.table.rows)
    page.table.setData(page.table.index(0, 0), "another")


def train(window: MainWindow, _wait: Wait) -> None:
    window.primary.click()


def change_board(window: MainWindow, wait: Wait) -> None:
    page: Any = window.page_named("Deploy")
    wait(lambda: page.known, 30)
    rows = page.known["boards"]
    page.boards.selectRow(next(at for at, row in enumerate(rows) if not row["chosen"]))
    page.use.click()


@posix
@pytest.mark.parametrize(
    ("name", "act"), [("Data", relabel), ("Train", train), ("Deploy", change_board)]
)
def test_what_cannot_be_saved_on_a_full_disk_is_told(
    window: MainWindow,
    tmp_path: Path,
    wait: Wait,
    name: str,
    act: Callable[[MainWindow, Wait], None],
) -> None:
    path = make_trained(tmp_path) if name == "Deploy" else make_data(tmp_path)
    before = contents(path)
    window.session.open(path)
    window.show_step(name)
    settled(window, wait)
    with full_disk():
        act(window, wait)
        said = noticed(window, name, wait)
        wait(lambda: not window.session.working, 30)
        settled(window, wait)
    assert "disk" in said
    assert contents(path) == before
    window.session.notify(name, None)
    act(window, wait)  # there is room again
    if name == "Train":
        window.session.stop()
        wait(lambda: not window.session.working, 30)
    else:
        wait(lambda: contents(path) != before)
    assert name not in window.session.notices


@posix
def test_a_step_that_meets_a_full_disk_says_so(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    window.show_step("Train")
    with full_disk():
        window.session.start(
            "Training", lambda _: write_json(tmp_path / "report.json", [1]), place="Train"
        )
        assert "The disk is full" in noticed(window, "Train", wait)
    assert not (tmp_path / "report.json").exists()


@posix
def test_a_recording_on_a_full_disk_keeps_what_was_written(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = tmp_path / "project"
    with plugged(tmp_path, rate_hz=8000.0, n_axes=10) as peer:
        page = recording(window, peer.url, path, wait)
        with full_disk(LIMIT):
            page.act()
            wait(lambda: page.recorder.running is not None and page.recorder.running.began_s, 20)
            session = peer.session
            wait(lambda: page.recorder.running is None and not window.session.working, 60)
        assert "disk" in page.outcome.text()
        assert kept(path, session) * 20 > 0.9 * LIMIT
        wait(lambda: page.session.link.linked, 20)


def settled(window: MainWindow, wait: Wait) -> None:
    """Wait until what was asked of the project so far is answered."""
    answered: list[int] = []
    window.session.read("", lambda: 1, answered.append, place="Data")
    wait(lambda: answered, 30)


# -- a project that goes -------------------------------------------------------------------------


def test_every_page_goes_on_when_the_project_is_deleted(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    path = make_trained(tmp_path)
    other = tmp_path / "other"
    shutil.copytree(path, other)
    before = contents(other)
    window.session.open(path)
    for step in STEPS:
        window.show_step(step.name)
        settled(window, wait)
    shutil.rmtree(path)
    for step in STEPS:
        window.show_step(step.name)
        settled(window, wait)
        for place in (step.name, ""):
            if place in window.session.notices:
                plain(window.session.notices[place])
        page = window.page
        text, enabled = page.primary()
        if text and enabled and step.name not in ("Home", "Boards"):
            window.primary.click()
            wait(lambda: not window.session.working, 30)
            assert str(path) in noticed(window, step.name, wait)
        elif text and not enabled:
            assert window.why_not().endswith(".")
    assert not path.exists()

    window.session.notices.clear()
    window.session.open_folder(other)
    wait(lambda: window.session.project == other)
    for step in STEPS:
        window.show_step(step.name)
        settled(window, wait)
    assert not [one for one in window.session.notices.values() if one.kind == "problem"]
    assert contents(other) == before


# -- a tool that is missing ----------------------------------------------------------------------


def test_the_tool_that_builds_is_missing(
    window: MainWindow, tmp_path: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ai_edge_litert")
    path = make_trained(tmp_path)
    before = contents(path)
    window.session.open(path)
    window.show_step("Deploy")
    page: Any = window.page_named("Deploy")
    wait(lambda: page.known, 30)
    wait(window.primary.isEnabled)
    text = "raise ModuleNotFoundError(\"No module named 'platformio'\")"
    (tmp_path / "platformio.py").write_text(text)  # as where it was removed meanwhile
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    window.primary.click()
    wait(lambda: not window.session.working, 60)
    said = noticed(window, "Deploy", wait)
    assert "platformio is not installed. Run the installer again" in said
    assert "platformio is not installed" in page.log.problem.text()
    assert contents(path) == before
    monkeypatch.undo()
    assert window.primary.isEnabled()  # and so it can be tried again


def test_a_damaged_run_is_told_before_a_build(tmp_path: Path) -> None:
    path = make_data(tmp_path)
    run = add_run(path)
    report = path / "runs" / run / "report.json"

    def rows() -> dict[str, tuple[str, str]]:
        return {row["name"]: (row["state"], row["text"]) for row in deploy_way.checks(path)}

    assert rows()["run"][0] == "ok"
    assert "damaged" in rows()["data"][1]  # this one never had a model
    whole = report.read_bytes()
    report.write_bytes(whole[:100])
    state, text = rows()["run"]
    assert state == "fail"
    assert "damaged" in text
    report.write_bytes(whole)
    assert rows()["test"][0] == "ok"
    with Project.open(path) as project:
        project.relabel_sample(project.samples(split="test")[0].id, "wave")
    state, text = rows()["test"]
    assert state == "warn"
    assert "out of date" in text
    (path / "runs" / run / "test.json").write_text("{half")
    assert "damaged" in rows()["test"][1]


def test_a_recording_that_was_cut_off_is_told(
    window: MainWindow, tmp_path: Path, wait: Wait
) -> None:
    """Whoever looked at the project before recovered it, and told nobody."""
    Project.create(tmp_path / "p").close()
    header = CaptureHeader((Axis("audio", "wav"),), 16000.0, "int16", name="walk")
    with CaptureWriter(tmp_path / "p" / "incoming" / "walk.capture", header) as writer:
        writer.append(0, np.arange(16000, dtype=np.int16)[:, None])
    Project.open(tmp_path / "p").close()
    window.session.open(tmp_path / "p")
    wait(lambda: EVERYWHERE in window.session.notices)
    notice = window.session.notices[EVERYWHERE]
    assert notice.message.startswith("The recording walk was cut off; what was saved is kept.")
