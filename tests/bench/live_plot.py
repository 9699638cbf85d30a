"""What a frame of the live plot costs, against pyqtgraph drawing the same data in the same run.

Two streams, ten seconds visible: 8 axes at 16 kHz and 64 axes at 1 kHz. Every frame brings the
readings of 20 ms more. Ours pulls them out of the ring in shared memory; pyqtgraph is given arrays
that are ready, one curve per axis: plain, and with its down-sampling by peaks. A frame is taking
the data over and painting it, on a window of 1400 x 900 without a display.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from common import finish, gate, options, say
from numpy.typing import NDArray

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SIZE = (1400, 900)
SECONDS = 10.0
FRAME_S = 0.02
CALM = 20
"""Frames before the count begins."""
SHARE = 0.95
"""Of the columns of each lane that must have been painted."""


@dataclass(frozen=True)
class Stream:
    """What is drawn."""

    name: str
    n_axes: int
    rate_hz: float


STREAMS = (Stream("8 axes x 16 kHz", 8, 16_000.0), Stream("64 axes x 1 kHz", 64, 1_000.0))


def signal(stream: Stream, seconds: float) -> NDArray[np.float32]:
    """Return tones with noise and now and then a spike."""
    rng = np.random.default_rng(5)
    count = round(seconds * stream.rate_hz)
    at = np.arange(count)[:, np.newaxis] / stream.rate_hz
    tones = np.sin(2 * np.pi * (1 + np.arange(stream.n_axes)) * 0.7 * at)
    values = tones + rng.normal(0, 0.1, (count, stream.n_axes))
    values[rng.integers(0, count, count // 5000)] *= 2
    return np.asarray(values, np.float32)


def timed(frames: int, frame: Callable[[int], None]) -> NDArray[np.float64]:
    """Return how long each frame took, in ms."""
    taken = []
    for number in range(frames + CALM):
        began = time.perf_counter()
        frame(number)
        if number >= CALM:
            taken.append(1000 * (time.perf_counter() - began))
    return np.array(taken)


def ours(stream: Stream, values: NDArray[np.float32], frames: int) -> NDArray[np.float64]:
    """Draw with our plot."""
    from PySide6.QtWidgets import QApplication

    from studio.devices.ring_buffer import RingReader, RingWriter
    from studio.gui import theme
    from studio.gui.widgets.live_plot import LivePlot
    from studio.types import Axis

    writer = RingWriter(stream.n_axes, stream.rate_hz)
    plot = LivePlot(theme.load("light"))
    axes = tuple(Axis(f"a{k}", "g") for k in range(stream.n_axes))
    plot.resize(*SIZE)
    plot.set_axes(axes)
    plot.show()
    plot._timer.stop()  # frames come from here
    begin = round(SECONDS * stream.rate_hz)
    step = round(FRAME_S * stream.rate_hz)
    writer.append(0, values[:begin])
    plot.watch(RingReader(writer.name), axes)
    QApplication.processEvents()

    def feed(number: int) -> None:
        at = begin + number * step
        writer.append(at, values[at : at + step])

    taken, behind = [], 0
    for number in range(frames + CALM):
        feed(number)  # another process does that
        began = time.perf_counter()
        plot.tick()
        plot.repaint()
        behind += plot.seen < begin + (number + 1) * step
        if number >= CALM:
            taken.append(1000 * (time.perf_counter() - began))
    shown, width = columns_drawn(plot), plot.view.area.width()
    plot.close()
    plot.clear()
    writer.close()
    if min(shown) < SHARE * width:
        sys.exit(f"only so many columns of the lanes were painted: {shown}")
    if behind:
        sys.exit(f"{behind} frames were drawn without the readings that had come")
    return np.array(taken)


def columns_drawn(plot: Any) -> list[int]:
    """Return for each lane in how many columns of its picture one of its traces is."""
    from PySide6.QtGui import QColor, QImage

    picture = plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(picture.constBits(), np.uint32).reshape(picture.height(), -1)
    area, found = plot.view.area, []
    for lane in plot.view.lanes:
        rows = slice(round(lane.top), round(lane.top + lane.height))
        part = pixels[rows, round(area.left()) : round(area.right())]
        colours = [QColor(plot.colour(axis)).rgb() for axis in lane.axes]
        found.append(int(np.isin(part, colours).any(axis=0).sum()))
    return found


def theirs(
    stream: Stream, values: NDArray[np.float32], frames: int, *, peak: bool
) -> NDArray[np.float64]:
    """Draw with pyqtgraph's curves, one per axis."""
    import pyqtgraph as pg
    from PySide6.QtWidgets import QApplication

    plot = pg.PlotWidget()
    plot.resize(*SIZE)
    plot.setXRange(-SECONDS, 0, padding=0)
    plot.setYRange(-2 * stream.n_axes, 2, padding=0)
    curves = [plot.plot(pen=pg.mkPen("k", width=1)) for _ in range(stream.n_axes)]
    for curve in curves:
        if peak:
            curve.setDownsampling(auto=True, method="peak")
            curve.setClipToView(True)
    plot.show()
    QApplication.processEvents()
    count = round(SECONDS * stream.rate_hz)
    step = round(FRAME_S * stream.rate_hz)
    times = np.arange(-count, 0) / stream.rate_hz
    shifted = np.ascontiguousarray((values - 2 * np.arange(stream.n_axes)).T)

    def frame(number: int) -> None:
        for axis, curve in enumerate(curves):
            curve.setData(times, shifted[axis, number * step : number * step + count])
        plot.viewport().repaint()

    taken = timed(frames, frame)
    plot.close()
    return taken


def gates(stream: Stream, frames: int, few: int) -> list[dict[str, Any]]:
    """Measure one stream by turns and judge it."""
    values = signal(stream, SECONDS + (frames + CALM) * FRAME_S + 1)
    plain = theirs(stream, values, few, peak=False)
    peak = theirs(stream, values, few, peak=True)
    drawn = ours(stream, values, frames)
    for name, taken in (("plain", plain), ("peak", peak), ("ours", drawn)):
        say(
            f"{stream.name}: {name} median {np.median(taken):.2f} ms, "
            f"p99 {np.percentile(taken, 99):.2f} ms, longest {taken.max():.2f} ms"
        )
    mine = float(np.median(drawn))
    late = float(np.percentile(drawn, 99))
    against = mine / float(np.median(plain)), mine / float(np.median(peak))
    return [
        gate(f"{stream.name}: a frame against plain setData", against[0], 0.1, "times", "lower"),
        gate(f"{stream.name}: a frame against peaks", against[1], 0.3, "times", "lower"),
        gate(f"{stream.name}: 99th percentile of a frame", late, 8.0, "ms", "lower"),
    ]


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--frames", type=int, default=500, help="of ours")
    parser.add_argument("--few", type=int, default=30, help="frames of pyqtgraph, which is slow")
    given = parser.parse_args()
    from PySide6.QtWidgets import QApplication

    application = QApplication(sys.argv[:1])
    rows = [row for stream in STREAMS for row in gates(stream, given.frames, given.few)]
    application.quit()
    finish({"bench": "live_plot", "gates": rows}, as_json=given.json)


if __name__ == "__main__":
    main()
