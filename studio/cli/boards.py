"""`boards`: virtual boards that run in the background."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from studio.errors import ConfigError
from studio.events import Reporter
from studio.services import boards, playback
from studio.types import SPLITS

HELP = "start, stop or list virtual boards: emulated hardware with a serial port and a sensor"
DESCRIPTION = """\
A virtual board runs the real firmware on an emulated processor. It stays in the background until
it is stopped; its port is virtual://NAME, its flash memory lasts.

`play` puts a project's recordings before its sensor: what the firmware then hears is what was
recorded. It begins with the first reading that the firmware takes.
"""
EXAMPLE = """\
examples:
  tinyml-studio boards start
  tinyml-studio boards play --project my_words
  tinyml-studio live my_words --seconds 20
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("action", choices=("start", "stop", "list", "play"), help="what to do")
    parser.add_argument(
        "--name", default="virtual", help="the board's name; its port is virtual://NAME"
    )
    parser.add_argument("--kind", default=boards.VIRTUAL, help="kind of board, by its id")
    parser.add_argument(
        "--real-time",
        action="store_true",
        help="run at the speed of a real board instead of as fast as this computer can",
    )
    parser.add_argument("--project", type=Path, help="play: the project")
    parser.add_argument("--split", choices=SPLITS, default="test", help="play: which recordings")
    parser.add_argument("--repeat", action="store_true", help="play: start over at the end")


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    if args.action == "start":
        board = boards.start(args.name, kind=args.kind, real_time=args.real_time, report=report)
        return {"boards": [_row(board)]}
    if args.action == "stop":
        return {"stopped": boards.stop(args.name, report=report), "name": args.name}
    if args.action == "play":
        if args.project is None:
            raise ConfigError("There is nothing to play.", "Name a project: --project FOLDER")
        return playback.play(
            args.name, args.project, split=args.split, repeat=args.repeat, report=report
        )
    return {"boards": [_row(board) for board in boards.running()]}


def _row(board: Any) -> dict[str, Any]:
    row = dataclasses.asdict(board)
    del row["token"]
    return {**row, "port": f"virtual://{board.name}"}


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    if "stopped" in result:
        verb = "has stopped" if result["stopped"] else "was not running"
        return f"{result['name']} {verb}."
    if "recordings" in result:
        count, seconds = result["recordings"], result["seconds"]
        return f"{result['name']} plays {count} recordings, {seconds:.0f} s together."
    if not result["boards"]:
        return "No virtual board is running."
    return "\n".join(
        f"{row['name']}: {row['board']}, port {row['port']}, process {row['pid']}"
        for row in result["boards"]
    )
