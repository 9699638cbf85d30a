"""`undo`: take the last change of a project's data back."""

import argparse
from pathlib import Path
from typing import Any

from studio.cli.frame import whole
from studio.events import Reporter
from studio.services import history

HELP = "take the last change of a project's data back"
DESCRIPTION = (
    "Take changes back, the newest first, those of earlier days too. `redo` does them again."
)
EXAMPLE = "example: tinyml-studio undo my_words"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument("--count", type=whole, default=1, help="how many changes")


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    return history.undo(args.project, count=args.count)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    return "\n".join(f"Undone: {sentence}" for sentence in result["undone"])
