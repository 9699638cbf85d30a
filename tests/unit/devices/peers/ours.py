"""Plays a board with our own firmware, from the description in `stream/packet.h`.

Run it: it prints the port to open, then plays until it is ended.
"""

import struct
import time

try:
    from peers.uart import Peer, parser, serve, settings, signal_values
except ImportError:  # run as a program
    from uart import Peer, parser, serve, settings, signal_values

INFO, DATA, TEXT, ACK, HELLO, START, STOP = 0x01, 0x02, 0x03, 0x08, 0x81, 0x82, 0x83
MOST_PAYLOAD = 240


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE (polynomial 0x1021, seed 0xFFFF), by its definition."""
    crc = 0xFFFF
    for byte in data:
        crc = _CRC_TABLE[crc >> 8 ^ byte] ^ crc << 8 & 0xFFFF
    return crc


def _crc_row(byte: int) -> int:
    byte <<= 8
    for _ in range(8):
        byte = (byte << 1 ^ 0x1021 if byte & 0x8000 else byte << 1) & 0xFFFF
    return byte


_CRC_TABLE = [_crc_row(byte) for byte in range(256)]


def stuff(data: bytes) -> bytes:
    """COBS for fewer than 254 bytes: each run without zeros led by its length plus one."""
    return b"".join(bytes([len(piece) + 1]) + piece for piece in data.split(b"\0"))


def unstuff(data: bytes) -> bytes:
    """The reverse; what makes no sense gives something that no checksum fits."""
    out, at = bytearray(), 0
    while at < len(data):
        out += data[at + 1 : at + data[at]]
        at += data[at]
        if at < len(data):
            out.append(0)
    return bytes(out)


def frame(kind: int, sequence: int, payload: bytes) -> bytes:
    """One packet with its ending zero."""
    body = struct.pack("<BH", kind, sequence & 0xFFFF) + payload
    return stuff(body + struct.pack("<H", crc16(body))) + b"\0"


def string(text: str) -> bytes:
    return bytes([len(text.encode())]) + text.encode()


class OwnPeer(Peer):
    """A board that waits for its host; int16 `signal_values`, or as float32 (`floats`)."""

    def __init__(self, *, floats: bool = False, **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self._floats = floats
        self._sequence = 0
        self._heard = b""
        self.rows = (MOST_PAYLOAD - 4) // (self.n_axes * (4 if floats else 2))
        self.muted_until = 0.0

    def boot(self) -> None:
        self._sequence = 0
        self._heard = b""
        self._post(INFO, self._info())

    def hear(self, data: bytes) -> None:
        *frames, self._heard = (self._heard + data).split(b"\0")
        for one in filter(None, frames):
            body = unstuff(one)
            if len(body) >= 5 and crc16(body[:-2]) == int.from_bytes(body[-2:], "little"):
                self._obey(body[0])

    def _obey(self, command: int) -> None:
        if time.monotonic() < self.muted_until:
            return
        if command in (START, STOP):
            self.end_session()
        self._post(ACK, bytes([command, 0]))
        if command in (HELLO, START):
            self._post(INFO, self._info(streaming=command == START or self.streaming))
        if command == START:
            self.begin()

    def mute(self, seconds: float) -> None:
        """Hang: neither stream nor answer for a while; readings go by meanwhile."""
        self.muted_until = time.monotonic() + seconds

    def _send_due(self, now: float) -> None:
        if now < self.muted_until:
            self.next_reading = int((now - self._t0) * self.rate_hz) // self.rows * self.rows
            return
        super()._send_due(now)

    def encode(self, first: int) -> bytes:
        values = signal_values(self.session, first, self.rows, self.n_axes)
        data = values.astype("<f4" if self._floats else "<i2").tobytes()
        packet = frame(DATA, self._sequence, struct.pack("<I", first) + data)
        self._sequence += 1
        return packet

    def _post(self, kind: int, payload: bytes) -> None:
        self.uart.send_patiently(frame(kind, self._sequence, payload), 0.2)
        self._sequence += 1

    def _info(self, *, streaming: bool = False) -> bytes:
        axes = b"".join(string(f"a{number}") + string("g") for number in range(self.n_axes))
        return (
            b"\x01"
            + string("peer")
            + string("collect 1")
            + struct.pack("<fBIBB", self.rate_hz, self._floats, 0, streaming, self.n_axes)
            + axes
        )


if __name__ == "__main__":
    options = parser("Plays a board with our own firmware.")
    options.add_argument("--floats", action="store_true")
    given = options.parse_args()
    serve(OwnPeer(floats=given.floats, **settings(given)), given.seconds)
