"""The far end of a serial cable: a device's UART, played over a pseudo terminal.

A UART does not wait for its reader: what does not fit is lost. So writes do not block, and what
the system does not take is discarded and counted. Faults are drawn from a seed.
"""

import argparse
import json
import os
import random
import signal
import sys
import threading
import time
import tty
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TICK_S = 0.001
AXES = 10

FATES = ("sent", "flipped", "garbage", "dropped", "discarded")


@dataclass(frozen=True)
class Faults:
    """How often things go wrong: probabilities per packet, and seconds between events (0: never).

    `flip` turns up to `bits` bits of a packet over, `garbage` puts up to 40 arbitrary bytes before
    it, `drop` leaves it out although the device counted it.
    """

    seed: int = 1
    flip: float = 0.0
    bits: int = 1
    garbage: float = 0.0
    drop: float = 0.0
    reset_s: float = 0.0
    unplug_s: float = 0.0
    split: bool = False


def signal_values(session: int, first: int, count: int, n_axes: int) -> np.ndarray:
    """Return int16 `(count, n_axes)`: what a device measures, told by session and index alone."""
    index = np.arange(first, first + count, dtype=np.int64)[:, None]
    axis = np.arange(n_axes, dtype=np.int64)[None, :]
    return ((index * 7 + axis * 4099 + session * 977) % 65536 - 32768).astype(np.int16)


class Uart:
    """A pseudo terminal whose other side a program opens as a serial port."""

    def __init__(self, link: str = "") -> None:
        self.link = link
        self.discarded_bytes = 0
        self.sent_bytes = 0
        self._master = self._slave = -1
        self.plug()

    @property
    def url(self) -> str:
        return self.link or os.ttyname(self._slave)

    def plug(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        if self.link:
            Path(self.link).unlink(missing_ok=True)
            os.symlink(os.ttyname(self._slave), self.link)

    def unplug(self) -> None:
        if self.link:
            Path(self.link).unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)

    @property
    def baud(self) -> int:
        """The speed that the program has set, as a code of `termios`."""
        import termios

        return termios.tcgetattr(self._slave)[4]

    def send(self, data: bytes) -> int:
        """Send without waiting; return how many bytes the line took."""
        taken = 0
        while taken < len(data):
            try:
                taken += os.write(self._master, data[taken : taken + 4096])
            except BlockingIOError:
                break
        self.sent_bytes += taken
        self.discarded_bytes += len(data) - taken
        return taken

    def send_patiently(self, data: bytes, patience_s: float = 30.0) -> None:
        """Send everything, waiting for the reader: for dialogs, where the device does."""
        give_up = time.monotonic() + patience_s
        while data and time.monotonic() < give_up:
            try:
                data = data[os.write(self._master, data[:4096]) :]
            except BlockingIOError:
                time.sleep(TICK_S)

    def receive(self) -> bytes:
        try:
            return os.read(self._master, 4096)
        except BlockingIOError:
            return b""


class Peer(threading.Thread):
    """A device that streams. A subclass says what it sends when.

    Attributes
    ----------
    session : int
        How often it has begun (reset, or started by its host).
    counts : dict
        Packets by fate: `sent`, `flipped`, `garbage` (before them), `dropped`, `discarded`.
    """

    def __init__(
        self,
        *,
        rate_hz: float = 100.0,
        n_axes: int = AXES,
        faults: Faults = Faults(),
        link: str = "",
        log: str = "",
    ) -> None:
        super().__init__(daemon=True)
        self.rate_hz = rate_hz
        self.n_axes = n_axes
        self.faults = faults
        self.uart = Uart(link)
        self.url = self.uart.url
        self.session = -1
        self.next_reading = 0
        self.counts = dict.fromkeys(FATES, 0)
        self.faulty: list[int] = []
        """Packets of this session, counted from 0, that did not come as they were."""
        self.damaged: dict[int, str] = {}
        """What of them went out instead, as hexadecimal digits."""
        self._packets = 0
        self._random = random.Random(faults.seed)
        self._log = open(log, "w") if log else None  # noqa: SIM115
        self._ended = threading.Event()
        self._t0 = 0.0

    rows = 1
    """Readings in a packet."""
    tells_damage = False
    """Whether the log holds the bytes of damaged packets."""

    def encode(self, first: int) -> bytes:
        """Return the packet that begins with a reading."""
        raise NotImplementedError

    def idle(self) -> None:
        """Do what is due beside packets."""

    def boot(self) -> None:
        """Begin as after a reset."""

    def hear(self, data: bytes) -> None:
        """Take what the host says."""

    streaming = False

    def begin(self) -> None:
        """Start a session: readings count from 0."""
        self.end_session()
        self.session += 1
        self.next_reading = self._packets = 0
        self.faulty, self.damaged = [], {}
        self._t0 = time.monotonic()
        self.streaming = True
        self.say("begin")

    def end_session(self) -> None:
        if self.streaming:
            told = {"readings": self.next_reading, "rows": self.rows, "faulty": self.faulty}
            damage = {"damaged": self.damaged} if self.tells_damage else {}
            self.say("end", **told, **damage, **self.counts)
        self.streaming = False

    def say(self, event: str, **data: object) -> None:
        """Write a line to the log."""
        if self._log is not None:
            line = {"event": event, "session": self.session, "t": time.monotonic(), **data}
            self._log.write(json.dumps(line) + "\n")
            self._log.flush()

    def run(self) -> None:
        self.boot()
        events = {"reset": self.faults.reset_s, "unplug": self.faults.unplug_s}
        due = {kind: time.monotonic() + s for kind, s in events.items() if s}
        while not self._ended.is_set():
            now = time.monotonic()
            for kind in [kind for kind, when in due.items() if now >= when]:
                due[kind] = now + events[kind] * self._random.uniform(0.5, 1.5)
                self._disturb(kind)
            heard = self.uart.receive()
            if heard:
                self.hear(heard)
            self.idle()
            if self.streaming:
                self._send_due(now)
            self._ended.wait(TICK_S)
        self.end_session()

    def stop(self) -> None:
        """End the device; its port goes."""
        self._ended.set()
        self.join()
        self.uart.unplug()
        if self._log is not None:
            self._log.close()

    def __enter__(self) -> "Peer":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _disturb(self, kind: str) -> None:
        self.end_session()
        if kind == "unplug":
            self.uart.unplug()
            self._ended.wait(0.5)
            self.uart.plug()
        self.say(kind)
        self.boot()

    def _send_due(self, now: float) -> None:
        wanted = int((now - self._t0) * self.rate_hz) // self.rows * self.rows
        packets = []
        while self.next_reading < wanted and len(packets) < 4096:
            packets.append(self.encode(self.next_reading))
            self.next_reading += self.rows
        if packets:
            self._send(packets)

    def _send(self, packets: list[bytes]) -> None:
        """Send packets, some of them damaged; count what became of each."""
        first, parts = self._packets, []
        for packet in packets:
            parts.append(self._damage(packet))
            if parts[-1] != packet:
                self.faulty.append(self._packets)
                self.damaged[self._packets] = parts[-1].hex()
            self._packets += 1
        if self.faults.split:
            for part in parts:
                cut = self._random.randint(0, len(part))
                self.uart.send(part[:cut])
                time.sleep(0)
                self.uart.send(part[cut:])
            return
        left = self.uart.send(b"".join(parts))
        for number, part in enumerate(parts, first):
            if len(part) > left:
                self.counts["discarded"] += 1
                self.faulty.append(number)
                self.damaged[number] = part[:left].hex()
            left = max(0, left - len(part))

    def _damage(self, packet: bytes) -> bytes:
        faults, chance = self.faults, self._random
        if faults.drop and chance.random() < faults.drop:
            self.counts["dropped"] += 1
            return b""
        self.counts["sent"] += 1
        if faults.flip and chance.random() < faults.flip:
            self.counts["flipped"] += 1
            turned = bytearray(packet)
            for _ in range(chance.randint(1, faults.bits)):
                turned[chance.randrange(len(turned))] ^= 1 << chance.randrange(8)
            packet = bytes(turned)
        if faults.garbage and chance.random() < faults.garbage:
            self.counts["garbage"] += 1
            packet = chance.randbytes(chance.randint(1, 40)) + packet
        return packet


def parser(about: str) -> argparse.ArgumentParser:
    """Return the options that all peers share."""
    options = argparse.ArgumentParser(description=about)
    options.add_argument("--rate", type=float, default=100.0, help="readings per second")
    options.add_argument("--axes", type=int, default=AXES)
    options.add_argument("--seconds", type=float, default=0.0, help="0: until it is ended")
    options.add_argument("--link", default="", help="make a link to the port here")
    options.add_argument("--log", default="", help="write what was sent here, JSON lines")
    options.add_argument("--seed", type=int, default=1)
    for name in ("flip", "garbage", "drop"):
        options.add_argument(f"--{name}", type=float, default=0.0, help="chance per packet")
    options.add_argument("--bits", type=int, default=1, help="at most so many at a time")
    options.add_argument("--reset", type=float, default=0.0, help="about every so many seconds")
    options.add_argument("--unplug", type=float, default=0.0, help="about every so many seconds")
    options.add_argument("--split", action="store_true", help="cut every packet in two writes")
    return options


def settings(given: argparse.Namespace) -> dict[str, object]:
    """Return the arguments of a peer for its options."""
    return {
        "rate_hz": given.rate,
        "n_axes": given.axes,
        "link": given.link,
        "log": given.log,
        "faults": Faults(
            seed=given.seed,
            flip=given.flip,
            bits=given.bits,
            garbage=given.garbage,
            drop=given.drop,
            reset_s=given.reset,
            unplug_s=given.unplug,
            split=given.split,
        ),
    }


def serve(peer: Peer, seconds: float) -> None:
    """Play the device, print its port first and what became of its packets last."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with peer:
        sys.stdout.write(peer.url + "\n")
        sys.stdout.flush()
        ended.wait(seconds or None)
    line = {**peer.counts, "discarded_bytes": peer.uart.discarded_bytes, "sessions": peer.session}
    sys.stdout.write(json.dumps(line) + "\n")
