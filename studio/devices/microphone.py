"""The computer's microphones as a source: `microphone://`, `microphone://NAME?rate=16000`.

PortAudio calls back in a thread of its own; what it gives waits in a queue until it is read. When
PortAudio had to throw readings away there is a gap, as long as its clock says. The address:

- the name, a part of it or its number; none: the system's choice;
- `rate`: readings per second; 16000 if the microphone takes that, else its own;
- `channels`: how many, each an axis.
"""

import contextlib
import os
import queue
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from studio.devices.file_source import SOUND, number, parse
from studio.devices.source import Block, Item, LinkStats
from studio.errors import DeviceError
from studio.types import Axis, StreamInfo

SCHEME = "microphone://"
RATE_HZ = 16000.0
WAIT_S = 0.05
MOST_WAITING = 2000
"""Buffers of PortAudio (about 10 ms each) that may wait to be read."""
_OPTIONS = ("rate", "channels")
_INSTALL = (
    "Install it with your system's packages (Debian, Ubuntu: apt install libportaudio2)."
    if sys.platform == "linux"
    else "Run the installer again."
)


@dataclass(frozen=True, slots=True)
class Microphone:
    """A device of this computer that sound can be recorded from."""

    number: int
    name: str
    channels: int
    rate_hz: float
    """The rate it prefers."""
    default: bool

    @property
    def url(self) -> str:
        """What opens it."""
        return f"{SCHEME}{self.name}"


@dataclass(frozen=True, slots=True)
class _Buffer:
    """What PortAudio gave at once."""

    data: bytes
    readings: int
    at_s: float
    """When its first reading was taken, by the sound device's clock; 0 if it has none."""
    overflow: bool
    """Whether readings before it were thrown away."""


def microphones() -> list[Microphone]:
    """Return the microphones there are; none where there is no PortAudio."""
    try:
        return _listed(_library())
    except DeviceError:
        return []


class MicrophoneSource:
    """A microphone of this computer; a `Source`.

    Parameters
    ----------
    url : str
        See the module's description.

    Raises
    ------
    DeviceError
        If there is no PortAudio or no such microphone, or it does not take the rate.
    """

    protocol = "auto"

    def __init__(self, url: str) -> None:
        self._url = url
        name, options = parse(url, SCHEME, _OPTIONS)
        self._sounds = _library()
        self._device = _chosen(_listed(self._sounds), name)
        most = self._device.channels
        channels = int(number(url, options, "channels", 1.0, low=1.0, high=float(most)))
        given = number(url, options, "rate", 0.0, low=0.0, high=1e6)
        rate = self._rate(given, channels)
        axes: tuple[Axis, ...] = (SOUND,)
        if channels > 1:
            axes = tuple(Axis(f"ch{k}", "wav") for k in range(1, channels + 1))
        title = f"microphone {self._device.name}"
        self._info = StreamInfo(title, "", rate, "int16", axes, 0)
        self._buffers: queue.Queue[_Buffer] = queue.Queue(MOST_WAITING)
        self._full = False
        self._stream: Any = None
        self._next = 0
        self._expected_s = 0.0
        self._lost = 0

    def _rate(self, given: float, channels: int) -> float:
        """Return a rate that the microphone takes."""
        tried = (given,) if given else (RATE_HZ, self._device.rate_hz)
        for rate in tried:
            try:
                self._sounds.check_input_settings(
                    device=self._device.number, channels=channels, dtype="int16", samplerate=rate
                )
            except (self._sounds.PortAudioError, ValueError) as error:
                why = str(error)
            else:
                return rate
        raise DeviceError(
            f"The microphone {self._device.name} cannot be opened at {tried[-1]:g} Hz with "
            f"{channels} channels: {why}.",
            f"It prefers {self._device.rate_hz:g} Hz; check that no other program holds it.",
        )

    @property
    def url(self) -> str:
        """What was opened."""
        return self._url

    @property
    def stats(self) -> LinkStats:
        """Readings that came too fast for this computer; each lies in a gap."""
        return LinkStats(lost_readings=self._lost, board_dropped=self._lost)

    def hello(self, *, timeout_s: float = 6.0) -> StreamInfo:
        """Return what it delivers."""
        return self._info

    def start(self) -> StreamInfo:
        """Open the microphone; reading 0 is the first that it gives."""
        self.stop()
        self._buffers = queue.Queue(MOST_WAITING)
        self._next, self._expected_s, self._full = 0, 0.0, False
        try:
            self._stream = self._sounds.RawInputStream(
                samplerate=self._info.sample_rate_hz,
                device=self._device.number,
                channels=len(self._info.axes),
                dtype="int16",
                callback=self._take,
            )
            self._stream.start()
        except self._sounds.PortAudioError as error:
            raise DeviceError(
                f"The microphone {self._device.name} cannot be started: {error}.",
                "Check that no other program holds it and that this one may use it.",
            ) from error
        return self._info

    def _take(self, data: Any, readings: int, times: Any, status: Any) -> None:
        """Take a buffer, in PortAudio's thread: nothing here may wait."""
        overflow = bool(status.input_overflow) or self._full
        buffer = _Buffer(bytes(data), readings, float(times.inputBufferAdcTime), overflow)
        try:
            self._buffers.put_nowait(buffer)
            self._full = False
        except queue.Full:
            self._full = True  # nobody reads: what comes next lies behind a gap

    def read(self) -> list[Item]:
        """Return what has come, waiting at most 50 ms for it.

        Raises
        ------
        DeviceError
            If the microphone has gone.
        """
        try:
            first = self._buffers.get(timeout=WAIT_S)
        except queue.Empty:
            if self._stream is not None and not self._stream.active:
                raise DeviceError(
                    f"The microphone {self._device.name} has gone.", "Plug it in again."
                ) from None
            return []
        return [self._block(first), *self.waiting()]

    def waiting(self) -> list[Item]:
        """Return what has come already."""
        items: list[Item] = []
        with contextlib.suppress(queue.Empty):
            while True:
                items.append(self._block(self._buffers.get_nowait()))
        return items

    def _block(self, buffer: _Buffer) -> Block:
        rate = self._info.sample_rate_hz
        if buffer.overflow:
            missing = max(1, round((buffer.at_s - self._expected_s) * rate))
            self._lost += missing
            self._next += missing
        self._expected_s = buffer.at_s + buffer.readings / rate
        values = np.frombuffer(buffer.data, np.int16).reshape(-1, len(self._info.axes))
        first, self._next = self._next, self._next + buffer.readings
        return Block(first, values)

    def stop(self) -> None:
        """Stop it; what has come can still be read."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def close(self) -> None:
        """Give it back."""
        self.stop()


def _library() -> ModuleType:
    """Return sounddevice with the devices that are plugged in now.

    Raises
    ------
    DeviceError
        If PortAudio is not there or does not start.
    """
    try:
        import sounddevice
    except OSError as error:
        raise DeviceError(
            "PortAudio is missing, so no microphone can be used.", _INSTALL
        ) from error
    with _hushed():
        try:
            # PortAudio lists devices once, at its start
            sounddevice._terminate()
            sounddevice._initialize()
        except sounddevice.PortAudioError as error:
            raise DeviceError(
                f"The computer's sound cannot be used: {error}.", "Restart the computer."
            ) from error
    library: ModuleType = sounddevice
    return library


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keep the system's sound library, which complains at length, from standard error."""
    if sys.platform != "linux":
        yield
        return
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _listed(sounds: ModuleType) -> list[Microphone]:
    try:
        rows = sounds.query_devices()
        chosen = sounds.default.device[0]
        host = sounds.query_hostapis()[0]["default_input_device"] if rows else -1
    except sounds.PortAudioError:
        return []
    preferred = chosen if chosen >= 0 else host
    return [
        Microphone(
            int(row["index"]),
            str(row["name"]),
            int(row["max_input_channels"]),
            float(row["default_samplerate"]),
            row["index"] == preferred,
        )
        for row in rows
        if row["max_input_channels"] > 0
    ]


def _chosen(there: list[Microphone], name: str) -> Microphone:
    """Return the microphone that a name means."""
    if not there:
        raise DeviceError(
            "This computer has no microphone.", "Plug one in, or allow this program to use it."
        )
    if not name:
        return next((row for row in there if row.default), there[0])
    exact = [row for row in there if name in (row.name, str(row.number))]
    found = exact or [row for row in there if name.lower() in row.name.lower()]
    if not found:
        names = ", ".join(row.name for row in there)
        raise DeviceError(f"There is no microphone {name!r}.", f"There are: {names}.")
    return found[0]
