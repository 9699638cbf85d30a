"""The packet codec of the PC: bytes in, packets out, no input or output of its own.

The wire is described in `resources/runtime/stream/packet.h`; the board runs that C code, the PC
this module, and a test holds the two against each other.
"""

import struct
from binascii import crc_hqx
from dataclasses import dataclass
from enum import IntEnum

from cobs import cobs

MAX_PAYLOAD = 240
MAX_FRAME = 247
_HEADER = struct.Struct("<BH")
_SMALLEST = 5
_SEQUENCES = 1 << 16


class PacketType(IntEnum):
    """What a packet is; numbers as in the C code."""

    INFO = 0x01
    DATA = 0x02
    TEXT = 0x03
    DECISION = 0x04
    FEATURES = 0x05
    SCORES = 0x06
    MODEL = 0x07
    ACK = 0x08
    HELLO = 0x81
    START = 0x82
    STOP = 0x83
    REPLAY_BEGIN = 0x84
    REPLAY_DATA = 0x85
    REPLAY_RUN = 0x86


_INFO = int(PacketType.INFO)


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet as it came: `type` may be a number this version does not know."""

    type: int
    sequence: int
    payload: bytes


def encode(kind: int, sequence: int, payload: bytes = b"") -> bytes:
    """Return a packet's bytes on the wire, its ending zero included.

    Raises
    ------
    ValueError
        If the payload is longer than 240 bytes.
    """
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"payload of {len(payload)} bytes; a packet holds {MAX_PAYLOAD}")
    body = _HEADER.pack(kind, sequence % _SEQUENCES) + payload
    wire: bytes = cobs.encode(body + crc_hqx(body, 0xFFFF).to_bytes(2, "little"))
    return wire + b"\0"


def unpack(body: bytes) -> Packet:
    """Return a body that `PacketDecoder.bodies` gave as a packet."""
    kind, sequence = _HEADER.unpack_from(body)
    return Packet(kind, sequence, body[_HEADER.size : -2])


class PacketDecoder:
    """Takes bytes as they come and gives whole, checked packets.

    Attributes
    ----------
    damaged : int
        Packets whose framing or checksum was wrong. What precedes the first packet boundary is
        not counted: a link may be opened in the middle of a packet.
    lost : int
        Packets that never came, judged by the sequence numbers (damaged ones included).
    restarts : int
        How often the board began again at sequence 0 (it was reset).
    """

    def __init__(self) -> None:
        self.damaged = 0
        self.lost = 0
        self.restarts = 0
        self._rest = b""
        self._in_step = False
        self._expected = -1

    def feed(self, data: bytes) -> list[Packet]:
        """Return the packets completed by `data`, in order."""
        return [unpack(body) for body in self.bodies(data)]

    def bodies(self, data: bytes) -> list[bytes]:
        """Return the same as checked bytes, for those who take many at once.

        A body is what `unpack` reads: type, sequence, payload and checksum.
        """
        *frames, self._rest = (self._rest + data).split(b"\0")
        if len(self._rest) > MAX_FRAME:  # noise without an end; keep only that it is too long
            self._rest = self._rest[: MAX_FRAME + 1]
        bodies = []
        decode, checksum, expected = cobs.decode, crc_hqx, self._expected
        for frame in frames:
            try:
                body = decode(frame) if len(frame) < MAX_FRAME else b""
            except cobs.DecodeError:
                body = b""
            if len(body) >= _SMALLEST and checksum(body[:-2], 0xFFFF) == body[-2] | body[-1] << 8:
                bodies.append(body)
                if body[1] | body[2] << 8 == expected and body[0] != _INFO:
                    expected = (expected + 1) % _SEQUENCES
                else:
                    self._expected = expected
                    self._count(unpack(body))
                    expected = self._expected
            elif frame and self._in_step:
                self.damaged += 1
            self._in_step = True
        self._expected = expected
        return bodies

    def _count(self, packet: Packet) -> None:
        begins = packet.type == PacketType.INFO and packet.sequence == 0
        if begins and self._expected > 0:
            self.restarts += 1
        elif self._expected >= 0:
            self.lost += (packet.sequence - self._expected) % _SEQUENCES
        self._expected = (packet.sequence + 1) % _SEQUENCES
