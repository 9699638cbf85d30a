"""pyserial URL `virtual://NAME`: the serial port of a running virtual board, on every system."""

import contextlib
import json
import select
import socket
from urllib.parse import urlsplit

from serial import PortNotOpenError, SerialException
from serial.urlhandler import protocol_socket

from studio.paths import boards_dir

CONNECT_S = 5.0
PEEK_BYTES = 65536


class Serial(protocol_socket.Serial):
    """A port over a loopback socket: `virtual://NAME`, and `socket://HOST:PORT` too.

    Unlike pyserial's own it tells how many bytes wait (so a reader can take them all at once),
    sends small packets without delay and closes at once.
    """

    _socket: socket.socket | None

    def from_url(self, url: str) -> tuple[str, int]:
        """Return host and port; a virtual board's are in its state file."""
        parts = urlsplit(url)
        if parts.scheme == "socket":
            host, port = super().from_url(url)
            return str(host), int(port)
        path = boards_dir() / f"{parts.netloc}.json"
        try:
            return "127.0.0.1", int(json.loads(path.read_bytes())["serial_port"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SerialException(f"no virtual board {parts.netloc!r} is running") from error

    def open(self) -> None:
        """Connect."""
        address = self.from_url(self.portstr or "")
        try:
            self._socket = socket.create_connection(address, CONNECT_S)
        except OSError as error:
            raise SerialException(error.errno, f"could not connect to {self.portstr}") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self.logger = None
        self.is_open = True

    def close(self) -> None:
        """Disconnect."""
        if self.is_open and self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None
        self.is_open = False

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once."""
        if not self.is_open or self._socket is None:
            raise PortNotOpenError
        if not select.select([self._socket], [], [], 0)[0]:
            return 0
        try:
            return len(self._socket.recv(PEEK_BYTES, socket.MSG_PEEK))
        except OSError as error:
            raise SerialException(error.errno, f"read failed: {error.strerror}") from error
