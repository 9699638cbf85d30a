"""`split`: decide what is trained on and what is tested on, and check that they share nothing."""

import argparse
from pathlib import Path
from typing import Any

from studio.cli import info
from studio.errors import ConfigError
from studio.events import Reporter
from studio.services import projects, splits

HELP = "put the groups of a project into train, validation and test"
DESCRIPTION = """Put every group (speaker, session, take) into one split, balanced by label.

A group is never in two splits, because a model that has met a speaker says nothing about new ones.
Data that came with a split (folders named training and testing) keeps it; validation is taken from
its training groups if it came without. The same seed gives the same result.

--check looks for what is in two splits all the same: groups, sessions, overlapping samples, equal
recordings and changed copies (louder, shifted, cut, noisier, at another rate; not those played
faster or slower). --fix moves groups that share data into one split; `undo` takes it back.

--folds lists folds for cross-validation, and --fold makes one of them the test split."""
EXAMPLE = """examples:
  tinyml-studio split my_words --test-groups lucas
  tinyml-studio split my_wand --fractions 0.7,0.15,0.15 --seed 3
  tinyml-studio split my_words --check
  tinyml-studio split my_words --folds 5 --fold 2"""


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
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="only look for what is in two splits")
    what.add_argument("--fix", action="store_true", help="also move such groups into one split")
    what.add_argument("--folds", type=int, metavar="N", help="list N folds of whole groups")
    what.add_argument(
        "--leave-one-out", action="store_true", help="as --folds, each group a fold of its own"
    )
    parser.add_argument("--fold", type=int, metavar="N", help="test on this fold, from 1")


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Assign the splits, or do with them what was asked."""
    if args.check:
        return splits.check(args.project, report=report)
    if args.fix:
        return splits.fix(args.project, report=report)
    shares = _shares(args.fractions)
    if args.leave_one_out or args.folds is not None:
        return _folds(args, shares)
    if args.fold is not None:
        raise ConfigError("--fold says which one, but not of how many.", "Add --folds 5.")
    return projects.assign_splits(
        args.project,
        fractions=shares,
        seed=args.seed,
        test_groups=[name.strip() for name in args.test_groups.split(",") if name.strip()],
        keep_preset=not args.ignore_preset,
        report=report,
    )


def _shares(text: str) -> tuple[float, float, float]:
    try:
        train, validation, test = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError(
            f"--fractions is {text!r}.", "Give three numbers such as 0.6,0.2,0.2."
        ) from error
    return train, validation, test


def _folds(args: argparse.Namespace, shares: tuple[float, float, float]) -> dict[str, Any]:
    count = 0 if args.leave_one_out else args.folds
    if count == 0 and not args.leave_one_out:
        raise ConfigError("0 folds are none.", "Choose at least 2, or --leave-one-out.")
    if args.fold is None:
        return splits.folds(args.project, count, seed=args.seed)
    train, validation, _ = shares
    part = validation / (train + validation) if train + validation > 0 else 0.0
    return splits.apply_fold(args.project, count, args.fold, validation=part, seed=args.seed)


def text(result: dict[str, Any]) -> str:
    """Describe the splits, the folds or what was found in words."""
    if "leaks" in result:
        return _leaks(result)
    if "folds" in result:
        return _fold_table(result)
    return "\n".join(
        [info.table(result["labels"]), *(f"  ! {warning}" for warning in result["warnings"])]
    )


def _leaks(result: dict[str, Any]) -> str:
    lines = []
    if result.get("moved"):
        moved = ", ".join(f"{group} to {split}" for group, split in result["moved"].items())
        lines.append(f"Moved {result['changed']} samples ({moved}).")
    words = ", ".join(f"{count} {kind}" for kind, count in result["counts"].items() if count)
    lines.append(f"{result['samples']} samples; in two splits: {words or 'nothing'}.")
    for leak in result["leaks"][:50]:
        lines.append(
            f"  {leak['kind']:9} {leak['similarity']:.3f}  {_place(leak['first'])}  =  "
            f"{_place(leak['second'])}. {leak['advice']}"
        )
    lines += [f"  ! {warning}" for warning in result.get("warnings", ())]
    return "\n".join(lines)


def _place(place: dict[str, Any]) -> str:
    return (
        f"{place['recording']} {place['start_s']:.2f}-{place['stop_s']:.2f} s "
        f"({place['label']}, {place['split'] or 'no split'})"
    )


def _fold_table(result: dict[str, Any]) -> str:
    lines = [
        f"fold {fold['fold']}: {fold['samples']} samples of {', '.join(fold['groups'])}"
        for fold in result["folds"]
    ]
    if "fold" in result:
        counts = ", ".join(f"{split} {count}" for split, count in result["splits"].items())
        lines.append(f"Fold {result['fold']} is put apart now: {counts}.")
    return "\n".join([*lines, *(f"  ! {warning}" for warning in result["warnings"])])
