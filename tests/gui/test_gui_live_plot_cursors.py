"""What the cursors of the live plot measure is what NumPy finds in the same readings."""

from collections.abc import Iterator

import numpy as np
import pytest
from conftest import Wait  # type: ignore[import-not-found]
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.devices.ring_buffer import RingReader, RingWriter
from studio.gui import theme
from studio.gui.widgets import live_plot_between
from studio.gui.widgets.amounts_table import MOST_ROWS, NOTHING, AmountsRow, AmountsTable
from studio.gui.widgets.live_plot import LivePlot
from studio.gui.widgets.live_plot_between import BLOCK, Between
from studio.gui.widgets.live_plot_timeline import Timeline
from studio.types import Axis

LIGHT = theme.load("light")


@pytest.fixture
def writer() -> Iterator[RingWriter]:
    made = RingWriter(2, 1000.0, budget_bytes=1 << 20)
    yield made
    made.close()


@pytest.fixture
def timeline(writer: RingWriter) -> Iterator[Timeline]:
    made = Timeline(RingReader(writer.name), (Axis("x", "g"), Axis("y", "g")))
    yield made
    made.close()


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal([3, -1], [1, 50], (count, 2)).astype(np.float32)


def test_readings_between_are_added_up_exactly(writer: RingWriter, timeline: Timeline) -> None:
    values = noise(60_000)
    values[31_000] = 77, -777
    writer.append(0, values[:40_000])
    writer.append(40_100, values[40_100:])  # a hundred were lost
    values[40_000:40_100] = np.nan
    between = Between()
    for first, last in ((0, 59_999), (123, 4000), (4096, 8191), (30_999, 41_000), (55, 55)):
        found = between.take(timeline, first, last)
        part = values[first : last + 1].astype(float)
        assert found is not None
        assert found.readings == len(part)
        assert found.amounts.count[0] == (~np.isnan(part[:, 0])).sum()
        np.testing.assert_array_equal(found.first, values[first])
        np.testing.assert_array_equal(found.last, values[last])
        np.testing.assert_array_equal(found.amounts.least, np.nanmin(part, axis=0))
        np.testing.assert_array_equal(found.amounts.most, np.nanmax(part, axis=0))
        np.testing.assert_allclose(found.amounts.mean, np.nanmean(part, axis=0), rtol=1e-9)
        rms = np.sqrt(np.nanmean(part**2, axis=0))
        np.testing.assert_allclose(found.amounts.rms, rms, rtol=1e-9)


def test_many_readings_are_added_up_over_several_frames(
    writer: RingWriter, timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_plot_between, "AT_ONCE", 2 * 3 * BLOCK)
    values = noise(10 * BLOCK)
    writer.append(0, values)
    between, goes = Between(), 1
    while (found := between.take(timeline, 1, len(values) - 1)) is None:
        goes += 1
    assert goes == 3  # nine whole blocks, three at a time
    mean = values[1:].astype(float).mean(axis=0)
    np.testing.assert_allclose(found.amounts.mean, mean, rtol=1e-9)


def test_what_is_held_no_more_is_not_made_up(writer: RingWriter, timeline: Timeline) -> None:
    values = noise(200_000)
    values[10_000] = 99, -999
    between = Between()
    writer.append(0, values[:20_000])
    known = between.take(timeline, 9000, 11_000)
    writer.append(20_000, values[20_000:])
    assert timeline.held > 11_000
    assert between.take(timeline, 9000, 11_000) is known  # what was looked at stays known
    found = between.take(timeline, 9000, 11_001)
    assert found is not None
    assert found.bounds
    assert found.amounts.most[0] == 99
    assert found.amounts.least[1] == -999
    assert np.isnan([found.amounts.mean, found.amounts.rms]).all()
    said = found.figures(0, "{:.0f}".format)
    assert said == (NOTHING, NOTHING, NOTHING, said[3], "99", said[5], NOTHING, NOTHING)


def test_the_plot_tells_each_axis_in_digits_of_its_scale(
    application: QApplication, writer: RingWriter, wait: Wait
) -> None:
    plot, table = LivePlot(LIGHT), AmountsTable(LIGHT)
    plot.resize(600, 400)
    plot.measured.connect(table.show_rows)
    plot.show()
    plot.watch(RingReader(writer.name), (Axis("x", "g"), Axis("y", "deg/s")))
    ramp = np.linspace(0, 1, 12_000)
    values = np.stack([ramp, -100 * ramp], 1).astype(np.float32)
    writer.append(0, values)
    wait(lambda: plot.points > 300)
    plot.overlay.cursors.places = [0.7, 0.2]
    plot.set_cursors(True)
    plot.tick()
    assert plot.overlay.read_out == "Δt 5.000 s   1/Δt 0.2 Hz"
    first, second = table.model.rows
    assert (first.name, second.name) == ("x (g)", "y (deg/s)")
    a, b, apart, low, high, reach, mean, rms = (
        float(text.replace("\N{MINUS SIGN}", "-")) for text in first.figures
    )
    assert (a, b) == (low, high) == pytest.approx((4 / 12, 9 / 12), abs=0.01)
    assert (apart, reach) == pytest.approx((5 / 12, 5 / 12), abs=0.01)
    assert (mean, rms) == pytest.approx((6.5 / 12, np.sqrt(6.5**2 + 25 / 12) / 12), abs=0.01)
    assert float(second.figures[6].replace("\N{MINUS SIGN}", "-")) == pytest.approx(-54, abs=1)
    assert {len(text.partition(".")[2]) for text in first.figures} == {4}
    assert table.note.text() == "5\N{NARROW NO-BREAK SPACE}001 readings from A to B"
    plot.clear()
    plot.deleteLater()
    table.deleteLater()


def test_a_table_of_many_axes_keeps_its_room_and_is_copied(application: QApplication) -> None:
    table = AmountsTable(LIGHT)
    table.resize(800, 400)
    rows = [AmountsRow(f"axis {k}", "#000000", (f"{k}",) * 8) for k in range(24)]
    table.show()
    table.show_rows(rows[:2], "two")
    low = table.view.height()
    table.show_rows(rows, "many")
    assert low < table.view.height() <= 20 * (MOST_ROWS + 1) + 30
    assert table.view.verticalScrollBar().maximum() > 0
    assert table.view.horizontalScrollBar().maximum() == 0
    table.resize(420, 400)
    QApplication.processEvents()
    assert table.view.isColumnHidden(1)  # the differences stay
    assert not table.view.isColumnHidden(3)
    assert table.view.horizontalScrollBar().maximum() > 0
    table.view.setFocus()
    QTest.keyClick(table.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[-2:] == ["mean", "RMS"]
    assert lines[24].split("\t") == ["axis 23", *["23"] * 8]
    table.deleteLater()
