"""`estimate`: what a trained project costs on a board: memory and time."""

import argparse
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.services import deploy

HELP = "show the memory and time that a trained project needs on a board"
DESCRIPTION = """\
Shows whether a trained project fits a board and keeps up with the sensor. Memory is measured in
the linked firmware, which is built for it; the time of one window is counted by running it on an
emulated board. A real board waits for its flash memory now and then, which the emulator does not:
expect a time within the interval shown."""
EXAMPLE = "Example: tinyml-studio estimate my-project"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument("--board", help="id of the board; the project's own unless given")


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Estimate."""
    return deploy.estimate(args.project, board=args.board, report=report)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    low, high = result["latency_interval_ms"]
    verdict = "keeps up with" if result["keeps_up"] else "may be too slow for"
    return (
        f"Training run {result['run']} on {result['board']}. Bytes, measured in the image:\n"
        f"{deploy.sizes_text(result)}\n"
        f"One window takes {low:.1f} to {high:.1f} ms (signal processing {result['dsp_ms']:.1f}, "
        f"model {result['nn_ms']:.1f}, emulated); this {verdict} a new window every "
        f"{result['stride_ms']:g} ms."
    )
