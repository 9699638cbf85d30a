"""`live`: watch a board decide."""

import argparse
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.services import live, live_pc

HELP = "watch a board decide with its model, or this computer about what a board streams"
EXAMPLE = "example: tinyml-studio live my-project --port virtual://virtual --seconds 20"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("project", type=Path, help="the project's folder")
    parser.add_argument(
        "--port",
        default="virtual://virtual",
        help="where the board is, as `ports` lists it (default: %(default)s)",
    )
    parser.add_argument(
        "--on-pc",
        action="store_true",
        help="decide on this computer, by the same C code, about what a board, a microphone or a "
        "file streams",
    )
    parser.add_argument(
        "--seconds", type=float, help="board time to watch; without it until Ctrl-C"
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    if args.on_pc:
        return live_pc.on_pc(args.project, args.port, seconds=args.seconds, report=report)
    return live.of_project(args.project, args.port, seconds=args.seconds, report=report)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    lines = [f"{result['windows']} windows in {result['seconds']:.1f} s on {result['board']}."]
    for label, count in sorted(result["counts"].items(), key=lambda row: -row[1]):
        lines.append(f"  {label or '(none)'}: {count}")
    if result["latency"]:
        latency = result["latency"]
        lines.append(
            f"Per window {latency['total_ms']:.1f} ms (features {latency['dsp_ms']:.1f}, model "
            f"{latency['nn_ms']:.1f}, longest {latency['longest_ms']:.1f})."
        )
    if result["ended"]:
        lines.append(result["ended"])
    return "\n".join(lines)
