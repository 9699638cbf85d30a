"""The verb `demo`."""

import argparse
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.services import demo as service

HELP = "do the whole job on the bundled examples and a virtual board"
DESCRIPTION = """\
Does everything once, with nothing but this computer: starts a virtual board (the real firmware
on an emulated Cortex-M4), records the bundled keyword and motion examples over its serial link,
labels them, trains, quantizes, compiles to C, builds with PlatformIO, flashes the board, sends it
held-out recordings and reads its decisions back. It ends with a report and succeeds only if the
board computed exactly what this computer computes.
"""
EXAMPLE = "example: tinyml-studio demo --quick"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("--quick", action="store_true", help="a third of the recordings")
    parser.add_argument(
        "--out", type=Path, help="folder for the projects and the report; continued if it is there"
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    out = args.out or service.folder(quick=args.quick)
    return service.demo(quick=args.quick, out=out, report=report)


def text(result: dict[str, Any]) -> str:
    """Return the result in words."""
    lines = []
    for row in result["projects"]:
        parity, footprint, live = row["parity"], row["footprint"], row["live"]
        low, high = footprint["latency_interval_ms"]
        stream = row["stream"]
        again = ", 1 streamed again" if stream["streamed_again"] else ""
        lines += [
            f"{row['title']}  ({row['project']})",
            f"  recordings          {stream['streamed']} streamed, {stream['kept']} kept{again}; "
            f"{stream['readings']} readings, {stream['lost']} lost",
            *(_accuracy(name, row[key]) for key, name in _ACCURACIES),
            f"  board = PC          features {parity['features_identical']}, scores "
            f"{parity['scores_identical']}, decisions {parity['decisions_identical']} of "
            f"{parity['windows']} windows; live {live['identical']} of "
            f"{live['windows']}",
            f"  decided live        {live['right']} of {live['spans']} stretches right, "
            f"{live['wrong']} wrong, {live['undecided']} undecided",
            f"  footprint           RAM {footprint['ram_bytes'] / 1024:.1f} KiB, flash "
            f"{footprint['flash_bytes'] / 1024:.1f} KiB, {low:.1f}-{high:.1f} ms per window",
            "",
        ]
    return "\n".join([*lines, f"{result['seconds']:.0f} s. Report: {result['report']}"])


_ACCURACIES = (("float", "float"), ("int8", "int8, compiled C"), ("board", "on the board"))


def _accuracy(name: str, part: dict[str, Any]) -> str:
    low, high = part["interval"]
    interval = f"{100 * low:.1f} to {100 * high:.1f} %"
    return f"  {name:<18}  {100 * part['accuracy']:.1f} %  (95 %: {interval})"
