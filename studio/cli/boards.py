"""`boards`: virtual boards that run in the background."""

import argparse
import dataclasses
from typing import Any

from studio.events import Reporter
from studio.services import boards

HELP = "start, stop or list virtual boards: emulated hardware with a serial port and a sensor"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("action", choices=("start", "stop", "list"), help="what to do")
    parser.add_argument(
        "--name", default="virtual", help="the board's name; its port is virtual://NAME"
    )
    parser.add_argument("--kind", default=boards.VIRTUAL, help="kind of board, by its id")
    parser.add_argument(
        "--real-time",
        action="store_true",
        help="run at the speed of a real board instead of as fast as this computer can",
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    if args.action == "start":
        board = boards.start(args.name, kind=args.kind, real_time=args.real_time, report=report)
        return {"boards": [_row(board)]}
    if args.action == "stop":
        return {"stopped": boards.stop(args.name, report=report), "name": args.name}
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
    if not result["boards"]:
        return "No virtual board is running."
    return "\n".join(
        f"{row['name']}: {row['board']}, port {row['port']}, process {row['pid']}"
        for row in result["boards"]
    )
