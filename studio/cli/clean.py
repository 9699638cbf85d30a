"""`clean`: remove deleted recordings from the disk for good."""

import argparse
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.services import history

HELP = "remove deleted recordings from the disk for good"
DESCRIPTION = """\
Remove the files of deleted recordings, unless a snapshot names them. The history is forgotten:
nothing that was done before can be undone afterwards.
"""
EXAMPLE = "example: tinyml-studio clean my_words"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("project", type=Path, help="folder of the project")


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Remove them."""
    return history.clean(args.project)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    return (
        f"{result['bytes'] / 1e6:.1f} MB were freed and {result['entries']} entries of the "
        "history forgotten."
    )
