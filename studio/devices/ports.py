"""Ports at which a board may be: the computer's serial ports and running virtual boards."""

import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from studio.devices.usb_ids import look_up
from studio.paths import boards_dir
from studio.types import Board

ALIVE_S = 0.5
WATCH_S = 1.0
LOOK_S = 0.1
NOTHING = (
    "Plug a board in, or start a virtual one: tinyml-studio boards start. If a board is plugged "
    "in and does not appear, try another cable (many only charge) and another socket; some need "
    "a driver or two presses of their reset button."
)


@dataclass(frozen=True, slots=True)
class Port:
    """A port that can be opened."""

    url: str
    title: str
    kind: str
    """`serial` or `virtual`."""
    board: str
    """Id of the board if its file names the port's USB id, or of a virtual board; else empty."""
    usb: str = ""
    """Vendor and product as `2341:805a`; empty for ports that are not on USB."""
    serial_number: str = ""


@dataclass(frozen=True, slots=True)
class PortChange:
    """A port that has come or gone."""

    came: bool
    port: Port


def list_all(boards: Sequence[Board] = ()) -> list[Port]:
    """Return every port, virtual boards first.

    Parameters
    ----------
    boards : sequence of Board
        Boards to recognise by their USB ids.
    """
    return _virtual() + _serial(boards)


class PortWatcher:
    """Tells which ports have come and gone since it was asked last.

    A board that was pulled and plugged in again between two questions is noticed only if its
    port has another name then.

    Parameters
    ----------
    boards : sequence of Board
        Boards to recognise by their USB ids.
    """

    def __init__(self, boards: Sequence[Board] = ()) -> None:
        self._boards = boards
        self.present: tuple[Port, ...] = ()
        """The ports there were when it was asked last."""

    def poll(self) -> list[PortChange]:
        """Return what has changed: what is gone first. The first time everything has come."""
        now = tuple(list_all(self._boards))
        gone = [PortChange(False, port) for port in self.present if port not in now]
        come = [PortChange(True, port) for port in now if port not in self.present]
        self.present = now
        return gone + come


def watch_ports(
    boards: Sequence[Board] = (),
    *,
    stopped: Callable[[], bool] = lambda: False,
    every_s: float = WATCH_S,
) -> Iterator[PortChange]:
    """Yield ports as they come and go, those present first, until `stopped` says so."""
    watcher = PortWatcher(boards)
    due = 0.0
    while not stopped():
        now = time.monotonic()
        if now < due:
            time.sleep(min(LOOK_S, due - now))
            continue
        due = now + every_s
        yield from watcher.poll()


def runs_at_baud(url: str) -> bool | None:
    """Return whether a serial line of limited speed lies behind a port; None if not known.

    A board that is a USB device itself ignores the speed.
    """
    device = os.path.realpath(url) if url.startswith("/") else url
    if "://" in device or device.startswith("/dev/pts/"):
        return False
    for port in list_ports.comports():
        if port.device == device:
            if port.vid is None or port.pid is None:
                return True  # built in: a UART
            known = look_up(port.vid, port.pid)
            return None if known is None else known.bridge
    return None


def device_at(url: str) -> str:
    """Return what tells the USB device at a port from others; empty where nothing does."""
    device = os.path.realpath(url) if url.startswith("/") else url
    if "://" in device or device.startswith("/dev/pts/"):
        return ""
    for port in list_ports.comports():
        if port.device == device and port.vid is not None and port.pid is not None:
            return f"{port.vid:04x}:{port.pid:04x} {port.serial_number or ''}"
    return ""


def _serial(boards: Sequence[Board]) -> list[Port]:
    found = []
    for port in sorted(list_ports.comports()):
        if port.hwid in ("n/a", "", None):
            continue  # placeholders for serial chips that are not there
        found.append(_described(port, boards))
    return found


def _described(port: ListPortInfo, boards: Sequence[Board]) -> Port:
    title = port.description if port.description not in (None, "n/a") else port.device
    if port.vid is None or port.pid is None:
        return Port(port.device, title, "serial", "")
    usb = f"{port.vid:04x}:{port.pid:04x}"
    board = next((row for row in boards if usb in row.usb), None)
    known = look_up(port.vid, port.pid)
    if board is not None:
        title = board.title
    elif known is not None:
        title = known.title
    return Port(
        port.device, title, "serial", board.id if board else "", usb, port.serial_number or ""
    )


def _alive(control_port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", control_port), ALIVE_S).close()
    except OSError:
        return False
    return True


def _virtual() -> list[Port]:
    found = []
    for path in sorted(boards_dir().glob("*.json")):
        try:
            state = json.loads(path.read_bytes())
            name, board = str(state["name"]), str(state["board"])
            control_port = int(state["control_port"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # being written or left behind by a board that was killed
        if _alive(control_port):
            found.append(Port(f"virtual://{name}", f"Virtual board {name}", "virtual", board))
    return found
