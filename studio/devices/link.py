"""An open port: bytes in and out, and every failure told with its cause and its remedy.

Ports are pyserial URLs: `COM3`, `/dev/ttyACM0`, `virtual://NAME`, `socket://HOST:PORT`.

A thread takes bytes off the port as they come, so that nothing overflows there while the program
decodes or the disk is slow. It waits for bytes in the system, takes all there are, and at high
rates pauses for a millisecond or two so that there are many; it never looks for line ends.
"""

import sys
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import serial

from studio.devices.capacity import capacity
from studio.devices.intake import Intake
from studio.devices.port_trouble import cannot_open, has_gone
from studio.devices.ports import runs_at_baud
from studio.devices.url import protocol_virtual
from studio.errors import DeviceError
from studio.types import StreamInfo

BAUD = 115200
POLL_S = 0.05
WRITE_S = 10.0

# pyserial finds `virtual://` there
serial.protocol_handler_packages.append("studio.devices.url")


class Link:
    """An open port. Closing it ends its thread.

    Parameters
    ----------
    url : str
        What was opened, for messages.
    port : serial.SerialBase
        Open, with a read timeout; typed loosely because pyserial's types leave out `in_waiting`.
    """

    def __init__(self, url: str, port: Any) -> None:
        self.url = url
        self._port = port
        self._intake = Intake(port)
        self._back = b""

    @property
    def has_baud(self) -> bool:
        """Whether a speed may matter: not for sockets, virtual boards and pseudo terminals."""
        return "://" not in self.url and not self.url.startswith("/dev/pts/")

    @property
    def baud(self) -> int:
        """The speed it runs at, in bits per second; of no meaning without `has_baud`."""
        return int(self._port.baudrate)

    def crowded(self, stream: StreamInfo, protocol: str, *, line_bytes: float = 0.0) -> str:
        """Return a sentence if the line is too slow for a stream, else nothing.

        See `studio.devices.capacity`. Boards that are USB devices themselves have no such limit,
        and where it is not known whether one is, nothing is said.
        """
        if not self.has_baud or not runs_at_baud(self.url):
            return ""
        return capacity(stream, self.baud, protocol, line_bytes=line_bytes).warning

    def set_baud(self, baud: int) -> None:
        """Change the speed; what came at the old one and was not read yet is dropped.

        Raises
        ------
        DeviceError
            If the port cannot run at this speed.
        """
        try:
            self._port.baudrate = baud
        except (serial.SerialException, OSError, ValueError) as error:
            raise DeviceError(
                f"{self.url} cannot run at {baud} baud: {error}.", "Choose another speed."
            ) from error
        self._back = b""
        while self._intake.waiting:
            self._intake.take()

    @property
    def waiting(self) -> bool:
        """Whether `read` would return something at once."""
        return bool(self._back) or self._intake.waiting

    def read(self, gather_s: float = 0.0) -> bytes:
        """Return what has come, at once if something has, else after waiting 50 ms for it.

        Parameters
        ----------
        gather_s : float
            When something comes, how long to let more come before it is returned.

        Raises
        ------
        DeviceError
            If the port has gone.
        """
        if self._back:
            data, self._back = self._back, b""
            return data
        try:
            return self._intake.take(POLL_S, gather_s)
        except (serial.SerialException, OSError) as error:
            raise has_gone(self.url, error) from error

    def put_back(self, data: bytes) -> None:
        """Have the next `read` return these bytes, which were read to look at them."""
        self._back = data + self._back

    def write(self, data: bytes) -> None:
        """Send all bytes.

        Raises
        ------
        DeviceError
            If the port has gone or takes nothing for ten seconds.
        """
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise DeviceError(
                f"{self.url} took nothing for {WRITE_S:g} s.",
                "Press the board's reset button, or pull the cable and plug it in again.",
            ) from error
        except (serial.SerialException, OSError) as error:
            raise has_gone(self.url, error) from error

    def close(self) -> None:
        """Give the port back."""
        self._intake.close()
        self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def open_link(url: str, *, baud: int = BAUD) -> Link:
    """Open a port.

    Parameters
    ----------
    url : str
        Its pyserial URL.
    baud : int
        Bits per second; ports that are no serial ones ignore it.

    Raises
    ------
    DeviceError
        If the port does not exist, is in use, may not be used by this person, or the virtual board
        is not running; the hint says what to do.
    """
    if url.startswith("socket://"):
        _check_address(url)
    try:
        if url.startswith("socket://"):
            return Link(url, protocol_virtual.Serial(url, timeout=POLL_S, write_timeout=WRITE_S))
        port = serial.serial_for_url(
            url,
            baudrate=baud,
            timeout=POLL_S,
            write_timeout=WRITE_S,
            # another program on the same port would steal bytes; Windows locks it anyway
            exclusive=True if sys.platform != "win32" and "://" not in url else None,
        )
        return Link(url, port)
    except (serial.SerialException, OSError, ValueError) as error:
        raise cannot_open(url, error) from error


def _check_address(url: str) -> None:
    """Refuse a socket's URL that names no host and port."""
    parts = urlsplit(url)
    try:
        complete = bool(parts.hostname) and parts.port is not None
    except ValueError:  # the port is no number, or none that there is
        complete = False
    if not complete:
        raise DeviceError(
            f"{url} does not name a host and a port.",
            "Write it as in socket://127.0.0.1:5000.",
        )
