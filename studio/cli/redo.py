"""`redo`: do again what was undone last."""

import argparse
from pathlib import Path
from typing import Any

from studio.cli.frame import whole
from studio.events import Reporter
from studio.services import history

HELP = "do again what was undone last"
DESCRIPTION = "Do again what `undo` took back, as long as nothing else was changed since."
EXAMPLE = "example: tinyml-studio redo my_words"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument("--count", type=whole, default=1, help="how many changes")


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    return history.redo(args.project, count=args.count)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    return "\n".join(f"Done again: {sentence}" for sentence in result["redone"])
