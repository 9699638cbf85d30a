"""A device on a pseudo terminal that stands for a UART: what is not taken in time is lost.

A process of its own. It prints its port, waits to be started (or, speaking Nordic's protocol,
streams from the moment its port is opened), sends a number of readings and prints what became of
them. Paced by the clock it never waits: when the system takes no more, bytes are discarded and
counted. Where the computer had no time for it, its clock stands still, as a UART cannot hurry to
make up for it; how long that was is printed too. `--unpaced` sends as fast as the reader takes it.

Frames are built by table and C library, from the formats' descriptions; packets of `ours` hold
int16 or float32, frames of `nordic` float32.
"""

import argparse
import fcntl
import json
import mmap
import os
import select
import struct
import sys
import termios
import time
import tty
from binascii import crc_hqx
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from cobs import cobs

TICK_S = 0.001
LATEST_S = 0.004
"""A UART's own buffer: what was due longer ago than that is sent later."""
READABLE = 3000
"""Of the bytes discarded, those are told apart that the system had not shown to the reader yet: it
hands a pty's bytes on in a thread of its own, which waits for a processor like any other."""
PERIOD = 4096
"""Readings after which the signal repeats."""
PACKET_BYTES = 236
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_NORDIC_HEAD = b"\xa2\x61t\x62sd\x61d\xa3\x63seq\x1a"
_NORDIC_START = 70_000
"""Such numbers take five bytes in CBOR, as nearly all do in practice."""


def pattern(n_axes: int, dtype: str) -> np.ndarray:
    """Return one period of what is sent, `(PERIOD, n_axes)`; every axis differs."""
    values = np.random.default_rng(7).integers(-30_000, 30_000, (PERIOD, n_axes))
    return values.astype(np.int16 if dtype == "int16" else np.float32)


def packet(kind: int, sequence: int, payload: bytes) -> bytes:
    """Return one of our packets."""
    body = struct.pack("<BH", kind, sequence & 0xFFFF) + payload
    return bytes(cobs.encode(body + struct.pack("<H", crc_hqx(body, 0xFFFF)))) + b"\0"


def text(words: str) -> bytes:
    """Return a string of our packets."""
    return bytes([len(words)]) + words.encode()


class Ours:
    """Our packets: HELLO, START and STOP are answered, then data."""

    def __init__(self, rate_hz: float, n_axes: int, dtype: str) -> None:
        self.rate_hz, self.n_axes, self.dtype = rate_hz, n_axes, dtype
        values = pattern(n_axes, dtype)
        self._bytes = values.astype(values.dtype.newbyteorder("<")).tobytes() * 2
        self._size = n_axes * values.itemsize
        self.rows = PACKET_BYTES // self._size
        self._sequence = 0

    def answer(self, heard: bytes) -> tuple[bytes, bool]:
        """Return what to say to what was heard, and whether it was START."""
        said, start = b"", False
        for frame in filter(None, heard.split(b"\0")):
            kind = cobs.decode(frame)[0]
            start = start or kind == 0x82
            said += self._next(0x08, bytes([kind, 0]))
            if kind in (0x81, 0x82):
                said += self._next(0x01, self._info(streaming=kind == 0x82))
        return said, start

    def _next(self, kind: int, payload: bytes) -> bytes:
        self._sequence += 1
        return packet(kind, self._sequence - 1, payload)

    def _info(self, *, streaming: bool) -> bytes:
        numbers = struct.pack(
            "<fBIBB", self.rate_hz, self.dtype == "float32", 0, streaming, self.n_axes
        )
        axes = b"".join(text(f"a{number}") + text("") for number in range(self.n_axes))
        return b"\x01" + text("sender") + text("collect 1") + numbers + axes

    def frames(self, first: int, count: int) -> Iterator[bytes]:
        """Yield the packets of readings `[first, first + count)`."""
        for start in range(first, first + count, self.rows):
            place = start % PERIOD * self._size
            rows = min(self.rows, first + count - start)
            data = self._bytes[place : place + rows * self._size]
            yield self._next(0x02, struct.pack("<I", start) + data)


class Nordic:
    """Nordic's frames: session information, then one frame per reading."""

    def __init__(self, rate_hz: float, n_axes: int, dtype: str) -> None:
        self.rate_hz, self.n_axes, self.rows = rate_hz, n_axes, 1
        one = struct.Struct(">f")
        rows = pattern(n_axes, "float32").tolist()
        self._values = [b"".join(b"\xfa" + one.pack(value) for value in row) for row in rows]
        count = bytes([0x80 | n_axes]) if n_axes < 24 else bytes([0x98, n_axes])
        self._list = b"\x63val" + count
        self._told = 0.0
        self.tell_s = 0.2

    def answer(self, heard: bytes) -> tuple[bytes, bool]:
        """Say what it is now and then."""
        if time.monotonic() - self._told < self.tell_s:
            return b"", False
        self._told = time.monotonic()
        return self._frame(self._session()), False

    def _session(self) -> bytes:
        import cbor2

        names = [f"c{number}" for number in range(self.n_axes)]
        content = {"sid": 4711, "hz": round(self.rate_hz), "ch": self.n_axes, "ch_n": names}
        done: bytes = cbor2.dumps({"t": "si", "d": {**content, "st": 1, "dr": 0, "name": "bench"}})
        return done

    @staticmethod
    def _frame(content: bytes) -> bytes:
        mirrored = crc_hqx(content.translate(_MIRRORED), 0xFFFF)
        crc = int(f"{mirrored:016b}"[::-1], 2)
        whole = struct.pack("<H", len(content)) + content + struct.pack("<H", crc)
        return bytes(cobs.encode(whole)) + b"\0"

    def frames(self, first: int, count: int) -> Iterator[bytes]:
        """Yield the frames of readings `[first, first + count)`."""
        for index in range(first, first + count):
            number = struct.pack(">I", _NORDIC_START + index)
            at = struct.pack(">I", _NORDIC_START + round(index * 1000 / self.rate_hz))
            content = _NORDIC_HEAD + number + b"\x62ts\x1a" + at + self._list
            yield self._frame(content + self._values[index % PERIOD])


class Line:
    """The pty, and what became of the bytes put on it."""

    def __init__(self, shared: str) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.url = os.ttyname(self._slave)
        os.set_blocking(self._master, False)
        self.discarded = self.undelivered = self.sent = 0
        self._clock: Any = None
        if shared:
            Path(shared).write_bytes(bytes(16))
            with Path(shared).open("r+b") as file:
                self._clock = np.frombuffer(mmap.mmap(file.fileno(), 16), np.float64)

    def hear(self) -> bytes:
        """Return what the reader said."""
        try:
            return os.read(self._master, 4096)
        except BlockingIOError:
            return b""

    def put(self, data: bytes) -> None:
        """Send what the system takes at once, discard the rest."""
        taken = 0
        while taken < len(data):
            try:
                taken += os.write(self._master, data[taken:])
            except BlockingIOError:
                break
        self.sent += taken
        self.discarded += len(data) - taken
        if taken < len(data) and self._readable() < READABLE:
            self.undelivered += len(data) - taken

    def _readable(self) -> int:
        """How many bytes the reader could take at this moment."""
        answer = fcntl.ioctl(self._slave, termios.FIONREAD, bytes(4))
        return int.from_bytes(answer, sys.byteorder)

    def push(self, data: bytes) -> None:
        """Send everything, waiting for the reader."""
        view = memoryview(data)
        while view:
            select.select([], [self._master], [])
            try:
                taken = os.write(self._master, view)
            except BlockingIOError:
                continue
            self.sent += taken
            view = view[taken:]

    def tell(self, began: float) -> None:
        """Let others know when reading 0 was sent."""
        if self._clock is not None:
            self._clock[0] = began


def paced(line: Line, device: Any, total: int) -> dict[str, float]:
    """Send readings at their rate; return when it began and how long its clock stood still."""
    began = first_s = time.monotonic()
    stood = 0.0
    sent = 0
    line.tell(began)
    while sent < total:
        late = time.monotonic() - began - sent / device.rate_hz
        if late > LATEST_S + device.rows / device.rate_hz:
            stood += late - LATEST_S
            began += late - LATEST_S
            line.tell(began)
        due = min(total, int((time.monotonic() - began) * device.rate_hz))
        due -= due % device.rows if due < total else 0
        if due > sent:
            line.put(b"".join(device.frames(sent, due - sent)))
            sent = due
        said, _ = device.answer(line.hear())
        if said:
            line.put(said)
        time.sleep(TICK_S)
    return {"stood_s": stood, "seconds": time.monotonic() - first_s}


def unpaced(line: Line, device: Any, total: int) -> dict[str, float]:
    """Send readings as fast as they are taken."""
    chunk = 64 * device.rows
    began = time.monotonic()
    for first in range(0, total, chunk):
        line.push(b"".join(device.frames(first, min(chunk, total - first))))
    return {"began_s": began, "seconds": time.monotonic() - began}


def prepared(line: Line, device: Any, total: int) -> dict[str, float]:
    """Send readings as fast as they are taken; they are made before."""
    data = b"".join(device.frames(0, total))
    began = time.monotonic()
    for start in range(0, len(data), 1 << 16):
        line.push(data[start : start + (1 << 16)])
    return {"began_s": began, "seconds": time.monotonic() - began}


WAYS: dict[str, Callable[[Line, Any, int], dict[str, float]]] = {
    "paced": paced,
    "unpaced": unpaced,
    "prepared": prepared,
}


def main() -> None:
    """Play."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", choices=("ours", "nordic"), default="ours")
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--axes", type=int, default=1)
    parser.add_argument("--dtype", default="int16")
    parser.add_argument("--readings", type=int, required=True)
    parser.add_argument("--way", choices=WAYS, default="paced")
    parser.add_argument("--shared", default="", help="file that tells when reading 0 was sent")
    parser.add_argument("--deaf", action="store_true", help="begin when told on standard input")
    given = parser.parse_args()
    kind = Ours if given.format == "ours" else Nordic
    device: Any = kind(given.rate, given.axes, given.dtype)
    line = Line(given.shared)
    sys.stdout.write(line.url + "\n")
    sys.stdout.flush()
    start = False
    while not start:
        said, start = (b"", False) if given.deaf else device.answer(line.hear())
        line.put(said)
        if given.deaf or given.format == "nordic":
            start = bool(select.select([sys.stdin], [], [], 0.01)[0])
        time.sleep(TICK_S)
    device.tell_s = 5.0
    told = WAYS[given.way](line, device, given.readings)
    told |= {"sent_bytes": line.sent, "discarded_bytes": line.discarded}
    sys.stdout.write(json.dumps({**told, "undelivered_bytes": line.undelivered}) + "\n")
    sys.stdout.flush()
    sys.stdin.read() if given.deaf else _stay(line, device)


def _stay(line: Line, device: Any) -> None:
    """Answer until whoever reads has everything (standard input ends)."""
    os.set_blocking(sys.stdin.fileno(), False)
    while True:
        said, _ = device.answer(line.hear())
        line.put(said)
        if select.select([sys.stdin], [], [], 0.01)[0] and not os.read(sys.stdin.fileno(), 100):
            return


if __name__ == "__main__":
    main()
