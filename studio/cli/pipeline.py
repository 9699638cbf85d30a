"""`pipeline`: show a project's pipeline and its cost, change it, see what a change would cost."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from studio.cli import estimate
from studio.errors import ConfigError
from studio.events import Reporter
from studio.params import options
from studio.services import budget, pipeline, projects

HELP = "show or change a project's pipeline, with what it costs"
DESCRIPTION = """\
Shows the window, the blocks and the decision rule of a project with what they cost on its board,
after changing what is given. With --dry-run nothing is changed: only the cost is shown."""
EXAMPLE = "Example: tinyml-studio pipeline my-project --param fft_length=64 --dry-run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument("--window-ms", type=float, help="how much the model sees at once")
    parser.add_argument("--stride-ms", type=float, help="from one window to the next")
    parser.add_argument("--block", help="signal block, such as audio_mfcc or spectral_analysis")
    parser.add_argument("--learning", help="learning block, such as dscnn or dense")
    for name, what in (("--param", "signal"), ("--learning-param", "learning")):
        parser.add_argument(
            name,
            action="append",
            metavar="NAME=VALUE",
            help=f"setting of the {what} block; can be repeated",
        )
    parser.add_argument("--threshold", type=float, help="mean score that a label needs, 0 to 1")
    parser.add_argument("--smoothing", type=int, help="windows whose scores are averaged")
    parser.add_argument("--board", help="id of the board to build for")
    parser.add_argument("--dry-run", action="store_true", help="show the cost, change nothing")


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Change and show it."""
    given = {
        "window_ms": args.window_ms,
        "stride_ms": args.stride_ms,
        "block": args.block,
        "learning": args.learning,
        "params": options(args.param) if args.param else None,
        "learning_params": options(args.learning_param) if args.learning_param else None,
        "threshold": args.threshold,
        "smoothing": args.smoothing,
        "board": args.board,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    problem = pipeline.problem(args.project, changes)
    if problem is not None:
        ways = [f"{fix.name}={_value(fix.value)}" for fix in problem.fixes]
        would = f" What would work: {' or '.join(ways)}." if ways else ""
        raise ConfigError(problem.message, f"{problem.hint}{would}")
    before = budget.budget(args.project)
    if changes and not args.dry_run:
        projects.set_pipeline(args.project, changes, report)
        changes = {}
    described = pipeline.describe(args.project)
    return {
        "pipeline": asdict(projects.changed(described.pipeline, changes)),
        "changed": not args.dry_run,
        "out_of_date": described.stale,
        "before": before,
        "budget": budget.budget(args.project, changes=changes),
    }


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    line = result["pipeline"]
    rule, params = line["decision"], (line["block_params"], line["learning_params"])
    settings = ["".join(f" {key}={value}" for key, value in one.items()) for one in params]
    before, now = result["before"]["ram"], result["budget"]["ram"]
    return "\n".join(
        [
            f"window    {line['window_ms']:g} ms every {line['stride_ms']:g} ms",
            f"signal    {line['block'] or 'not chosen'}{settings[0]}",
            f"learning  {line['learning'] or 'not chosen'}{settings[1]}",
            f"decision  mean of {rule['smoothing']} over {rule['threshold']:g}",
            f"RAM       {before['used_bytes']} bytes before, {now['used_bytes']} now",
            estimate.quick_text(result["budget"]),
            *([f"Train again: {result['out_of_date']}"] if result["out_of_date"] else []),
        ]
    )


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
