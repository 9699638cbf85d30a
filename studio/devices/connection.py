"""A conversation with a board over an open link: commands answered, streams counted.

Every loss is counted: damaged packets by their checksum, missing packets by their sequence, and
missing readings by the index that each data packet carries.
"""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from numpy.typing import NDArray

from studio.devices import messages, replay
from studio.devices.exchange import ANSWER_S, ATTEMPTS, Exchange
from studio.devices.link import Link, open_link
from studio.devices.messages import Data, Info, ModelPart
from studio.devices.packet import PacketType
from studio.devices.readings import Assembler
from studio.devices.source import Item, LinkStats, Restarted, Text
from studio.errors import DeviceError
from studio.types import Decision, ReplayResult, StreamInfo

HELLO_S = 6.0
ASK_AGAIN_S = 1.5
START_READINGS = b"\x01"
ONLY_DECISIONS = ("infer 1",)
"""Firmware that never sends its readings."""
GATHER_S = 0.004
"""How long packets of a stream are collected before they are decoded together."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The pipeline on a board."""

    run: str
    window_readings: int
    stride_readings: int
    n_features: int
    labels: tuple[str, ...]
    smoothing: int
    threshold_q: int
    """In the int8 score domain: score q stands for (q + 128) / 256."""


class Connection:
    """A conversation with a board. Not for several threads at once.

    Parameters
    ----------
    link : Link
        Closed with the connection.
    """

    def __init__(self, link: Link) -> None:
        self._exchange = Exchange(link)
        self._stream: StreamInfo | None = None
        self.sends_readings = False
        """Whether a board that decides was told to send its readings too."""
        self._assembler = Assembler()

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a port and begin a conversation; see `open_link` for what it raises."""
        link = open_link(url)
        link.write(b"\0")  # ends what another program may have left half sent
        return cls(link)

    def close(self) -> None:
        """Give the port back."""
        self._exchange.link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The port."""
        return self._exchange.link.url

    @property
    def stats(self) -> LinkStats:
        """What was lost so far."""
        info, decoder = self._exchange.info, self._exchange.decoder
        dropped = info.stream.dropped if info else 0
        damaged = decoder.damaged + self._assembler.left_out
        return LinkStats(damaged, decoder.lost, self._assembler.lost, dropped)

    def hello(self, *, timeout_s: float = HELLO_S) -> StreamInfo:
        """Ask the board what it is and what it streams.

        Raises
        ------
        DeviceError
            If no board with our firmware answers in time; says what was received instead.
        """
        give_up = time.monotonic() + timeout_s
        while (left := give_up - time.monotonic()) > 0:
            # asked repeatedly: a board may reset when its port opens and miss the first question
            self._exchange.forget(Info)
            code = self._exchange.ask(PacketType.HELLO, timeout_s=min(left, ASK_AGAIN_S))
            info = None if code is None else self._exchange.wait_for(Info, ASK_AGAIN_S)
            if info is not None:
                return self._accept(info)
        raise self._exchange.silent(timeout_s)

    def start(self, *, readings: bool = False) -> StreamInfo:
        """Start the stream at reading 0 and return what it is.

        Parameters
        ----------
        readings : bool
            Whether a board that decides shall send its readings too. One with older firmware
            does not, nor one whose line is too slow for them.

        Raises
        ------
        DeviceError
            If the board refuses or does not answer.
        """
        if self._exchange.info is None:
            self.hello()
        if self._exchange.info is not None and self._exchange.info.streaming:
            self.stop()
        self._exchange.inbox.clear()
        self._assembler.begin()
        self.sends_readings = readings and self._can_send_readings()
        options = START_READINGS if self.sends_readings else b""
        self._exchange.command(PacketType.START, options, instead=(Data,))
        info = self._exchange.wait_for(Info, ANSWER_S)
        stream = self.hello() if info is None else self._accept(info)
        if crowded := self._exchange.link.crowded(stream, "tinyml"):
            self._exchange.inbox.appendleft(Text(crowded))
        return stream

    def _can_send_readings(self) -> bool:
        info = self._exchange.info
        if info is None or info.stream.firmware in ONLY_DECISIONS:
            return False
        return not self._exchange.link.crowded(info.stream, "tinyml")

    def stop(self) -> None:
        """Stop the stream; readings that were on the way can still be read.

        Raises
        ------
        DeviceError
            If the board does not answer.
        """
        self._exchange.command(PacketType.STOP)

    def read(self) -> list[Item]:
        """Return what has come, waiting at most about 50 ms for it.

        Readings that follow each other are one block.

        Raises
        ------
        DeviceError
            If the port has gone.
        """
        self._exchange.receive(GATHER_S)
        return self.waiting()

    def waiting(self) -> list[Item]:
        """Return what has come already, without looking at the port."""
        inbox, self._exchange.inbox = self._exchange.inbox, deque()
        items: list[Item] = []
        for message in inbox:
            if isinstance(message, Data):
                if self._stream is not None:
                    items += self._assembler.blocks(message.bodies, self._stream)
            elif isinstance(message, Info):
                self._stream = message.stream
                items.append(message.stream)
            elif isinstance(message, Text | Decision | Restarted):
                items.append(message)
        return items

    def items(self) -> Iterator[Item | None]:
        """Yield what a board says; None about every 50 ms in which nothing comes."""
        while True:
            items = self.read()
            yield from items
            if not items:
                yield None

    def model_info(self) -> ModelInfo:
        """Ask an inferring board for its pipeline.

        Raises
        ------
        DeviceError
            If the board runs no `infer` firmware or does not answer.
        """
        firmware = ""
        for _ in range(ATTEMPTS):
            self._exchange.forget(ModelPart)
            firmware = self.hello().firmware
            labels: dict[int, str] = {}
            while (part := self._exchange.wait_for(ModelPart, 1.0)) is not None:
                labels[part.index] = part.label
                if len(labels) == part.n_classes:
                    return _model(part, labels)
            if not labels:
                break
        raise DeviceError(
            f"The board on {self.url} runs {firmware!r}, which told of no model.",
            "Flash a trained pipeline first: tinyml-studio flash",
        )

    def replay(self, window: NDArray[Any]) -> ReplayResult:
        """Have the board compute one window `(n_readings, n_axes)` that is sent to it.

        The window's dtype is the pipeline's (int16 or float32).

        Raises
        ------
        DeviceError
            If the board refuses the window, cannot compute it or does not answer.
        """
        return replay.replay(self._exchange, window)

    def _accept(self, info: Info) -> StreamInfo:
        if info.protocol != messages.PROTOCOL:
            raise DeviceError(
                f"The board on {self.url} speaks protocol {info.protocol}; this program speaks "
                f"{messages.PROTOCOL}.",
                "Flash the board again with this program: tinyml-studio flash",
            )
        self._stream = info.stream
        return info.stream


def _model(part: ModelPart, labels: dict[int, str]) -> ModelInfo:
    return ModelInfo(
        run=part.run,
        window_readings=part.window_readings,
        stride_readings=part.stride_readings,
        n_features=part.n_features,
        labels=tuple(labels[index] for index in range(part.n_classes)),
        smoothing=part.smoothing,
        threshold_q=part.threshold_q,
    )
