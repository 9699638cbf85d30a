"""The live plot pulls what it shows out of a ring in shared memory."""

from collections.abc import Iterator

import numpy as np
import pytest
from conftest import Wait  # type: ignore[import-not-found]
from painting import has_drawn  # type: ignore[import-not-found]
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.devices.ring_buffer import RingReader, RingWriter
from studio.gui import theme
from studio.gui.widgets.axis_words import axis_title
from studio.gui.widgets.live_plot import LivePlot
from studio.gui.widgets.live_plot_columns import Columns
from studio.gui.widgets.live_plot_overlay import TriggerLine
from studio.gui.widgets.live_plot_scale import SteadyScale, figure, round_range, ticks
from studio.gui.widgets.live_plot_spectrogram import COLUMNS, Picture, Spectrogram, strengths
from studio.gui.widgets.live_plot_spectrum import spectrum_db
from studio.gui.widgets.live_plot_timeline import Timeline
from studio.types import Axis

LIGHT = theme.load("light")
G = (Axis("x", "g"), Axis("y", "g"))


@pytest.fixture
def writers() -> Iterator[list[RingWriter]]:
    made: list[RingWriter] = []
    yield made
    for writer in made:
        writer.close()


def ring(writers: list[RingWriter], n_axes: int = 1, rate_hz: float = 100.0) -> RingReader:
    writers.append(RingWriter(n_axes, rate_hz, budget_bytes=1 << 20))
    return RingReader(writers[-1].name)


@pytest.fixture
def plot(application: QApplication) -> Iterator[LivePlot]:
    shown = LivePlot(LIGHT)
    shown.resize(600, 400)
    shown.show()
    yield shown
    shown.clear()
    shown.close()
    shown.deleteLater()


@pytest.mark.parametrize("readings", [97, 640, 5000])
def test_columns_have_what_a_search_through_all_readings_finds(
    writers: list[RingWriter], readings: int
) -> None:
    reader = ring(writers)
    values = np.random.default_rng(1).normal(size=(3 * readings, 1)).astype(np.float32)
    columns = Columns(1, 320, readings)
    for start in range(0, len(values), 41):  # in small pieces, as it comes
        writers[-1].append(start, values[start : start + 41])
        columns.take(reader, columns.newest(reader.written))
    low, high = columns.shown(columns.everything)
    begin = columns.everything.start
    for place in range(320):
        first, last = (columns.reading(begin + place + end) for end in (0, 1))
        at = np.unique([first, last, *range(int(np.ceil(first)), int(last) + 1)])
        lines = np.interp(at, np.arange(len(values)), values[:, 0])
        if columns.sparse:
            assert [low[place, 0], high[place, 0]] == pytest.approx(
                [lines.min(), lines.max()], abs=1e-5
            )
    if not columns.sparse:  # no spike is lost, none is shown twice
        shown = values[int(columns.reading(begin)) : int(columns.reading(columns.everything.stop))]
        assert high.max() == shown.max()
        assert low.min() == shown.min()
    reader.close()


def test_the_plot_shows_what_is_in_the_ring(
    plot: LivePlot, writers: list[RingWriter], wait: Wait
) -> None:
    reader = ring(writers)
    plot.watch(reader, (Axis("a", "g"),))
    writers[-1].append(0, np.full((400, 1), 0.5))
    wait(lambda: plot.points > 150)
    writers[-1].append(500, np.full((300, 1), 0.5))
    wait(lambda: plot.points > 250)
    picture = plot.grab().toImage()
    area, trace = plot.view.area, QColor(plot.colour(0)).rgb()
    y = round(plot.view.lanes[0].y(0.5))

    def drawn(seconds_ago: float) -> bool:
        x = round(area.right() - seconds_ago / plot.seconds * area.width())
        return any(picture.pixel(x, y + d) == trace for d in (-1, 0, 1))

    assert drawn(2.0)
    assert drawn(6.0)
    assert not drawn(3.5)  # the gap
    assert not drawn(9.0)  # before the beginning


def test_frozen_the_plot_stands_and_can_be_moved_back(
    plot: LivePlot, writers: list[RingWriter], wait: Wait
) -> None:
    reader = ring(writers)
    plot.watch(reader, (Axis("a", "g"),))
    writers[-1].append(0, np.zeros((3000, 1)))
    wait(lambda: plot.points > 100)
    plot.set_frozen(True)
    end = plot.end_reading
    writers[-1].append(3000, np.ones((500, 1)))
    plot.tick()
    assert plot.end_reading == end
    plot.look_back(-0.5)
    assert plot.end_reading == pytest.approx(end - 500, abs=5)
    plot.look_back(-9)
    assert plot.points > 0  # never beyond the beginning
    plot.set_frozen(False)
    plot.tick()
    assert plot.end_reading == 3500


def test_the_next_stream_follows_the_one_before(
    plot: LivePlot, writers: list[RingWriter], wait: Wait
) -> None:
    plot.watch(ring(writers), (Axis("a", "g"),))
    writers[-1].append(0, np.ones((900, 1)), at_s=100.0)
    wait(lambda: plot.points > 300)
    before = plot.points
    plot.watch(ring(writers), (Axis("a", "g"),))
    plot.tick()
    assert plot.points == before  # it does not start empty
    writers[-1].append(0, np.ones((50, 1)), at_s=100.9)
    timeline = plot.timeline
    assert isinstance(timeline, Timeline)
    assert timeline.written == 900 + 40 + 50  # 0.4 s were lost between them
    assert timeline.begin == 940
    assert np.isnan(timeline.values(905, 935)).all()
    assert timeline.values(940, 990).tolist() == [[1.0]] * 50
    plot.watch(ring(writers, 2), G)  # another board: from the beginning
    assert plot.points == 0
    assert plot.axes == G


def test_scales_grow_at_once_and_shrink_with_patience() -> None:
    scale = SteadyScale()
    assert scale.follow(-0.2, 0.4, 0.0)
    assert (scale.low, scale.high) == (-0.5, 0.5)
    assert scale.follow(-0.7, 1.4, 0.1)
    assert (scale.low, scale.high) == (-2, 2)
    assert not scale.follow(-0.1, 0.1, 1.0)
    assert not scale.follow(-1.5, 0.1, 2.0)  # used after all
    assert not scale.follow(-0.1, 0.1, 3.0)
    assert not scale.follow(-0.1, 0.1, 5.9)
    assert scale.follow(-0.1, 0.1, 6.1)
    assert scale.high == pytest.approx(0.1)
    scale.locked = True
    assert not scale.follow(-9, 9, 7.0)


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [(0, 3000, (0, 5000)), (-1, 0.2, (-1, 1)), (20.1, 20.9, (20.0, 21.0)), (0, 0, (-1, 1))],
)
def test_ranges_are_round(low: float, high: float, wanted: tuple[float, float]) -> None:
    assert round_range(low, high) == pytest.approx(wanted)
    bottom, top = wanted
    assert 3 <= len(ticks(bottom, top, 6)) <= 7


def test_figures_have_the_digits_of_their_step() -> None:
    assert figure(-0.5, 0.5) == "\N{MINUS SIGN}0.5"
    assert figure(0.30000000000000004, 0.1) == "0.3"
    assert figure(20000, 5000) == "20\N{NARROW NO-BREAK SPACE}000"


def test_a_spectrogram_is_filled_from_now_on_backwards_a_little_at_a_time(
    plot: LivePlot, writers: list[RingWriter], wait: Wait
) -> None:
    plot.watch(ring(writers, rate_hz=1000.0), (Axis("a", "g"),))
    tone = np.sin(2 * np.pi * 125 * np.arange(10_000) / 1000)
    writers[0].append(0, tone.astype(np.float32)[:, np.newaxis])
    plot.tick()
    shown = Spectrogram(LIGHT, plot)
    shown.resize(500, 300)
    shown.grab()
    shown.look()
    picture = shown._picture
    assert isinstance(picture, Picture)
    assert picture.end - picture.begin == COLUMNS
    assert picture.end == picture.width  # the newest columns come first
    for _ in range(picture.width // COLUMNS + 1):
        shown.look()
    assert picture.begin == 0
    half = picture._pixels[0][:, picture.width // 2]
    brightest = np.argmax(half & 0xFF00)  # the green of these colours grows with the strength
    assert brightest == pytest.approx(picture.bins * 0.75, abs=2)
    assert has_drawn(shown)
    picture.turn_to(picture.end - 30)
    assert not picture._pixels[0][:, picture.end :].any()
    shown.deleteLater()


def test_sound_is_called_the_same_whatever_its_axis_says() -> None:
    names = {axis_title(axis) for axis in (Axis("audio"), Axis("audio", "wav"), Axis("l", "wav"))}
    assert names == {"16-bit readings"}
    assert axis_title(Axis("x", "g")) == "g"
    assert axis_title(Axis("button")) == "button"


def test_a_trigger_is_dragged_and_cursors_measure(
    plot: LivePlot, writers: list[RingWriter], wait: Wait
) -> None:
    plot.watch(ring(writers), (Axis("a", "g"),))
    writers[-1].append(0, np.linspace(0, 1, 1200)[:, np.newaxis])
    wait(lambda: plot.points > 300)
    plot.overlay.trigger = TriggerLine(0.5, 0, 0.5)
    levels: list[float] = []
    plot.trigger_moved.connect(levels.append)
    lane = plot.view.lanes[0]
    start = QPoint(300, round(lane.y(0.5)))
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(plot, QPoint(300, round(lane.y(0.8))))
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(300, round(lane.y(0.8))))
    assert levels[-1] == pytest.approx(0.8, abs=0.02)
    assert not plot.frozen  # the picture itself was not dragged
    plot.overlay.cursors.places = [0.2, 0.7]
    plot.set_cursors(True)
    plot.tick()
    assert plot.overlay.read_outs[0] == "Δt 5.000 s   1/Δt 0.2 Hz"
    assert plot.overlay.read_outs[1].startswith("Δa 0.4")
    wheel = plot.view.area.center()
    assert plot.view.lane_at(QPointF(wheel).y()) is lane


def test_spectra_find_a_tone() -> None:
    at = np.arange(2048) / 1000
    tone = np.stack([np.sin(2 * np.pi * 125 * at), 3 + 0 * at], axis=1).astype(np.float32)
    levels = spectrum_db(tone)
    assert np.argmax(levels[:, 0]) == 256  # 125 Hz of 1000 Hz
    assert levels[256, 0] == pytest.approx(0.0, abs=0.1)
    assert levels[:, 1].max() < -100  # a mean is no tone
    places = strengths(tone, np.array([0, 700]), 256)
    assert places.shape == (2, 128, 2)
    assert np.argmax(places[1, :, 0]) == 31
