"""`flash`: write firmware to a board and wait until it answers."""

import argparse
from pathlib import Path
from typing import Any

from studio.errors import ConfigError
from studio.events import Reporter, SubReporter
from studio.services import boards, deploy, deploy_way

HELP = "write a project's firmware (or an image file) to a board"
DESCRIPTION = """\
Writes firmware to a board and waits until the board says that it runs it. Given a project, its
latest build is taken, and built first if there is none. With --collect the board gets the program
that streams its readings, which is what recording needs."""
EXAMPLE = "Example: tinyml-studio boards start && tinyml-studio flash my-project"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument(
        "what", type=Path, nargs="?", help="folder of a project, or an image (.elf, .bin)"
    )
    parser.add_argument(
        "--port", default="virtual://virtual", help="port of the board (default: %(default)s)"
    )
    parser.add_argument(
        "--collect", action="store_true", help="write the program that streams readings instead"
    )
    parser.add_argument(
        "--compare",
        action="store_true",
        help="then send windows of the project's data to the board and compare what it computes",
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Flash."""
    if args.collect == (args.what is not None):
        raise ConfigError(
            "Say what to write to the board.", "Give either a project or image, or --collect."
        )
    image = deploy.build_collect(boards.VIRTUAL, report=report) if args.collect else args.what
    if not args.compare:
        return deploy.flash(image, args.port, report=report)
    if not image.is_dir():
        raise ConfigError(f"{image} has no data to compare.", "Give a project with --compare.")
    flashed = deploy.flash(image, args.port, report=SubReporter(report, 0.0, 0.6))
    compared = deploy_way.compare(image, args.port, report=SubReporter(report, 0.6, 1.0))
    return {**flashed, "compared": compared}


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    run = f", training run {result['run']}" if result["run"] else ""
    said = f"{result['board']} on {result['port']} now runs {result['firmware']}{run}."
    if compared := result.get("compared"):
        same, total = compared["identical"], compared["windows"]
        said += f" {same} of {total} windows equal this computer's, byte for byte."
    return said
