"""A virtual board: runs Cortex-M4F firmware, with a serial port and a sensor on loopback TCP."""

import argparse
import logging
import os
import re
import secrets
import signal
import sys
import threading
import tomllib
from pathlib import Path
from typing import Any

from vboard.board import Board, read_spec
from vboard.control import Control
from vboard.counter import build_hook
from vboard.errors import BoardError
from vboard.pty_bridge import open_terminal
from vboard.state import State

log = logging.getLogger("virtual_board")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="virtual", help="the board's name")
    parser.add_argument("--board-file", type=Path, required=True, help="TOML file of its kind")
    parser.add_argument("--state", type=Path, required=True, help="folder of state and flash")
    parser.add_argument("--cache", type=Path, help="folder of the compiled block counter")
    parser.add_argument("--real-time", action="store_true", help="hold time to the clock")
    parser.add_argument("--lossy", action="store_true", help="lose serial bytes nobody reads")
    parser.add_argument("--attached", action="store_true", help="end with standard input")
    parser.add_argument("--serial-port", type=int, default=0, help="TCP port, 0 for any")
    parser.add_argument("--control-port", type=int, default=0, help="TCP port, 0 for any")
    return parser.parse_args()


def _board_table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BoardError(f"The board file cannot be read: {error}.") from error


def _restore(board: Board, state: State) -> None:
    """Load what was flashed before; a damaged file leaves the flash empty."""
    try:
        image = state.load_flash()
        if image is not None:
            board.flash(image)
    except BoardError as error:
        log.warning("%s", error)


def _watch_input(control: Control) -> None:
    """Stop when whoever started the board closes its end of the pipe, or dies."""
    # unbuffered: the interpreter's end would wait for a buffer's lock
    while os.read(sys.stdin.fileno(), 4096):
        pass
    control.stop_requested.set()


def run(arguments: argparse.Namespace) -> None:
    """Run the board until it is told to stop.

    Raises
    ------
    BoardError
        If it cannot start.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", arguments.name):
        raise BoardError(f"{arguments.name!r} is no board name; use letters, digits, - and _.")
    spec = read_spec(_board_table(arguments.board_file))
    state = State(arguments.state, arguments.name)
    state.lock()
    board = Board(
        spec,
        hook=build_hook(arguments.cache or arguments.state / "cache"),
        real_time=arguments.real_time,
        lossy=arguments.lossy,
        serial_port=arguments.serial_port,
    )
    _restore(board, state)
    token = secrets.token_hex(16)
    control = Control(board, state, token=token, port=arguments.control_port)
    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda *_: control.stop_requested.set())
    if arguments.attached:
        threading.Thread(target=_watch_input, args=(control,), daemon=True).start()
    control.serve()
    state.publish(
        {
            "name": arguments.name,
            "pid": os.getpid(),
            "board": spec.id,
            "serial_port": board.serial.port,
            "control_port": control.port,
            "token": token,
            "pty": open_terminal(board.serial.port),
        }
    )
    log.info("%s runs, serial port %d", arguments.name, board.serial.port)
    while not control.stop_requested.wait(3600):
        pass
    state.withdraw()
    board.halt()
    board.serial.close()


def main() -> int:
    """Parse arguments, run, return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # the core's thread asks for Python's lock at every register access: do not let it wait long
    sys.setswitchinterval(0.0005)
    try:
        run(_arguments())
    except (BoardError, OSError) as error:
        log.error("%s", error)  # noqa: TRY400 - a sentence for a person, not a trace
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
