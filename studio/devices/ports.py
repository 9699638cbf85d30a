"""Ports at which a board may be: the computer's serial ports and running virtual boards."""

import json
import socket
from dataclasses import dataclass

from serial.tools import list_ports

from studio.paths import boards_dir

ALIVE_S = 0.5


@dataclass(frozen=True, slots=True)
class Port:
    """A port that can be opened."""

    url: str
    title: str
    kind: str
    """`serial` or `virtual`."""
    board: str
    """A virtual board's board id; empty for others."""


def _serial() -> list[Port]:
    found = []
    for port in sorted(list_ports.comports()):
        if port.hwid in ("n/a", "", None):
            continue  # placeholders for serial chips that are not there
        found.append(Port(port.device, port.description or port.device, "serial", ""))
    return found


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


def list_all() -> list[Port]:
    """Return every port, virtual boards first."""
    return _virtual() + _serial()
