"""Plays a board with Nordic's data forwarder firmware, from the description of its wire.

Run it: it prints the port to open, then plays until it is ended.
"""

import random
import struct
import time

try:
    from peers.uart import Peer, parser, serve, settings, signal_values
except ImportError:  # run as a program
    from uart import Peer, parser, serve, settings, signal_values

RESEND_S = 5.0
MICRO = 1_000_000


def crc16(data: bytes) -> int:
    """CRC-16/MCRF4XX (polynomial 0x1021 reflected, seed 0xFFFF), by its definition."""
    crc = 0xFFFF
    for byte in data:
        crc = _CRC_TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc


def _crc_row(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ 0x8408 if byte & 1 else byte >> 1
    return byte


_CRC_TABLE = [_crc_row(byte) for byte in range(256)]


def stuff(data: bytes) -> bytes:
    """COBS: blocks of up to 254 bytes, each led by one more than its length, without zeros."""
    out = bytearray()
    for piece in data.split(b"\0"):
        while len(piece) >= 254:
            out += b"\xff" + piece[:254]
            piece = piece[254:]
        out += bytes([len(piece) + 1]) + piece
    return bytes(out)


def head(major: int, number: int) -> bytes:
    """The shortest CBOR head for a number."""
    if number < 24:
        return bytes([major << 5 | number])
    for short, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | short]) + number.to_bytes(size, "big")
    raise ValueError(number)


def cbor(value: object) -> bytes:
    """What zcbor writes: shortest integers, float32, definite lists and maps."""
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfa" + struct.pack(">f", value)
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(cbor(one) for one in value)
    if isinstance(value, dict):
        pairs = b"".join(cbor(key) + cbor(one) for key, one in value.items())
        return head(5, len(value)) + pairs
    raise TypeError(value)


def frame(message: dict[str, object], *, crc: bool = True) -> bytes:
    """One frame with its ending zero."""
    content = cbor(message)
    body = struct.pack("<H", len(content)) + content
    if crc:
        body += struct.pack("<H", crc16(content))
    return stuff(body) + b"\0"


def sample(number: int, time_ms: int, values: list[float] | list[int]) -> dict[str, object]:
    return {"t": "sd", "d": {"seq": number, "ts": time_ms, "val": values}}


def session_info(
    sid: int, hz: int, names: list[str], *, dropped: int = 0, device: str = "thingy"
) -> dict[str, object]:
    content = {"sid": sid, "hz": hz, "ch": len(names), "ch_n": names, "st": 1}
    return {"t": "si", "d": {**content, "dr": dropped, "name": device}}


class NordicPeer(Peer):
    """A board that streams since it was switched on.

    Values are `signal_values` / 8 as float32, or times 1000 in micro-units (`integers`).
    """

    def __init__(
        self,
        *,
        crc: bool = True,
        integers: bool = False,
        resend_s: float = RESEND_S,
        **given: object,
    ) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self._resend_s = resend_s
        self._crc = crc
        self._integers = integers
        self._boot = random.Random(self.faults.seed)
        self._sid = 0
        self._told = 0.0
        self.dropped = 0

    def boot(self) -> None:
        self._sid = self._boot.getrandbits(32)
        self._tell()
        self.begin()

    def idle(self) -> None:
        if time.monotonic() - self._told >= self._resend_s:
            self._tell()

    def encode(self, first: int) -> bytes:
        raw = signal_values(self.session, first, 1, self.n_axes)[0].tolist()
        values = [one * 1000 for one in raw] if self._integers else [one / 8 for one in raw]
        ts = round(first * 1000 / self.rate_hz)
        return frame(sample(first % (1 << 32), ts, values), crc=self._crc)

    def _tell(self) -> None:
        self._told = time.monotonic()
        names = [f"ch{i}" for i in range(self.n_axes)]
        message = session_info(self._sid, round(self.rate_hz), names, dropped=self.dropped)
        self.uart.send(frame(message, crc=self._crc))


if __name__ == "__main__":
    options = parser("Plays a board with Nordic's data forwarder.")
    options.add_argument("--no-crc", action="store_true")
    options.add_argument("--integers", action="store_true")
    given = options.parse_args()
    peer = NordicPeer(crc=not given.no_crc, integers=given.integers, **settings(given))
    serve(peer, given.seconds)
