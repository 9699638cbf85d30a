"""Data, editor: playing a recording, heard or silent, and labels given while it plays."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QWidget,
)

from studio.errors import DeviceError
from studio.gui.icons import icon
from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import words

if TYPE_CHECKING:
    from studio.services.listen import Listening
    from studio.services.pictures import Look

PLACE = "Data"
TICK_MS = 16
TWO_LINES = 34
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
HELD_S = 0.25
"""A key that is down for longer ends its label when it is let go; else the next key does."""


class Player(QObject):
    """Moves a position through a stretch of a recording, with sound where there is some.

    Signals
    -------
    moved : (float)
        The reading that is heard or seen now.
    changed : ()
        It plays, or it does not.
    wrapped : ()
        The loop begins again.
    silent : (str)
        Why nothing can be heard.
    """

    moved = Signal(float)
    changed = Signal()
    wrapped = Signal()
    silent = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.playing = False
        self.speed, self.loop = 1.0, False
        self._look: Look | None = None
        self._start, self._stop, self.at = 0, 0, 0.0
        self._sound: Listening | None = None
        self._turn = 0
        self._watch = QElapsedTimer()
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def play(self, look: "Look", start: int, stop: int, at: float) -> None:
        """Play `[start, stop)` from `at` on."""
        self.stop()
        self._look, self._start, self._stop = look, start, stop
        self.at = at if start <= at < stop - 1 else float(start)
        self.playing = True
        self._turn += 1
        self.changed.emit()
        self._open(self._turn, look)

    def _open(self, turn: int, look: "Look") -> None:
        """Open the loudspeaker where there is something to hear; then go."""
        at, speed, loop = self.at, self.speed, self.loop
        start, stop = self._start, self._stop

        def work() -> Any:
            from studio.services.listen import Listening, audible

            rate = look.recording.sample_rate_hz
            if not audible(rate):
                return None
            try:
                return Listening(
                    look.values, rate, start=start, stop=stop, at=at, speed=speed, loop=loop
                )
            except DeviceError as error:
                return error

        def opened(found: "Listening | DeviceError | None") -> None:
            if turn != self._turn:
                if found is not None and not isinstance(found, DeviceError):
                    self._close(found)
                return
            if isinstance(found, DeviceError):
                self.silent.emit(found.message)
            else:
                self._sound = found
            self._watch.start()
            self._timer.start()

        self._session.read("", work, opened, place=PLACE)

    def set_speed(self, speed: float) -> None:
        """Play faster or slower, also while it plays."""
        self.speed = speed
        if self._sound is not None:
            self._sound.set_speed(speed)

    def set_loop(self, loop: bool) -> None:
        """Begin again at the end, or stop there."""
        self.loop = loop
        if self.playing and self._look is not None:
            self.play(self._look, self._start, self._stop, self.at)

    def stop(self) -> None:
        """Stay where it is."""
        self._turn += 1
        self._timer.stop()
        sound, self._sound = self._sound, None
        if sound is not None:
            self._close(sound)
        if self.playing:
            self.playing = False
            self.changed.emit()

    def _close(self, sound: "Listening") -> None:
        self._session.read("", sound.close, lambda _: None, place=PLACE)

    def _tick(self) -> None:
        elapsed = self._watch.restart() / 1000
        if self._look is None:
            return
        before = self.at
        if self._sound is not None:
            self.at = min(max(self._sound.at, float(self._start)), float(self._stop))
            ended = self._sound.ended
        else:
            self.at += elapsed * self._look.recording.sample_rate_hz * self.speed
            ended = self.at >= self._stop
            if ended and self.loop:
                length = max(1, self._stop - self._start)
                self.at, ended = self._start + (self.at - self._start) % length, False
        if self.at < before - (self._stop - self._start) / 2:
            self.wrapped.emit()
        self.moved.emit(min(self.at, float(self._stop)))
        if ended:
            self.stop()


@dataclass(frozen=True, slots=True)
class Marked:
    """A stretch that was labelled while it played."""

    label: str
    start: float
    stop: float


class LiveLabels:
    """Turns keys that are pressed while a recording plays into labelled stretches."""

    def __init__(self) -> None:
        self.label = ""
        self.start = 0.0
        self._pressed_s = 0.0

    def press(self, label: str, at: float, now_s: float) -> Marked | None:
        """Begin a label here, or end it if it is the one that runs; return what is ended."""
        running = self.label
        done = self.end(at)
        if label != running:
            self.label, self.start, self._pressed_s = label, at, now_s
        return done

    def release(self, label: str, at: float, now_s: float) -> Marked | None:
        """End the label if its key was held; a short press goes on until the next one."""
        if label == self.label and now_s - self._pressed_s >= HELD_S:
            return self.end(at)
        return None

    def end(self, at: float) -> Marked | None:
        """End what runs, and return it."""
        label, self.label = self.label, ""
        return Marked(label, self.start, at) if label and at - self.start >= 1 else None


class Transport(QWidget):
    """The row under the plots: play, speed, loop, and what is under the pointer.

    Signals
    -------
    toggled : ()
        Play, or pause.
    """

    toggled = Signal()

    def __init__(self, player: Player, theme: Theme) -> None:
        super().__init__()
        self._player = player
        self.button = QPushButton()
        self.button.setToolTip(tr("Play from the cursor, or pause (Space)"))
        self.button.clicked.connect(self.toggled)
        self.speed = QComboBox()
        self.speed.setAccessibleName(tr("Speed"))
        self.speed.setToolTip(tr("Speed of playing; slower sound is also lower"))
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.speed.currentIndexChanged.connect(lambda place: player.set_speed(SPEEDS[place]))
        self.loop = QCheckBox(tr("Loop"))
        self.loop.setToolTip(tr("Begin again at the end of the sample or of the view (L)"))
        self.loop.toggled.connect(player.set_loop)
        self.split, self.merge, self.remove = QToolButton(), QToolButton(), QToolButton()
        for button, tip in (
            (self.split, tr("Split the sample at the cursor (S)")),
            (self.merge, tr("Merge the sample with the next one (M)")),
            (self.remove, tr("Delete the sample (Delete)")),
        ):
            button.setToolTip(tip)
            button.setAccessibleName(tip)
        self.silence = words("", "hint", wrap=True)
        self.silence.hide()
        self.readout = words(
            tr("Drag: sample.  1-0: label, held while it plays too.  Wheel: zoom."),
            "hint",
            wrap=True,
        )
        for said in (self.silence, self.readout):
            said.setMinimumWidth(80)
            said.setMaximumHeight(TWO_LINES)
        player.changed.connect(self._show)
        player.silent.connect(self._say)
        self._lay_out()
        self.set_theme(theme)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self.button, self.speed, self.loop):
            row.addWidget(widget)
        row.addSpacing(8)
        for edit in (self.split, self.merge, self.remove):
            row.addWidget(edit)
        row.addSpacing(8)
        row.addWidget(self.silence, 1)
        row.addWidget(self.readout, 1)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.split.setIcon(icon("ph.scissors", theme["text"]))
        self.merge.setIcon(icon("ph.arrows-in-line-horizontal", theme["text"]))
        self.remove.setIcon(icon("ph.trash", theme["text"]))
        self._show()

    def _show(self) -> None:
        playing = self._player.playing
        self.button.setText(tr("Pause  Space") if playing else tr("Play  Space"))
        self.button.setIcon(icon("ph.pause" if playing else "ph.play", self._theme["text"]))

    def _say(self, why: str) -> None:
        self.silence.setText(why)
        self.silence.show()
