"""The live plot pulls what it shows out of a ring in shared memory."""

from collections.abc import Iterator

import numpy as np
import pytest
from conftest import Wait  # type: ignore[import-not-found]
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QApplication

from studio.devices.ring_buffer import RingReader, RingWriter
from studio.gui import theme
from studio.gui.widgets.live_plot import LivePlot
from studio.gui.widgets.plots import QuietPlot
from studio.types import Axis

LIGHT = theme.load("light")


@pytest.fixture
def stream() -> Iterator[tuple[RingWriter, RingReader]]:
    writer = RingWriter(1, 100.0, budget_bytes=1)
    reader = RingReader(writer.name)
    yield writer, reader
    reader.close()
    writer.close()


def test_the_plot_shows_what_is_in_the_ring(
    application: QApplication, stream: tuple[RingWriter, RingReader], wait: Wait
) -> None:
    writer, reader = stream
    plot = LivePlot(LIGHT)
    plot.set_axes([Axis("audio")])
    plot.showEvent(QShowEvent())
    plot.watch(reader)
    writer.append(0, np.ones((40, 1)))
    wait(lambda: plot.points == 20)  # two readings share a part: 10 s of 100 Hz have 500 parts
    writer.append(140, np.ones((40, 1)))
    wait(lambda: plot.points == 40)  # the gap between is none of them
    (curve,) = plot.findChildren(QuietPlot)[-1].listDataItems()
    times, values = curve.getData()
    known = ~np.isnan(values)
    assert times[known].min() == pytest.approx(-1.8)
    assert times[known].max() == pytest.approx(-0.02)
    assert not known[(times > -1.39) & (times < -0.41)].any()
    plot.watch(None)
    writer.append(writer.next, np.zeros((1, 1)))
    assert plot.points == 40  # frozen
    plot.clear()
    assert plot.points == 0
    plot.hideEvent(QHideEvent())


def test_the_last_ten_seconds_are_shown(
    application: QApplication, stream: tuple[RingWriter, RingReader], wait: Wait
) -> None:
    writer, reader = stream
    plot = LivePlot(LIGHT)
    plot.set_axes([Axis("audio")])
    plot.showEvent(QShowEvent())
    writer.append(0, np.ones((6000, 1)))
    plot.watch(reader)
    wait(lambda: plot.points == 500)
    plot.set_axes([Axis("x"), Axis("y")])  # another board's; its ring is not known yet
    writer.append(6000, np.ones((1, 1)))
    plot.hideEvent(QHideEvent())
