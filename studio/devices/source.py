"""What every source of readings has in common, whatever it speaks.

A **source** is something that can be opened, described, started, read and stopped: a board with
our firmware (`Connection`), a board that speaks another protocol (`CodecSource`), a microphone, a
file. A **codec** is the pure part of a protocol: bytes in, items out, no input or output. Each
protocol is one module of `studio.devices.protocols`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray

from studio.types import Decision, StreamInfo


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive readings: `values` `(n, n_axes)` from index `first_reading` since start."""

    first_reading: int
    values: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for people."""

    text: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """The board began anew (reset button, power); its stream has ended."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more will come: a file has been read to its end."""

    why: str


@dataclass(frozen=True, slots=True)
class LinkStats:
    """What was lost on the way, since the link was opened."""

    damaged_packets: int = 0
    """Packets or lines whose framing, checksum or text was wrong."""
    lost_packets: int = 0
    """Packets that never came, by their sequence numbers; damaged ones included."""
    lost_readings: int = 0
    """Readings known to be missing; each lies in a gap between two blocks."""
    board_dropped: int = 0
    """Readings that the board itself had to drop; contained in `lost_readings` where the protocol
    tells where."""


Item = Block | Decision | Text | StreamInfo | Restarted | Ended


class Source(Protocol):
    """Something that delivers readings. Not for several threads at once.

    Every method raises `DeviceError` if the port or the board fails.
    """

    @property
    def url(self) -> str:
        """What was opened."""

    @property
    def stats(self) -> LinkStats:
        """What was lost so far."""

    def hello(self, *, timeout_s: float = 6.0) -> StreamInfo:
        """Find out what it streams."""

    def start(self) -> StreamInfo:
        """Start the stream at reading 0 and return what it is."""

    def stop(self) -> None:
        """Stop the stream; readings that were on the way can still be read."""

    def read(self) -> list[Item]:
        """Return what has come, waiting at most about 50 ms for it."""

    def waiting(self) -> list[Item]:
        """Return what has come already, without looking at the port."""

    def close(self) -> None:
        """Give the port back."""


@runtime_checkable
class Chooser(Protocol):
    """A source that records by itself and must be told beforehand what."""

    def choose(
        self,
        *,
        sensor: str = "",
        sample_rate_hz: float = 0.0,
        length_s: float | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> None:
        """Say what `start` shall record.

        Parameters
        ----------
        sensor : str
            Name or part of it; empty for the first one that the board lists.
        sample_rate_hz : float
            The nearest one that the sensor offers is taken; 0 for the highest.
        length_s : float, optional
            In s; at most what the sensor offers is taken.
        on_text : callable, optional
            Gets what the board says while it records; else that comes as `Text` afterwards.
        """


class Codec(Protocol):
    """The pure part of a streaming protocol.

    Arbitrary bytes never raise anything but `DeviceError`, and never make it hold more than a
    fixed bound of memory.
    """

    id: str
    """Such as `text`, `ssi`, `nordic`."""
    title: str
    wake: bytes
    """What to send to a silent device so that it describes itself; may be empty."""

    @staticmethod
    def recognise(beginning: bytes) -> float:
        """Say how sure it is that a stream beginning like this (cut anywhere) is its own: 0..1."""

    @property
    def stats(self) -> LinkStats:
        """What was lost so far."""

    @property
    def stream(self) -> StreamInfo | None:
        """What the device streams, once that is known."""

    @property
    def start(self) -> bytes:
        """What to send to start the stream; may be empty."""

    @property
    def stop(self) -> bytes:
        """What to send to stop the stream; may be empty."""

    def begin(self) -> None:
        """Count readings from 0 again: the stream starts now."""

    def feed(self, data: bytes, at_s: float) -> list[Item]:
        """Return the items completed by these bytes, which came at time `at_s` (monotonic)."""
