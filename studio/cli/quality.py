"""`quality`: copies, labels that look wrong, balance and faults of a project's data."""

import argparse
from pathlib import Path
from typing import Any

from studio.cli.frame import whole
from studio.events import Reporter
from studio.services import quality

HELP = "look for copies, wrong labels and imbalance in a project's data"
DESCRIPTION = """Look for what spoils training: samples that are the same or changed copies of each
other (with different labels first), labels that look wrong, too little or uneven data, and
recordings whose health report names faults. Nothing is changed.

Changed copies are louder, shifted, cut, noisier or at another rate; those played faster or slower
are not found.

A label looks wrong if the samples most like it have another one and a model trained without its
group (speaker, session) expects another one."""
EXAMPLE = "example: tinyml-studio quality my_words --limit 50"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument(
        "--limit", default="100", help="most copies and suspects to list (default: 100)"
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    return quality.quality(args.project, limit=whole(args.limit), report=report)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    lines = [f"{result['samples']} samples, {result['hours']:.2f} h"]
    lines.append(f"  {'label':12} {'samples':>8} {'hours':>8} {'groups':>7}  length (median)")
    for label, row in result["labels"].items():
        length = row["length_s"]
        lines.append(
            f"  {label:12} {row['samples']:8} {row['hours']:8.3f} {row['groups']:7}  "
            f"{length['shortest']:g} to {length['longest']:g} s ({length['median']:g} s)"
        )
    copies = result["copies"]
    lines.append(
        f"Copies: {copies['identical']} identical, {copies['near']} changed; "
        f"{copies['conflicts']} of them with different labels."
    )
    for pair in copies["pairs"][:20]:
        first, second = pair["first"], pair["second"]
        lines.append(
            f"  {pair['similarity']:.3f}  {first['recording']} ({first['label']})  =  "
            f"{second['recording']} ({second['label']}). {pair['advice']}"
        )
    suspects = result["suspects"]
    if suspects["samples"]:
        lines.append(
            f"Labels: {len(suspects['list'])} of {suspects['samples']} may be wrong, the most "
            f"suspicious first; a model trained without their {suspects['by']} finds "
            f"{100 * suspects['accuracy']:.0f} %."
        )
    for row in suspects["list"][:20]:
        lines.append(f"  sample {row['sample']} of {row['recording']}: {row['reason']}")
    lines += [f"  ! {warning}" for warning in result["warnings"]]
    return "\n".join(lines)
