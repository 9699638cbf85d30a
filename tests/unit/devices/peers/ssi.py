"""Plays a board with SensiML's Simple Streaming Interface, from the description of its wire.

Run it: it prints the port to open, then plays until it is ended.
"""

import json
import struct
import time
from functools import reduce
from operator import xor

import numpy as np

try:
    from peers.uart import Peer, parser, serve, settings, signal_values
except ImportError:  # run as a program
    from uart import Peer, parser, serve, settings, signal_values

ANNOUNCE_S = 0.5


def announcement(
    rate: float, names: list[str], *, rows: int = 6, version: int = 2, kind: str = "int16"
) -> bytes:
    """The line an idle device prints."""
    said: dict[str, object] = {"sample_rate": rate, "samples_per_packet": rows}
    said["column_location"] = {name: place for place, name in enumerate(names)}
    if version != 1:
        said["version"] = version
    if kind != "int16":
        said["data_type"] = kind
    return json.dumps(said, separators=(",", ":")).encode() + b"\r\n"


def packet(number: int, data: bytes, *, channel: int = 0) -> bytes:
    """One packet of version 2."""
    checked = struct.pack("<BBI", 0, channel, number % (1 << 32)) + data
    return b"\xff" + struct.pack("<H", len(checked)) + checked + bytes([reduce(xor, checked)])


class SsiPeer(Peer):
    """A board that announces itself and streams between `connect` and `disconnect`.

    Values are `signal_values`, as they are (int16) or divided by 8 (float).
    """

    def __init__(
        self, *, version: int = 2, rows: int = 6, kind: str = "int16", **given: object
    ) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self.version = version
        self.rows = rows
        self.kind = kind
        self._announced = 0.0
        self._heard = b""

    def boot(self) -> None:
        self.end_session()
        self._announced = 0.0

    def hear(self, data: bytes) -> None:
        self._heard = (self._heard + data)[-64:]
        for _ in range(64):
            ends = [(self._heard.find(word), word) for word in (b"disconnect", b"connect")]
            found = [row for row in ends if row[0] >= 0]
            if not found:
                return
            at, word = min(found)
            self._heard = self._heard[at + len(word) :]
            if word == b"connect":
                self.begin()
            else:
                self.boot()

    def idle(self) -> None:
        now = time.monotonic()
        if not self.streaming and now - self._announced >= ANNOUNCE_S:
            self._announced = now
            names = [f"Axis{i}" for i in range(self.n_axes)]
            self.uart.send(
                announcement(
                    self.rate_hz, names, rows=self.rows, version=self.version, kind=self.kind
                )
            )

    def encode(self, first: int) -> bytes:
        values = signal_values(self.session, first, self.rows, self.n_axes)
        data = values.astype("<i2").tobytes()
        if self.kind == "float":
            data = (values / np.float32(8)).astype("<f4").tobytes()
        return data if self.version == 1 else packet(first // self.rows, data)


if __name__ == "__main__":
    options = parser("Plays a board with SensiML's Simple Streaming Interface.")
    options.add_argument("--version", type=int, default=2)
    options.add_argument("--rows", type=int, default=6)
    options.add_argument("--float", action="store_true")
    given = options.parse_args()
    kind = "float" if given.float else "int16"
    peer = SsiPeer(version=given.version, rows=given.rows, kind=kind, **settings(given))
    serve(peer, given.seconds)
