"""`record`: from a board into a project."""

import argparse
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.services import acquire, together

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
        action="append",
        help="where the board is, as `ports` lists it (default: virtual://virtual); given several "
        "times, all boards are recorded at once",
    )
    parser.add_argument(
        "--sensor",
        default="",
        help="name or part of it, if the board offers several",
    )
    parser.add_argument(
        "--protocol", default="auto", help="what the board speaks (default: it is found out)"
    )
    parser.add_argument(
        "--baud", type=int, default=0, help="speed of the port (default: it is found out)"
    )
    parser.add_argument(
        "--reconnect",
        type=float,
        default=acquire.RECONNECT_S,
        metavar="SECONDS",
        help="how long a board that was unplugged or reset is waited for (default: %(default)g)",
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
    options = {
        "protocol": args.protocol,
        "baud": args.baud,
        "reconnect_s": args.reconnect,
        "sensor": args.sensor,
        "seconds": args.seconds,
        "name": args.name,
        "label": args.label,
        "group": args.group,
    }
    ports = args.port or ["virtual://virtual"]
    if len(ports) > 1:
        return together.record_together(args.project, ports, report=report, **options)
    return acquire.record(args.project, ports[0], report=report, **options)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    lines: list[str] = []
    for row in result.get("recordings", [result]):
        lines.append(
            f"Saved {row['name']}: {row['seconds']:.2f} s, {row['readings']} readings of "
            f"{', '.join(row['axes'])} at {row['sample_rate_hz']:g} Hz."
        )
        if row.get("offset_s") is not None:
            lines.append(
                f"It began {1000 * row['offset_s']:.1f} ms after the first "
                f"(± {1000 * row['uncertainty_s']:.1f} ms)."
            )
        lines += [line for line in (row["warning"], row["ended"]) if line]
    return "\n".join(dict.fromkeys(lines))
