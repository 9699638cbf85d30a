"""`split`: decide what is trained on and what is tested on."""

import argparse
from pathlib import Path
from typing import Any

from studio.cli import info
from studio.errors import ConfigError
from studio.events import Reporter
from studio.services import projects

HELP = "put the groups of a project into train, validation and test"
DESCRIPTION = """Put every group (speaker, session, take) into one split, balanced by label.

A group is never in two splits, because a model that has met a speaker says nothing about new ones.
Data that came with a split (folders named training and testing) keeps it; validation is taken from
its training groups if it came without. The same seed gives the same result."""
EXAMPLE = """examples:
  tinyml-studio split my_words --test-groups lucas
  tinyml-studio split my_wand --fractions 0.7,0.15,0.15 --seed 3"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument(
        "--fractions",
        default="0.6,0.2,0.2",
        help="shares of train, validation and test (default: 0.6,0.2,0.2)",
    )
    parser.add_argument("--seed", type=int, default=0, help="another seed, another draw")
    parser.add_argument(
        "--test-groups", default="", metavar="A,B", help="test on exactly these groups"
    )
    parser.add_argument(
        "--ignore-preset",
        action="store_true",
        help="also move data that came with a split",
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Assign the splits."""
    try:
        train, validation, test = (float(part) for part in args.fractions.split(","))
    except ValueError as error:
        raise ConfigError(
            f"--fractions is {args.fractions!r}.", "Give three numbers such as 0.6,0.2,0.2."
        ) from error
    return projects.assign_splits(
        args.project,
        fractions=(train, validation, test),
        seed=args.seed,
        test_groups=[name.strip() for name in args.test_groups.split(",") if name.strip()],
        keep_preset=not args.ignore_preset,
        report=report,
    )


def text(result: dict[str, Any]) -> str:
    """Describe the splits in words."""
    return "\n".join(
        [info.table(result["labels"]), *(f"  ! {warning}" for warning in result["warnings"])]
    )
