"""Plays PortAudio behind sounddevice's interface, from its documentation: a module to put in.

Buffers come from the test, in a thread of their own as PortAudio's do.
"""

import threading
import types
from dataclasses import dataclass, field

import numpy as np


class PortAudioError(Exception):
    """What sounddevice raises."""


@dataclass
class Status:
    input_overflow: bool = False


@dataclass
class Times:
    inputBufferAdcTime: float


@dataclass
class Sounds:
    """A computer's sound devices."""

    names: tuple[tuple[str, int, float], ...]
    """Name, input channels and preferred rate of each."""
    rates: tuple[float, ...] = (44100.0, 48000.0)
    default: int = -1
    streams: list["Stream"] = field(default_factory=list)

    def module(self) -> types.ModuleType:
        made = types.ModuleType("sounddevice")
        made.PortAudioError = PortAudioError
        made._terminate = made._initialize = lambda: None
        made.default = types.SimpleNamespace(device=(self.default, -1))
        made.query_devices = self._devices
        made.query_hostapis = lambda: [{"default_input_device": self.default}]
        made.check_input_settings = self._check
        made.RawInputStream = self._open
        return made

    def _devices(self) -> list[dict]:
        return [
            {
                "index": number,
                "name": name,
                "max_input_channels": channels,
                "default_samplerate": rate,
            }
            for number, (name, channels, rate) in enumerate(self.names)
        ]

    def _check(self, *, device: int, channels: int, dtype: str, samplerate: float) -> None:
        if samplerate not in self.rates or dtype != "int16":
            raise PortAudioError("Invalid sample rate [PaErrorCode -9997]")

    def _open(self, **options) -> "Stream":
        self.streams.append(Stream(**options))
        return self.streams[-1]


class Stream:
    def __init__(self, *, samplerate, device, channels, dtype, callback) -> None:
        self.rate, self.device, self.channels = samplerate, device, channels
        self._callback = callback
        self.active = False
        self._at = 100.0

    def start(self) -> None:
        self.active = True

    def close(self) -> None:
        self.active = False

    def give(self, values: np.ndarray, *, overflow: bool = False, lost: int = 0) -> None:
        """Call back as PortAudio's thread does, `lost` readings after the last buffer."""
        self._at += lost / self.rate
        data = memoryview(values.astype("<i2").tobytes())
        call = threading.Thread(
            target=self._callback, args=(data, len(values), Times(self._at), Status(overflow))
        )
        call.start()
        call.join()
        self._at += len(values) / self.rate
