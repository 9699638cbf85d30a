"""`runs`: the training runs of a project, their layers, notes, and two of them compared."""

import argparse
from pathlib import Path
from typing import Any

from studio.errors import ConfigError
from studio.events import Reporter
from studio.services import compare_runs, layers

HELP = "list a project's training runs, compare two, note and delete them"
DESCRIPTION = """\
A run is named by its id, as the list shows it. `layers` says what each layer of the model takes on
the board, also before the first training: the network is then built untrained."""
EXAMPLE = """\
examples:
  tinyml-studio runs list my_words
  tinyml-studio runs compare my_words --run 1f0c2d3e --with 92873e27
  tinyml-studio runs note my_words --run 92873e27 --note "fewer filters"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    actions = ("list", "compare", "layers", "note", "pin", "unpin", "delete")
    parser.add_argument("action", choices=actions, help="what to do")
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument("--run", default="", metavar="ID", help="the run")
    parser.add_argument("--with", dest="other", default="", metavar="ID", help="compare: another")
    parser.add_argument("--note", default="", help="note: what to write; empty takes it away")


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    if args.action not in ("list", "layers") and not args.run:
        raise ConfigError("No run was named.", "Give its id with --run; `runs list` shows them.")
    if args.action == "layers":
        if args.run:
            model: dict[str, Any] = compare_runs.report_of(args.project, args.run)["model"]
            return model
        return layers.before_training(args.project, report=report)
    if args.action == "compare":
        return compare_runs.differences(args.project, [args.run, args.other])
    if args.action == "note":
        return compare_runs.describe(args.project, args.run, note=args.note)
    if args.action in ("pin", "unpin"):
        return compare_runs.describe(args.project, args.run, pinned=args.action == "pin")
    if args.action == "delete":
        return compare_runs.delete(args.project, args.run)
    return compare_runs.listed(args.project)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    if "figures" in result:
        rows = [*result["figures"], *result["settings"]]
        first, second = (f"run {row['number']}" for row in result["runs"])
        lines = [f"{'':<22}{first:>14}{second:>14}"]
        lines += [f"{row['name']:<22}{_said(row, 0):>14}{_said(row, 1):>14}" for row in rows]
        return "\n".join(lines)
    if "layers" in result:
        return _layers(result)
    if "deleted" in result:
        return f"Deleted run {result['deleted']}; {result['runs']} are left."
    if "pinned" in result:
        pinned = "pinned" if result["pinned"] else "not pinned"
        return f"{pinned}; note: {result['note'] or 'none'}"
    lines = [
        f"{row['number']:>3}{'*' if row['pinned'] else ' '} {row['run']}  {row['at'][:16]}  "
        f"{row['learning']:<8} int8 {100 * row['int8_accuracy']:.1f} % ({row['split']}), worst "
        f"{row['worst_label']} {100 * (row['worst_recall'] or 0):.0f} %, "
        f"model {row['ram_bytes']:,} B RAM, "
        f"{row['flash_bytes']:,} B flash{'  ' + row['note'] if row['note'] else ''}"
        for row in result["runs"]
    ]
    lines += [f"  ! {row['message']}" for row in result["damaged"]]
    lines += [f"  ! {result['stale']}"] if result["stale"] else []
    return "\n".join(lines) or "There are no finished training runs yet."


def _said(row: dict[str, Any], place: int) -> str:
    value = row["values"][place]
    said = "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"{'> ' if row.get('better') == place else ''}{said}"


def _layers(model: dict[str, Any]) -> str:
    lines = [f"{'layer':<24}{'output':<16}{'parameters':>12}{'MACs':>12}{'RAM':>10}"]
    for layer in model["layers"]:
        shape = "x".join(map(str, layer["output_shape"]))
        lines.append(
            f"{layer['op'].lower()[:23]:<24}{shape:<16}{layer['parameters']:>12,}"
            f"{layer['macs']:>12,}{layer['ram_bytes']:>10,}"
        )
    lines.append(
        f"On {model['board']}: {model['arena_bytes']:,} bytes of RAM for all values, "
        f"{model['constants_bytes']:,} bytes of flash for constants."
    )
    return "\n".join(lines)
