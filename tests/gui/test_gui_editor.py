"""The editor of one recording, with a real mouse and real keys on a real project."""

import sys
import threading
import types
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Wait
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.events import Reporter
from studio.gui import theme
from studio.gui.pages.data_editor import Editor
from studio.gui.session import Session
from studio.gui.widgets.wave_lane import Lane
from studio.gui.widgets.wave_view import clock, clock_ticks
from studio.gui.window import MainWindow
from studio.project import Project
from studio.services import label, pictures
from studio.types import Axis, Sample, Span

RATE = 100.0
BURST = 300
"""First reading of what stands out."""
LEFT = Qt.MouseButton.LeftButton
FREE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Ten seconds with two bursts; the first is labelled b, and there is a label a."""
    rng = np.random.default_rng(0)
    values = rng.normal(0, 0.01, (1000, 2)).astype(np.float32)
    values[BURST : BURST + 100] += (-1.0) ** np.arange(100)[:, None]
    values[700:800] += (-1.0) ** np.arange(100)[:, None]
    axes = [Axis("x", "g"), Axis("y", "g")]
    with Project.create(tmp_path / "p") as project:
        made = project.add_recording(values, name="take", axes=axes, sample_rate_hz=RATE)
        other = project.add_recording(values[:500], name="short", axes=axes, sample_rate_hz=RATE)
        project.add_samples(other.id, [Span(0, 100, "a"), Span(100, 200, "b")])
        project.add_samples(made.id, [Span(500, 600, "b")])
    return tmp_path / "p"


@pytest.fixture
def editor(
    application: QApplication, studio_home: Path, path: Path, wait: Wait
) -> Iterator[Editor]:
    session = Session()
    session.project = path
    shown = Editor(session, theme.load("light"))
    shown.resize(1168, 640)
    shown.show()
    shown.show_recording(1)
    wait(lambda: shown.opened is not None and len(shown.plots.bands.snaps))
    yield shown
    shown.hide()
    session.close()
    shown.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def samples(path: Path, recording: int = 1) -> list[Sample]:
    return [row.sample for row in label.rows(path) if row.sample.recording_id == recording]


def chosen(editor: Editor) -> int:
    band = editor.plots.bands.chosen
    return 0 if band is None else band.id


def at(lane: Lane, reading: float, y: int = 60) -> QPoint:
    return QPoint(round(lane.x_of(reading)), y)


def drag(lane: Lane, start: float, stop: float, *, y: int = 60) -> None:
    """Press at one reading, move in steps, let go at another."""
    QTest.mousePress(lane, LEFT, FREE, at(lane, start, y))
    for share in (0.3, 0.6, 1.0):
        QTest.mouseMove(lane, at(lane, start + share * (stop - start), y))
    QTest.mouseRelease(lane, LEFT, FREE, at(lane, stop, y))


def test_a_drag_on_empty_signal_makes_a_sample_that_keys_relabel(
    editor: Editor, path: Path, wait: Wait
) -> None:
    wave = editor.plots.waves[0]
    drag(wave, 100, 200)
    wait(lambda: len(samples(path)) == 2)
    made = samples(path)[-1]
    assert made.label == "a"
    assert abs(made.start - 100) <= wave.px
    assert abs(made.stop - 200) <= wave.px
    wait(lambda: chosen(editor) == made.id)
    QTest.keyClick(editor, Qt.Key.Key_2)
    wait(lambda: samples(path)[-1].label == "b")
    drag(editor.plots.spectrogram, 620, 680)
    wait(lambda: len(samples(path)) == 3)
    assert samples(path)[-1].label == "b"
    wait(lambda: chosen(editor) == samples(path)[-1].id)
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    wait(lambda: len(samples(path)) == 2)
    wait(lambda: len(editor.samples.model.rows) == 2)


def test_edges_snap_to_where_something_begins_unless_told_not_to(
    editor: Editor, path: Path, wait: Wait
) -> None:
    wave = editor.plots.waves[0]
    near = 4 * wave.px
    drag(wave, BURST - near, BURST + 100 + near)
    wait(lambda: len(samples(path)) == 2)
    assert abs(samples(path)[-1].start - BURST) <= 1
    assert abs(samples(path)[-1].stop - (BURST + 100)) <= 1
    QTest.mouseClick(editor.tools.snap, LEFT)
    drag(wave, 700 - near, 760)
    wait(lambda: len(samples(path)) == 3)
    assert abs(samples(path)[-1].start - round(700 - near)) <= wave.px


def test_an_edge_and_a_whole_sample_are_moved(editor: Editor, path: Path, wait: Wait) -> None:
    wave = editor.plots.waves[0]
    drag(wave, 500, 450)
    wait(lambda: samples(path)[0].start < 460)
    first = samples(path)[0]
    assert abs(first.start - 450) <= wave.px
    assert first.stop == 600
    wait(lambda: editor.plots.bands.every[0].start == first.start)
    drag(wave, 460, 480, y=8)  # by its name
    wait(lambda: samples(path)[0].start > first.start)
    assert samples(path)[0].stop - samples(path)[0].start == first.stop - first.start


def test_escape_puts_back_what_is_being_dragged(editor: Editor, path: Path) -> None:
    wave = editor.plots.waves[0]
    QTest.mousePress(wave, LEFT, FREE, at(wave, 500))
    QTest.mouseMove(wave, at(wave, 430))
    assert editor.plots.bands.draft is not None
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    QTest.mouseRelease(wave, LEFT, FREE, at(wave, 430))
    assert editor.plots.bands.draft is None
    assert samples(path)[0].start == 500


def test_arrows_nudge_and_are_one_change(editor: Editor, path: Path, wait: Wait) -> None:
    wave = editor.plots.waves[0]
    QTest.mouseClick(wave, LEFT, FREE, at(wave, 550))
    for _ in range(3):
        QTest.keyClick(editor, Qt.Key.Key_Right)
    QTest.keyClick(editor, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    wait(lambda: (samples(path)[0].start, samples(path)[0].stop) == (503, 602))
    with Project.open(path) as project:
        project.history.undo(1)
    assert (samples(path)[0].start, samples(path)[0].stop) == (500, 600)


def test_split_at_the_cursor_and_merge_again(editor: Editor, path: Path, wait: Wait) -> None:
    editor.plots.view.move(540)
    QTest.keyClick(editor, Qt.Key.Key_S)
    wait(lambda: len(samples(path)) == 2)
    wait(lambda: len(editor.samples.model.rows) == 2)
    assert [(one.start, one.stop) for one in samples(path)] == [(500, 540), (540, 600)]
    QTest.keyClick(editor, Qt.Key.Key_Up)
    QTest.keyClick(editor, Qt.Key.Key_M)
    wait(lambda: len(samples(path)) == 1)
    assert (samples(path)[0].start, samples(path)[0].stop) == (500, 600)


def test_list_and_signal_show_the_same_choice(editor: Editor, path: Path, wait: Wait) -> None:
    wave = editor.plots.waves[0]
    QTest.mouseClick(wave, LEFT, FREE, at(wave, 550))
    assert editor.samples.view.currentIndex().row() == 0
    start = editor.samples.digits.start
    assert start.value() == pytest.approx(5.0)
    start.setFocus()
    start.selectAll()
    QTest.keyClicks(start, "4.8")
    QTest.keyClick(start, Qt.Key.Key_Return)
    wait(lambda: (samples(path)[0].start, samples(path)[0].stop) == (480, 580))
    editor.plots.bands.choose(None)
    editor.plots.view.set(0, 100)
    wait(lambda: editor.plots.bands.every[0].start == 480)
    place = editor.samples.view.visualRect(editor.samples.model.index(0, 1)).center()
    QTest.mouseClick(editor.samples.view.viewport(), LEFT, FREE, place)
    assert editor.plots.bands.chosen is not None
    assert editor.plots.view.start <= 480 <= 580 <= editor.plots.view.stop


def test_the_wheel_zooms_at_the_pointer_and_the_ruler_pans(editor: Editor) -> None:
    view, wave = editor.plots.view, editor.plots.waves[0]
    place = at(wave, 700)
    turn = QWheelEvent(
        QPointF(place),
        QPointF(wave.mapToGlobal(place)),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        FREE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(wave, turn)
    assert view.span == pytest.approx(640, abs=2)
    assert wave.reading(place.x()) == pytest.approx(700, abs=wave.px)
    before = view.start
    ruler = editor.plots.ruler
    QTest.mousePress(ruler, LEFT, FREE, QPoint(400, 10))
    QTest.mouseMove(ruler, QPoint(450, 10))
    QTest.mouseRelease(ruler, LEFT, FREE, QPoint(450, 10))
    assert view.start == pytest.approx(before - 50 * ruler.px, abs=0.1)
    QTest.keyClick(editor, Qt.Key.Key_F)
    assert (view.start, view.stop) == (0, 1000)


@pytest.mark.parametrize(
    ("low", "high", "step", "said"),
    [
        (0, 0.08, 0.01, "0.01"),
        (0, 12, 2, "2"),
        (0, 100, 15, "15"),
        (0, 3600, 600, "10:00"),
        (7000, 35_000, 3600, "2:00:00"),
        (0, 800_000, 172_800, "48:00:00"),
    ],
)
def test_times_have_round_steps(low: float, high: float, step: float, said: str) -> None:
    places, found = clock_ticks(low, high, 8)
    assert found == pytest.approx(step)
    assert clock(next(place for place in places if place > 0), found) == said


def test_two_cursors_measure(editor: Editor, path: Path) -> None:
    view, wave = editor.plots.view, editor.plots.waves[0]
    QTest.keyClick(editor, Qt.Key.Key_C)
    assert view.marks is not None
    drag(wave, view.marks[0], 210)
    drag(wave, view.marks[1], 260)
    assert view.marks == pytest.approx((210, 260), abs=wave.px)
    said = editor.transport.readout.text()
    assert said.startswith("B − A")
    assert "x " in said
    assert "y " in said
    assert len(samples(path)) == 1
    QTest.keyClick(editor, Qt.Key.Key_C)
    assert view.marks is None


def test_labels_are_given_while_it_plays(editor: Editor, path: Path, wait: Wait) -> None:
    editor.plots.view.move(100)
    editor.transport.speed.setCurrentIndex(5)
    QTest.keyClick(editor, Qt.Key.Key_Space)
    wait(lambda: editor.player.at > 120)
    QTest.keyPress(editor, Qt.Key.Key_1)
    began = editor.player.at
    wait(lambda: editor.player.at > began + 150)
    QTest.keyRelease(editor, Qt.Key.Key_1)
    wait(lambda: len(samples(path)) == 2)
    held = samples(path)[-1]
    assert held.label == "a"
    assert abs(held.start - began) < 40
    assert held.stop - held.start > 140
    QTest.keyClick(editor, Qt.Key.Key_2)  # pressed shortly: goes on until the next key or the end
    pressed = editor.player.at
    wait(lambda: editor.player.at > pressed + 50)
    QTest.keyClick(editor, Qt.Key.Key_Space)
    assert not editor.player.playing
    wait(lambda: len(samples(path)) == 3)
    assert samples(path)[-1].label == "b"


def test_cuts_are_shown_before_they_are_written(editor: Editor, path: Path, wait: Wait) -> None:
    QTest.mouseClick(editor.tools.buttons[1], LEFT)
    split = editor.tools.split
    split.kind.setCurrentIndex(1)
    wait(lambda: sum(band.kind == "cut" for band in editor.plots.bands.every) == 2)
    assert len(samples(path)) == 1
    split.fields["threshold"].setValue(1000)
    wait(lambda: not any(band.kind == "cut" for band in editor.plots.bands.every))
    assert not split.apply.isEnabled()
    split.fields["threshold"].setValue(10)
    wait(split.apply.isEnabled)
    QTest.mouseClick(split.apply, LEFT)
    wait(lambda: len(samples(path)) == 3)
    assert abs(samples(path)[1].start - BURST) <= 16
    wait(lambda: editor.tools.panel == 0)
    assert not any(band.kind == "cut" for band in editor.plots.bands.every)


def put_guesses(path: Path, recording_id: int, spans: list[tuple[Span, float]]) -> None:
    with Project.open(path) as project:
        project.suggestions.put("run", project.recording(recording_id), spans)


def test_guesses_are_reviewed_by_key_the_least_certain_first(
    editor: Editor, path: Path, wait: Wait
) -> None:
    put_guesses(path, 1, [(Span(0, 90, "a"), 0.9), (Span(300, 400, "a"), 0.6)])
    put_guesses(path, 2, [(Span(300, 400, "b"), 0.7)])
    QTest.mouseClick(editor.tools.buttons[2], LEFT)
    editor.reload()
    wait(lambda: (band := editor.plots.bands.chosen) is not None and band.kind == "guess")
    assert editor.plots.bands.chosen.start == 300
    QTest.keyClick(editor, Qt.Key.Key_2)  # it is b
    wait(lambda: editor.opened.recording.id == 2 and editor.plots.bands.chosen is not None)
    assert [(one.start, one.label) for one in samples(path)] == [(500, "b"), (300, "b")]
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    wait(lambda: editor.opened.recording.id == 1 and editor.plots.bands.chosen is not None)
    wait(lambda: editor.plots.bands.chosen.start == 0)
    assert len(samples(path, 2)) == 2
    drag(editor.plots.waves[0], 20, 60)  # a guess does not keep samples from being made
    wait(lambda: len(samples(path)) == 3)
    QTest.mouseClick(editor.plots.waves[0], LEFT, FREE, at(editor.plots.waves[0], 80))
    assert editor.plots.bands.chosen.kind == "guess"
    QTest.keyClick(editor, Qt.Key.Key_Return)
    wait(lambda: len(samples(path)) == 4)
    assert samples(path)[-1].label == "a"
    wait(lambda: not editor.tools.review.accept.isEnabled())
    assert editor.tools.review.current is None


def test_without_a_training_the_review_says_what_is_missing(
    editor: Editor, path: Path, wait: Wait
) -> None:
    QTest.mouseClick(editor.tools.buttons[2], LEFT)
    QTest.mouseClick(editor.tools.review.here, LEFT)
    wait(lambda: "Data" in editor.session.notices)
    assert "training" in editor.session.notices["Data"].message
    assert not editor.session.working


def test_the_window_rule_shows_its_effect(editor: Editor, path: Path, wait: Wait) -> None:
    with Project.open(path) as project:
        project.set_pipeline(
            replace(
                project.pipeline,
                window_ms=500.0,
                stride_ms=250.0,
                sample_rate_hz=RATE,
                axes=(Axis("x", "g"), Axis("y", "g")),
            )
        )
    QTest.mouseClick(editor.tools.buttons[3], LEFT)
    editor.reload()
    rule = editor.tools.rule
    wait(lambda: "3 windows" in rule.effect.text())
    rule.rule.setFocus()
    QTest.keyClick(rule.rule, Qt.Key.Key_Down)  # the label at its end
    wait(lambda: "4 windows" in rule.effect.text())
    with Project.open(path) as project:
        assert project.pipeline.labelling.rule == "end"


def test_tracks_are_added_hidden_and_worked_on(editor: Editor, path: Path, wait: Wait) -> None:
    QTest.mouseClick(editor.tools.buttons[4], LEFT)
    tracks = editor.tools.tracks
    QTest.keyClicks(tracks.fresh, "who")
    QTest.keyClick(tracks.fresh, Qt.Key.Key_Return)
    wait(lambda: tracks.list.count() == 2)
    tracks.list.setCurrentRow(1)
    assert editor.plots.bands.track == "who"
    drag(editor.plots.waves[0], 100, 200)
    wait(lambda: len(samples(path)) == 2)
    assert samples(path)[-1].track == "who"
    wait(lambda: len(editor.plots.bands.every) == 2)
    tracks.list.item(1).setText("speaker")
    wait(lambda: samples(path)[-1].track == "speaker")
    wait(lambda: editor.opened is not None and "speaker" in editor.opened.tracks)
    tracks.list.item(1).setCheckState(Qt.CheckState.Unchecked)
    assert [band.track for band in editor.plots.bands.every] == ["main"]


def test_the_first_label_is_named_where_it_is_drawn(
    editor: Editor, tmp_path: Path, wait: Wait
) -> None:
    with Project.create(tmp_path / "new") as project:
        values = np.zeros((200, 1), np.float32)
        project.add_recording(values, name="n", axes=[Axis("x")], sample_rate_hz=RATE)
    editor.session.project = tmp_path / "new"
    editor.session.project_changed.emit()
    wait(lambda: editor.opened is not None and editor.opened.recording.name == "n")
    wait(lambda: editor.stack.currentIndex() == 1)
    drag(editor.plots.waves[0], 20, 60)
    QTest.keyClicks(editor.labels.fresh, "tap")
    QTest.keyClick(editor.labels.fresh, Qt.Key.Key_Return)
    wait(lambda: [one.label for one in samples(tmp_path / "new")] == ["tap"])
    wait(lambda: editor.labels.names == ["tap"])


def test_nothing_open_a_failure_and_the_way_back(
    editor: Editor, path: Path, tmp_path: Path, wait: Wait
) -> None:
    path.rename(tmp_path / "away")
    editor.reload()
    wait(lambda: editor.stack.currentIndex() == 0)
    assert editor.message.button.isVisible()
    assert str(path) in editor.message.text.text()
    (tmp_path / "away").rename(path)
    QTest.mouseClick(editor.message.button, LEFT)
    wait(lambda: editor.stack.currentIndex() == 1)
    editor.show_recording(None)
    assert editor.stack.currentIndex() == 0
    assert not editor.message.button.isVisible()
    editor.show_recording(2)
    assert "Reading" in editor.message.text.text()
    wait(lambda: editor.stack.currentIndex() == 1)
    assert editor.plots.view.total == 500


def test_a_long_recording_is_looked_through_in_a_job_that_leaving_ends(
    editor: Editor, path: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    binned = pictures._binned

    def slowly(values: np.ndarray, scale: float, report: Reporter | None) -> pictures.Bins:
        if report is not None:
            report.progress(0.3, "looking")
            while not go_on.wait(0.005):
                report.check_cancelled()
        return binned(values, scale, report)

    monkeypatch.setattr(pictures, "DIRECT", 1000)
    monkeypatch.setattr(pictures, "_binned", slowly)
    monkeypatch.setenv("TINYML_STUDIO_CACHE", str(path.parent / "cache"))
    pictures._recent.clear()
    values = np.random.default_rng(3).normal(0, 300, (400_000, 1)).astype(np.int16)
    with Project.open(path) as project:
        project.add_recording(values, name="long", axes=[Axis("audio")], sample_rate_hz=16_000.0)
    editor.show_recording(3)
    wait(lambda: editor.message.bar.isVisible())
    editor.hide()
    assert editor._job is None
    assert not pictures._recent
    editor.show()
    wait(lambda: editor._job is not None)
    editor.show_recording(2)  # a short one does not wait for it
    wait(lambda: editor.stack.currentIndex() == 1)
    assert editor.plots.view.total == 500
    editor.show_recording(3)
    go_on.set()
    wait(lambda: editor.plots.view.total == 400_000)
    QTest.mousePress(editor.plots.overview, LEFT, FREE, QPoint(64, 20))
    QTest.mouseMove(editor.plots.overview, QPoint(164, 20))
    QTest.mouseRelease(editor.plots.overview, LEFT, FREE, QPoint(164, 20))
    assert 0 < editor.plots.view.start < editor.plots.view.stop == 400_000


def test_sound_without_a_loudspeaker_is_played_in_silence(
    editor: Editor, path: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Error(Exception):
        pass

    def no_device(kind: str) -> dict:
        raise Error(kind)

    silent = types.ModuleType("sounddevice")
    silent.PortAudioError, silent.query_devices = Error, no_device
    monkeypatch.setitem(sys.modules, "sounddevice", silent)
    with Project.open(path) as project:
        noise = np.zeros((32_000, 1), np.int16)
        project.add_recording(noise, name="s", axes=[Axis("audio")], sample_rate_hz=16_000.0)
    editor.show_recording(3)
    wait(lambda: editor.opened is not None and editor.opened.recording.id == 3)
    editor.labels.table.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_Space)
    wait(lambda: editor.transport.silence.isVisible())
    assert "no loudspeaker" in editor.transport.silence.text()
    wait(lambda: editor.player.at > 1000)
    assert editor.plots.view.cursor > 500
    QTest.keyClick(editor, Qt.Key.Key_Space)
    assert not editor.player.playing


def test_undo_in_the_window_takes_a_drag_back(window: MainWindow, path: Path, wait: Wait) -> None:
    window.session.open(path)
    window.show_step("Data")
    page = window.page_named("Data")
    page.open_recording(1, 0)
    editor = page.editor
    wait(lambda: editor.opened is not None and editor.plots.waves and editor.isVisible())
    drag(editor.plots.waves[0], 100, 200)
    wait(lambda: len(editor.samples.model.rows) == 2 and chosen(editor) == samples(path)[-1].id)
    wait(window.history.stack.canUndo)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    wait(lambda: len(samples(path)) == 1)
    wait(lambda: len(editor.samples.model.rows) == 1)
