"""`export`: a project's data as files that other programs read, or as one archive."""

import argparse
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.services import exports

HELP = "export recordings and labels: WAV, CSV, Parquet, NumPy, Edge Impulse; or a whole archive"
DESCRIPTION = """Write a project's recordings and labels to a new folder, or the whole
project to an archive.

One file per recording, in folders for the splits, and always a list info.labels, which says what
the files themselves cannot: importing the folder gives the same data again. Labels can be written
in other programs' ways besides. The format archive puts everything into one file NAME.tinyml.zip:
recordings, labels, history, settings and runs; `import` of it makes the project anew.

Nothing that is there already is overwritten."""
EXAMPLE = """examples:
  tinyml-studio export my_words words/
  tinyml-studio export my_words words.tinyml.zip
  tinyml-studio export my_wand wand/ --format cbor --hmac-key 0123456789abcdef
  tinyml-studio export my_wand wand/ --format csv --labels sensiml"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument(
        "target", type=Path, metavar="FOLDER", help="new folder, or NAME.tinyml.zip"
    )
    parser.add_argument(
        "--format",
        choices=exports.formats(),
        default="auto",
        help="kind of file; auto = archive for NAME.tinyml.zip, wav for sound, else csv",
    )
    parser.add_argument(
        "--labels",
        choices=exports.LABELS,
        default="info",
        help="what to write beside info.labels: structured_labels.labels, SensiML's .dai, "
        "Audacity's label tracks; or one folder per label (default: info)",
    )
    parser.add_argument(
        "--hmac-key", default="", metavar="KEY", help="sign Edge Impulse files with this key"
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Export the data."""
    return exports.export_data(
        args.project,
        args.target,
        form=args.format,
        labels=args.labels,
        hmac_key=args.hmac_key,
        report=report,
    )


def text(result: dict[str, Any]) -> str:
    """Tell what was written."""
    lines = [
        f"Exported {result['recordings']} recordings with {result['samples']} samples to "
        f"{result['target']}: {result['files']} files, {result['bytes'] / 1e6:.1f} MB."
    ]
    return "\n".join([*lines, *(f"  {note}" for note in result["notes"])])
