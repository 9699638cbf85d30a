"""Firmware built for the PC over a board that is a struct in memory (`host_hal.c`)."""

import socket
import struct
import threading
from pathlib import Path

import cffi
import numpy as np

from studio.devices.packet import Packet, PacketDecoder, encode
from studio.paths import FIRMWARE, RUNTIME
from studio.runtime.cc import build_library

HERE = Path(__file__).resolve().parent
BOARD_CDEF = """
void host_reset(void);
void host_sensor(float rate, int dtype, uint32_t n_axes, const char *names);
void host_readings(const void *readings, uint32_t bytes);
void host_drop(uint32_t readings);
uint32_t host_remembered(void);
void host_send(const uint8_t *bytes, uint32_t count);
uint32_t host_take(uint8_t *bytes);
void host_advance(uint32_t cycles);
uint32_t host_idled(void);
uint32_t host_waiting(void);
void tml_%(program)s_init(void);
void tml_%(program)s_step(void);
"""
PIPELINE = HERE / "pipeline"


class HostBoard:
    """One firmware program on the PC; commands in, packets out, readings in."""

    def __init__(self, program: str) -> None:
        extra = [*PIPELINE.glob("*.c")] if program == "infer" else []
        path = build_library(
            f"host-{program}",
            files=[
                HERE / "host_hal.c",
                FIRMWARE / program / f"{program}.c",
                FIRMWARE / "common" / "tml_link.c",
                *sorted((RUNTIME / "stream").glob("*.c")),
                *sorted((RUNTIME / "post").glob("decide.c")),
                *extra,
            ],
            include=[
                RUNTIME,
                FIRMWARE / "hal",
                FIRMWARE / "common",
                FIRMWARE / program,
                *([PIPELINE] if extra else []),
            ],
        )
        self.ffi = cffi.FFI()
        self.ffi.cdef(BOARD_CDEF % {"program": program})
        self.lib = self.ffi.dlopen(str(path))
        self._init = getattr(self.lib, f"tml_{program}_init")
        self._step = getattr(self.lib, f"tml_{program}_step")
        self._taken = self.ffi.new("uint8_t[]", 1 << 20)
        self._sequence = 0
        self.decoder = PacketDecoder()
        self.lib.host_reset()

    def boot(self) -> list[Packet]:
        """Switch on; returns what it says."""
        self.decoder = PacketDecoder()
        self._init()
        return self.packets()

    def sensor(self, rate: float, dtype: str, axes: list[tuple[str, str]]) -> None:
        names = b"".join(
            name.encode()[:12].ljust(12, b"\0") + units.encode()[:8].ljust(8, b"\0")
            for name, units in axes
        )
        self.lib.host_sensor(rate, int(dtype == "float32"), len(axes), names)

    def readings(self, values: np.ndarray) -> None:
        self.lib.host_readings(values.tobytes(), values.nbytes)

    def command(self, kind: int, payload: bytes = b"") -> list[Packet]:
        self.send(encode(kind, self._sequence, payload))
        self._sequence += 1
        return self.step()

    def send(self, data: bytes) -> None:
        self.lib.host_send(data, len(data))

    def step(self, times: int = 1) -> list[Packet]:
        for _ in range(times):
            self._step()
        return self.packets()

    def take(self) -> bytes:
        count = self.lib.host_take(self._taken)
        return bytes(self.ffi.buffer(self._taken, count))

    def packets(self) -> list[Packet]:
        return self.decoder.feed(self.take())


def parse_info(payload: bytes) -> dict[str, object]:
    """INFO, read by hand from the description of the wire."""
    at = 1

    def string() -> str:
        nonlocal at
        size = payload[at]
        text = payload[at + 1 : at + 1 + size].decode()
        at += 1 + size
        return text

    board, firmware = string(), string()
    rate, dtype, dropped, streaming, n_axes = struct.unpack_from("<fBIBB", payload, at)
    at += 11
    axes = [(string(), string()) for _ in range(n_axes)]
    assert at == len(payload)
    return {
        "protocol": payload[0],
        "board": board,
        "firmware": firmware,
        "rate": rate,
        "dtype": dtype,
        "dropped": dropped,
        "streaming": streaming,
        "axes": axes,
    }


class BoardServer:
    """A `HostBoard` behind a loopback port, as `socket://` reaches it.

    Parameters
    ----------
    board : HostBoard
    source : ndarray, optional
        What the sensor delivers, from the first reading taken on, as fast as it is taken.
    spoil : callable, optional
        Changes the bytes on their way to the PC; gets and returns bytes.
    """

    def __init__(self, board: HostBoard, source=None, spoil=None) -> None:
        self._board = board
        self._source = np.empty((0, 1)) if source is None else source
        self._spoil = spoil or (lambda data: data)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.02)
        self.url = f"socket://127.0.0.1:{self._listener.getsockname()[1]}"
        self.at = 0
        self.frozen = False
        self._stop = threading.Event()
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "BoardServer":
        self._board._init()
        self._board.take()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._listener.close()

    def unplug(self) -> None:
        """End the connection from the board's side."""
        self._stop.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                client = self._listener.accept()[0]
            except TimeoutError:
                continue
            with client:
                client.settimeout(0.002)
                self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        while not self._stop.is_set():
            try:
                data = client.recv(65536)
                if not data:
                    return
                self._board.send(data)
            except TimeoutError:
                pass
            except OSError:
                return
            if self.frozen:
                continue
            for _ in range(20):
                if self._board.lib.host_waiting() == 0 and self.at < len(self._source):
                    self._board.readings(self._source[self.at : self.at + 30])
                    self.at += 30
                self._board._step()
            client.settimeout(5)
            try:
                client.sendall(self._spoil(self._board.take()))
            except OSError:
                return
            client.settimeout(0.002)
