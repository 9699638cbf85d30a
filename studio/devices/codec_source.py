"""A board that speaks another protocol than ours: a codec driven over an open link."""

import time

from studio.devices.link import Link
from studio.devices.source import Codec, Item, LinkStats, Text
from studio.errors import DeviceError
from studio.types import StreamInfo

HELLO_S = 8.0
"""Long enough for lines of text that come once in two seconds."""
ASK_AGAIN_S = 1.5
GATHER_S = 0.004
"""How long bytes are collected before they are decoded together."""
_SHOWN = 60


class CodecSource:
    """A source over a codec. Not for several threads at once.

    Parameters
    ----------
    link : Link
        Closed with the source.
    codec : Codec
        Fresh.
    """

    def __init__(self, link: Link, codec: Codec) -> None:
        self._link = link
        self._codec = codec
        self._items: list[Item] = []
        self._received = 0
        self._beginning = b""

    @property
    def url(self) -> str:
        """The port."""
        return self._link.url

    @property
    def protocol(self) -> str:
        """Id of the protocol, such as `text`."""
        return self._codec.id

    @property
    def baud(self) -> int:
        """The speed of the port; 0 where it has none."""
        return self._link.baud if self._link.has_baud else 0

    @property
    def stats(self) -> LinkStats:
        """What was lost so far."""
        return self._codec.stats

    def resume(self, before: "CodecSource") -> None:
        """Say what was connected to the port before, for codecs that can go on from that."""
        resume = getattr(self._codec, "resume", None)
        if resume is not None and before.protocol == self.protocol:
            resume(before._codec)

    def hello(self, *, timeout_s: float = HELLO_S) -> StreamInfo:
        """Listen until the device has said, or shown, what it streams.

        A device that says nothing of use is asked; one that streams what cannot be understood
        without its beginning (another program left it so) is stopped first.

        Raises
        ------
        DeviceError
            If that is not known in time; says what was received instead.
        """
        give_up = time.monotonic() + timeout_s
        ask = time.monotonic() + ASK_AGAIN_S
        received = self._received
        while self._codec.stream is None:
            now = time.monotonic()
            if now >= give_up:
                raise self._silent(timeout_s)
            if now >= ask:
                ask = now + ASK_AGAIN_S
                message = self._codec.stop if self._received > received else self._codec.wake
                received = self._received
                if message:
                    self._link.write(message)
            self._receive(0.0)
        return self._codec.stream

    def start(self) -> StreamInfo:
        """Start the stream at reading 0 and return what it is.

        What came before is dropped.

        Raises
        ------
        DeviceError
            If it is not known what the device streams, or the port fails.
        """
        self.hello()
        if self._link.waiting:
            self._receive(0.0)
        self._items.clear()
        self._codec.begin()
        if self._codec.start:
            self._link.write(self._codec.start)
        stream = self.hello()
        if about := getattr(self._codec, "about", ""):
            self._items.insert(0, Text(about))
        if stream.measured:
            rate = f"{stream.sample_rate_hz:g} readings per second, measured"
            self._items.insert(0, Text(f"{rate}: the board does not tell its rate."))
        line_bytes = getattr(self._codec, "line_bytes", 0.0)
        if crowded := self._link.crowded(stream, self.protocol, line_bytes=line_bytes):
            self._items.insert(0, Text(crowded))
        return stream

    def read(self) -> list[Item]:
        """Return what has come, waiting at most about 50 ms for it.

        Raises
        ------
        DeviceError
            If the port has gone.
        """
        self._receive(GATHER_S)
        return self.waiting()

    def waiting(self) -> list[Item]:
        """Return what has come already, without looking at the port."""
        items, self._items = self._items, []
        return items

    def stop(self) -> None:
        """Stop the stream; readings that were on the way can still be read.

        Raises
        ------
        DeviceError
            If the port has gone.
        """
        if self._codec.stop:
            self._link.write(self._codec.stop)

    def close(self) -> None:
        """Give the port back."""
        self._link.close()

    def _receive(self, gather_s: float) -> None:
        data = self._link.read(gather_s)
        if not data:
            return
        if len(self._beginning) < _SHOWN:
            self._beginning = (self._beginning + data)[:_SHOWN]
        self._received += len(data)
        self._items += self._codec.feed(data, time.monotonic())

    def _silent(self, timeout_s: float) -> DeviceError:
        title, url = self._codec.title, self._link.url
        if self._received:
            return DeviceError(
                f"{url} sent {self._received} bytes, but what it streams did not become clear in "
                f"{timeout_s:g} s by {title}; they begin with {self._beginning!r}.",
                "Check the program on the board, the protocol (--protocol) and the speed "
                "(--baud).",
            )
        return DeviceError(
            f"Nothing came from {url} in {timeout_s:g} s.",
            "Press the board's reset button; check that its program sends readings, and at "
            "which speed (--baud).",
        )
