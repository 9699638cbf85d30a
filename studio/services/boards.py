"""Kinds of boards, and the virtual ones that run on this computer."""

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any

from studio import emulator, registry
from studio.errors import ConfigError
from studio.events import Reporter
from studio.types import Board, VirtualBoard

VIRTUAL = "virtual-cortex-m4"
_USB_ID = re.compile(r"[0-9a-fA-F]{4}:[0-9a-fA-F]{4}")


def load_board(path: Path) -> Board:
    """Read a board file.

    Raises
    ------
    ConfigError
        If it cannot be read, lacks a value or has one of the wrong type.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"Board file {path.name} cannot be read: {error}.", "Mend it."
        ) from error
    values: dict[str, Any] = {}
    for field in dataclasses.fields(Board):
        if field.name == "usb":
            values["usb"] = _usb_ids(path, table.get("usb", []))
            continue
        value = table.get(field.name)
        if type(value) is not field.type:
            raise ConfigError(
                f"Board file {path.name}: {field.name} is {value!r}.",
                f"It must be of type {getattr(field.type, '__name__', field.type)}.",
            )
        values[field.name] = value
    return Board(**values)


def _usb_ids(path: Path, found: object) -> tuple[str, ...]:
    """Return a board file's USB ids in lower case."""
    ids = [id for id in found if isinstance(id, str)] if isinstance(found, list) else []
    if ids != found or not all(_USB_ID.fullmatch(id) for id in ids):
        raise ConfigError(
            f"Board file {path.name}: usb is {found!r}.",
            'It must be a list of vendor and product in hexadecimal, such as ["2341:805a"].',
        )
    return tuple(id.lower() for id in ids)


def board(id: str) -> Board:
    """Return the board of this id.

    Raises
    ------
    ConfigError
        If there is none; the message lists what there is.
    """
    return load_board(board_file(id))


def board_file(id: str) -> Path:
    """Return the file that describes a board; raises as `board` does."""
    return registry.find("board", id).path


def list_kinds() -> list[Board]:
    """Return every kind of board that a plugin describes."""
    return [load_board(row.path) for row in registry.provided("board")]


def start(
    name: str,
    *,
    kind: str = VIRTUAL,
    real_time: bool = False,
    attached: bool = False,
    report: Reporter,
) -> VirtualBoard:
    """Start a virtual board in the background.

    It outlives this process unless it is `attached`.

    Raises
    ------
    ConfigError
        If the kind of board is not a virtual one.
    DeviceError
        If it runs already or does not come up.
    """
    if not board(kind).virtual:
        raise ConfigError(f"{kind} is a real board.", f"Virtual: {VIRTUAL}.")
    report.progress(0.0, f"starting virtual board {name}")
    started = emulator.start(name, board=board_file(kind), real_time=real_time, attached=attached)
    report.progress(1.0, f"virtual://{name} is ready")
    return started


def stop(name: str, *, report: Reporter) -> bool:
    """Stop a virtual board; return whether it was running."""
    report.progress(0.0, f"stopping virtual board {name}")
    return emulator.stop(name)


def running() -> list[VirtualBoard]:
    """Return the virtual boards that run."""
    return emulator.boards()
