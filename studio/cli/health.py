"""`health`: what is wrong with recordings."""

import argparse
from pathlib import Path
from typing import Any

from studio.errors import ConfigError
from studio.events import Reporter
from studio.services import health, library

HELP = "say what is wrong with recordings: rate, gaps, clipping, offset, hum, dropouts, silence"
DESCRIPTION = (
    "Say what is wrong with recordings before anybody trains on them. New recordings are looked\n"
    "at when they come in; of very large imports the rest is looked at here."
)
EXAMPLE = """\
examples:
  tinyml-studio health my_words
  tinyml-studio health my_words --recordings 3,4 --again
  tinyml-studio health my_words --trim
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument(
        "--recordings", type=_numbers, default=(), metavar="1,2", help="only these"
    )
    parser.add_argument(
        "--trim", action="store_true", help="crop all samples that begin before a signal settles"
    )
    parser.add_argument("--again", action="store_true", help="look again at all of them")


def _numbers(text: str) -> tuple[int, ...]:
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and len(word) <= 18 for word in words):
        raise ConfigError(f"{text!r} is no list of numbers.", "Write them as in 1,2,3.")
    return tuple(int(word) for word in words)


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    if args.trim:
        return library.trim(args.project, report=report)
    return health.check(args.project, args.recordings, again=args.again, report=report)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    if "cropped" in result:
        return (
            f"{result['cropped']} samples were cropped; {result['disabled']} lay in what settles "
            "and are out of use."
        )
    rows = result["recordings"]
    lines = []
    for row in rows:
        found = row["health"]["findings"]
        if found:
            lines.append(f"{row['name']} (recording {row['recording']}, {row['seconds']:.2f} s)")
            lines += [f"  {sentence(finding)}" for finding in found]
    lines.append(f"{result['sound']} of {len(rows)} recordings have nothing wrong.")
    return "\n".join(lines)


def sentence(finding: dict[str, Any]) -> str:
    """Return a finding with its remedy on one line."""
    sign = {"info": "-", "warning": "!", "problem": "!!"}[finding["severity"]]
    return f"{sign} {finding['sentence']} {finding['remedy']}"
