"""`new`: make a project."""

import argparse
from pathlib import Path
from typing import Any

from studio.cli import info
from studio.events import Reporter
from studio.services import begin, examples, projects

HELP = "make a new project"
DESCRIPTION = """Make a new, empty project in a folder.

A template sets the window, the signal block and the learning block for a kind of task; every
setting can be changed here or later. What a template leaves open (sample rate and axes of motion
and vibration) is taken from the first data that is imported or recorded.

With --example the project is a copy of a bundled example, with its recordings, labels and splits;
it can be trained at once. With --data it begins with your files, and the template suits them."""
EXAMPLE = """examples:
  tinyml-studio new my_words --template keywords
  tinyml-studio new my_wand --template motion --window-ms 2500
  tinyml-studio new fan --template vibration --rate 200 --axes x,y,z
  tinyml-studio new words --example keywords"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("project", type=Path, help="folder of the project; missing or empty")
    parser.add_argument(
        "--template",
        choices=list(projects.TEMPLATES),
        default="",
        help="what the project is for (default: blank, or as --data)",
    )
    parser.add_argument("--example", choices=examples.names(), help="copy this example instead")
    parser.add_argument(
        "--data", type=Path, nargs="+", metavar="PATH", help="import these files or folders"
    )
    parser.add_argument("--name", default="", help="title (default: the folder's name)")
    parser.add_argument("--window-ms", type=float, help="how much the model sees at once")
    parser.add_argument("--stride-ms", type=float, help="from one window to the next")
    parser.add_argument("--rate", type=float, metavar="HZ", help="readings per second")
    parser.add_argument("--axes", help="names of the axes, such as accX,accY,accZ")
    parser.add_argument("--block", help="signal block, such as audio_mfcc or spectral_analysis")
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="setting of the signal block, such as num_cepstral=13; can be repeated",
    )
    parser.add_argument("--learning", help="learning block, such as dscnn or dense")
    parser.add_argument("--board", help="id of the board to build for")


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Make the project."""
    if args.example:
        return projects.info(examples.copy(args.example, args.project, report), report)
    if args.data:
        begin.from_data(args.data, args.project, template=args.template, report=report)
        return projects.info(args.project, report)
    settings = {
        "window_ms": args.window_ms,
        "stride_ms": args.stride_ms,
        "sample_rate_hz": args.rate,
        "axes": args.axes.split(",") if args.axes else None,
        "block": args.block,
        "params": args.param or None,
        "learning": args.learning,
        "board": args.board,
    }
    return projects.new(
        args.project,
        template=args.template or "blank",
        name=args.name,
        settings=settings,
        report=report,
    )


def text(result: dict[str, Any]) -> str:
    """Describe the project in words."""
    return f"{info.text(result)}\nNext: tinyml-studio import {result['path']} YOUR_FILES"
