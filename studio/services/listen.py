"""Playing a recording through the computer's loudspeaker, at any speed."""

import threading
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import DeviceError

SOUND_HZ = 1000.0
"""From this rate on a recording can be heard."""


class Listening:
    """A stretch of a recording that is being played; closed by `close` or at its end.

    Parameters
    ----------
    values : ndarray
        `(n_readings, n_axes)`, perhaps memory-mapped; the first axis is played.
    rate : float
        Readings per second.
    start, stop : int
        What is played.
    at : float
        Where it begins.
    speed : float
        1 is as it was recorded; slower is also lower.
    loop : bool
        Begin again at the end.

    Raises
    ------
    DeviceError
        If this computer has no loudspeaker, or it cannot be used.
    """

    def __init__(
        self,
        values: NDArray[Any],
        rate: float,
        *,
        start: int,
        stop: int,
        at: float,
        speed: float,
        loop: bool,
    ) -> None:
        self._values, self._rate = values, rate
        self._start, self._stop, self._loop = start, stop, loop
        self._at = at
        self._speed = speed
        self._ended = threading.Event()
        self._full = 1.0
        if values.dtype == np.int16:
            self._full = 32768.0
        else:
            self._full = max(float(np.abs(values[start:stop, 0]).max()), 1e-9)
        sounds = _library()
        try:
            self._out_hz = float(sounds.query_devices(kind="output")["default_samplerate"])
            self._stream = sounds.OutputStream(
                samplerate=self._out_hz, channels=1, dtype="float32", callback=self._fill
            )
            self._late_s = float(self._stream.latency)
            self._stream.start()
        except (sounds.PortAudioError, ValueError) as error:
            raise DeviceError(
                "This computer has no loudspeaker that can be used.",
                "Plug one in, or allow this program to use it; the cursor moves without sound.",
            ) from error

    @property
    def at(self) -> float:
        """The reading that is heard now."""
        late = self._late_s * self._rate * self._speed
        heard = self._at - late
        return heard if heard >= self._start or not self._loop else heard + self._length

    @property
    def ended(self) -> bool:
        """Whether the end has been played."""
        return self._ended.is_set()

    @property
    def _length(self) -> int:
        return max(1, self._stop - self._start)

    def set_speed(self, speed: float) -> None:
        """Play faster or slower from now on."""
        self._speed = speed

    def close(self) -> None:
        """Be silent and give the loudspeaker back."""
        self._stream.close()

    def _fill(self, out: NDArray[np.float32], frames: int, _time: Any, _status: Any) -> None:
        """Give the sound device what comes next (in a thread of its own)."""
        places = self._at + np.arange(frames) * (self._speed * self._rate / self._out_hz)
        if self._loop:
            places = self._start + (places - self._start) % self._length
        whole = places.astype(np.int64)
        within = (whole >= self._start) & (whole < self._stop)
        first = np.clip(whole, 0, len(self._values) - 1)
        second = np.minimum(first + 1, len(self._values) - 1)
        part = (places - whole).astype(np.float32)
        ends = self._values[:, 0][np.stack([first, second])].astype(np.float32)
        out[:, 0] = np.where(within, ends[0] * (1 - part) + ends[1] * part, 0) / self._full
        self._at = float(places[-1]) + self._speed * self._rate / self._out_hz
        if not self._loop and self._at - self._late_s * self._rate * self._speed >= self._stop:
            self._ended.set()


def audible(rate: float) -> bool:
    """Whether readings at this rate are sound."""
    return rate >= SOUND_HZ


def _library() -> ModuleType:
    try:
        import sounddevice
    except OSError as error:
        raise DeviceError(
            "PortAudio is missing, so nothing can be heard.",
            "Install it with your system's packages (Debian, Ubuntu: apt install libportaudio2).",
        ) from error
    library: ModuleType = sounddevice
    return library
