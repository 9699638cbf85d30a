"""`record`: from a board into a project."""

import argparse
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.services import acquire

HELP = "record from a board into a project"
DESCRIPTION = (
    "Record what a board's sensor delivers into a project. With a label the whole recording\n"
    "becomes a sample to train on. The interrupt key (Ctrl-C) ends the recording and keeps it."
)
EXAMPLE = (
    "example: tinyml-studio record my-project --port virtual://virtual --seconds 10 --label wave"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("project", type=Path, help="the project's folder")
    parser.add_argument(
        "--port",
        default="virtual://virtual",
        help="where the board is, as `ports` lists it (default: %(default)s)",
    )
    parser.add_argument(
        "--sensor",
        default="",
        help="name or part of it, if the board offers several",
    )
    parser.add_argument("--seconds", type=float, help="length; without it until Ctrl-C")
    parser.add_argument("--label", default="", help="what it shows, for training")
    parser.add_argument("--name", default="", help="name of the recording; made up if not given")
    parser.add_argument(
        "--group",
        default="",
        help="person, place or session; a group is never split between training and test",
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    return acquire.record(
        args.project,
        args.port,
        sensor=args.sensor,
        seconds=args.seconds,
        name=args.name,
        label=args.label,
        group=args.group,
        report=report,
    )


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    lines = [
        f"Saved {result['name']}: {result['seconds']:.2f} s, {result['readings']} readings of "
        f"{', '.join(result['axes'])} at {result['sample_rate_hz']:g} Hz."
    ]
    lines += [line for line in (result["warning"], result["ended"]) if line]
    return "\n".join(dict.fromkeys(lines))
