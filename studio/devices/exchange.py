"""Commands and answers over a link: what is the same for all programs of a board."""

import itertools
import time
from collections import deque
from typing import TypeVar

from studio.devices import messages
from studio.devices.link import Link
from studio.devices.messages import Ack, Data, Info, Message
from studio.devices.packet import Packet, PacketDecoder, PacketType, encode, unpack
from studio.devices.source import Restarted, Text
from studio.errors import DeviceError

ANSWER_S = 3.0
ATTEMPTS = 3
_DATA = int(PacketType.DATA)

M = TypeVar("M")


class Exchange:
    """Sends commands, keeps what comes in an inbox, in order.

    Attributes
    ----------
    inbox : deque
        Messages not yet taken.
    info : Info or None
        The latest session information.
    texts : deque of str
        What the board said in words, newest last.
    """

    def __init__(self, link: Link) -> None:
        self.link = link
        self.decoder = PacketDecoder()
        self.inbox: deque[Message | Restarted] = deque()
        self.info: Info | None = None
        self.texts: deque[str] = deque(maxlen=20)
        self._sequence = 0
        self._received = 0
        self._packets = 0
        self._beginning = b""

    def frame(self, kind: PacketType, payload: bytes = b"") -> bytes:
        """Return the next command's bytes on the wire."""
        frame = encode(kind, self._sequence, payload)
        self._sequence += 1
        return frame

    def ask(
        self,
        kind: PacketType,
        payload: bytes = b"",
        *,
        instead: tuple[type[Message], ...] = (),
        timeout_s: float = ANSWER_S,
    ) -> int | None:
        """Send a command once; return the code of its ACK, or None if none came.

        A message of a type in `instead` proves as well that the command was obeyed.
        """
        self.forget(Ack)
        self.link.write(self.frame(kind, payload))
        give_up = time.monotonic() + timeout_s
        while (left := give_up - time.monotonic()) > 0:
            message = self.wait_for((Ack, *instead), left)
            if isinstance(message, Ack):
                if message.command == kind:
                    return message.code
            elif message is not None:
                self.inbox.appendleft(message)
                return messages.ACK_OK
        return None

    def command(
        self,
        kind: PacketType,
        payload: bytes = b"",
        *,
        instead: tuple[type[Message], ...] = (),
    ) -> None:
        """Send a command until it is answered.

        Raises
        ------
        DeviceError
            If the board refuses it or never answers.
        """
        for _ in range(ATTEMPTS):
            code = self.ask(kind, payload, instead=instead)
            if code == messages.ACK_OK:
                return
            if code is not None:
                raise self.refused(kind, code)
        raise self.silent(ATTEMPTS * ANSWER_S)

    def wait_for(self, kind: type[M] | tuple[type[M], ...], timeout_s: float) -> M | None:
        """Take the next message of a type out of the inbox; the others stay, in order."""
        give_up = time.monotonic() + timeout_s
        passed: deque[Message | Restarted] = deque()
        try:
            while True:
                while self.inbox:
                    message = self.inbox.popleft()
                    if isinstance(message, kind):
                        return message
                    passed.append(message)
                if time.monotonic() >= give_up:
                    return None
                self.receive()
        finally:
            self.inbox.extendleft(reversed(passed))

    def forget(self, kind: type[Message]) -> None:
        """Remove messages of a type from the inbox."""
        self.inbox = deque(message for message in self.inbox if not isinstance(message, kind))

    def receive(self, gather_s: float = 0.0) -> None:
        """Move what comes within about 50 ms to the inbox.

        Once something has come, more is waited for during `gather_s`.
        """
        data = self.link.read(gather_s)
        if self._packets == 0:
            self._beginning = (self._beginning + data)[:24]
        self._received += len(data)
        restarts = self.decoder.restarts
        bodies = self.decoder.bodies(data)
        self._packets += len(bodies)
        restarted = self.decoder.restarts > restarts
        if {body[0] for body in bodies} == {_DATA}:
            self.inbox.append(Data(tuple(bodies)))
            return
        for kind, group in itertools.groupby(bodies, _kind):
            if kind == _DATA:
                self.inbox.append(Data(tuple(group)))
            else:
                for body in group:
                    self._take(unpack(body), restarted=restarted)

    def _take(self, packet: Packet, *, restarted: bool) -> None:
        if restarted and packet.type == PacketType.INFO and packet.sequence == 0:
            self.inbox.append(Restarted())
        message = messages.parse(packet)
        if isinstance(message, Info):
            self.info = message
        if isinstance(message, Text):
            self.texts.append(message.text)
        if message is not None:
            self.inbox.append(message)

    def refused(self, kind: PacketType, code: int) -> DeviceError:
        """Return the error for a command that the board answered with a code other than 0."""
        why = messages.ACK_WORDS.get(code, f"code {code}")
        words = f" It says: {self.texts[-1]}" if self.texts else ""
        return DeviceError(
            f"The board on {self.link.url} refused {kind.name}: {why}.{words}",
            "Connect the sensor the pipeline was trained with, or flash the program it needs.",
        )

    def silent(self, timeout_s: float) -> DeviceError:
        """Return the error for a board that did not answer: what came instead, and what to do."""
        url = self.link.url
        if self._packets:
            return DeviceError(
                f"The board on {url} did not answer for {timeout_s:g} s.",
                "Press its reset button; if that does not help, flash it again.",
            )
        if self._received:
            return DeviceError(
                f"{url} sent {self._received} bytes in {timeout_s:g} s, but none of our packets; "
                f"they begin with {self._beginning!r}.",
                "Another program runs on the board; flash ours: tinyml-studio flash",
            )
        return DeviceError(
            f"Nothing came from {url} in {timeout_s:g} s.",
            "Press the board's reset button; if it has none of our programs yet, flash one: "
            "tinyml-studio flash",
        )


def _kind(body: bytes) -> int:
    return body[0]
