"""Data, editor: the plots of one recording over one time axis, and the pictures they ask for."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from studio.gui.session import Session
from studio.gui.texts import grouped, tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import ShortLabel
from studio.gui.widgets.spectrogram_lane import SpectrogramLane
from studio.gui.widgets.tracks_lane import TracksLane
from studio.gui.widgets.wave_bands import Bands
from studio.gui.widgets.wave_hands import Hands
from studio.gui.widgets.wave_lane import Lane, left_of
from studio.gui.widgets.wave_overview import Overview, Ruler
from studio.gui.widgets.wave_traces import WaveLane
from studio.gui.widgets.wave_view import WaveView, timed

if TYPE_CHECKING:
    from studio.services.editing import Opened
    from studio.services.pictures import Envelope, Look

PLACE = "Data"
SOON_MS = 12
"""How long a movement may go on before pictures are asked for."""
MOST_LANES = 4


class Plots(QWidget):
    """Overview, ruler, waveforms, spectrogram and label tracks.

    Signals
    -------
    pointed : (str)
        What is under the pointer, in words.
    """

    pointed = Signal(str)

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self._session, self._theme = session, theme
        self.setObjectName("plots")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.view, self.bands = WaveView(), Bands()
        self.hands = Hands(self.view, self.bands)
        self.waves: list[WaveLane] = []
        self._look: Look | None = None
        self._sound = False
        self._overview_asked: tuple[Look | None, int] = (None, 0)
        self.overview = Overview(self.view, self.bands, theme)
        self.spectrogram = SpectrogramLane(self.view, self.bands, self.hands, theme)
        self.tracks = TracksLane(self.view, self.bands, self.hands, theme)
        self.ruler = Ruler(self.view, self.bands, self.spectrogram)
        self.about = ShortLabel("", "hint")
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.spectrogram)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(2, 2, 2, 2)
        self._box.setSpacing(4)
        for widget, stretch in (
            (self.overview, 0),
            (self.ruler, 0),
            (self.splitter, 1),
            (self.about, 0),
            (self.tracks, 0),
        ):
            self._box.addWidget(widget, stretch)
        self.about.setContentsMargins(left_of(theme), 0, 0, 0)
        self._soon = QTimer(self, interval=SOON_MS, singleShot=True)
        self._soon.timeout.connect(self._ask)
        self.view.changed.connect(self._soon.start)
        self.view.moved.connect(self._measure)
        self._listen(self.spectrogram)
        self._listen(self.tracks)

    def _listen(self, lane: Lane) -> None:
        lane.pointed.connect(lambda reading: self._tell(lane, reading))

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.overview.set_theme(theme)
        for lane in (self.ruler, *self.waves, self.spectrogram, self.tracks):
            lane.set_theme(theme)

    def open(self, opened: "Opened", groups: list[list[int]], reach: Any) -> None:
        """Show another recording, all of it."""
        recording = opened.recording
        self._look = opened.look
        self._sound = recording.dtype == "int16"
        self._make_lanes(groups)
        rate = recording.sample_rate_hz
        gaps = [
            (gap.at, tr("{seconds} s missing", seconds=f"{gap.missing / rate:.2f}"))
            for gap in recording.gaps
        ]
        for one in (*self.waves, self.spectrogram, self.tracks):
            one.gaps = gaps
        self.spectrogram.describe(" + ".join(recording.axes[k].name for k in groups[0]))
        self.overview.show_envelope(None, groups[0], sound=self._sound)
        self._overview_asked = (None, 0)
        self.view.show(recording.readings, rate)
        for lane in self.waves:
            lane.describe(recording.axes, *reach, sound=self._sound)
            lane.again()

    def _make_lanes(self, groups: list[list[int]]) -> None:
        shown = groups[:MOST_LANES]
        if [lane.axes for lane in self.waves] == shown:
            return
        for lane in self.waves:
            lane.setParent(None)
            lane.deleteLater()
        self.waves = [
            WaveLane(self.view, self.bands, self.hands, self._theme, axes) for axes in shown
        ]
        for place, lane in enumerate(self.waves):
            lane.NAMES = place == 0
            self.splitter.insertWidget(place, lane)
            self._listen(lane)
        for place in range(self.splitter.count()):
            self.splitter.setStretchFactor(place, 3 if place < len(self.waves) else 2)
        room = max(1, self.splitter.height())
        parts = 3 * len(self.waves) + 2
        self.splitter.setSizes([room * 3 // parts] * len(self.waves) + [room * 2 // parts])

    def again(self) -> None:
        """Ask for the pictures of what is visible."""
        self._soon.start()

    # -- pictures --------------------------------------------------------------------------------

    def _ask(self) -> None:
        look = self._look
        if look is None or not look.ready or not self.waves:
            return
        start, stop = math.floor(self.view.start), math.ceil(self.view.stop)
        columns = int(self.waves[0].area.width() * self.devicePixelRatioF())
        self._read("wave", lambda: look.envelope(start, stop, columns), self._show_envelope)
        wide = int(self.waves[0].area.width())
        self._read(
            "spectrogram", lambda: look.spectrogram(start, stop, wide), self._show_spectrogram
        )
        self._read("onsets", lambda: look.onsets(start, stop), self.bands.set_snaps)
        wanted: tuple[Look | None, int] = (look, self.overview.columns)
        if wanted != self._overview_asked:
            self._overview_asked = wanted
            total, across = self.view.total, self.overview.columns
            axes = self.waves[0].axes
            self._read(
                "overview",
                lambda: look.envelope(0, total, across),
                lambda got: self.overview.show_envelope(got, axes, sound=self._sound),
            )

    def _read(self, what: str, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        look = self._look

        def shown(result: Any) -> None:
            if self._look is look:  # else another recording has been opened meanwhile
                done(result)

        self._session.read(f"editor {what}", work, shown, place=PLACE)

    def _show_envelope(self, envelope: "Envelope") -> None:
        for lane in self.waves:
            lane.show_envelope(envelope)

    def _show_spectrogram(self, picture: Any) -> None:
        self.spectrogram.show_picture(picture)
        rate = grouped(self.view.rate, ".6g")
        seconds = self.view.total / self.view.rate
        length = timed(seconds, 0.01 if seconds < 60 else 1)
        self.about.setText(
            tr(
                "{length} at {rate} Hz.   Spectrogram: {words}",
                length=length,
                rate=rate,
                words=self.spectrogram.words,
            )
        )

    # -- read-out --------------------------------------------------------------------------------

    def _tell(self, lane: Lane, reading: float) -> None:
        """Say time, values, and frequency and level, where the pointer is."""
        if not self.waves:
            return
        step = max(self.view.span / max(1.0, lane.area.width()) / self.view.rate, 1e-6)
        said = [timed(max(0.0, reading) / self.view.rate, step)]
        waves = [lane] if isinstance(lane, WaveLane) else self.waves
        for one in waves:
            each = [f"{name} {one.said(value)}" for name, value in one.values_at(reading)]
            said.append(" ".join([*each, "" if one.sound else one.title]))
        if lane is self.spectrogram:
            y = float(lane.mapFromGlobal(lane.cursor().pos()).y())
            found = self.spectrogram.level_at(reading, y)
            if found is not None:
                said = [said[0], f"{found[0]:.3g} Hz", f"{found[1]:.0f} dB"]
        self.pointed.emit("   ".join(said))

    def _measure(self) -> None:
        """Say what lies between the two cursors."""
        marks = self.view.marks
        if marks is None or not self.waves:
            return
        first, second = marks
        apart = (second - first) / self.view.rate
        said = [tr("B − A"), timed(apart, 1 / self.view.rate)]
        for lane in self.waves:
            before, after = dict(lane.values_at(first)), dict(lane.values_at(second))
            apart_by = ((name, after[name] - before[name]) for name in after)
            each = [f"{name} {'+' * (by >= 0)}{lane.said(by)}" for name, by in apart_by]
            said.append(" ".join([*each, "" if lane.sound else lane.title]))
        self.pointed.emit("   ".join(said))
