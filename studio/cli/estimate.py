"""`estimate`: what a trained project costs on a board: memory and time."""

import argparse
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.services import budget, deploy

HELP = "show the memory and time that a trained project needs on a board"
DESCRIPTION = """\
Shows whether a trained project fits a board and keeps up with the sensor. Memory is measured in
the linked firmware, which is built for it; the time of one window is counted by running it on an
emulated board. A real board waits for its flash memory now and then, which the emulator does not:
expect a time within the interval shown. With --quick nothing is built: what was measured before is
shown, else an estimate from the pipeline's settings, which needs no training."""
EXAMPLE = "Example: tinyml-studio estimate my-project"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument("--board", help="id of the board; the project's own unless given")
    parser.add_argument(
        "--quick", action="store_true", help="tell at once from the settings, without building"
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Estimate."""
    if args.quick:
        return budget.budget(args.project, changes={"board": args.board} if args.board else None)
    return deploy.estimate(args.project, board=args.board, report=report)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    if "source" in result:
        return quick_text(result)
    low, high = result["latency_interval_ms"]
    verdict = "keeps up with" if result["keeps_up"] else "may be too slow for"
    return (
        f"Training run {result['run']} on {result['board']}. Bytes, measured in the image:\n"
        f"{deploy.sizes_text(result)}\n"
        f"One window takes {low:.1f} to {high:.1f} ms (signal processing {result['dsp_ms']:.1f}, "
        f"model {result['nn_ms']:.1f}, emulated); this {verdict} a new window every "
        f"{result['stride_ms']:g} ms."
    )


def quick_text(result: dict[str, Any]) -> str:
    """Return a budget as a small table for people."""
    parts = {name: {row["name"]: row for row in rows} for name, rows in result["parts"].items()}
    rows = [f"  {'':<12}{'flash':>9}{'RAM':>9}{'ms':>9}"]
    rows += [
        f"  {name:<12}{parts['flash'][name]['bytes']:>9}{parts['ram'][name]['bytes']:>9}"
        f"{parts['latency'][name]['ms']:>9.2f}"
        for name in parts["ram"]
    ]
    used = [result["flash"]["used_bytes"], result["ram"]["used_bytes"]]
    rows.append(f"  {'together':<12}{used[0]:>9}{used[1]:>9}{result['latency']['used_ms']:>9.2f}")
    rows.append(
        f"  {'there is':<12}{result['flash']['limit_bytes']:>9}{result['ram']['limit_bytes']:>9}"
        f"{result['latency']['limit_ms']:>9.2f}"
    )
    return "\n".join([result["board"] or "no board", *rows, result["source"]])
