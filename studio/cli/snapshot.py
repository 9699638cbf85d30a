"""`snapshot`: named states of the data set, compared and restored."""

import argparse
from pathlib import Path
from typing import Any

from studio.errors import ConfigError
from studio.events import Reporter
from studio.services import history

HELP = "keep the state of the data set under a name, compare and restore it"
DESCRIPTION = """\
A snapshot remembers which recordings and samples there are, with labels, splits, tracks and
metadata. Restoring one can be undone. `compare` compares with another one (--with) or with now.
"""
EXAMPLE = """\
examples:
  tinyml-studio snapshot save my_words --name "before cleaning"
  tinyml-studio snapshot compare my_words --name "before cleaning"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    actions = ("list", "save", "compare", "restore", "remove")
    parser.add_argument("action", choices=actions, help="what to do")
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument("--name", default="", help="name of the snapshot")
    parser.add_argument("--with", dest="other", default="", help="compare: the later snapshot")


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    if args.action != "list" and not args.name:
        raise ConfigError("No snapshot was named.", "Give its name with --name.")
    if args.action == "save":
        return history.save_snapshot(args.project, args.name)
    if args.action == "compare":
        found = history.compare(args.project, args.name, args.other)
        told = history.differences(args.project, args.name, args.other)
        return found | {"sentences": told["sentences"]}
    if args.action == "restore":
        return history.restore(args.project, args.name)
    if args.action == "remove":
        return history.remove_snapshot(args.project, args.name)
    return history.snapshots(args.project)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    if "snapshots" in result:
        lines = [
            f"{one['name']}: {one['samples']} samples in {one['recordings']} recordings, "
            f"{one['at'][:19]}"
            for one in result["snapshots"]
        ]
        return "\n".join(lines) or "There are no snapshots yet."
    if "sha256" in result:
        return (
            f"Saved {result['name']}: {result['samples']} samples in {result['recordings']} "
            "recordings."
        )
    if "sentences" in result:
        return "\n".join(result["sentences"]) or "Nothing differs."
    return "\n".join(
        f"{table}: " + ", ".join(f"{rows['count']} {kind}" for kind, rows in found.items())
        for table, found in result.items()
    )
