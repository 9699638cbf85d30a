"""The library's panels: import with a mapping, export, quality, splits, snapshots."""

import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Wait
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QPushButton

from studio.gui import theme
from studio.gui.pages.data import DataPage
from studio.gui.session import Session
from studio.project import Project
from studio.types import Axis, Sample, Span

RATE = 4000.0


@pytest.fixture
def page(application: QApplication, studio_home: Path, wait: Wait) -> Iterator[DataPage]:
    session = Session()
    shown = DataPage(session, theme.load("light"))
    session.project_changed.connect(shown.refresh)
    shown.resize(1184, 680)
    shown.show()
    yield shown
    wait(lambda: not session.working)
    session.close()
    shown.close()
    shown.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def samples(path: Path) -> list[Sample]:
    with Project.open(path) as project:
        return project.samples()


def sound(path: Path, seconds: float, rate: float = RATE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = np.sin(np.arange(round(seconds * rate)) / 5) * 8000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(round(rate))
        file.writeframes(tone.astype("<i2").tobytes())


def panel_of(page: DataPage, name: str, path: Path, wait: Wait) -> Any:
    page.session.open(path)
    page.show_side(name)
    wait(lambda: page.library.facets is not None)
    return page.panels[name]


def drop(page: DataPage, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    page.dropEvent(
        QDropEvent(
            QPointF(10, 10),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


def test_a_broken_file_cannot_be_imported_and_its_long_name_fits(
    page: DataPage, tmp_path: Path, wait: Wait
) -> None:
    file = tmp_path / f"{'_'.join(['bell'] * 16)}.wav"
    file.write_bytes(b"RIFF\x24\x08\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00")
    Project.create(tmp_path / "made").close()
    panel = panel_of(page, "Import", tmp_path / "made", wait)
    page.import_files([file])
    wait(lambda: "bell" in panel.first.text())
    assert not panel.go.isEnabled()
    assert "cannot be imported" in panel.go.toolTip()
    assert panel.ready() == ""
    assert panel.area.widget().width() <= panel.area.viewport().width()


def test_a_table_is_mapped_and_imported(page: DataPage, tmp_path: Path, wait: Wait) -> None:
    Project.create(tmp_path / "made").close()
    rows = [f"{10 * i};0,{i % 9};1,5;{'run' if i < 30 else 'walk'}" for i in range(60)]
    table = tmp_path / "log.csv"
    table.write_text("\n".join(["ticks;ax;ay;what", *rows]))
    panel = panel_of(page, "Import", tmp_path / "made", wait)
    drop(page, table)
    wait(lambda: "Tables" in panel.kinds.text())
    mapping = panel.mapping
    wait(lambda: mapping.label.currentData() == "what")  # it holds words
    wait(lambda: "does not say its rate" in panel.advice.text())
    assert [mapping.axes.item(at).text() for at in range(4)] == ["ticks", "ax", "ay", "what"]
    mapping.label.setCurrentIndex(0)
    wait(lambda: "column 4 holds 'run'" in panel.first.text())
    assert "--axes" not in panel.advice.text()
    mapping.label.setCurrentIndex(mapping.label.findData("what"))
    mapping.time.setCurrentIndex(mapping.time.findData("ticks"))
    mapping.unit.setCurrentIndex(mapping.unit.findData("ms"))
    wait(lambda: "ax, ay; 100 Hz; 0.60 s; labels run, walk" in panel.first.text())
    wait(panel.go.isEnabled)
    assert panel.go.text() == "Import 1 file"
    panel.go.click()
    wait(lambda: "Came in: 1 recording, 2 samples" in panel.outcome.text())
    assert sorted(one.label for one in samples(tmp_path / "made")) == ["run", "walk"]
    wait(lambda: len(page.table.ids) == 2)


def test_bad_files_are_listed_with_reasons_and_rates_converted(
    page: DataPage, tmp_path: Path, wait: Wait
) -> None:
    made = tmp_path / "made"
    with Project.create(made) as project:
        project.add_recording(
            np.ones((8000, 1), np.int16), name="a", axes=[Axis("audio")], sample_rate_hz=RATE
        )
    with Project.open(made) as project:
        from dataclasses import replace

        axes = (Axis("audio", "wav"),)
        pipeline = replace(project.pipeline, sample_rate_hz=RATE, axes=axes, dtype="int16")
        project.set_pipeline(pipeline)
    for number in range(3):
        sound(tmp_path / "in" / "yes" / f"{number}.wav", 0.5 + 0.1 * number, rate=8000)
    (tmp_path / "in" / "yes" / "zzz.wav").write_bytes(b"no sound at all")
    panel = panel_of(page, "Import", made, wait)
    panel.take([tmp_path / "in"])
    wait(lambda: "8000 Hz" in panel.advice.text())
    assert panel.convert.isVisible()
    assert panel.convert.text() == "Convert to 4000 Hz"
    panel.go.click()
    wait(lambda: "1 file failed" in panel.outcome.text())
    assert panel.failed.isVisible()
    assert panel.failed.toPlainText().startswith("zzz.wav: ")
    assert [one.label for one in samples(made)] == ["yes"] * 3
    panel.take([tmp_path / "nowhere"])
    wait(lambda: "There is no file or folder" in panel.kinds.text())
    assert not panel.go.isEnabled()


def test_an_export_writes_what_can_be_read_again(
    page: DataPage, tmp_path: Path, wait: Wait
) -> None:
    made = _motions(tmp_path / "made", groups=3)
    panel = panel_of(page, "Export", made, wait)
    wait(lambda: panel.form.count() > 5)
    assert panel.target.text() == str(tmp_path / "made-export")
    panel.form.setCurrentIndex(panel.form.findData("csv"))
    panel.go.click()
    wait(lambda: "6 recordings written" in panel.outcome.text())
    assert len(list((tmp_path / "made-export").rglob("*.csv"))) == 6
    assert panel.target.text() == str(tmp_path / "made-export-2")
    panel.form.setCurrentIndex(panel.form.findData("archive"))
    assert panel.target.text() == str(tmp_path / "made.tinyml.zip")
    panel.target.setText(str(tmp_path / "made-export"))
    panel.form.setCurrentIndex(0)
    panel.target.setText(str(tmp_path / "made-export"))
    panel.go.click()
    wait(lambda: "Data" in page.session.notices)
    assert "is there already" in page.session.notices["Data"].message


def _motions(path: Path, *, groups: int, copies: bool = False) -> Path:
    rng = np.random.default_rng(1)
    with Project.create(path) as project:
        for number in range(2 * groups):
            values = rng.normal(size=(300, 3)).astype(np.float32)
            recording = project.add_recording(
                values,
                name=f"take {number}",
                axes=[Axis(name, "g") for name in "xyz"],
                sample_rate_hz=100.0,
                group=f"person {number % groups}",
            )
            project.add_samples(recording.id, [Span(0, 300, "ab"[number % 2])])
            if copies and number == 0:
                again = project.add_recording(
                    values,
                    name="copy",
                    axes=[Axis(name, "g") for name in "xyz"],
                    sample_rate_hz=100.0,
                    group="other",
                )
                project.add_samples(again.id, [Span(0, 300, "a")], split="test")
        return project.path


def test_findings_come_with_buttons_that_mend_them(
    page: DataPage, tmp_path: Path, wait: Wait
) -> None:
    made = _motions(tmp_path / "made", groups=4, copies=True)
    with Project.open(made) as project:
        number = next(one.group for one in project.samples() if one.recording_id == 1)
        ids = [one.id for one in project.samples() if one.group == number]
        project.labels.move(ids, "train")
    panel = panel_of(page, "Quality", made, wait)
    panel.look.click()
    wait(lambda: panel.found.count() and not page.session.working, 60)
    buttons = {one.text(): one for one in panel.findChildren(QPushButton)}
    said = " ".join(_words(panel))
    assert "In two splits at once" in said
    assert "1 sample is a copy of another" in said
    assert "in no split yet" in said
    buttons["Show them"].click()
    wait(lambda: len(page.table.ids) == 2)
    assert page.library.filtered()
    wait(lambda: not page.session.working)
    buttons["Leave the copies out"].click()
    wait(lambda: sum(not one.enabled for one in samples(made)) == 1)
    buttons["Split by group"].click()
    wait(lambda: not page.session.working and all(one.split for one in samples(made)))


def _words(panel: Any) -> list[str]:
    from PySide6.QtWidgets import QLabel

    return [label.text() for label in panel.findChildren(QLabel)]


def test_splits_are_made_by_shares_and_by_folds_and_leaks_mended(
    page: DataPage, tmp_path: Path, wait: Wait
) -> None:
    made = _motions(tmp_path / "made", groups=5)
    panel = panel_of(page, "Splits", made, wait)
    panel.assign.click()
    wait(lambda: all(one.split for one in samples(made)) and not page.session.working)
    wait(lambda: panel.counts.rowCount() == 2 and panel.counts.item(0, 1).text() != "-")
    wait(panel.look.isEnabled)
    panel.look.click()
    wait(lambda: "Nothing is in two splits" in panel.leaks.text())
    with Project.open(made) as project:
        wrong = next(one for one in project.samples() if one.split == "train")
        project.labels.move([wrong.id], "test", whole_groups=False)
    wait(panel.look.isEnabled)
    panel.look.click()
    wait(lambda: "in two splits at once" in panel.leaks.text() and panel.mend.isEnabled())
    panel.mend.click()
    wait(lambda: not page.session.working and len(_splits(made, wrong.group)) == 1)
    panel.kind.setCurrentIndex(1)
    panel.show_folds.click()
    wait(lambda: panel.fold.count() == 5)
    panel.fold.setCurrentIndex(2)
    wait(panel.use.isEnabled)
    panel.use.click()
    wait(lambda: sum(one.split == "test" for one in samples(made)) == 2)


def _splits(path: Path, group: str) -> set[str]:
    return {one.split for one in samples(path) if one.group == group}


def test_snapshots_are_compared_in_words_and_restored(
    page: DataPage, tmp_path: Path, wait: Wait
) -> None:
    made = _motions(tmp_path / "made", groups=3)
    panel = panel_of(page, "Snapshots", made, wait)
    panel.name.setText("first")
    panel.save.click()
    wait(lambda: panel.list.count() == 1)
    page.library.changes.relabel([1, 3], "c")
    page.library.changes.remove([2])
    wait(lambda: len(samples(made)) == 5)
    wait(panel.compare.isEnabled)
    panel.compare.click()
    wait(lambda: panel.show_them.isVisible())
    said = _words(panel)
    assert "1 sample removed: 1 b." in said
    assert "2 samples relabelled: 2 a to c." in said
    panel.show_them.click()
    wait(lambda: len(page.table.ids) == 2)
    page.library.show_all()
    wait(panel.restore.isEnabled)
    panel.restore.click()
    wait(lambda: len(samples(made)) == 6)
    assert {one.label for one in samples(made)} == {"a", "b"}
    wait(lambda: not page.session.working and panel.remove.isEnabled())
    panel.remove.click()
    wait(lambda: panel.list.count() == 0)
