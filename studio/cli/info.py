"""`info`: describe a project."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.services import projects

HELP = "describe a project: recordings, labels, splits, pipeline, runs"
EXAMPLE = "example: tinyml-studio info my_words"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("project", type=Path, help="folder of the project")


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Describe the project."""
    return projects.info(args.project, report)


def table(labels: Mapping[str, Mapping[str, int]]) -> str:
    """Return samples per label and split as a table for people."""
    if not labels:
        return "  no labels yet"
    columns = ["train", "validation", "test"]
    if any("none" in row for row in labels.values()):
        columns.append("none")
    width = max(len("label"), *(len(label) for label in labels))
    lines = [f"  {'label':{width}} {' '.join(f'{name:>10}' for name in columns)}"]
    for label, row in labels.items():
        counts = " ".join(f"{row.get(name, 0):>10}" for name in columns)
        lines.append(f"  {label:{width}} {counts}")
    return "\n".join(lines)


def text(result: dict[str, Any]) -> str:
    """Describe the project in words."""
    pipeline = result["pipeline"]
    axes = ", ".join(axis["name"] for axis in pipeline["axes"]) or "as the first data"
    rate = pipeline["sample_rate_hz"]
    lines = [
        f"{result['name']} ({result['path']})",
        f"  {result['recordings']} recordings in {result['groups']} groups, "
        f"{result['seconds']:.1f} s; {result['samples']} samples",
        table(result["labels"]),
        f"  pipeline: window {pipeline['window_ms']:g} ms every {pipeline['stride_ms']:g} ms, "
        f"{f'{rate:g} Hz' if rate else 'rate as the first data'}, axes {axes}",
        f"  signal block {pipeline['block'] or 'none'}, learning block "
        f"{pipeline['learning'] or 'none'}, board {pipeline['board'] or 'none'}",
        f"  {len(result['runs'])} runs",
    ]
    if result["flags"]:
        found = ", ".join(f"{kind} in {count}" for kind, count in result["flags"].items())
        lines.append(f"  health: {found} recordings; see `tinyml-studio health`")
    lines += [f"  ! {warning}" for warning in result["warnings"]]
    return "\n".join(lines)
