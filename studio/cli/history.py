"""`history`: what was changed in a project's data."""

import argparse
from pathlib import Path
from typing import Any

from studio.cli.frame import whole
from studio.events import Reporter
from studio.services import history

HELP = "list what was changed in a project's data"
EXAMPLE = "example: tinyml-studio history my_words"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument("--limit", type=whole, default=50, help="entries to show, newest first")


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """List the history."""
    return history.history(args.project, limit=args.limit)


def text(result: dict[str, Any]) -> str:
    """List it in words."""
    lines = [
        f"{entry['at'][:19]}  {entry['sentence']}{'  (undone)' if entry['undone'] else ''}"
        for entry in result["entries"]
    ]
    return "\n".join(lines) or "Nothing was changed yet."
