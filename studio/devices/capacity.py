"""What a serial line can carry against what a stream needs."""

from dataclasses import dataclass

import numpy as np

from studio.devices.packet import MAX_PAYLOAD
from studio.types import StreamInfo

BITS_PER_BYTE = 10
"""On a line with a start bit and a stop bit."""
FULL = 0.9
"""From here on a stream is in danger: boards do not send evenly."""
_OUR_FRAME = 11
"""Bytes of our packets beside the readings: COBS, type, sequence, first reading, CRC, end."""
_OUR_BATCHES = 50
_SSI_FRAME, _SSI_ROWS = 10, 6
_NORDIC_FRAME, _NORDIC_VALUE = 37, 5
"""Bytes of a Nordic frame beside the values, at its longest; bytes of a float in CBOR."""
_TEXT_VALUE = 8.0
"""Characters of a number in text with what separates it, if no line has been seen."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a stream needs of a line."""

    needed_bytes_s: float
    carried_bytes_s: float
    baud: int

    @property
    def fraction(self) -> float:
        """How much of the line it takes; above 1 it does not fit."""
        return self.needed_bytes_s / self.carried_bytes_s

    @property
    def warning(self) -> str:
        """A sentence for people if the line is too full, else empty."""
        if self.fraction <= FULL:
            return ""
        what = "readings get lost" if self.fraction > 1 else "readings may get lost"
        return (
            f"At {self.baud} baud the line carries {self.carried_bytes_s:.0f} bytes/s and this "
            f"stream needs about {self.needed_bytes_s:.0f} ({100 * self.fraction:.0f} %): {what}. "
            "Raise the speed in the board's program, or send fewer readings, axes or digits."
        )


def capacity(stream: StreamInfo, baud: int, protocol: str, *, line_bytes: float = 0.0) -> Capacity:
    """Return what a stream needs of a serial line, and what the line carries.

    Parameters
    ----------
    stream : StreamInfo
    baud : int
        Bits per second, above 0.
    protocol : str
        `tinyml`, `text`, `ssi` or `nordic`; others are taken to be bare values.
    line_bytes : float
        Mean length of the lines of text with their ends, if some have come.
    """
    axes = len(stream.axes)
    values = axes * np.dtype(stream.dtype).itemsize
    per_reading = float(values)
    if protocol == "tinyml":
        most = max(1, (MAX_PAYLOAD - 4) // max(values, 1))
        batch = min(max(stream.sample_rate_hz / _OUR_BATCHES, 1.0), float(most))
        per_reading += _OUR_FRAME / batch
    elif protocol == "ssi":
        per_reading += _SSI_FRAME / _SSI_ROWS
    elif protocol == "nordic":
        per_reading = _NORDIC_FRAME + _NORDIC_VALUE * axes
    elif protocol == "text":
        per_reading = line_bytes or _TEXT_VALUE * axes + 1
    return Capacity(per_reading * stream.sample_rate_hz, baud / BITS_PER_BYTE, baud)
